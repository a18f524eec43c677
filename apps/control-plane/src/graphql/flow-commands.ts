import { Conflict, FlowAlreadyTerminal, FlowNotQueued, Forbidden, LaneClosed } from '@sluice/domain'
import { deleteFlows, holdFlows, promoteNow, releaseFlows, retryFlows, setPriorities } from '@sluice/engine'
import { z } from 'zod'
import { callerOf } from '../policies/caller.ts'
import { mayRun } from '../policies/policy.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { QueueReasonEnum } from './enums.ts'
import { answer, answerOne, resultUnion } from './errors.ts'
import { FlowRef } from './flow-ref.ts'
import { reason, waitMs } from './input-rules.ts'

/** A payload that is the changed flow and nothing else. */
const flowPayload = (name: string, description: string) =>
  builder.simpleObject(name, { description, fields: (t) => ({ flow: t.field({ type: FlowRef, description: 'The flow.' }) }) })

const flowOf = (ctx: Context) => ({ flowId }: { flowId: string }) => ({ flow: ctx.flows.granted(flowId) })

const FlowIdInput = builder.inputType('FlowIdInput', {
  description: 'One flow.', fields: (t) => ({ id: t.id({ required: true, description: 'flow_…' }) }),
})
const FlowReasonInput = builder.inputType('FlowReasonInput', {
  description: 'One flow, and why.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'flow_…' }),
    reason: t.string({ description: 'Why; kept with the flow and in the audit.', validate: reason }),
  }),
})

const PromoteNowPayload = builder.simpleObject('PromoteNowPayload', {
  description: 'Whether it started, or else what stands in its way. The pin stays.',
  fields: (t) => ({
    flow: t.field({ type: FlowRef, description: 'The flow.' }),
    started: t.boolean({ description: 'Whether a worker has it.' }),
    overCap: t.boolean({ description: 'Whether its start really exceeded a cap.' }),
    position: t.int({ nullable: true, description: 'Its place in its lane; null when started, or when it cannot be its turn.' }),
    reason: t.field({ type: QueueReasonEnum, nullable: true, description: 'What stands in its way; null when started.' }),
  }),
})
const PromoteNowResult = resultUnion('PromoteNowResult', PromoteNowPayload, [FlowNotQueued])
const PromoteNowInput = builder.inputType('PromoteNowInput', {
  description: 'Which flow goes first.',
  validate: z.looseObject({ force: z.boolean(), reason: z.string().nullish() })
    .refine(({ force, reason: why }) => !force || Boolean(why?.trim()), { path: ['reason'], message: 'Forcing needs a reason.' }),
  fields: (t) => ({
    id: t.id({ required: true, description: 'flow_…' }),
    force: t.boolean({ defaultValue: false, required: true, description: 'Start it even above the caps; needs a reason and a permission of its own.' }),
    reason: t.string({ description: 'Why; kept with the flow and in the audit.', validate: reason }),
    waitMs: t.int({ defaultValue: 1000, required: true, description: 'How long to wait for its start, 30000 at most.', validate: waitMs }),
  }),
})

builder.mutationField('promoteNow', (t) => t.field({
  type: PromoteNowResult,
  description: 'Puts a queued flow first of all and clears its delay. It starts at once if a slot is free and a worker asks; never lifts a pause or a hold.',
  args: { input: t.arg({ type: PromoteNowInput, required: true, description: 'Which flow.' }) },
  resolve: async (_root, { input }, ctx) => {
    if (input.force && !mayRun(ctx.viewer, 'promoteNow.force')) throw new Forbidden('Starting above a cap needs a right of its own.')
    const done = await promoteNow(ctx.deps, { ...input, caller: callerOf(ctx.viewer, ctx.address, 'promoteNow'), signal: ctx.signal })
    return answer(done, ({ flowId, ...how }) => ({ flow: ctx.flows.granted(flowId), ...how }))
  },
}))

const SetFlowPriorityPayload = flowPayload('SetFlowPriorityPayload', 'The flow with its clamped priority.')
const SetFlowPriorityResult = resultUnion('SetFlowPriorityResult', SetFlowPriorityPayload, [FlowNotQueued, FlowAlreadyTerminal])
const SetFlowPriorityInput = builder.inputType('SetFlowPriorityInput', {
  description: 'Which flow, and its priority.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'flow_…' }),
    priority: t.int({ required: true, description: 'Clamped to 0 … 9000; higher is taken first.' }),
  }),
})

