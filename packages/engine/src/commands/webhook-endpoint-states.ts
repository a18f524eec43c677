/** Disabling, enabling, deleting and testing an endpoint, of whatever origin. */
import { Conflict, newId, refuseText, renderTest } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import { LIMITS } from '@sluice/protocol'
import type { Deps, Outcome } from '../deps.ts'
import { insertTest, readClock } from '../sql/delivery-sql.ts'
import { writeEndpointState } from '../sql/endpoint-sql.ts'
import type { EndpointRow } from '../sql/endpoint-sql.ts'
import { ENVIRONMENT_GONE } from '../sql/outbox-sql.ts'
import { startBulk } from './bulk-operations.ts'
import { audit, onEndpoint } from './webhook-endpoints.ts'

interface OnEndpoint { actor: Actor; id: string }

/** What is pending is suppressed when its turn comes; new events are recorded as suppressed. Disabled already: nothing changes. */
export async function disableWebhookEndpoint(deps: Deps, cmd: OnEndpoint & { reason?: string | null | undefined }): Promise<Outcome<{ endpointId: string }>> {
  const refusal = refuseText(['reason'], cmd.reason, LIMITS.reasonMax)
  if (refusal) return refusal
  return onEndpoint(deps, cmd.id, async (tx, endpoint) => {
    if (endpoint.state === 'ACTIVE') await moveTo(tx, deps, { cmd, endpoint, state: 'DISABLED', action: 'disableWebhookEndpoint', reason: cmd.reason || 'Disabled by an operator.' })
    return { endpointId: cmd.id }
  })
}

/** The streak begins anew. replaySuppressed sends what was suppressed since it was disabled, as a bulk operation. */
export const enableWebhookEndpoint = (deps: Deps, cmd: OnEndpoint & { actor: Actor & { principalId: string }; replaySuppressed: boolean }): Promise<Outcome<{ endpointId: string; operationId: string | null }>> =>
  onEndpoint<{ endpointId: string; operationId: string | null }>(deps, cmd.id, async (tx, endpoint) => {
    if (endpoint.disabledReason === ENVIRONMENT_GONE) return new Conflict('FLOW_WEBHOOK_URL is not set: set it and start again.')
    if (endpoint.state === 'ACTIVE') return { endpointId: cmd.id, operationId: null }
    await moveTo(tx, deps, { cmd, endpoint, state: 'ACTIVE', action: 'enableWebhookEndpoint', reason: null })
    if (!cmd.replaySuppressed) return { endpointId: cmd.id, operationId: null }
    const filter = { endpoint: [cmd.id], state: ['SUPPRESSED' as const], ...(endpoint.disabledAt && { endedAfter: endpoint.disabledAt }) }
    const { operationId } = await startBulk(tx, deps, { actor: cmd.actor, filter, reason: `What was suppressed while ${endpoint.name ?? endpoint.urlRedacted} was disabled.` })
    return { endpointId: cmd.id, operationId }
  })

/** For good: whatever of it is pending is suppressed when its turn comes, and nothing of it can be replayed. */
export async function deleteWebhookEndpoint(deps: Deps, cmd: OnEndpoint & { reason?: string | null | undefined }): Promise<Outcome<{ endpointId: string }>> {
  const refusal = refuseText(['reason'], cmd.reason, LIMITS.reasonMax)
  if (refusal) return refusal
  return onEndpoint<{ endpointId: string }>(deps, cmd.id, async (tx, endpoint) => {
    if (endpoint.origin === 'ENVIRONMENT') return new Conflict('It is FLOW_WEBHOOK_URL: unset that and start again, or disable it.')
    await moveTo(tx, deps, { cmd, endpoint, state: 'DELETED', action: 'deleteWebhookEndpoint', reason: cmd.reason || null })
    return { endpointId: cmd.id }
  })
}

interface StateMove { cmd: OnEndpoint; endpoint: EndpointRow; state: EndpointRow['state']; action: string; reason: string | null }

async function moveTo(tx: Tx, deps: Deps, { cmd, endpoint, state, action, reason }: StateMove): Promise<void> {
  await writeEndpointState(tx, { id: endpoint.id, state, reason: state === 'DISABLED' ? reason : null })
  await audit(tx, cmd.actor, { action, target: endpoint.id, reason, before: { state: endpoint.state, reason: endpoint.disabledReason }, after: { state } })
  tx.afterCommit(() => deps.wake.hint({ deliveries: 'due' }))
}

/** A delivery of its own, through the same guard and with the same schedule, to a disabled endpoint too. It moves no streak. */
export const testWebhookEndpoint = (deps: Deps, cmd: OnEndpoint): Promise<Outcome<{ deliveryId: string }>> =>
  onEndpoint(deps, cmd.id, async (tx, endpoint) => {
    const [eventId, deliveryId] = [newId('event'), newId('delivery')]
    const at = await readClock(tx)
    await insertTest(tx, { id: deliveryId, eventId, endpoint, requestedBy: cmd.actor.principalId, body: renderTest({ eventId, at, endpointId: endpoint.id }), at })
    await audit(tx, cmd.actor, { action: 'testWebhookEndpoint', target: cmd.id, after: { delivery: deliveryId } })
    tx.afterCommit(() => deps.wake.hint({ deliveries: 'due' }))
    return { deliveryId }
  })
