import type { FlowChange, ListedFlow } from './list-documents.ts'
import { has, nextOf, type ListPages, type RowChange } from './list-pages.ts'
import type { ListOrder } from './list-search.ts'

/** What came over the socket since it was last looked at: the last change of each flow, and whether something was missed. */
export interface News { changes: Map<string, RowChange<ListedFlow>>; missed: boolean }

export const noNews = (): News => ({ changes: new Map(), missed: false })

/** Remembers an item. The snapshot that a subscription begins with says nothing new; one that comes again follows a lost connection. */
export const remember = (news: News, item: FlowChange, begun: boolean): void => {
  if (item.deletedId != null) news.changes.set(item.deletedId, { news: {}, gone: 'deleted' })
  else if (item.flow) news.changes.set(item.flow.id, { news: item.flow, gone: item.matches === false ? 'left' : null })
  if (item.gap || (begun && item.kind !== 'CHANGE')) news.missed = true
}

/** Where a changed flow that the list does not show would come to stand: before all, behind all, or somewhere in between. */
const placeOf = (change: Partial<ListedFlow>, pages: ListPages<ListedFlow>, order: ListOrder): 'ahead' | 'behind' | 'between' => {
  const first = pages[0]?.rows?.[0]?.row
  const last = pages.at(-1)?.rows?.at(-1)?.row
  if (order === 'CREATED_ASC') return nextOf(pages) === null && (last === undefined || (change.createdAt ?? '') >= last.createdAt) ? 'behind' : 'between'
  if (order === 'FINISHED_DESC' && !change.finishedAt) return 'between'
  const [mine, firsts] = order === 'FINISHED_DESC' ? [change.finishedAt, first?.finishedAt] : [change.createdAt, first?.createdAt]
  return (mine ?? '') >= (firsts ?? '') ? 'ahead' : 'between'
}

/** The ids that belong into the list but are not in it: those that would stand before its first row, and those behind its end. */
export const newcomers = (news: News, pages: ListPages<ListedFlow>, order: ListOrder): { ahead: string[]; behind: string[] } => {
  const places = [...news.changes].filter(([id, { gone }]) => gone === null && !has(pages, id)).map(([id, change]) => [id, placeOf(change.news, pages, order)] as const)
  const at = (wanted: string) => places.filter(([, place]) => place === wanted).map(([id]) => id)
  return { ahead: at('ahead'), behind: at('behind') }
}
