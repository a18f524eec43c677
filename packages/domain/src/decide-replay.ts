import type { EndpointState } from '@sluice/protocol'
import { BodyPurged, DeliveryInProgress, EndpointGone } from './errors.ts'
import type { Refusal } from './errors.ts'

export interface ReplayFacts {
  eventType: string
  endpointState: EndpointState
  hasBody: boolean
  /** Some delivery of the same event to the same endpoint is PENDING, SENDING or RETRY_SCHEDULED. */
  live: boolean
}

/** Why a delivery may not be sent again now, or undefined (D-26). A disabled endpoint is no reason: it is asked for by hand. */
export function refuseReplay({ endpointState, hasBody, live }: ReplayFacts): Refusal | undefined {
  if (endpointState === 'DELETED') return new EndpointGone('Its endpoint was deleted.')
  if (!hasBody) return new BodyPurged('Its body is kept no longer (WEBHOOK_RETENTION_DAYS).')
  return live ? new DeliveryInProgress('This event is being delivered to this endpoint already; replay it when that has ended.') : undefined
}
