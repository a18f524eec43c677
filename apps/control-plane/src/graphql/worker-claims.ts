import { Conflict } from '@sluice/domain'
import { claimFlows, heartbeat, registerWorker, type HeartbeatAnswer } from '@sluice/engine'
import { LIMITS, type LeaseRef } from '@sluice/protocol'
import { z } from 'zod'
import { actorOf } from '../policies/caller.ts'
import { lanesFor } from '../policies/policy.ts'
import { builder } from './builder.ts'
import { answer, resultUnion } from './errors.ts'
import { FlowInputRef } from './flow-input.ts'
import type { FlowHandle } from './flow-reader.ts'
import { FlowRef } from './flow-ref.ts'
import { given, waitMs } from './input-rules.ts'
import { LeaseRefInput, LeaseType } from './lease.ts'
import { MemoRef } from './memo.ts'
import { WaitpointRef, waitpointOf } from './waitpoint-ref.ts'
import { WorkerRef } from './worker.ts'

const name = z.string().min(1).max(LIMITS.nameMax)

const RegisterWorkerPayload = builder.simpleObject('RegisterWorkerPayload', {
  description: 'The registration, and the pace to keep.',
  fields: (t) => ({
    worker: t.field({ type: WorkerRef, description: 'The worker, under a new id.' }),
    leaseTtlMs: t.int({ description: 'A lease that was not renewed for so long may be taken away.' }),
    heartbeatMs: t.int({ description: 'Renew this often.' }),
    holdMs: t.int({ description: 'Hold a wait so long before you release it (HOLD_TIME).' }),
  }),
})
const RegisterWorkerResult = resultUnion('RegisterWorkerResult', RegisterWorkerPayload, [Conflict])

const WorkerKindInput = builder.inputType('WorkerKindInput', {
  description: 'A kind of flow that a worker handles.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Its name.', validate: name }),
    title: t.string({ description: 'A line for people.', validate: z.string().max(LIMITS.titleMax).nullish() }),
    inputSchema: t.field({ type: 'JSON', description: 'JSON Schema 2020-12 of its input.' }),
    defaults: t.field({
      type: 'JSON', description: 'For flows that leave them out: lane, priority, maxAttempts, onLeaseLost, attemptTimeoutSeconds, queueTtlSeconds.',
    }),
  }),
})
const RegisterWorkerInput = builder.inputType('RegisterWorkerInput', {
  description: 'A worker and what it can do.',
  fields: (t) => ({
    instanceId: t.string({
      required: true, description: 'What the process calls itself; fresh per process unless an older one is to be replaced.',
      validate: z.string().min(1).max(200),
    }),
    name: t.string({ required: true, description: 'A name for people.', validate: name }),
    kinds: t.field({
      type: [WorkerKindInput], required: true, description: 'The kinds it handles.',
      validate: z.array(z.unknown()).min(1).max(LIMITS.workerKindsMax),
    }),
    lanes: t.stringList({ description: 'The lanes it serves; absent = all.', validate: z.array(name).max(LIMITS.workerKindsMax).nullish() }),
    capacity: t.int({ required: true, description: 'How many flows it takes at once.', validate: z.int().min(1).max(LIMITS.workerCapacityMax) }),
    codeVersion: t.string({ description: 'What it says about its code.', validate: z.string().max(200).nullish() }),
  }),
})

builder.mutationField('registerWorker', (t) => t.field({
  type: RegisterWorkerResult, description: 'Makes a worker known. An older registration of the same instance ends, and its leases count as lost.',
  args: { input: t.arg({ type: RegisterWorkerInput, required: true, description: 'The worker.' }) },
  resolve: async (_root, { input }, ctx) => {
    const { instanceId, name: title, kinds, lanes, capacity, codeVersion } = input
    const done = await registerWorker(ctx.deps, {
      actor: actorOf(ctx.viewer, ctx.address), instanceId, name: title, capacity, lanes: lanesFor(ctx.viewer, lanes ?? [], kinds.map((kind) => kind.name)),
      kinds: kinds.map((kind) => ({ name: kind.name, ...given({ title: kind.title, inputSchema: kind.inputSchema, defaults: kind.defaults }) })),
      ...given({ codeVersion }),
    })
    return answer(done, async ({ workerId, ...pace }) => ({ worker: await ctx.prisma.worker.findUniqueOrThrow({ where: { id: workerId } }), ...pace }))
  },
}))

