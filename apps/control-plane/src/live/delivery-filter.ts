import type { DeliveryFilterGiven } from '../graphql/webhook-delivery-filter.ts'
import type { DeliveryRow } from '../graphql/webhook-refs.ts'
import { among } from './among.ts'

/** A delivery that a filter can never show, because what rules it out never changes: its changes are nobody's news. */
export const neverMatches = (filter: DeliveryFilterGiven, delivery: DeliveryRow): boolean =>
  Boolean(filter.flow && filter.flow !== delivery.flowId) || !among(filter.endpoint, delivery.endpointId) ||
  !among(filter.eventType, delivery.eventType) || !among(filter.trigger, delivery.trigger) ||
  Boolean(filter.createdAfter && delivery.createdAt < filter.createdAfter) || Boolean(filter.createdBefore && delivery.createdAt >= filter.createdBefore)

/** Whether a delivery that can match does so now. */
export const matchesNow = (filter: DeliveryFilterGiven, delivery: DeliveryRow): boolean => among(filter.state, delivery.state)
