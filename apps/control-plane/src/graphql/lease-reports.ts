import { FlowAlreadyTerminal, FlowNotStarted, StaleLease } from '@sluice/domain'
import { failFlows, finishFlows, returnFlows, startFlows, type Outcome } from '@sluice/engine'
import { LIMITS } from '@sluice/protocol'
import { z } from 'zod'
import { actorOf } from '../policies/caller.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { answer, answerOne, resultUnion } from './errors.ts'
import { FlowRef } from './flow-ref.ts'
import { atMostItems } from './input-rules.ts'
import { LeaseRefInput } from './lease.ts'
import { eachSafe } from './safe-input.ts'

const REFUSALS = [StaleLease, FlowAlreadyTerminal, FlowNotStarted]
const lease = { required: true, description: 'The right to report.' } as const
const unusedMemos = { description: 'Keys that were remembered and that the handler did not ask for.' } as const
const result = { description: 'Any JSON; the end of the flow.' } as const
const CANCELLED_NOTE = 'Its status says whether it ended CANCELLED, because somebody had asked for that.'

const payload = (name: string, description: string) => builder.simpleObject(name, {
  description: `${description} ${CANCELLED_NOTE}`, fields: (t) => ({ flow: t.field({ type: FlowRef, description: 'The flow.' }) }),
})

const flowOf = (ctx: Context) => ({ flowId }: { flowId: string }) => ({ flow: ctx.flows.granted(flowId) })
const actor = (ctx: Context) => actorOf(ctx.viewer, ctx.address)
const all = (outcomes: Outcome<{ flowId: string }>[], ctx: Context) => ({ results: outcomes.map((outcome) => answer(outcome, flowOf(ctx))) })

const items = z.array(z.unknown()).min(1, 'Give at least one item.')
const manyItems = { required: true, description: `At most ${LIMITS.itemsMax}.`, validate: items } as const
const inOrder = { description: 'In the order of the items.' } as const
const oneEach = { description: 'One result per item.' } as const

const StartFlowResult = resultUnion('StartFlowResult', payload('StartFlowPayload', 'The started flow.'), REFUSALS)
const StartFlowInput = builder.inputType('StartFlowInput', {
  description: 'Work begins.', fields: (t) => ({ lease: t.field({ type: LeaseRefInput, ...lease }) }),
})
builder.mutationField('startFlow', (t) => t.field({
  type: StartFlowResult, description: 'Reports that work begins; call the handler only after the answer.',
  args: { input: t.arg({ type: StartFlowInput, required: true, description: 'Which lease.' }) },
  resolve: async (_root, { input }, ctx) => answerOne(await startFlows(ctx.deps, { actor: actor(ctx), items: [input] }), flowOf(ctx)),
}))

const StartFlowsPayload = builder.simpleObject('StartFlowsPayload', {
  ...oneEach, fields: (t) => ({ results: t.field({ type: [StartFlowResult], ...inOrder }) }),
})
const StartFlowsResult = resultUnion('StartFlowsResult', StartFlowsPayload)
const StartFlowsInput = builder.inputType('StartFlowsInput', {
  description: 'Work begins on many.', fields: (t) => ({ items: t.field({ type: [StartFlowInput], ...manyItems }) }),
})
builder.mutationField('startFlows', (t) => t.field({
  type: StartFlowsResult, description: 'startFlow for many; one result per item.',
  args: { input: t.arg({ type: StartFlowsInput, required: true, description: 'Which leases.' }) },
  resolve: async (_root, { input }, ctx) => all(await eachSafe(atMostItems(input.items), (safe) => startFlows(ctx.deps, { actor: actor(ctx), items: safe })), ctx),
}))

const ReturnFlowResult = resultUnion('ReturnFlowResult', payload('ReturnFlowPayload', 'The returned flow.'), REFUSALS)
const ReturnFlowInput = builder.inputType('ReturnFlowInput', {
  description: 'What is given back.', fields: (t) => ({ lease: t.field({ type: LeaseRefInput, ...lease }) }),
})
builder.mutationField('returnFlow', (t) => t.field({
  type: ReturnFlowResult,
  description:
    "Gives a flow back: unstarted it keeps its place; started, and interrupted by the worker's shutdown, it is tried again or fails by its onLeaseLost.",
  args: { input: t.arg({ type: ReturnFlowInput, required: true, description: 'Which lease.' }) },
  resolve: async (_root, { input }, ctx) => answerOne(await returnFlows(ctx.deps, { actor: actor(ctx), items: [input] }), flowOf(ctx)),
}))

