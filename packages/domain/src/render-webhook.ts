/**
 * The body of a webhook (product.md 9.5): snake_case, members in this order, added to and never changed. It is rendered once, at event time; only
 * delivery_id is put in front of it when it is sent, so what is signed differs between two deliveries of one event by nothing else (INV-28).
 */
import { COMPLETION_ARTIFACT, LIMITS } from '@sluice/protocol'
import type { FlowStatus, Json, WebhookEventType } from '@sluice/protocol'
import { outputOf } from './flow-output.ts'
import { renderArtifacts } from './render-artifacts.ts'
import type { WebhookArtifact } from './render-artifacts.ts'

/** A flow as it stands after the move that is told. */
export interface WebhookFlow {
  id: string; kind: string; title: string; lane: string; labels: Json; status: FlowStatus; phase: string | null; terminalReason: string | null
  principalId: string; currentAttempt: number | null; retryOfId: string | null
  createdAt: Date; queuedAt: Date; startedAt: Date | null; finishedAt: Date | null
  result: Json; error: { code: string; message: string } | null
}

/** eventId is made for each fact: after a restore a flow goes on from the backup's sequence, and a sequence that left is told of another fact (INV-42). */
export interface WebhookFact { eventId: string; type: WebhookEventType; at: Date; sequence: number; flow: WebhookFlow; artifacts?: WebhookArtifact[] }

/** D-20. Bytes of text that a body may carry (ARTIFACT_INLINE_MAX), as it is and as JSON writes it, and characters of a failure's message: the whole body stays below 512 KiB. */
export const INLINE_MAX_BYTES = 262_144
const INLINE_WRITTEN_MAX_BYTES = 400 * 1024
const MESSAGE_MAX = 4096
/** What is sent: the whole body, with the id of its delivery. */
const BODY_MAX_BYTES = 512 * 1024
const DELIVERY_ID_BYTES = 128

export interface Rendering { inline: boolean; publicUrl: string; inlineMaxBytes?: number }

export function renderWebhook(fact: WebhookFact, o: Rendering): string {
  const { flow } = fact
  const flowUrl = `${o.publicUrl}/flows/${flow.id}`
  const output = outputPart(flow, o)
  const body = (more: object): string => JSON.stringify({
    type: fact.type, timestamp: fact.at, event_id: fact.eventId, sequence: fact.sequence,
    data: {
      flow: flowOf(flow, flowUrl),
      ...output,
      ...(flow.error === null ? {} : { error: { code: flow.error.code, message: flow.error.message.slice(0, MESSAGE_MAX) } }),
      ...more,
    },
  })
  if (!fact.artifacts?.length) return body({ artifacts: [] })
  const room = BODY_MAX_BYTES - DELIVERY_ID_BYTES - Buffer.byteLength(body({ artifacts: [], artifacts_total: LIMITS.artifactsMax }))
  const artifacts = output.output && 'text' in output.output ? fact.artifacts.map(withoutCompletion) : fact.artifacts
  return body(renderArtifacts(artifacts, { flowUrl, bytes: room, inline: o.inline }))
}

/** Its text stands in output. */
const withoutCompletion = (artifact: WebhookArtifact): WebhookArtifact => (artifact.name === COMPLETION_ARTIFACT ? { ...artifact, bytes: null } : artifact)

/** Of a test there is no flow: just enough to see that it arrives. */
export const renderTest = (o: { eventId: string; at: Date; endpointId: string }): string =>
  JSON.stringify({ type: 'webhook.test' satisfies WebhookEventType, timestamp: o.at, event_id: o.eventId, sequence: null, data: { endpoint: { id: o.endpointId } } })

/** What goes out: the stored body with delivery_id as its first member. */
export const withDeliveryId = (body: string, deliveryId: string): string => `{"delivery_id":${JSON.stringify(deliveryId)},${body.slice(1)}`

const flowOf = (flow: WebhookFlow, url: string): Record<string, Json | Date> => ({
  id: flow.id, kind: flow.kind, title: flow.title, lane: flow.lane, labels: flow.labels, status: flow.status, phase: flow.phase,
  terminal_reason: flow.terminalReason, owner_id: flow.principalId, attempt: flow.currentAttempt, retry_of: flow.retryOfId,
  created_at: flow.createdAt, queued_at: flow.queuedAt, started_at: flow.startedAt as Date, finished_at: flow.finishedAt as Date,
  url,
})

/** Only of what has ended. available: whether there is a text to read at the flow's url, here or not. */
function outputPart(flow: WebhookFlow, { inline, inlineMaxBytes = INLINE_MAX_BYTES }: Rendering): { output?: { [key: string]: Json } } {
  const output = outputOf(flow)
  if (output === null) return {}
  const { reason, source, text } = output
  const told = { reason, source, available: text !== null }
  return { output: inline && text !== null && isShort(text, inlineMaxBytes) ? { ...told, text } : told }
}

/** A line break becomes two characters in JSON, a control character six. */
const isShort = (text: string, maxBytes: number): boolean => Buffer.byteLength(text) <= maxBytes && Buffer.byteLength(JSON.stringify(text)) <= INLINE_WRITTEN_MAX_BYTES
