/**
 * A list that is read page by page and may be longer than what can be kept. Far pages are dropped: of them only their length and the cursor to read
 * them again remain. Pure; every function answers a new list and leaves rows that did not change as they are.
 */

/** Why a row that is shown no longer belongs there. */
export type Gone = 'left' | 'deleted'

export interface Listed<Row> { row: Row; gone: Gone | null }

/** after: the cursor that the page begins behind, null = the first. next: that of the page that follows, null = none. end: that of its last row. rows: null = dropped. */
export interface ListPage<Row> { after: string | null; next: string | null; end: string | null; length: number; rows: readonly Listed<Row>[] | null }

export type ListPages<Row> = readonly ListPage<Row>[]

export interface WithId { id: string }

/** What was read of the API. */
export interface ReadPage<Row> { after: string | null; next: string | null; end: string | null; rows: readonly Row[] }

/** What a change says of a row: what is new of it, and whether it still belongs into the list. */
export interface RowChange<Row> { news: Partial<Row>; gone: Gone | null }

/** Pages on either side of what is in view that are kept. */
const KEPT_BESIDE = 3

export const lengthOf = <Row>(pages: ListPages<Row>): number => pages.reduce((sum, page) => sum + page.length, 0)

/** Where the list goes on, or null when it was read to its end. */
export const nextOf = <Row>(pages: ListPages<Row>): string | null => pages.at(-1)?.next ?? null

/** The page that holds the row at a place of the list, and the place in it. */
export const locate = <Row>(pages: ListPages<Row>, index: number): { page: number; place: number } | null => {
  let place = index
  for (const [page, { length }] of pages.entries()) {
    if (place < length) return { page, place }
    place -= length
  }
  return null
}

/** The row at a place; null where its page was dropped, or behind the end. */
export const rowAt = <Row>(pages: ListPages<Row>, index: number): Listed<Row> | null => {
  const found = locate(pages, index)
  return found === null ? null : (pages[found.page]?.rows?.[found.place] ?? null)
}

/** Adds a page at the end, or fills one that was dropped. Rows that another page shows already are left out: a row moves on when one before it leaves. */
export const withPage = <Row extends WithId>(pages: ListPages<Row>, { after, next, end, rows }: ReadPage<Row>): ListPages<Row> => {
  const others = new Set(pages.filter(page => page.after !== after).flatMap(page => page.rows?.map(({ row }) => row.id) ?? []))
  const fresh = rows.filter(row => !others.has(row.id)).map(row => ({ row, gone: null }))
  const filled: ListPage<Row> = { after, next, end, length: fresh.length, rows: fresh }
  const at = pages.findIndex(page => page.after === after)
  if (at === -1) return [...pages, filled]
  // The cursor of a page in the middle stays what the page behind it was read with.
  return pages.with(at, at === pages.length - 1 ? filled : { ...filled, next: pages[at]?.next ?? next })
}

/** Brings the rows of a page up to what was read again: none moves; one that is missing has left, one that is new is left to the caller. */
export const refreshed = <Row extends WithId>(pages: ListPages<Row>, { after, rows }: ReadPage<Row>): ListPages<Row> => {
  const newest = new Map(rows.map(row => [row.id, row]))
  return pages.map(page => {
    if (page.after !== after || page.rows === null) return page
    return { ...page, rows: page.rows.map(listed => revived(listed, newest.get(listed.row.id))) }
  })
}

const revived = <Row>(listed: Listed<Row>, newest: Row | undefined): Listed<Row> => {
  if (newest !== undefined) return { row: newest, gone: null }
  return listed.gone === null ? { ...listed, gone: 'left' } : listed
}

/** Applies changes, by id, to the rows that are there. Nothing moves. */
export const changed = <Row extends WithId>(pages: ListPages<Row>, changes: ReadonlyMap<string, RowChange<Row>>): ListPages<Row> => {
  if (changes.size === 0) return pages
  return pages.map(page => {
    if (!page.rows?.some(({ row }) => changes.has(row.id))) return page
    return { ...page, rows: page.rows.map(listed => applied(listed, changes.get(listed.row.id))) }
  })
}

const applied = <Row>(listed: Listed<Row>, change: RowChange<Row> | undefined): Listed<Row> =>
  change === undefined ? listed : { row: { ...listed.row, ...change.news }, gone: change.gone }

/** The list goes on behind its end: something was added there. */
export const reopened = <Row>(pages: ListPages<Row>): ListPages<Row> => pages.map((page, at) => (at === pages.length - 1 ? { ...page, next: page.next ?? page.end } : page))

/** Drops what is far from the pages in view. The first stays, for what is new is told by it. */
export const withoutFar = <Row>(pages: ListPages<Row>, inView: { first: number; last: number }): ListPages<Row> => {
  const isFar = (at: number) => at > 0 && (at < inView.first - KEPT_BESIDE || at > inView.last + KEPT_BESIDE)
  return pages.some((page, at) => page.rows !== null && isFar(at)) ? pages.map((page, at) => (isFar(at) ? { ...page, rows: null } : page)) : pages
}

/** Drops all but the first page and those in view: what is not there cannot be out of date. */
export const onlyInView = <Row>(pages: ListPages<Row>, inView: { first: number; last: number }): ListPages<Row> =>
  pages.map((page, at) => (at === 0 || (at >= inView.first && at <= inView.last) ? page : { ...page, rows: null }))

export const has = <Row extends WithId>(pages: ListPages<Row>, id: string): boolean => pages.some(page => page.rows?.some(({ row }) => row.id === id))
