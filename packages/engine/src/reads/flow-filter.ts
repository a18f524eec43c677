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
  /** $3 …: the rest of the filter, checked row by row. */
  rest: [lanes: string[] | null, kinds: string[] | null, owners: string[] | null, slotHeld: boolean | null]
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
  const rest: ProbePlan['rest'] = [driver === 'lane' ? null : lanes, driver === 'kind' ? null : kinds, driver === 'owner' ? null : owners, filter.slotHeld ?? null]
  return { driver, values, statuses, rest, exact: rest.every(r => r === null) && !(o.onlyEnded && createdRange(filter)) }
}

const named = <T>(values: readonly T[] | null | undefined): T[] | null => (values && values.length > 0 ? [...new Set(values)] : null)

const createdRange = (filter: FlowListFilter): boolean => filter.createdAfter != null || filter.createdBefore != null

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

/** FROM v, s (the probes), and the conditions on f that name the index. */
export const PROBES = 'unnest($1::text[]) v(value) CROSS JOIN unnest($2::flow_status[]) s(status)'

export function probeCondition(driver: Driver): string {
  if (driver === 'slot') return `f.slot_held AND f.status = ANY($2::flow_status[]) AND f.deleted_at IS NULL`
  const column = PROBED[driver]
  return `f.deleted_at IS NULL AND f.status = s.status${column ? ` AND ${column} = v.value` : ''}`
}

/** What no index of the driver holds; first is the number of the first of its four parameters. */
export const restCondition = (first: number): string =>
  `($${first}::text[] IS NULL OR f.lane = ANY($${first})) AND ($${first + 1}::text[] IS NULL OR f.kind = ANY($${first + 1}))
   AND ($${first + 2}::text[] IS NULL OR f.principal_id = ANY($${first + 2})) AND ($${first + 3}::boolean IS NULL OR f.slot_held = $${first + 3})`

/** The slot driver has one probe: its rows are few and found together. */
export const probesOf = (driver: Driver): string => (driver === 'slot' ? `unnest($1::text[]) one(value)` : PROBES)
