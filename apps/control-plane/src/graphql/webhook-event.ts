import { builder } from './builder.ts'
import { FlowRef } from './flow-ref.ts'
import type { EventRow } from './webhook-loaders.ts'
import { DeliveryRef } from './webhook-refs.ts'

const WebhookEventRef = builder.objectRef<EventRow>('WebhookEvent')

builder.node(WebhookEventRef, {
  description: 'Something to tell: a move of a flow, or a test. Each endpoint that wants it gets a delivery of its own.',
  id: { resolve: (event) => event.id, description: 'evt_…; receivers know it as event_id.' },
  loadMany: (ids, ctx) => Promise.all(ids.map((id) => ctx.load.visibleEvent.load(id))),
  fields: (t) => ({
    type: t.exposeString('type', { description: 'What it tells: flow.finished.' }),
    sequence: t.exposeInt('sequence', { nullable: true, description: 'Its place in the log of its flow; null for a test.' }),
    flow: t.field({
      type: FlowRef, nullable: true, description: 'Of which flow; null for a test, and when the flow is gone.',
      resolve: ({ flowId }, _args, ctx) => (flowId === null ? null : ctx.flows.visible(flowId)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it happened.' }),
  }),
})

builder.objectField(DeliveryRef, 'event', (t) => t.field({
  type: WebhookEventRef, nullable: true, description: 'What it tells; null when that is kept no longer.',
  resolve: ({ eventId }, _args, ctx) => ctx.load.event.load(eventId),
}))