const Claim = builder.objectRef<{ flow: FlowHandle; lease: LeaseRef & { expiresAt: Date } }>('Claim').implement({
  description: 'A flow to work on.',
  fields: (t) => ({
    flow: t.expose('flow', { type: FlowRef, description: 'The flow.' }),
    lease: t.expose('lease', { type: LeaseType, description: 'The right to report on it.' }),
    memos: t.field({
      type: [MemoRef], description: 'What it remembers, oldest first, 1 MiB at most, less where one claim brings many such flows.',
      resolve: async ({ lease }, _args, ctx) => (await ctx.load.leaseMemos.load(lease)).memos,
    }),
    inputs: t.field({
      type: [FlowInputRef], description: 'What was added to it and not taken back, oldest first: with each lease all of it.',
      resolve: ({ lease: { flowId } }, _args, ctx) => ctx.load.leaseInputs.load(flowId),
    }),
    memosComplete: t.boolean({
      description: 'Whether that is all; else ask `memos` for the keys that are missing.', resolve: async ({ lease }, _args, ctx) => (await ctx.load.leaseMemos.load(lease)).complete,
    }),
  }),
})
const ClaimFlowsPayload = builder.simpleObject('ClaimFlowsPayload', {
  description: 'What there was to do; empty when the time was up.',
  fields: (t) => ({ claims: t.field({ type: [Claim], description: 'The flows, each with its lease.' }) }),
})
const ClaimFlowsResult = resultUnion('ClaimFlowsResult', ClaimFlowsPayload, [Conflict])
const ClaimFlowsInput = builder.inputType('ClaimFlowsInput', {
  description: 'How many flows a worker asks for.',
  fields: (t) => ({
    workerId: t.id({ required: true, description: 'wrk_…' }),
    max: t.int({
      required: true, description: 'How many at most; cut to what is left of its capacity.',
      validate: z.int().min(1).max(LIMITS.workerCapacityMax),
    }),
    waitMs: t.int({ defaultValue: 0, required: true, description: 'How long to wait for the first, 30000 at most.', validate: waitMs }),
    requestId: t.string({ required: true, description: 'Fresh per claim; the same again answers the same leases.', validate: z.string().min(1).max(100) }),
  }),
})

builder.mutationField('claimFlows', (t) => t.field({
  type: ClaimFlowsResult, description: 'Asks for work: flows are promoted and leased for the worker that asked.',
  args: { input: t.arg({ type: ClaimFlowsInput, required: true, description: 'Who asks, and for how many.' }) },
  resolve: async (_root, { input }, ctx) => {
    const done = await claimFlows(ctx.deps, { ...input, actor: actorOf(ctx.viewer, ctx.address), signal: ctx.signal })
    return answer(done, ({ claims }) => ({ claims: claims.map((lease) => ({ flow: ctx.flows.granted(lease.flowId), lease })) }))
  },
}))

const AnsweredWaitRef = builder.objectRef<HeartbeatAnswer['answered'][number]>('AnsweredWait').implement({
  description: 'A held wait that was answered. It is told with every heartbeat until one acknowledges its waitpoint.',
  fields: (t) => ({
    lease: t.expose('lease', { type: LeaseType, description: 'Whose flow goes on.' }),
    waitpoint: t.field({ type: WaitpointRef, description: 'The waitpoint with its answer.', resolve: ({ waitpointId }, _args, ctx) => waitpointOf(waitpointId, ctx) }),
  }),
})
const HeartbeatPayload = builder.simpleObject('HeartbeatPayload', {
  description: 'What became of the leases.',
  fields: (t) => ({
    renewed: t.field({ type: [LeaseType], description: 'Renewed.' }),
    lost: t.field({ type: [LeaseType], description: 'No longer yours: stop.' }),
    cancelling: t.field({ type: [LeaseType], description: 'Somebody asked for the end of these: stop, then report.' }),
    answered: t.field({ type: [AnsweredWaitRef], description: 'Waits that you hold and that were answered: go on, and acknowledge them.' }),
  }),
})
const HeartbeatResult = resultUnion('HeartbeatResult', HeartbeatPayload, [Conflict])
const HeartbeatInput = builder.inputType('HeartbeatInput', {
  description: 'A sign of life.',
  fields: (t) => ({
    workerId: t.id({ required: true, description: 'wrk_…' }),
    leases: t.field({ type: [LeaseRefInput], required: true, description: 'What it holds.', validate: z.array(z.unknown()).max(LIMITS.workerCapacityMax) }),
    acknowledged: t.idList({
      description: 'The waitpoints whose answers the handlers have: they are not told again.', validate: z.array(z.unknown()).max(LIMITS.workerCapacityMax).nullish(),
    }),
    waitMs: t.int({
      defaultValue: 0, required: true, description: 'After renewing, wait so long for a lost lease, a cancel or an answer, 30000 at most.',
      validate: waitMs,
    }),
    draining: t.boolean({ defaultValue: false, required: true, description: 'Whether it finishes what it has and asks for nothing more.' }),
  }),
})

builder.mutationField('heartbeat', (t) => t.field({
  type: HeartbeatResult, description: 'Renews many leases, then waits; answers at once when one is lost or to be cancelled, or a wait that you hold was answered.',
  args: { input: t.arg({ type: HeartbeatInput, required: true, description: 'Who, and what it holds.' }) },
  resolve: async (_root, { input }, ctx) =>
    answer(await heartbeat(ctx.deps, { ...input, acknowledged: input.acknowledged ?? [], actor: actorOf(ctx.viewer, ctx.address), signal: ctx.signal }), (done) => ({
      ...done, lost: done.lost.map((lease) => ({ ...lease, expiresAt: new Date() })),
    })),
}))
