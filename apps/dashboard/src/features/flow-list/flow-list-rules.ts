import type { ListItem, ListRules, Place } from '../../ui/paged-list/list-news.ts'
import { nextOf, type ListPages } from '../../ui/paged-list/list-pages.ts'
import type { FlowChange, ListedFlow } from './list-documents.ts'
import type { ListOrder } from './list-search.ts'

/** An item of the subscription as any list takes it. */
export const itemOf = ({ kind, gap, flow, deletedId, matches }: FlowChange): ListItem<ListedFlow> => {
  if (deletedId != null) return { kind, gap, id: deletedId, news: {}, gone: 'deleted' }
  return { kind, gap, id: flow?.id ?? null, news: flow ?? {}, gone: matches === false ? 'left' : null }
}

const placeIn = (order: ListOrder) => (change: Partial<ListedFlow>, pages: ListPages<ListedFlow>): Place => {
  const first = pages[0]?.rows?.[0]?.row
  const last = pages.at(-1)?.rows?.at(-1)?.row
  if (order === 'CREATED_ASC') return nextOf(pages) === null && (last === undefined || (change.createdAt ?? '') >= last.createdAt) ? 'behind' : 'between'
  if (order === 'FINISHED_DESC' && !change.finishedAt) return 'between'
  const [mine, firsts] = order === 'FINISHED_DESC' ? [change.finishedAt, first?.finishedAt] : [change.createdAt, first?.createdAt]
  return (mine ?? '') >= (firsts ?? '') ? 'ahead' : 'between'
}

/** Where a flow comes to stand in an order; a failure is read again, for its error. */
export const flowListRules = (order: ListOrder): ListRules<ListedFlow> =>
  ({ placeOf: placeIn(order), growsAtTop: order !== 'CREATED_ASC', saysTooLittle: ({ status }) => status === 'FAILED' })