builder.mutationField('setFlowPriority', (t) => t.field({
  type: SetFlowPriorityResult, description: 'Changes the priority of a queued flow.',
  args: { input: t.arg({ type: SetFlowPriorityInput, required: true, description: 'Which flow, and its priority.' }) },
  resolve: async (_root, { input }, ctx) => {
    const caller = callerOf(ctx.viewer, ctx.address, 'setFlowPriority')
    return answerOne(await setPriorities(ctx.deps, { caller, mayPrioritize: true, items: [input] }), flowOf(ctx))
  },
}))

const RetryFlowResult = resultUnion('RetryFlowResult', flowPayload('RetryFlowPayload', 'The new flow.'), [LaneClosed, Conflict])
const RetryFlowInput = builder.inputType('RetryFlowInput', {
  description: 'Which ended flow to repeat.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'flow_…; it must have ended.' }),
    input: t.field({ type: 'JSON', description: 'What the new flow works on; absent = the same.' }),
  }),
})

builder.mutationField('retryFlow', (t) => t.field({
  type: RetryFlowResult, description: 'Submits a new flow that repeats one which has ended; that one never changes.',
  args: { input: t.arg({ type: RetryFlowInput, required: true, description: 'Which flow.' }) },
  resolve: async (_root, { input: { id, input } }, ctx) => {
    const item = input === undefined ? { id } : { id, input }
    return answerOne(await retryFlows(ctx.deps, { caller: callerOf(ctx.viewer, ctx.address, 'retryFlow'), mayPrioritize: mayRun(ctx.viewer, 'createFlow.priority'), items: [item], traceParent: ctx.facts.traceParent }), flowOf(ctx))
  },
}))

const DeleteFlowPayload = builder.simpleObject('DeleteFlowPayload', {
  description: 'What is gone.', fields: (t) => ({ deletedId: t.id({ description: 'The id of the flow that was deleted.' }) }),
})
const DeleteFlowResult = resultUnion('DeleteFlowResult', DeleteFlowPayload, [Conflict])

builder.mutationField('deleteFlow', (t) => t.field({
  type: DeleteFlowResult, description: 'Deletes a flow that has ended; it is gone from every list at once.',
  args: { input: t.arg({ type: FlowIdInput, required: true, description: 'Which flow.' }) },
  resolve: async (_root, { input: { id } }, ctx) => {
    const caller = callerOf(ctx.viewer, ctx.address, 'deleteFlow')
    return answerOne(await deleteFlows(ctx.deps, { caller, items: [{ id }] }), ({ flowId }) => ({ deletedId: flowId }))
  },
}))

const HoldFlowResult = resultUnion('HoldFlowResult', flowPayload('HoldFlowPayload', 'The held flow.'), [FlowNotQueued])
builder.mutationField('holdFlow', (t) => t.field({
  type: HoldFlowResult, description: 'Keeps a queued flow from starting until releaseFlow; takes a pin away.',
  args: { input: t.arg({ type: FlowReasonInput, required: true, description: 'Which flow, and why.' }) },
  resolve: async (_root, { input: { id, reason: why } }, ctx) =>
    answerOne(await holdFlows(ctx.deps, { caller: callerOf(ctx.viewer, ctx.address, 'holdFlow'), items: [{ id, reason: why ?? null }] }), flowOf(ctx)),
}))

const ReleaseFlowResult = resultUnion('ReleaseFlowResult', flowPayload('ReleaseFlowPayload', 'The released flow.'), [FlowNotQueued])
builder.mutationField('releaseFlow', (t) => t.field({
  type: ReleaseFlowResult, description: 'Ends a hold. A flow that is not held stays as it is.',
  args: { input: t.arg({ type: FlowIdInput, required: true, description: 'Which flow.' }) },
  resolve: async (_root, { input: { id } }, ctx) =>
    answerOne(await releaseFlows(ctx.deps, { caller: callerOf(ctx.viewer, ctx.address, 'releaseFlow'), items: [{ id }] }), flowOf(ctx)),
}))
