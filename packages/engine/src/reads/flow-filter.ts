/** Which rows a list or a count means, and which index finds them. A filter is cut into probes: one short index range per named value and status. */
import { InvalidInput, LimitExceeded, parseFlowText } from '@sluice/domain'
import type { FlowText } from '@sluice/domain'
import { FLOW_STATUSES, TERMINAL_STATUSES } from '@sluice/protocol'
import type { FlowStatus } from '@sluice/protocol'

/** Absent, null or empty = not filtered. Several values of one field: any of them. */
export interface FlowListFilter {
  status?: readonly FlowStatus[] | null | undefined
  lane?: readonly string[] | null | undefined
  kind?: readonly string[] | null | undefined
  /** key or key=value, and all of them: a flow has many labels, of the others it has one. */
  label?: readonly string[] | null | undefined
  /** Principal ids. */
  owner?: readonly string[] | null | undefined
  slotHeld?: boolean | null | undefined
  /** An id, the beginning of one, or words that each begin a word of the title. */
  text?: string | null | undefined
  /** At or after. */
  createdAfter?: Date | null | undefined
  /** Before. */
  createdBefore?: Date | null | undefined
  /** What the caller may see: only this principal's flows. */
  principalId?: string | null | undefined
}

/**
 * What probes begin with: a column whose index gives the rows in the list's order, or something that finds few rows, which are then sorted: those that hold
 * a slot, those with the words or labels, a range of ids.
 */
export type Driver = 'status' | 'lane' | 'kind' | 'owner' | 'slot' | 'words' | 'label' | 'ids'

export interface ProbePlan {
  driver: Driver
  values: string[]
  statuses: FlowStatus[]
  /** All rows of the probes are found and sorted, because no index has them in the list's order. */
  gathered: boolean
  /** Every row of the probes is an answer, so the work is bounded by the page. */
  exact: boolean
  rest: Rest
}
interface Rest { lane?: string[]; kind?: string[]; owner?: string[]; slotHeld?: boolean; words?: string; label?: string[]; createdAfter?: Date; createdBefore?: Date; endedAfter?: Date; spanFrom?: Date; spanTo?: Date }

const PROBES_MAX = 1000

export interface PlanOptions {
  /** Of lane and kind, when both are filtered, the one with fewer rows. */
  smaller: 'lane' | 'kind'
  onlyEnded: boolean
  /** What finds few rows, which are then sorted: the words, the label, the lane, kind or owner, or the span of creation. null: the list is walked until a page is full. */
  gather: 'words' | 'label' | 'place' | 'span' | null
}

/** undefined: nothing can match. Throws LimitExceeded past 1,000 probes, InvalidInput for a text without a word. */
export function planProbes(filter: FlowListFilter, o: PlanOptions): ProbePlan | undefined {
  const asked = askedOf(filter)
  const possible: readonly FlowStatus[] = o.onlyEnded ? TERMINAL_STATUSES : FLOW_STATUSES
  const statuses = (listed(filter.status) ?? [...possible]).filter(s => possible.includes(s))
  if (asked.owner?.length === 0 || statuses.length === 0) return undefined
  const driver = driverOf(asked, o)
  const values = valuesOf(driver, asked)
  if (!FINDS_FEW.has(driver) && values.length * statuses.length > PROBES_MAX) throw new LimitExceeded(PROBES_MAX, `The filter names ${values.length} values in ${statuses.length} statuses: narrow the filter.`)
  const rest = spanned(restBeside(driver, { asked, filter, onlyEnded: o.onlyEnded }), { driver, gather: o.gather })
  return { driver, values, statuses, rest, gathered: FINDS_FEW.has(driver) || (o.onlyEnded && driver !== 'status') || o.gather === 'span', exact: Object.keys(rest).length === 0 }
}

const FINDS_FEW: ReadonlySet<Driver> = new Set(['slot', 'words', 'label', 'ids'])

interface Asked { lane: string[] | null; kind: string[] | null; owner: string[] | null; label: string[] | null; slotHeld: boolean | null; text: FlowText | null; words: string | null }

function askedOf(filter: FlowListFilter): Asked {
  const text = filter.text?.trim() ? parseFlowText(filter.text) : null
  if (text && 'words' in text && text.words.length === 0) throw new InvalidInput(['filter', 'text'], 'filter.text has no word in it.')
  return {
    lane: listed(filter.lane), kind: listed(filter.kind), owner: ownersOf(filter), label: listed(filter.label), slotHeld: filter.slotHeld ?? null,
    text, words: text && 'words' in text ? text.words.join(' ') : null,
  }
}

const listed = <T>(values: readonly T[] | null | undefined): T[] | null => (values && values.length > 0 ? [...new Set(values)] : null)

function ownersOf(filter: FlowListFilter): string[] | null {
  const owners = listed(filter.owner)
  if (filter.principalId == null) return owners
  return owners ? owners.filter(o => o === filter.principalId) : [filter.principalId]
}

function driverOf(asked: Asked, o: PlanOptions): Driver {
  if (asked.text && 'ids' in asked.text) return 'ids'
  if (o.gather === 'words' && asked.words) return 'words'
  if (o.gather === 'label' && asked.label) return 'label'
  if (o.onlyEnded && o.gather !== 'place') return 'status'
  if (asked.slotHeld === true) return 'slot'
  if (asked.owner) return 'owner'
  if (asked.lane && asked.kind) return o.smaller
  return asked.lane ? 'lane' : asked.kind ? 'kind' : 'status'
}

function valuesOf(driver: Driver, { text, words, lane, kind, owner, label }: Asked): string[] {
  const ids = text && 'ids' in text ? text.ids : []
  return { status: [''], slot: [''], lane: lane ?? [], kind: kind ?? [], owner: owner ?? [], words: [words ?? ''], label: label ?? [], ids }[driver]
}

function restBeside(driver: Driver, { asked, filter, onlyEnded }: { asked: Asked; filter: FlowListFilter; onlyEnded: boolean }): Rest {
  const { lane, kind, owner, label, words, slotHeld } = asked
  const { createdAfter, createdBefore } = onlyEnded ? filter : {}
  const beside = { lane, kind, owner, label, words, ...(driver === 'slot' ? {} : { slotHeld }), createdAfter, createdBefore }
  return Object.fromEntries(Object.entries(beside).filter(([field, value]) => value != null && field !== driver))
}

/** By the index on creation where the span is what finds rows; and where those that ended are walked, none ended before it was created. */
function spanned({ createdAfter, createdBefore, ...rest }: Rest, { driver, gather }: { driver: Driver; gather: PlanOptions['gather'] }): Rest {
  if (gather === 'span') return { ...rest, ...(createdAfter ? { spanFrom: createdAfter } : {}), ...(createdBefore ? { spanTo: createdBefore } : {}) }
  const ended = createdAfter && driver === 'status' ? { endedAfter: createdAfter } : {}
  return { ...rest, ...(createdAfter ? { createdAfter } : {}), ...(createdBefore ? { createdBefore } : {}), ...ended }
}
