/**
 * The outbox: what endpoints are told of a move commits with the move or not at all (INV-26). One statement finds who asked, the bodies are rendered
 * here, one statement writes events and deliveries; moves that nobody asks for cost nothing (webhook_interest, read by the move's own statement).
 */
import { INLINE_MAX_BYTES, newId, renderWebhook } from '@sluice/domain'
import type { WebhookArtifact, WebhookFlow } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import type { WebhookEventType } from '@sluice/protocol'
import type { WakeUps } from './wake-ups.ts'
import { artifactsToTell } from './sql/artifact-sql.ts'
import { insertOutbox, matchReceivers } from './sql/outbox-sql.ts'
import type { DeliveryToInsert, EventToInsert, OutboxFact, Receiver } from './sql/outbox-sql.ts'

/** What is needed to tell: who is woken after the commit, and how the body names a flow. */
export interface Teller { wake: WakeUps; webhooks: { publicUrl(): string; inlineMaxBytes?: number } }

/** wanted: the types that some endpoint ever asked for. */
export async function writeOutbox(tx: Tx, teller: Teller, { facts, wanted }: { facts: OutboxFact[]; wanted: readonly string[] }): Promise<void> {
  const asked = facts.filter(fact => wanted.includes(fact.type))
  if (asked.length === 0) return
  const receivers = await matchReceivers(tx, asked)
  if (receivers.length === 0) return
  const told = group(asked, receivers)
  const how = { publicUrl: teller.webhooks.publicUrl(), inlineMaxBytes: teller.webhooks.inlineMaxBytes ?? INLINE_MAX_BYTES }
  const artifacts = await artifactsOf(tx, told, how)
  await insertOutbox(tx, told.map(one => eventFor(one, { ...how, artifacts: artifacts.get(one.fact.flowId) ?? [] })), told.flatMap(one => one.receivers.map(receiver => deliveryFor(one, receiver))))
  tx.afterCommit(() => teller.wake.hint({ deliveries: 'due' }))
}

interface Told { fact: OutboxFact; eventId: string; receivers: Receiver[] }

/** The facts that somebody asked for, each with who did. A statement moves a flow once. */
function group(facts: OutboxFact[], receivers: Receiver[]): Told[] {
  const told = new Map(facts.map(fact => [fact.flowId, { fact, eventId: newId('event'), receivers: [] as Receiver[] }]))
  for (const receiver of receivers) told.get(receiver.flow.id)?.receivers.push(receiver)
  return [...told.values()].filter(one => one.receivers.length > 0)
}

async function artifactsOf(tx: Tx, told: Told[], { inlineMaxBytes }: { inlineMaxBytes: number }): Promise<Map<string, WebhookArtifact[]>> {
  const byFlow = new Map<string, WebhookArtifact[]>()
  for (const { flowId, ...artifact } of await artifactsToTell(tx, { flows: told.map(({ fact, receivers }) => ({ id: fact.flowId, inline: isInline(receivers) })), inlineMaxBytes })) {
    const known = byFlow.get(flowId)
    if (known) known.push(artifact)
    else byFlow.set(flowId, [artifact])
  }
  return byFlow
}

const isInline = (receivers: Receiver[]): boolean => receivers.some(r => r.inlineArtifacts)

interface How { publicUrl: string; inlineMaxBytes: number; artifacts: WebhookArtifact[] }

function eventFor({ fact, eventId, receivers }: Told, { artifacts, ...how }: How): EventToInsert {
  const [first] = receivers
  if (!first) throw new Error(`nobody asked for event ${fact.sequence} of ${fact.flowId}`)
  const content = { eventId, type: fact.type as WebhookEventType, at: fact.at, sequence: fact.sequence, flow: flowOf(first.flow), artifacts }
  return {
    id: eventId, flow_id: fact.flowId, sequence: fact.sequence, type: fact.type, created_at: fact.at,
    body: renderWebhook(content, { ...how, inline: false }), body_inline: isInline(receivers) ? renderWebhook(content, { ...how, inline: true }) : null,
  }
}

function deliveryFor({ fact, eventId }: Told, receiver: Receiver): DeliveryToInsert {
  const suppressed = receiver.state === 'DISABLED'
  return {
    id: newId('delivery'), event_id: eventId, endpoint_id: receiver.endpointId, revision: receiver.revision, host: receiver.host,
    strict_order: receiver.strictOrder, inline_artifacts: receiver.inlineArtifacts, flow_id: fact.flowId, sequence: fact.sequence, principal_id: receiver.flow.principalId, event_type: fact.type,
    state: suppressed ? 'SUPPRESSED' : 'PENDING', last_error: suppressed ? 'ENDPOINT_DISABLED' : null, created_at: fact.at,
  }
}

/** Out of JSON instants come as text. */
const flowOf = (flow: WebhookFlow): WebhookFlow => ({
  ...flow, createdAt: new Date(flow.createdAt), queuedAt: new Date(flow.queuedAt), startedAt: instant(flow.startedAt), finishedAt: instant(flow.finishedAt),
})
const instant = (at: Date | null): Date | null => (at === null ? null : new Date(at))
