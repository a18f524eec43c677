import { has, type Gone, type ListPages, type RowChange, type WithId } from './list-pages.ts'

/** What an item of a list's subscription tells: what is new of the row with that id, whether it still belongs into the list, and whether something was missed. id: null = of no row. */
export interface ListItem<Row> { kind: 'SNAPSHOT' | 'CHANGE' | 'END'; gap: boolean; id: string | null; news: Partial<Row>; gone: Gone | null }

/** Where a changed row that the list does not show would come to stand: before all, behind all, or somewhere in between. */
export type Place = 'ahead' | 'behind' | 'between'

/** What sets one list apart from another. */
export interface ListRules<Row> {
  placeOf(change: Partial<Row>, pages: ListPages<Row>): Place
  /** Whether newcomers come to stand at the top. */
  growsAtTop: boolean
  /** Whether a change says less than its row shows, so that its page must be read again. */
  saysTooLittle(change: Partial<Row>): boolean
}

/** What came over the socket since it was last looked at: the last change of each row, and whether something was missed. */
export interface News<Row> { changes: Map<string, RowChange<Row>>; missed: boolean }

export const noNews = <Row>(): News<Row> => ({ changes: new Map(), missed: false })

/** Remembers an item. The snapshot that a subscription begins with says nothing new; one that comes again follows a lost connection. */
export const remember = <Row>(now: News<Row>, item: ListItem<Row>, begun: boolean): void => {
  if (item.id !== null) now.changes.set(item.id, { news: item.news, gone: item.gone })
  if (item.gap || (begun && item.kind !== 'CHANGE')) now.missed = true
}

/** The ids that belong into the list but are not in it: those that would stand before its first row, and those behind its end. */
export const newcomers = <Row extends WithId>(now: News<Row>, pages: ListPages<Row>, rules: ListRules<Row>): { ahead: string[]; behind: string[] } => {
  const places = [...now.changes].filter(([id, { gone }]) => gone === null && !has(pages, id)).map(([id, { news }]) => [id, rules.placeOf(news, pages)] as const)
  const at = (wanted: Place) => places.filter(([, place]) => place === wanted).map(([id]) => id)
  return { ahead: at('ahead'), behind: at('behind') }
}
