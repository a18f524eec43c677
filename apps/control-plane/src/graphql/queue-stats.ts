import { queueStats, throughput, type QueueStatsRow } from '@sluice/engine'
import { builder } from './builder.ts'
import { given } from './input-rules.ts'
import { requireLane } from './require-lane.ts'

export const QueueStatsRef = builder.objectRef<QueueStatsRow>('QueueStats').implement({
  description: 'What happens now, in one lane or over all.',
  fields: (t) => ({
    queued: t.exposeInt('queued', { description: 'Flows in the queue.' }),
    running: t.exposeInt('running', { description: 'Flows with a lease.' }),
    waiting: t.exposeInt('waiting', { description: 'Flows that ask somebody.' }),
    slotsHeld: t.exposeInt('slotsHeld', { description: 'Slots in use.' }),
    slotsHeldByWaiting: t.exposeInt('slotsHeldByWaiting', { description: 'Of these, by flows that wait.' }),
    cap: t.exposeInt('cap', { description: 'How many slots there are; 0 = no cap.' }),
    oldestQueuedAt: t.expose('oldestQueuedAt', { type: 'DateTime', nullable: true, description: 'Since when the oldest flow in the queue stands there.' }),
    finishedLastMinute: t.exposeInt('finishedLastMinute', { description: 'Flows FINISHED in the last minute.' }),
    failedLastMinute: t.exposeInt('failedLastMinute', { description: 'Flows FAILED in the same time.' }),
  }),
})

const ThroughputPoint = builder.simpleObject('ThroughputPoint', {
  description: 'One step of a chart.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', description: 'When the step begins.' }),
    depth: t.int({ description: 'Flows in the queue at its end.' }),
    queued: t.int({ description: 'Flows that came into the queue.' }),
    started: t.int({ description: 'Flows that were started.' }),
    finished: t.int({ description: 'Flows that FINISHED.' }),
    failed: t.int({ description: 'Flows that FAILED.' }),
  }),
})

builder.queryField('queueStats', (t) => t.field({
  type: QueueStatsRef, description: 'What happens now.',
  args: { lane: t.arg.string({ description: 'Only this lane.' }) },
  resolve: async (_root, { lane }, ctx) => queueStats(ctx.deps.pool, await requireLane(lane, ctx)),
}))

builder.queryField('throughput', (t) => t.field({
  type: [ThroughputPoint], description: 'What happened, step by step, oldest first.',
  args: {
    lane: t.arg.string({ description: 'Only this lane.' }),
    minutes: t.arg.int({ defaultValue: 60, description: 'How far back; a week at most.' }),
    stepMinutes: t.arg.int({ defaultValue: 1, description: 'How long a step is.' }),
  },
  resolve: async (_root, { lane, minutes, stepMinutes }, ctx) =>
    throughput(ctx.deps.pool, { lane: await requireLane(lane, ctx), ...given({ minutes, stepMinutes }) }),
}))
