import type { Named, Pool } from '@sluice/db'
import { readByFilter } from './filter-ways.ts'
import type { FlowListFilter, ProbePlan } from './flow-filter.ts'
import { createdProbe, finishedProbe, probesOf, restOf } from './flow-probes.ts'
import type { Bound, Bounds } from './flow-probes.ts'
import { INSTANT, isInstant } from './instant-sql.ts'
import { decodeCursor, encodeCursor } from './page-cursor.ts'

/** FINISHED_DESC lists only flows that have ended. */
export type FlowListOrder = 'CREATED_DESC' | 'CREATED_ASC' | 'FINISHED_DESC'

/** first with after, or last with before. Default first 50; at most 200. */
export interface PageRequest { first?: number | null | undefined; after?: string | null | undefined; last?: number | null | undefined; before?: string | null | undefined }

export interface FlowListPage { items: { id: string; cursor: string }[]; hasNextPage: boolean; hasPreviousPage: boolean }

const PAGE_DEFAULT = 50
const PAGE_MAX = 200

/**
 * One page of flows: ids in order, each with the cursor to go on from. Throws InvalidInput for a cursor that is none, LimitExceeded ("narrow the
 * filter") when what no index serves takes longer than 2 s.
 */
export async function listFlows(pool: Pool, o: { filter?: FlowListFilter | null; orderBy?: FlowListOrder | null; page?: PageRequest } = {}): Promise<FlowListPage> {
  const { filter, orderBy, page } = { filter: o.filter ?? {}, orderBy: o.orderBy ?? 'CREATED_DESC', page: o.page ?? {} }
  const wanted = wantedOf(page)
  if (wanted.size === 0) return NOTHING
  const order: ListOrder = { column: orderBy === 'FINISHED_DESC' ? 'finished_at' : 'created_at', descending: (orderBy === 'CREATED_ASC') === wanted.backwards }
  const read = (db: Named, plan: ProbePlan): Promise<ListRow[]> => readRows(db, { filter, plan, wanted, order })
  const rows = await readByFilter(pool, { filter, onlyEnded: orderBy === 'FINISHED_DESC', read })
  return rows ? pageOf(rows, wanted) : NOTHING
}

const NOTHING: FlowListPage = { items: [], hasNextPage: false, hasPreviousPage: false }

interface Wanted { size: number; backwards: boolean; from: { at: string; id: string } | undefined }

function wantedOf(page: PageRequest): Wanted {
  const backwards = page.last != null
  const size = Math.max(0, Math.min(PAGE_MAX, page.last ?? page.first ?? PAGE_DEFAULT))
  const [cursor, argument] = backwards ? [page.before, 'before'] : [page.after, 'after']
  return { size, backwards, from: cursor ? decodeCursor(cursor, { argument, parse: parsePlace }) : undefined }
}

const parsePlace = ([at, id]: unknown[]): { at: string; id: string } | undefined => (isInstant(at) && typeof id === 'string' ? { at, id } : undefined)

interface ListRow extends Record<string, unknown> { id: string; at: string }

function pageOf(rows: ListRow[], wanted: Wanted): FlowListPage {
  const more = rows.length > wanted.size
  const found = rows.slice(0, wanted.size).map(row => ({ id: row.id, cursor: encodeCursor([row.at, row.id]) }))
  const started = wanted.from !== undefined
  if (wanted.backwards) return { items: found.reverse(), hasNextPage: started, hasPreviousPage: more }
  return { items: found, hasNextPage: more, hasPreviousPage: started }
}

interface ListOrder { column: 'created_at' | 'finished_at'; descending: boolean }
interface Scan { filter: FlowListFilter; plan: ProbePlan; wanted: Wanted; order: ListOrder }

function readRows(db: Named, { filter, plan, wanted, order }: Scan): Promise<ListRow[]> {
  const byCreation = order.column === 'created_at'
  const since = byCreation && filter.createdAfter ? microseconds(filter.createdAfter) : '-infinity'
  const until = byCreation && filter.createdBefore ? microseconds(filter.createdBefore) : 'infinity'
  const [near, far] = order.descending ? [until, since] : [since, until]
  const from = wanted.from ? nearer(wanted.from, { at: near, id: '' }, order.descending) : { at: near, id: '' }
  const fixed = [plan.values, plan.statuses, wanted.size + 1, from.at, from.id, ...(byCreation ? [far] : [])]
  const rest = restOf(plan.rest, fixed.length + 1)
  const name = `listFlows.${plan.driver}${plan.gathered ? '.gathered' : ''}.${order.column}.${order.descending ? 'desc' : 'asc'}${rest.key}`
  // With two and more further filters there are hundreds of texts.
  return db.rows<ListRow>(name, listSql(plan, { ...order, rest: rest.where }), [...fixed, ...rest.values], { prepared: rest.values.length < 2 })
}

const microseconds = (at: Date): string => at.toISOString().replace('Z', '000Z')

/** Of a cursor and the filter's own bound the one that leaves fewer rows: a cursor may come from another filter. */
function nearer(cursor: { at: string; id: string }, bound: { at: string; id: string }, descending: boolean): { at: string; id: string } {
  if (!isInstant(bound.at) || cursor.at === bound.at) return cursor
  return cursor.at < bound.at === descending ? cursor : bound
}

function listSql(plan: ProbePlan, { column, descending, rest }: ListOrder & { rest: string }): string {
  const way = descending ? 'DESC' : 'ASC'
  const { where, order } = column === 'finished_at' ? finishedProbe(plan, behind(descending)) : createdProbe(plan, { from: FAR, to: FAR, ...behind(descending) })
  return `
SELECT x.id, ${INSTANT('x.at')} AS at FROM ${probesOf(plan.driver)} CROSS JOIN LATERAL (
  SELECT f.id, f.${column} AS at FROM flow f WHERE ${where}${rest}
   ORDER BY ${order.map(o => `${o} ${way}`).join(', ')} LIMIT $3) x
 ORDER BY x.at ${way}, x.id ${way} LIMIT $3`
}

const FAR: Bound = ['$6::timestamptz']
const NEAR: Bound = ['$4::timestamptz', '$5::text']
const behind = (descending: boolean): Bounds => (descending ? { to: NEAR } : { from: NEAR })
