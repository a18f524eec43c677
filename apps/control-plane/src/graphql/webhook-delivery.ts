import { DELIVERY_ERROR_SENTENCES } from '@sluice/protocol'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { DeliveryStateEnum, DeliveryTriggerEnum, ErrorCodeEnum } from './enums.ts'
import { FlowRef } from './flow-ref.ts'
import { PrincipalRef } from './principal.ts'
import { bodyOf, cannotReplay, durationOf, endOf } from './webhook-delivery-facts.ts'
import type { DeliveryAttemptRow } from './webhook-loaders.ts'
import { DeliveryRef, EndpointRef, type DeliveryRow } from './webhook-refs.ts'

const DeliveryAttemptRef = builder.objectRef<DeliveryAttemptRow>('DeliveryAttempt').implement({
  description: 'One HTTP request, or why there was none.',
  fields: (t) => ({
    n: t.exposeInt('n', { description: 'From 1, without gaps.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began.' }),
    endedAt: t.field({ type: 'DateTime', nullable: true, description: 'When it ended; null while it is under way.', resolve: endOf }),
    durationMs: t.int({ description: 'How long it took; while it is under way, how long so far.', resolve: durationOf }),
    address: t.exposeString('address', { nullable: true, description: 'The address that it was connected to; null when no connection was made.' }),
    requestHeaders: t.field({ type: 'JSON', description: 'What was sent as headers; of each signature only that it was there.', resolve: (attempt) => attempt.requestHeaders }),
    statusCode: t.exposeInt('statusCode', { nullable: true, description: 'The status of the answer; null when none came.' }),
    errorClass: t.exposeString('errorClass', {
      nullable: true, description: `Why there was no whole answer; null when there was. ${sentences(DELIVERY_ERROR_SENTENCES)}`,
    }),
    responseHeaders: t.field({
      type: 'JSON', nullable: true, description: 'Headers of the answer, some and shortened; null when none came.', resolve: (attempt) => attempt.responseHeaders,
    }),
    responseExcerpt: t.exposeString('responseExcerpt', { nullable: true, description: 'How the body of the answer begins, 2 KiB at most; null when none came.' }),
    retryAfterMs: t.int({
      nullable: true, description: 'How long the receiver asked to wait; null when it did not.',
      resolve: ({ retryAfterMs }) => (retryAfterMs === null ? null : Math.min(Number(retryAfterMs), 2 ** 31 - 1)),
    }),
  }),
})

builder.node(DeliveryRef, {
  description: 'One event for one endpoint, with every attempt to deliver it. What has ended never changes: a replay is another delivery.',
  id: { resolve: (delivery) => delivery.id, description: 'dlv_…; receivers know it as webhook-id and delivery_id.' },
  loadMany: (ids, ctx) => Promise.all(ids.map((id) => ctx.load.visibleDelivery.load(id))),
  fields: (t) => ({
    eventId: t.exposeID('eventId', { description: 'evt_…: of which event; its other deliveries have the same.' }),
    eventType: t.exposeString('eventType', { description: 'What it tells: flow.finished.' }),
    sequence: t.exposeInt('sequence', { nullable: true, description: 'The place of the event in the log of its flow; null for a test.' }),
    flow: t.field({
      type: FlowRef, nullable: true, description: 'Of which flow; null for a test, and when the flow is gone.',
      resolve: ({ flowId }, _args, ctx) => (flowId === null ? null : ctx.flows.visible(flowId)),
    }),
    endpoint: t.field({ type: EndpointRef, description: 'For whom.', resolve: endpointOf }),
    state: t.expose('state', { type: DeliveryStateEnum, description: 'How far it is.' }),
    trigger: t.expose('trigger', { type: DeliveryTriggerEnum, description: 'Why there is this delivery.' }),
    attemptCount: t.exposeInt('attemptCount', { description: 'Attempts that were begun.' }),
    nextAttemptAt: t.expose('nextAttemptAt', { type: 'DateTime', nullable: true, description: 'When its turn comes; null while it is sent, and when it has ended.' }),
    replayOf: t.field({
      type: DeliveryRef, nullable: true, description: 'The delivery that this one repeats; null when it repeats none, and when that is kept no longer.',
      resolve: ({ replayOf }, _args, ctx) => (replayOf === null ? null : ctx.load.delivery.load(replayOf)),
    }),
    requestedBy: t.field({
      type: PrincipalRef, nullable: true, description: 'Who asked for it; null when the event itself did.',
      resolve: ({ requestedBy }, _args, ctx) => (requestedBy === null ? null : ctx.load.principal.load(requestedBy)),
    }),
    lastError: t.exposeString('lastError', { nullable: true, description: 'What went wrong last, in one word: HTTP_503, TIMEOUT; null = nothing.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    endedAt: t.expose('endedAt', { type: 'DateTime', nullable: true, description: 'When it ended; null while it has not.' }),
    body: t.string({ nullable: true, description: 'What is sent, byte for byte as it is signed; null when it is kept no longer.', resolve: bodyOf }),
    attempts: t.field({ type: [DeliveryAttemptRef], description: 'Every attempt, first to last.', resolve: ({ id }, _args, ctx) => ctx.load.deliveryAttempts.load(id) }),
    canReplay: t.boolean({
      description: 'Whether you may send it again, now.', resolve: async (delivery, _args, ctx) => (await cannotReplay(delivery, ctx)) === null,
    }),
    cannotReplayReason: t.field({ type: ErrorCodeEnum, nullable: true, description: 'What replayWebhookDelivery would refuse with; null = nothing.', resolve: (delivery, _args, ctx) => cannotReplay(delivery, ctx) }),
  }),
})

/** Whoever reads a delivery reads for whom it is, as far as that is never secret. */
async function endpointOf({ id, endpointId }: DeliveryRow, _args: object, ctx: Context) {
  const endpoint = await ctx.load.endpoint.load(endpointId)
  if (endpoint === null) throw new Error(`The delivery ${id} names the endpoint ${endpointId}, which does not exist.`)
  return endpoint
}

function sentences(words: Record<string, string>): string {
  return Object.entries(words).map(([word, sentence]) => `${word}: ${sentence}`).join(' ')
}
