/** How a filter is answered: by finding all it names and sorting them, where they are few, or by walking the list until a page is full, where they are many. */
import { named } from '@sluice/db'
import type { Named, Pool } from '@sluice/db'
import { boundedRead, firstInTime } from './bounded-read.ts'
import { COUNTED } from './counted-sql.ts'
import { planProbes } from './flow-filter.ts'
import type { FlowListFilter, ProbePlan } from './flow-filter.ts'
import { SOUGHT, placeOf, probesOf } from './flow-probes.ts'

/** So many rows are found and sorted in some 100 ms; were there more, a walk would meet one every few hundred rows of six million. */
const FEW = 20_000

/**
 * Reads by the way that suits the filter; when that was misjudged and takes too long, by the other. undefined: nothing can match. Throws LimitExceeded
 * ("narrow the filter") after 2 s.
 */
export async function readByFilter<T>(pool: Pool, o: { filter: FlowListFilter; onlyEnded: boolean; read(db: Named, plan: ProbePlan): Promise<T> }): Promise<T | undefined> {
  const ways = await waysOf(named(pool), o)
  if (ways.length === 0) return undefined
  const [first] = ways
  if (first?.exact) return o.read(named(pool), first)
  return firstInTime(ways, (plan, limitMs) => boundedRead(pool, tx => o.read(tx, plan), limitMs))
}

async function waysOf(db: Named, { filter, onlyEnded }: { filter: FlowListFilter; onlyEnded: boolean }): Promise<ProbePlan[]> {
  const smaller = await smallerOf(db, filter)
  const plan = (few: boolean): ProbePlan[] => [planProbes(filter, { smaller, onlyEnded, few })].filter(p => p !== undefined)
  const [gathering] = plan(true)
  if (!gathering?.gathered || gathering.driver === 'ids') return plan(false)
  if (gathering.driver === 'words' || gathering.driver === 'label') return (await findsFew(db, gathering.driver, gathering.values)) ? [gathering, ...plan(false)] : [...plan(false), gathering]
  return onlyEnded && (await holdsMany(db, gathering)) ? plan(false) : [gathering]
}

/** By the planner's statistics of words and labels, which it has at hand: what it would find, not what it costs. */
async function findsFew(db: Named, driver: 'words' | 'label', values: string[]): Promise<boolean> {
  const [row] = await db.rows<{ 'QUERY PLAN': { Plan: { 'Plan Rows': number } }[] }>(`estimate.${driver}`, `EXPLAIN (FORMAT JSON) ${SOUGHT[driver]}`, [values])
  return (row?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0) <= FEW
}

/** By counting them, as far as it matters. */
async function holdsMany(db: Named, { driver, values, statuses }: ProbePlan): Promise<boolean> {
  const [row] = await db.rows<{ many: boolean }>(`holdsMany.${driver}`, holdsManySql(driver), [values, statuses])
  return row?.many ?? false
}

const holdsManySql = (driver: ProbePlan['driver']): string => `
SELECT count(*) > ${FEW} AS many FROM (
  SELECT 1 FROM ${probesOf(driver)} CROSS JOIN LATERAL (SELECT 1 FROM flow f WHERE ${placeOf(driver)} LIMIT ${FEW + 1}) x LIMIT ${FEW + 1}) counted`

/** Of lane and kind the one whose values cover fewer flows, by the count ledger; asked only when both are filtered. */
async function smallerOf(db: Named, filter: FlowListFilter): Promise<'lane' | 'kind'> {
  if (!filter.lane?.length || !filter.kind?.length) return 'lane'
  const [row] = await db.rows<{ byLane: boolean }>('smallerOf', SMALLER_OF, [filter.lane, filter.kind, filter.status?.length ? filter.status : null])
  return row?.byLane ? 'lane' : 'kind'
}

const SMALLER_OF = `
SELECT coalesce(sum(count) FILTER (WHERE lane = ANY($1::text[])), 0) <= coalesce(sum(count) FILTER (WHERE kind = ANY($2::text[])), 0) AS "byLane"
  FROM ${COUNTED} c WHERE $3::text[] IS NULL OR word = ANY($3)`
