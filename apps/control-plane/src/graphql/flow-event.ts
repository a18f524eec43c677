import { flowEventsAfter, type FlowEventRow } from '@sluice/engine'
import { builder } from './builder.ts'
import { connectionText, edgeText, forwardArgs, forwardPage, pageSize } from './connection.ts'
import { FlowPhaseEnum, FlowStatusEnum } from './enums.ts'
import { FlowRef } from './flow-ref.ts'

export const FlowEventRef = builder.objectRef<FlowEventRow>('FlowEvent').implement({
  description: 'One fact in the life of a flow. Facts are only ever added.',
  fields: (t) => ({
    sequence: t.exposeInt('sequence', { description: '1, 2, 3 … per flow, without gaps.' }),
    type: t.exposeString('type', { description: 'What happened: flow.queued, flow.starting, flow.running …' }),
    status: t.expose('status', { type: FlowStatusEnum, nullable: true, description: 'The status it left, where it changed one.' }),
    phase: t.expose('phase', { type: FlowPhaseEnum, nullable: true, description: 'The phase it left, where it changed one.' }),
    actor: t.exposeString('actor', { nullable: true, description: 'Who did it: a principal, a worker, or system.' }),
    at: t.expose('at', { type: 'DateTime', description: "When, by the database's clock." }),
    payload: t.field({ type: 'JSON', description: 'What is needed to draw it.', resolve: (event) => event.payload }),
    cursor: t.field({
      type: 'Cursor', description: 'Continue flowEvents, or the list of events, after this one.',
      resolve: (event, _args, ctx) => ctx.live.eventCursor(event.sequence),
    }),
  }),
})

const FlowEventsConnection = builder.connectionObject(
  { type: FlowEventRef, name: 'FlowEventsConnection', ...connectionText('events') },
  { name: 'FlowEventsConnectionEdge', ...edgeText('the events') },
)

builder.objectField(FlowRef, 'events', (t) => t.field({
  type: FlowEventsConnection, description: 'What happened to it, first to last.', args: forwardArgs(),
  resolve: async (flow, { first, after }, ctx) => {
    const size = pageSize(first, ctx)
    const rows = await flowEventsAfter(ctx.deps.pool, flow.id, after ? ctx.live.sequenceOf(after) : 0, size + 1)
    return forwardPage(rows.map((node) => ({ node, cursor: ctx.live.eventCursor(node.sequence) })), size, after)
  },
}))