const FinishFlowResult = resultUnion('FinishFlowResult', payload('FinishFlowPayload', 'The finished flow.'), REFUSALS)
const FinishFlowInput = builder.inputType('FinishFlowInput', {
  description: 'The work is done.',
  fields: (t) => ({ lease: t.field({ type: LeaseRefInput, ...lease }), result: t.field({ type: 'JSON', ...result }), unusedMemos: t.stringList(unusedMemos) }),
})
builder.mutationField('finishFlow', (t) => t.field({
  type: FinishFlowResult, description: 'Ends a flow with a result. The same call again gets the same answer and changes nothing.',
  args: { input: t.arg({ type: FinishFlowInput, required: true, description: 'Which lease, and the result.' }) },
  resolve: async (_root, { input }, ctx) => answerOne(await finishFlows(ctx.deps, { actor: actor(ctx), items: [finished(input)] }), flowOf(ctx)),
}))

const FinishFlowsPayload = builder.simpleObject('FinishFlowsPayload', {
  ...oneEach, fields: (t) => ({ results: t.field({ type: [FinishFlowResult], ...inOrder }) }),
})
const FinishFlowsResult = resultUnion('FinishFlowsResult', FinishFlowsPayload)
const FinishFlowsInput = builder.inputType('FinishFlowsInput', {
  description: 'The work on many is done.', fields: (t) => ({ items: t.field({ type: [FinishFlowInput], ...manyItems }) }),
})
builder.mutationField('finishFlows', (t) => t.field({
  type: FinishFlowsResult, description: 'finishFlow for many; one result per item.',
  args: { input: t.arg({ type: FinishFlowsInput, required: true, description: 'Which leases, and the results.' }) },
  resolve: async (_root, { input }, ctx) => all(await eachSafe(atMostItems(input.items), (safe) => finishFlows(ctx.deps, { actor: actor(ctx), items: safe.map(finished) })), ctx),
}))

const FlowErrorInput = builder.inputType('FlowErrorInput', {
  description: 'What went wrong.',
  fields: (t) => ({
    code: t.string({ required: true, description: 'A short word for programs.' }),
    message: t.string({ required: true, description: 'A sentence for people.' }),
    detail: t.field({ type: 'JSON', description: 'Whatever else helps.' }),
  }),
})
const FailFlowResult = resultUnion('FailFlowResult', payload('FailFlowPayload', 'The flow: FAILED, or QUEUED to be tried again.'), REFUSALS)
const FailFlowInput = builder.inputType('FailFlowInput', {
  description: 'The work failed.',
  fields: (t) => ({
    lease: t.field({ type: LeaseRefInput, ...lease }),
    error: t.field({ type: FlowErrorInput, required: true, description: 'What went wrong.' }),
    retryable: t.boolean({ defaultValue: true, required: true, description: 'Whether trying again may help; maxAttempts still counts.' }),
    unusedMemos: t.stringList(unusedMemos),
  }),
})
builder.mutationField('failFlow', (t) => t.field({
  type: FailFlowResult, description: 'Reports a failure: the flow is tried again after a backoff, or ends. The same call again gets the same answer.',
  args: { input: t.arg({ type: FailFlowInput, required: true, description: 'Which lease, and what went wrong.' }) },
  resolve: async (_root, { input }, ctx) => answerOne(await failFlows(ctx.deps, { actor: actor(ctx), items: [failed(input)] }), flowOf(ctx)),
}))

const FailFlowsPayload = builder.simpleObject('FailFlowsPayload', {
  ...oneEach, fields: (t) => ({ results: t.field({ type: [FailFlowResult], ...inOrder }) }),
})
const FailFlowsResult = resultUnion('FailFlowsResult', FailFlowsPayload)
const FailFlowsInput = builder.inputType('FailFlowsInput', {
  description: 'The work on many failed.', fields: (t) => ({ items: t.field({ type: [FailFlowInput], ...manyItems }) }),
})
builder.mutationField('failFlows', (t) => t.field({
  type: FailFlowsResult, description: 'failFlow for many; one result per item.',
  args: { input: t.arg({ type: FailFlowsInput, required: true, description: 'Which leases, and what went wrong.' }) },
  resolve: async (_root, { input }, ctx) => all(await eachSafe(atMostItems(input.items), (safe) => failFlows(ctx.deps, { actor: actor(ctx), items: safe.map(failed) })), ctx),
}))

const finished = ({ lease: holder, result: done, unusedMemos: unused }: typeof FinishFlowInput.$inferInput) => ({ lease: holder, result: done ?? null, unusedMemos: unused })
const failed = ({ lease: holder, error, retryable, unusedMemos: unused }: typeof FailFlowInput.$inferInput) =>
  ({ lease: holder, unusedMemos: unused, error: { code: error.code, message: error.message, retryable, ...(error.detail === undefined ? {} : { detail: error.detail }) } })
