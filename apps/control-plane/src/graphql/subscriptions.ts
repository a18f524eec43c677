import type { FlowEventItem, FlowFrameItem, FlowsChangedItem, OverviewItem, QueueChangedItem } from '../live/items.ts'
import { builder } from './builder.ts'
import { FlowCountsRef } from './flow-counts.ts'
import { FlowEventRef } from './flow-event.ts'
import { FlowFilterInput } from './flow-filter.ts'
import { FlowRef } from './flow-ref.ts'
import { FrameRef } from './frame.ts'
import { after, head } from './item-head.ts'
import { QueueStatsRef } from './queue-stats.ts'
import { requireLane } from './require-lane.ts'

const FlowEventItemRef = builder.objectRef<FlowEventItem>('FlowEventItem').implement({
  description: 'An item of flowEvents.',
  fields: (t) => ({
    ...head(t),
    flow: t.field({ type: FlowRef, nullable: true, description: 'The flow as it is now.', resolve: (item) => item.flow ?? null }),
    event: t.field({ type: FlowEventRef, nullable: true, description: 'What happened.', resolve: (item) => item.event ?? null }),
  }),
})

const FlowFrameItemRef = builder.objectRef<FlowFrameItem>('FlowFrameItem').implement({
  description: 'An item of flowFrames. gap on a snapshot: its cursor was of no use, and all that is kept follows. gap on a change: frames before these are kept no longer.',
  fields: (t) => ({
    ...head(t),
    frames: t.field({ type: [FrameRef], nullable: true, description: 'The next ones, in order; on changes.', resolve: (item) => item.frames ?? null }),
  }),
})

const FlowsChangedItemRef = builder.objectRef<FlowsChangedItem>('FlowsChangedItem').implement({
  description: 'An item of flowsChanged.',
  fields: (t) => ({
    ...head(t),
    counts: t.field({ type: FlowCountsRef, nullable: true, description: 'How many flows match; on snapshots.', resolve: (item) => item.counts ?? null }),
    flow: t.field({ type: FlowRef, nullable: true, description: 'The changed flow as it is now.', resolve: (item) => item.flow ?? null }),
    deletedId: t.id({ nullable: true, description: 'A flow that is gone.', resolve: (item) => item.deletedId ?? null }),
    matches: t.boolean({
      nullable: true, description: 'Whether the flow is in the filter; false = it may have just left it.',
      resolve: (item) => item.matches ?? null,
    }),
  }),
})

const QueueChangedItemRef = builder.objectRef<QueueChangedItem>('QueueChangedItem').implement({
  description: 'An item of queueChanged.',
  fields: (t) => ({
    ...head(t),
    stats: t.field({ type: QueueStatsRef, nullable: true, description: 'What happens now.', resolve: (item) => item.stats ?? null }),
    head: t.field({
      type: [FlowRef], nullable: true, description: 'The first of the queue that you may read, in order.',
      resolve: (item) => item.head ?? null,
    }),
    orderChanged: t.boolean({
      nullable: true, description: 'Whether the order of the head is another than before.',
      resolve: (item) => item.orderChanged ?? null,
    }),
  }),
})

const OverviewItemRef = builder.objectRef<OverviewItem>('OverviewItem').implement({
  description: 'An item of overview.',
  fields: (t) => ({
    ...head(t),
    stats: t.field({ type: QueueStatsRef, nullable: true, description: 'What happens now.', resolve: (item) => item.stats ?? null }),
    slotHolders: t.field({
      type: [FlowRef], nullable: true, description: 'The flows that hold slots, the oldest 200 that you may read.',
      resolve: (item) => item.slotHolders ?? null,
    }),
    queueHead: t.field({
      type: [FlowRef], nullable: true, description: 'The first of the queue that you may read, in order.',
      resolve: (item) => item.queueHead ?? null,
    }),
    recentFailures: t.field({
      type: [FlowRef], nullable: true, description: 'The latest failures that you may read.',
      resolve: (item) => item.recentFailures ?? null,
    }),
    openWaits: t.int({ nullable: true, description: 'Waits that stand open, of the flows that you may read.', resolve: (item) => item.openWaits ?? null }),
    liveDeliveries: t.int({
      nullable: true, description: 'Deliveries that have not ended; stops at 10,000.', resolve: (item) => item.liveDeliveries ?? null,
    }),
    exhaustedLastHour: t.int({
      nullable: true, description: 'Deliveries that were given up in the last hour: EXHAUSTED.', resolve: (item) => item.exhaustedLastHour ?? null,
    }),
    disabledEndpoints: t.int({ nullable: true, description: 'Endpoints that are DISABLED.', resolve: (item) => item.disabledEndpoints ?? null }),
    feedLagMs: t.int({ nullable: true, description: 'How far these news are behind the commits.', resolve: (item) => item.feedLagMs ?? null }),
  }),
})

builder.subscriptionFields((t) => ({
  flowEvents: t.field({
    type: FlowEventItemRef, description: 'What happens to one flow, up to its end. Without after: the flow now, then what follows.',
    args: { id: t.arg.id({ required: true, description: 'flow_…' }), after: t.arg(after) },
    subscribe: (_root, { id, after: cursor }, ctx) => ctx.live.flowEvents({ id, after: cursor ?? null, ctx }),
    resolve: (item) => item,
  }),
  flowFrames: t.field({
    type: FlowFrameItemRef, description: 'The output of one flow, one attempt after the other, up to its end. Without after: from the first frame that is kept.',
    args: { id: t.arg.id({ required: true, description: 'flow_…' }), after: t.arg(after) },
    subscribe: (_root, { id, after: cursor }, ctx) => ctx.live.flowFrames({ id, after: cursor ?? null, ctx }),
    resolve: (item) => item,
  }),
  flowsChanged: t.field({
    type: FlowsChangedItemRef, description: 'Changes of the flows that match. The snapshot is counts and a cursor: subscribe, then query, then apply.',
    args: { filter: t.arg({ type: FlowFilterInput, description: 'Which flows; absent = all.' }), after: t.arg(after) },
    subscribe: (_root, { filter, after: cursor }, ctx) => ctx.live.flowsChanged({ filter: filter ?? {}, after: cursor ?? null, ctx }),
    resolve: (item) => item,
  }),
  queueChanged: t.field({
    type: QueueChangedItemRef, description: 'Counts and order of the queue, at most ten times a second.',
    args: { lane: t.arg.string({ description: 'Only this lane.' }) },
    subscribe: async (_root, { lane }, ctx) => ctx.live.queueChanged({ lane: await requireLane(lane, ctx), ctx }),
    resolve: (item) => item,
  }),
  overview: t.field({
    type: OverviewItemRef, description: "Slots, queue, failures, waits and deliveries: a wall monitor's one subscription, at most twice a second.",
    subscribe: (_root, _args, ctx) => ctx.live.overview({ ctx }),
    resolve: (item) => item,
  }),
}))
