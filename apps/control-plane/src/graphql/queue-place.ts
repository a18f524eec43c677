import type { QueuePlaceRow } from '@sluice/engine'
import { flowQueuePage } from '@sluice/engine'
import { onlyOwner } from '../policies/visible.ts'
import { builder } from './builder.ts'
import { connectionText, edgeText, forwardArgs, pageSize } from './connection.ts'
import { QueueClassEnum, QueueReasonEnum } from './enums.ts'
import { FlowRef } from './flow-ref.ts'
import { requireLane } from './require-lane.ts'

const QueuePlaceRef = builder.objectRef<QueuePlaceRow>('QueuePlace').implement({
  description: 'Where a flow stands in the queue, and what stands in its way.',
  fields: (t) => ({
    position: t.exposeInt('position', {
      nullable: true, description: '1 = next in its lane. Exact up to 1,000; null beyond, and while it cannot be its turn.',
    }),
    queueClass: t.expose('queueClass', { type: QueueClassEnum, description: 'How it came into the queue.' }),
    reason: t.expose('reason', { type: QueueReasonEnum, description: 'What stands in its way; of several, the first that applies.' }),
    detail: t.exposeString('detail', { description: 'A sentence: which cap, how much, held by how many, when it reopens.' }),
    holders: t.field({
      type: [FlowRef], description: 'The flows whose slots it waits for, as far as you may read them.',
      args: { first: t.arg.int({ defaultValue: 10, description: 'How many at most.' }) },
      resolve: async ({ blockedBy }, { first }, ctx) =>
        blockedBy ? ctx.flows.visibleOf(await ctx.load.holders.load({ ...blockedBy, first: pageSize(first ?? 10, ctx) })) : [],
    }),
    estimatedStartAt: t.expose('estimatedStartAt', {
      type: 'DateTime', nullable: true, description: 'When it may start, by the pace of its lane; null when unknown.',
    }),
    pinned: t.exposeBoolean('pinned', { description: 'Whether promoteNow put it first.' }),
    forced: t.exposeBoolean('forced', { description: 'Whether it may pass the caps.' }),
  }),
})

builder.objectField(FlowRef, 'queue', (t) => t.field({
  type: QueuePlaceRef, nullable: true, description: 'Where it stands in the queue; only while QUEUED.',
  resolve: (flow, _args, ctx) => ctx.load.queuePlace.load(flow.id),
}))

const QueryFlowQueueConnection = builder.connectionObject(
  { type: FlowRef, name: 'QueryFlowQueueConnection', ...connectionText('the queue') },
  { name: 'QueryFlowQueueConnectionEdge', ...edgeText('the flows in the queue') },
)

builder.queryField('flowQueue', (t) => t.field({
  type: QueryFlowQueueConnection, description: 'The queue, in the order in which the promoter would take the flows.',
  args: { lane: t.arg.string({ description: 'Only this lane.' }), ...forwardArgs() },
  resolve: async (_root, { lane, first, after }, ctx) => {
    const size = pageSize(first, ctx)
    const principalId = onlyOwner(ctx.viewer)
    const page = await flowQueuePage(ctx.deps.pool, { lane: await requireLane(lane, ctx), principalId, first: size, after: after ?? null })
    const visible = new Map((await ctx.flows.visibleOf(page.items.map(({ id }) => id))).map((flow) => [flow.id, flow]))
    const edges = page.items.flatMap(({ id, cursor }) => {
      const node = visible.get(id)
      return node ? [{ node, cursor }] : []
    })
    return {
      edges,
      pageInfo: {
        hasNextPage: page.hasNextPage, hasPreviousPage: Boolean(after),
        startCursor: page.items[0]?.cursor ?? null, endCursor: page.items.at(-1)?.cursor ?? null,
      },
    }
  },
}))
