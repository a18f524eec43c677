import { setLaneState, upsertLane } from '@sluice/engine'
import { Conflict } from '@sluice/domain'
import { LIMITS } from '@sluice/protocol'
import { z } from 'zod'
import { actorOf } from '../policies/caller.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { LaneStateEnum } from './enums.ts'
import { answer, resultUnion } from './errors.ts'
import { given, reason } from './input-rules.ts'
import { PrincipalRef } from './principal.ts'
import { QueueStatsRef } from './queue-stats.ts'

export const LaneRef = builder.prismaNode('Lane', {
  description: 'A named queue with settings of its own.',
  id: { field: 'id', description: 'lane_…' },
  nullable: true,
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, unique.' }),
    state: t.expose('state', { type: LaneStateEnum, description: 'Whether it accepts and starts flows.' }),
    stateReason: t.exposeString('stateReason', { nullable: true, description: 'Why somebody brought it into its state; null when no reason was given.' }),
    stateBy: t.field({
      type: PrincipalRef, nullable: true, description: 'Who brought it into its state; null while nobody has.',
      resolve: (lane, _args, ctx) => (lane.stateBy === null ? null : ctx.load.principal.load(lane.stateBy)),
    }),
    stateAt: t.expose('stateAt', { type: 'DateTime', nullable: true, description: 'Since when it is in its state; null while nobody has changed it.' }),
    maxActive: t.int({ description: 'How many of its flows may hold a slot; 0 = no cap.', resolve: (lane, _args, ctx) => ctx.load.laneCap.load(lane.name) }),
    waitingHoldsSlot: t.exposeBoolean('waitingHoldsSlot', { description: 'Whether a flow that waits without a worker keeps its slot.' }),
    defaults: t.field({
      type: 'JSON', description: 'For flows that leave them out: priority, maxAttempts, onLeaseLost, attemptTimeoutSeconds, queueTtlSeconds, webhookEndpointId; an object.',
      resolve: (lane) => lane.defaults,
    }),
    stats: t.field({ type: QueueStatsRef, description: 'What happens in it now.', resolve: (lane, _args, ctx) => ctx.load.laneStats.load(lane.name) }),
    version: t.exposeInt('version', { description: 'Raised by every edit; given to an edit, it refuses when somebody was faster.' }),
  }),
})

builder.queryField('lanes', (t) => t.prismaField({
  type: ['Lane'], description: 'Every lane, by name.',
  resolve: (query, _root, _args, ctx) => ctx.prisma.lane.findMany({ ...query, orderBy: { name: 'asc' } }),
}))

const LanePayload = builder.simpleObject('LanePayload', {
  description: 'The lane as it is now.',
  fields: (t) => ({ lane: t.field({ type: LaneRef, description: 'The lane.' }) }),
})
const LaneResult = resultUnion('LaneResult', LanePayload, [Conflict])

const UpsertLaneInput = builder.inputType('UpsertLaneInput', {
  description: 'A lane to make, or what to change about it; what is absent stays.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Which lane.', validate: z.string().min(1).max(LIMITS.nameMax) }),
    maxActive: t.int({ description: 'How many of its flows may hold a slot; 0 = no cap.', validate: z.int().min(0).nullish() }),
    waitingHoldsSlot: t.boolean({ description: 'Whether a flow that waits without a worker keeps its slot.' }),
    defaults: t.field({
      type: 'JSON', description: 'For flows that leave them out: priority, maxAttempts, onLeaseLost, attemptTimeoutSeconds, queueTtlSeconds, webhookEndpointId.',
    }),
    version: t.int({ description: 'The version that was read; another one now is a CONFLICT.' }),
  }),
})

const LaneInput = builder.inputType('LaneInput', {
  description: 'A lane and why.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Which lane.' }),
    reason: t.string({ description: 'Why; kept in the audit.', validate: reason }),
  }),
})

builder.mutationField('upsertLane', (t) => t.field({
  type: LaneResult, description: 'Makes a lane, or changes its settings.',
  args: { input: t.arg({ type: UpsertLaneInput, required: true, description: 'The lane.' }) },
  resolve: async (_root, { input }, ctx) =>
    answer(await upsertLane(ctx.deps, { ...given(input), name: input.name, actor: actorOf(ctx.viewer, ctx.address) }), (done) => laneNamed(done.name, ctx)),
}))

const STATE_COMMANDS = {
  pauseLane: { state: 'PAUSED', description: 'Lets the lane accept, but start nothing, resumes included.' },
  resumeLane: { state: 'OPEN', description: 'Opens the lane again, from any state.' },
  drainLane: { state: 'DRAINING', description: 'Lets the lane finish what it has, and accept nothing new.' },
} as const

for (const [name, { state, description }] of Object.entries(STATE_COMMANDS)) {
  builder.mutationField(name, (t) => t.field({
    type: LaneResult, description,
    args: { input: t.arg({ type: LaneInput, required: true, description: 'The lane, and why.' }) },
    resolve: async (_root, { input }, ctx) =>
      answer(await setLaneState(ctx.deps, { ...input, state, action: name, actor: actorOf(ctx.viewer, ctx.address) }), (done) => laneNamed(done.name, ctx)),
  }))
}

async function laneNamed(name: string, ctx: Context) {
  const lane = await ctx.load.laneByName.load(name)
  if (lane === null) throw new Error(`The lane ${name} was changed and is not there.`)
  return { lane }
}
