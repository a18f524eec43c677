/** The SQL of probes (flow-filter.ts): what they run over, where each begins and ends, what of a filter is left to compare. */
import type { Driver, ProbePlan } from './flow-filter.ts'

/** The probes, as v and s. Those that find few rows are one probe of all statuses. */
export function probesOf(driver: Driver): string {
  if (driver === 'slot') return 'unnest($1::text[]) v(value)'
  if (driver === 'ids') return '(SELECT 1) v(value)'
  if (driver === 'words') return '(SELECT w.flow_id AS value FROM flow_search w WHERE w.words @@ flow_query(($1::text[])[1])) v'
  if (driver === 'label') return '(SELECT w.flow_id AS value FROM flow_search w WHERE w.labels @> $1::text[]) v'
  return 'unnest($1::text[]) v(value) CROSS JOIN unnest($2::flow_status[]) s(status)'
}

/** Where a probe begins and ends, in the column that it is sorted by; SQL of an instant, with an id for a place between two of the same instant. */
export interface Bounds { from?: Bound; to?: Bound }
export type Bound = [instant: string] | [instant: string, id: string]
export interface Probe { where: string; order: string[] }
type Shape = Pick<ProbePlan, 'driver' | 'gathered'>

/**
 * The rows of one probe by creation. Equalities, so that the scan ends where the probe does; of the two bounds one is a row comparison, because the planner
 * takes two plain ones on one column for a tiny range, and then any index with a sort for good. from is part of the range where it has no id.
 */
export function createdProbe(shape: Shape, { from, to }: Required<Bounds>): Probe {
  const at = instant('f.created_at', shape)
  const low = from.length > 1 || to.length === 1 ? `(${at}, f.id) > (${from[0]}, ${from[1] ?? `''`})` : `${at} >= ${from[0]}`
  const high = to.length > 1 ? `(${at}, f.id) < (${to.join(', ')})` : `${at} < ${to[0]}`
  return { where: ['f.deleted_at IS NULL', ...PLACE[shape.driver], low, high].join(' AND '), order: [at, 'f.id'] }
}

/** The rows of one probe by their end. */
export function finishedProbe(shape: Shape, { from, to }: Bounds): Probe {
  const at = instant('f.finished_at', shape)
  const bounds = [from && `(${at}, f.id) > (${from.join(', ')})`, to && `(${at}, f.id) < (${to.join(', ')})`]
  return { where: ['f.deleted_at IS NULL', 'f.finished_at IS NOT NULL', ...PLACE[shape.driver], ...bounds.filter(Boolean)].join(' AND '), order: [at, 'f.id'] }
}

/** Rows that are found by something else are compared by an expression, so that no index on the instant is combined with theirs. */
const instant = (column: string, { gathered }: Shape): string => (gathered ? `${column} + interval '0'` : column)

/** The rows of one probe, wherever they begin. */
export const placeOf = (driver: Driver): string => ['f.deleted_at IS NULL', ...PLACE[driver]].join(' AND ')

const OF_STATUSES = 'f.status::text = ANY($2::text[])'
const PLACE: Record<Driver, string[]> = {
  status: ['f.status = s.status'],
  lane: ['f.lane = v.value', 'f.status = s.status'],
  kind: ['f.kind = v.value', 'f.status = s.status'],
  owner: ['f.principal_id = v.value', 'f.status = s.status'],
  slot: ['f.slot_held', OF_STATUSES],
  words: ['f.id = v.value', OF_STATUSES],
  label: ['f.id = v.value', OF_STATUSES],
  ids: ['f.id BETWEEN ($1::text[])[1] AND ($1::text[])[2]', OF_STATUSES],
}

/**
 * The rest of the filter, which no index of the driver holds. Only what is filtered is said: a condition that may be absent makes the planner expect next to
 * no rows, and sort them. first numbers the first parameter; key names the text.
 */
export function restOf(rest: ProbePlan['rest'], first: number): { key: string; where: string; values: unknown[] } {
  const used = REST.filter(r => rest[r.field] !== undefined)
  return {
    key: used.map(r => `.${r.field}`).join(''),
    where: used.map((r, i) => ` AND ${r.sql(`$${first + i}`)}`).join(''),
    values: used.map(r => rest[r.field]),
  }
}

// Instants with an addition, so that no index on them is combined with the driver's; searches as scalars, so that none becomes a join that leads.
const REST: { field: keyof ProbePlan['rest']; sql(parameter: string): string }[] = [
  { field: 'lane', sql: p => `f.lane = ANY(${p}::text[])` },
  { field: 'kind', sql: p => `f.kind = ANY(${p}::text[])` },
  { field: 'owner', sql: p => `f.principal_id = ANY(${p}::text[])` },
  { field: 'slotHeld', sql: p => `f.slot_held = ${p}::boolean` },
  { field: 'words', sql: p => `(SELECT w.words @@ flow_query(${p}::text) FROM flow_search w WHERE w.flow_id = f.id)` },
  { field: 'label', sql: p => `(SELECT w.labels @> ${p}::text[] FROM flow_search w WHERE w.flow_id = f.id)` },
  { field: 'createdAfter', sql: p => `f.created_at + interval '0' >= ${p}::timestamptz` },
  { field: 'createdBefore', sql: p => `f.created_at + interval '0' < ${p}::timestamptz` },
  { field: 'endedAfter', sql: p => `f.finished_at >= ${p}::timestamptz` },
  { field: 'spanFrom', sql: p => `(f.created_at, f.id) > (${p}::timestamptz, '')` },
  { field: 'spanTo', sql: p => `f.created_at < ${p}::timestamptz` },
]
