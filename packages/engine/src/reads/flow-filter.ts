/** Which rows a list or a count means, and which index finds them. A filter is cut into probes: one short index range per named value and status. */
import { LimitExceeded } from '@sluice/domain'
import { FLOW_STATUSES, TERMINAL_STATUSES } from '@sluice/protocol'
import type { FlowStatus } from '@sluice/protocol'

/** Absent, null or empty = not filtered. Several values of one field: any of them. */
export interface FlowListFilter {
  status?: readonly FlowStatus[] | null | undefined
  lane?: readonly string[] | null | undefined
  kind?: readonly string[] | null | undefined
  /** Principal ids. */
  owner?: readonly string[] | null | undefined
  slotHeld?: boolean | null | undefined
  /** At or after. */
  createdAfter?: Date | null | undefined
  /** Before. */
  createdBefore?: Date | null | undefined
  /** What the caller may see: only this principal's flows. */
  principalId?: string | null | undefined
}

/** The column that probes begin with; slot: the few rows that hold one. */
export const PROBED = { status: null, lane: 'f.lane', kind: 'f.kind', owner: 'f.principal_id' } as const
export type Dimension = keyof typeof PROBED
export type Driver = Dimension | 'slot'

export interface ProbePlan {
  driver: Driver
  values: string[]
  statuses: FlowStatus[]
  /** Every row of the probes is an answer, so the work is bounded by the page. */
  exact: boolean
  rest: { lane?: string[]; kind?: string[]; owner?: string[]; slotHeld?: boolean; createdAfter?: Date; createdBefore?: Date }
}

const PROBES_MAX = 1000

/** smaller: of lane and kind, when both are filtered, the one with fewer rows. undefined: nothing can match. Throws LimitExceeded past 1,000 probes. */
export function planProbes(filter: FlowListFilter, o: { smaller: 'lane' | 'kind'; onlyEnded: boolean }): ProbePlan | undefined {
  const lanes = named(filter.lane)
  const kinds = named(filter.kind)
  const owners = ownersOf(filter)
  const possible: readonly FlowStatus[] = o.onlyEnded ? TERMINAL_STATUSES : FLOW_STATUSES
  const statuses = (named(filter.status) ?? [...possible]).filter(s => possible.includes(s))
  if (owners?.length === 0 || statuses.length === 0) return undefined
  const driver = driverOf({ lanes, kinds, owners, slotHeld: filter.slotHeld, ...o })
  const values = { status: [''], slot: [''], lane: lanes ?? [], kind: kinds ?? [], owner: owners ?? [] }[driver]
  if (values.length * statuses.length > PROBES_MAX) throw new LimitExceeded(PROBES_MAX, `The filter names ${values.length} values in ${statuses.length} statuses: narrow the filter.`)
  const rest = {
    ...(lanes && driver !== 'lane' ? { lane: lanes } : {}), ...(kinds && driver !== 'kind' ? { kind: kinds } : {}), ...(owners && driver !== 'owner' ? { owner: owners } : {}),
    ...(filter.slotHeld != null && driver !== 'slot' ? { slotHeld: filter.slotHeld } : {}),
    ...(filter.createdAfter && o.onlyEnded ? { createdAfter: filter.createdAfter } : {}), ...(filter.createdBefore && o.onlyEnded ? { createdBefore: filter.createdBefore } : {}),
  }
  return { driver, values, statuses, rest, exact: Object.keys(rest).length === 0 }
}

const named = <T>(values: readonly T[] | null | undefined): T[] | null => (values && values.length > 0 ? [...new Set(values)] : null)

function ownersOf(filter: FlowListFilter): string[] | null {
  const owners = named(filter.owner)
  if (filter.principalId == null) return owners
  return owners ? owners.filter(o => o === filter.principalId) : [filter.principalId]
}

function driverOf(f: { lanes: unknown; kinds: unknown; owners: unknown; slotHeld: boolean | null | undefined; smaller: 'lane' | 'kind'; onlyEnded: boolean }): Driver {
  if (f.onlyEnded) return 'status'
  if (f.slotHeld === true) return 'slot'
  if (f.owners) return 'owner'
  if (f.lanes && f.kinds) return f.smaller
  return f.lanes ? 'lane' : f.kinds ? 'kind' : 'status'
}

/** The probes, as v and s. The slot driver has one: its rows are few and found together. */
export const probesOf = (driver: Driver): string => `unnest($1::text[]) v(value)${driver === 'slot' ? '' : ' CROSS JOIN unnest($2::flow_status[]) s(status)'}`

/** Where a probe begins and ends, in the column that it is sorted by; SQL of an instant, with an id for a place between two of the same instant. */
export interface Bounds { from?: Bound; to?: Bound }
export type Bound = [instant: string] | [instant: string, id: string]
export interface Probe { where: string; order: string[] }

/**
 * The rows of one probe by creation. Equalities, so that the scan ends where the probe does; of the two bounds one is a row comparison, because the planner
 * takes two plain ones on one column for a tiny range, and then any index with a sort for good. from is part of the range where it has no id.
 */
export function createdProbe(driver: Driver, { from, to }: Required<Bounds>): Probe {
  // The few rows that hold a slot are found by that alone: no index on creation or status is combined with theirs.
  const at = driver === 'slot' ? `f.created_at + interval '0'` : 'f.created_at'
  const low = from.length > 1 || to.length === 1 ? `(${at}, f.id) > (${from[0]}, ${from[1] ?? `''`})` : `${at} >= ${from[0]}`
  const high = to.length > 1 ? `(${at}, f.id) < (${to.join(', ')})` : `${at} < ${to[0]}`
  return { where: ['f.deleted_at IS NULL', ...placeOf(driver), low, high].join(' AND '), order: [at, 'f.id'] }
}

/** The rows of one status by their end. */
export function finishedProbe({ from, to }: Bounds): Probe {
  const bounds = [from && `(f.finished_at, f.id) > (${from.join(', ')})`, to && `(f.finished_at, f.id) < (${to.join(', ')})`]
  return { where: ['f.deleted_at IS NULL', 'f.finished_at IS NOT NULL', 'f.status = s.status', ...bounds.filter(Boolean)].join(' AND '), order: ['f.finished_at', 'f.id'] }
}

function placeOf(driver: Driver): string[] {
  if (driver === 'slot') return ['f.slot_held', 'f.status::text = ANY($2::text[])']
  const column = PROBED[driver]
  return column ? [`${column} = v.value`, 'f.status = s.status'] : ['f.status = s.status']
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

// Instants with an addition, so that no index on them is combined with the driver's.
const REST: { field: keyof ProbePlan['rest']; sql(parameter: string): string }[] = [
  { field: 'lane', sql: p => `f.lane = ANY(${p}::text[])` },
  { field: 'kind', sql: p => `f.kind = ANY(${p}::text[])` },
  { field: 'owner', sql: p => `f.principal_id = ANY(${p}::text[])` },
  { field: 'slotHeld', sql: p => `f.slot_held = ${p}::boolean` },
  { field: 'createdAfter', sql: p => `f.created_at + interval '0' >= ${p}::timestamptz` },
  { field: 'createdBefore', sql: p => `f.created_at + interval '0' < ${p}::timestamptz` },
]
