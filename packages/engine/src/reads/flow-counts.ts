import { named } from '@sluice/db'
import type { Named, Pool } from '@sluice/db'
import { FLOW_STATUSES, LIMITS } from '@sluice/protocol'
import type { FlowStatus } from '@sluice/protocol'
import { COUNTED } from './counted-sql.ts'
import { readByFilter } from './filter-ways.ts'
import type { FlowListFilter, ProbePlan } from './flow-filter.ts'
import { createdProbe, probesOf, restOf } from './flow-probes.ts'

export interface FlowCountsRow {
  /** Every status, in the order of the words, zeros included. */
  byStatus: { status: FlowStatus; count: number }[]
  total: number
  /** false: counting stopped at 10,000. */
  exact: boolean
}

/**
 * How many flows a filter matches. By status, lane and kind it is exact at every commit, from the ledger; any other filter is counted from the rows and
 * stops at 10,000. Throws LimitExceeded ("narrow the filter") when that takes longer than 2 s.
 */
export async function flowCounts(pool: Pool, filter: FlowListFilter = {}): Promise<FlowCountsRow> {
  if (isLedgers(filter)) return countsOf(await countLedger(named(pool), filter))
  const rows = await readByFilter(pool, { filter, onlyEnded: false, read: (db, plan) => countRows(db, filter, plan) })
  return rows ? countsOf(rows, LIMITS.countMax) : countsOf([])
}

const isLedgers = (f: FlowListFilter): boolean =>
  !f.owner?.length && !f.label?.length && !f.text?.trim() && f.slotHeld == null && f.createdAfter == null && f.createdBefore == null && f.principalId == null

interface StatusCountRow extends Record<string, unknown> { status: FlowStatus; count: number }

function countsOf(rows: StatusCountRow[], stopsAt = Infinity): FlowCountsRow {
  const counted = new Map(rows.map(row => [row.status, row.count]))
  const byStatus = FLOW_STATUSES.map(status => ({ status, count: counted.get(status) ?? 0 }))
  const total = byStatus.reduce((sum, s) => sum + s.count, 0)
  return { byStatus, total, exact: total < stopsAt }
}

const countLedger = (db: Named, f: FlowListFilter): Promise<StatusCountRow[]> =>
  db.rows<StatusCountRow>('countLedger', COUNT_LEDGER, [f.status?.length ? f.status : FLOW_STATUSES, f.lane?.length ? f.lane : null, f.kind?.length ? f.kind : null])

const COUNT_LEDGER = `
SELECT word AS status, sum(count)::int AS count FROM ${COUNTED} c
 WHERE word = ANY($1::text[]) AND ($2::text[] IS NULL OR lane = ANY($2)) AND ($3::text[] IS NULL OR kind = ANY($3)) GROUP BY word`

function countRows(db: Named, f: FlowListFilter, plan: ProbePlan): Promise<StatusCountRow[]> {
  const rest = restOf(plan.rest, 5)
  const bounds = [f.createdAfter ?? '-infinity', f.createdBefore ?? 'infinity']
  const values = [plan.values, plan.statuses, ...bounds, ...rest.values]
  return db.rows<StatusCountRow>(`countRows.${plan.driver}${rest.key}`, countRowsSql(plan, rest.where), values, { prepared: rest.values.length < 2 })
}

/** The probes one after the other until 10,000 are found. In no order: with one, the planner found all of a probe and sorted it before it took the first. */
const countRowsSql = (plan: ProbePlan, rest: string): string => `
SELECT status, count(*)::int AS count FROM (
  SELECT x.status FROM ${probesOf(plan.driver)} CROSS JOIN LATERAL (
    SELECT f.status FROM flow f WHERE ${createdProbe(plan, { from: ['$3::timestamptz'], to: ['$4::timestamptz'] }).where}${rest}
     LIMIT ${LIMITS.countMax}) x
   LIMIT ${LIMITS.countMax}) counted
 GROUP BY status`
