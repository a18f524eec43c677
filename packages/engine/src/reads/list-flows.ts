import { named } from '@sluice/db'
import type { Named, Pool } from '@sluice/db'
import { boundedRead } from './bounded-read.ts'
import { COUNTED } from './counted-sql.ts'
import { planProbes, probeCondition, probesOf, restCondition } from './flow-filter.ts'
import type { Driver, FlowListFilter, ProbePlan } from './flow-filter.ts'
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
  const plan = planProbes(filter, { smaller: await smallerOf(named(pool), filter), onlyEnded: orderBy === 'FINISHED_DESC' })
  if (!plan || wanted.size === 0) return { items: [], hasNextPage: false, hasPreviousPage: false }
  const scan = { filter, plan, wanted, statement: statementOf({ driver: plan.driver, orderBy, backwards: wanted.backwards }) }
  const rows = await (plan.exact ? readRows(named(pool), scan) : boundedRead(pool, tx => readRows(tx, scan)))
  return pageOf(rows, wanted)
}

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

interface Scan { filter: FlowListFilter; plan: ProbePlan; wanted: Wanted; statement: { name: string; text: string; descending: boolean } }

function readRows(db: Named, { filter, plan, wanted, statement }: Scan): Promise<ListRow[]> {
  const from = wanted.from ?? { at: statement.descending ? 'infinity' : '-infinity', id: '' }
  return db.rows<ListRow>(statement.name, statement.text, [
    plan.values, plan.statuses, filter.createdAfter ?? '-infinity', filter.createdBefore ?? 'infinity', from.at, from.id, wanted.size + 1, ...plan.rest,
  ])
}

const statements = new Map<string, Scan['statement']>()

/** One text per driver, sort column and direction: ten in all. */
function statementOf(s: { driver: Driver; orderBy: FlowListOrder; backwards: boolean }): Scan['statement'] {
  const descending = (s.orderBy === 'CREATED_ASC') === s.backwards
  const column = s.orderBy === 'FINISHED_DESC' ? 'finished_at' : 'created_at'
  const name = `listFlows.${s.driver}.${column}.${descending ? 'desc' : 'asc'}`
  const known = statements.get(name) ?? { name, descending, text: listSql({ driver: s.driver, column, descending }) }
  statements.set(name, known)
  return known
}

export function listSql({ driver, column, descending }: { driver: Driver; column: 'created_at' | 'finished_at'; descending: boolean }): string {
  const way = descending ? 'DESC' : 'ASC'
  return `
SELECT x.id, ${INSTANT('x.at')} AS at FROM ${probesOf(driver)} CROSS JOIN LATERAL (
  SELECT f.id, f.${column} AS at FROM flow f
   WHERE ${probeCondition(driver)}${column === 'finished_at' ? ' AND f.finished_at IS NOT NULL' : ''}
     AND f.created_at >= $3::timestamptz AND f.created_at < $4::timestamptz AND (f.${column}, f.id) ${descending ? '<' : '>'} ($5::timestamptz, $6::text)
     AND ${restCondition(8)}
   ORDER BY f.${column} ${way}, f.id ${way} LIMIT $7) x
 ORDER BY x.at ${way}, x.id ${way} LIMIT $7`
}

/** Of lane and kind the one whose values cover fewer flows, by the count ledger; asked only when both are filtered. */
export async function smallerOf(db: Named, filter: FlowListFilter): Promise<'lane' | 'kind'> {
  if (!filter.lane?.length || !filter.kind?.length) return 'lane'
  const [row] = await db.rows<{ byLane: boolean }>('smallerOf', SMALLER_OF, [filter.lane, filter.kind, filter.status?.length ? filter.status : null])
  return row?.byLane ? 'lane' : 'kind'
}

const SMALLER_OF = `
SELECT coalesce(sum(count) FILTER (WHERE lane = ANY($1::text[])), 0) <= coalesce(sum(count) FILTER (WHERE kind = ANY($2::text[])), 0) AS "byLane"
  FROM ${COUNTED} c WHERE $3::text[] IS NULL OR word = ANY($3)`
