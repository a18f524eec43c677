/** Which deliveries a list, a count, a bulk operation or a subscription is about, and how a page of them is found without walking over the others. */
import { DELIVERY_STATES } from '@sluice/protocol'
import type { DeliveryState, DeliveryTrigger } from '@sluice/protocol'

/** Everything that is given must hold; a list of values means any of them. */
export interface DeliveryFilter {
  flow?: string | undefined
  endpoint?: readonly string[] | undefined
  state?: readonly DeliveryState[] | undefined
  eventType?: readonly string[] | undefined
  trigger?: readonly DeliveryTrigger[] | undefined
  /** Not earlier, and earlier than. */
  createdAfter?: Date | undefined
  createdBefore?: Date | undefined
  /** Ended then or later, and earlier than. What is alive has not ended. */
  endedAfter?: Date | undefined
  endedBefore?: Date | undefined
  /** What the caller may read: flows of one owner, of some lanes, of some kinds. Tests are of no flow, so with one of these they are not there. */
  owner?: string | null | undefined
  lanes?: readonly string[] | null | undefined
  kinds?: readonly string[] | null | undefined
}

interface Scan { filter: DeliveryFilter; columns: string; order: 'ASC' | 'DESC'; beyond: { at: string; id: string } | null; limit: number; latestOnly?: boolean }

/**
 * Rows in order of creation. Each value that the filter's most selective part names is one short probe of an index that has the order; the rest is looked
 * at on the way, under the caller's time limit.
 */
export function deliveryScan({ filter, columns, order, beyond, limit, latestOnly = false }: Scan): { text: string; values: unknown[] } {
  const values: unknown[] = []
  const say = (value: unknown): string => `$${values.push(value)}`
  const { probes, place, used } = driverOf(filter, say)
  const conditions = [place, ...conditionsOf(filter, { say, used }), ...(latestOnly ? [LATEST_ONLY] : [])]
  if (beyond) conditions.push(`(d.created_at, d.id) ${order === 'ASC' ? '>' : '<'} (${say(beyond.at)}::timestamptz, ${say(beyond.id)}::text)`)
  const where = conditions.filter(c => c !== '').join(' AND ') || 'true'
  const most = say(limit)
  const sorted = `ORDER BY d.created_at ${order}, d.id ${order} LIMIT ${most}`
  return { values, text: `SELECT ${columns} FROM ${probes} CROSS JOIN LATERAL (SELECT d.* FROM webhook_delivery d WHERE ${where} ${sorted}) d ${sorted}` }
}

type Say = (value: unknown) => string
type Part = 'flow' | 'endpoint' | 'owner' | 'state'

function driverOf(filter: DeliveryFilter, say: Say): { probes: string; place: string; used: Part[] } {
  if (filter.flow !== undefined) return { probes: `unnest(ARRAY[${say(filter.flow)}::text]) p(flow_id)`, place: 'd.flow_id = p.flow_id', used: ['flow'] }
  if (filter.endpoint) {
    const states = say(filter.state ?? DELIVERY_STATES)
    return {
      probes: `unnest(${say(filter.endpoint)}::text[]) p(endpoint_id) CROSS JOIN unnest(${states}::delivery_state[]) s(state)`,
      place: 'd.endpoint_id = p.endpoint_id AND d.state = s.state', used: ['endpoint', 'state'],
    }
  }
  if (filter.owner != null) return { probes: `unnest(ARRAY[${say(filter.owner)}::text]) p(principal_id)`, place: 'd.principal_id = p.principal_id', used: ['owner'] }
  if (filter.state) return { probes: `unnest(${say(filter.state)}::delivery_state[]) p(state)`, place: 'd.state = p.state', used: ['state'] }
  return { probes: '(VALUES (1)) p(one)', place: '', used: [] }
}

function conditionsOf(filter: DeliveryFilter, { say, used }: { say: Say; used: Part[] }): string[] {
  const any = (column: string, given: readonly string[], type = 'text'): string => `d.${column} = ANY(${say(given)}::${type}[])`
  const at = (comparison: string, instant: Date): string => `d.${comparison} ${say(instant.toISOString())}::timestamptz`
  const flow = (column: string, given: readonly string[]): string => `EXISTS (SELECT 1 FROM flow f WHERE f.id = d.flow_id AND f.${column} = ANY(${say(given)}::text[]))`
  return [
    filter.endpoint && !used.includes('endpoint') ? any('endpoint_id', filter.endpoint) : '',
    filter.state && !used.includes('state') ? any('state', filter.state, 'delivery_state') : '',
    filter.owner != null && !used.includes('owner') ? any('principal_id', [filter.owner]) : '',
    filter.eventType ? any('event_type', filter.eventType) : '',
    filter.trigger ? any('trigger', filter.trigger, 'delivery_trigger') : '',
    filter.createdAfter ? at('created_at >=', filter.createdAfter) : '',
    filter.createdBefore ? at('created_at <', filter.createdBefore) : '',
    filter.endedAfter ? at('ended_at >=', filter.endedAfter) : '',
    filter.endedBefore ? at('ended_at <', filter.endedBefore) : '',
    filter.lanes ? flow('lane', filter.lanes) : '',
    filter.kinds ? flow('kind', filter.kinds) : '',
    NOT_DELETED,
  ]
}

/** Of a flow that left the lists nothing is listed. Said so, and not that the flow is there or there is none: with OR the planner would read all flows into a hash. */
const NOT_DELETED = 'NOT EXISTS (SELECT 1 FROM flow f WHERE f.id = d.flow_id AND f.deleted_at IS NOT NULL)'

/** What was sent to the same endpoint again since is not sent once more for its former failure. */
const LATEST_ONLY = `NOT EXISTS (SELECT 1 FROM webhook_delivery x WHERE x.event_id = d.event_id AND x.endpoint_id = d.endpoint_id AND (x.created_at, x.id) > (d.created_at, d.id))`
