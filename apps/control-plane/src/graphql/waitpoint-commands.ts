import { Conflict, FlowAlreadyTerminal, FlowNotStarted, InvalidDecision, MemoMismatch, NotResumable, StaleLease } from '@sluice/domain'
import { createWaitpoint, resolveWaitpoint, rotateWaitpointKey, suspendFlow } from '@sluice/engine'
import { LIMITS } from '@sluice/protocol'
import { z } from 'zod'
import { actorOf, answererFor } from '../policies/caller.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { WaitKindEnum, WaitModeEnum, WaitTimeoutEnum } from './enums.ts'
import { answer, resultUnion } from './errors.ts'
import { FlowRef } from './flow-ref.ts'
import { LeaseRefInput } from './lease.ts'
import { WaitpointRef, waitpointOf, type WaitpointRow } from './waitpoint-ref.ts'

const theWaitpoint = { type: WaitpointRef, description: 'The waitpoint.' } as const
const theFlow = { type: FlowRef, description: 'The flow.' } as const
const theLease = { type: LeaseRefInput, required: true, description: 'The right to report.' } as const

const CreateWaitpointPayload = builder.simpleObject('CreateWaitpointPayload', {
  description: 'The waitpoint, with its answer if it has one, and what whoever is asked may answer with.',
  fields: (t) => ({
    waitpoint: t.field(theWaitpoint),
    token: t.string({ nullable: true, description: 'Whoever has it may answer, once. Null where the server has no key to sign it with.' }),
    url: t.string({ nullable: true, description: 'POST the answer to it, or open it in a browser.' }),
  }),
})
const CreateWaitpointResult = resultUnion('CreateWaitpointResult', CreateWaitpointPayload, [StaleLease, FlowAlreadyTerminal, FlowNotStarted, MemoMismatch])
const CreateWaitpointInput = builder.inputType('CreateWaitpointInput', {
  description: 'What is asked, and of whom.',
  fields: (t) => ({
    lease: t.field(theLease),
    key: t.string({ required: true, description: `What the handler calls it, at most ${LIMITS.waitKeyMax} characters: the same again is the same waitpoint, in another attempt too.` }),
    kind: t.field({ type: WaitKindEnum, required: true, description: 'Whom it asks. Another kind under the same key is a MEMO_MISMATCH.' }),
    prompt: t.string({ description: `What is asked, for people, at most ${LIMITS.promptMax} characters.` }),
    fields: t.field({ type: 'JSON', description: "JSON Schema 2020-12 of the answer's payload; absent = any payload, or none." }),
    allowedDecisions: t.stringList({ description: 'What may be decided; absent = approve and reject, submit, or continue, by the kind.' }),
    answerableBy: t.stringList({ description: 'Who may answer: role:NAME and prn_…; absent = the owner of the flow, and operators.' }),
    timeoutSeconds: t.int({ description: 'How long it may stay open; absent = INPUT_DEADLINE, or for ever.', validate: z.int().min(1).nullish() }),
    onTimeout: t.field({ type: WaitTimeoutEnum, description: 'What becomes of the flow then; absent = FAIL.' }),
    timeoutDecision: t.string({ description: 'Of AUTO_RESUME, which needs timeoutSeconds too: what counts as decided then.' }),
    timeoutPayload: t.field({ type: 'JSON', description: 'And what comes with it; absent or null = nothing, whatever fields asks for.' }),
  }),
})

builder.mutationField('createWaitpoint', (t) => t.field({
  type: CreateWaitpointResult, description: 'Makes what suspendFlow waits for. Make it first and tell whom you ask: an answer that comes before the flow waits is kept.',
  args: { input: t.arg({ type: CreateWaitpointInput, required: true, description: 'What is asked.' }) },
  resolve: async (_root, { input: { timeoutSeconds, ...input } }, ctx) => {
    const timeoutMs = timeoutSeconds == null ? null : timeoutSeconds * 1000
    const done = await createWaitpoint(ctx.deps, { ...input, timeoutMs, actor: actorOf(ctx.viewer, ctx.address) })
    return answer(done, async ({ waitpointId, token, url }) => ({ waitpoint: await waitpointOf(waitpointId, ctx), token, url }))
  },
}))

const onFlow = async ({ flowId, waitpointId }: { flowId: string; waitpointId: string }, ctx: Context) =>
  ({ flow: ctx.flows.granted(flowId), waitpoint: await waitpointOf(waitpointId, ctx) })

const SuspendFlowPayload = builder.simpleObject('SuspendFlowPayload', {
  description: 'The flow, WAITING; or the waitpoint with its answer, and the flow as it was. Of a release the waitpoint is as that left it: an answer that came since is for the next attempt. Its status says whether it ended CANCELLED, because somebody had asked for that.',
  fields: (t) => ({ flow: t.field(theFlow), waitpoint: t.field(theWaitpoint) }),
})
const SuspendFlowResult = resultUnion('SuspendFlowResult', SuspendFlowPayload, [StaleLease, FlowAlreadyTerminal, FlowNotStarted])
const SuspendFlowInput = builder.inputType('SuspendFlowInput', {
  description: 'What the flow waits for.',
  fields: (t) => ({
    lease: t.field(theLease),
    waitpoint: t.id({ required: true, description: 'wpt_…, of this flow.' }),
    mode: t.field({ type: WaitModeEnum, required: true, description: 'HELD: you stay. RELEASED: you go, and the attempt ends; of a held wait too.' }),
  }),
})

builder.mutationField('suspendFlow', (t) => t.field({
  type: SuspendFlowResult, description: 'Lets a flow wait. Where the answer is there already, nothing changes and it is answered at once. The same call again gets the same answer.',
  args: { input: t.arg({ type: SuspendFlowInput, required: true, description: 'For what.' }) },
  resolve: async (_root, { input: { lease, waitpoint: waitpointId, mode } }, ctx) =>
    answer(await suspendFlow(ctx.deps, { actor: actorOf(ctx.viewer, ctx.address), lease, waitpointId, mode }), async (done) => {
      const { flow, waitpoint } = await onFlow(done, ctx)
      return { flow, waitpoint: done.waiting && mode === 'RELEASED' ? asReleased(waitpoint) : waitpoint }
    }),
}))

/** The lease is closed: an answer that came since, while this one was on its way or lost, is for the next attempt. */
const asReleased = (waitpoint: WaitpointRow): WaitpointRow =>
  ({ ...waitpoint, state: 'OPEN', closedAt: null, decision: null, payload: null, answeredBy: null, answeredAt: null })

const ResolveWaitpointPayload = builder.simpleObject('ResolveWaitpointPayload', {
  description: 'The answered waitpoint and its flow, as the answer left them.',
  fields: (t) => ({ waitpoint: t.field(theWaitpoint), flow: t.field({ type: FlowRef, nullable: true, description: 'The flow; null to who answered by a token and may not read it.' }) }),
})
const ResolveWaitpointResult = resultUnion('ResolveWaitpointResult', ResolveWaitpointPayload, [NotResumable, InvalidDecision, FlowAlreadyTerminal])
const ResolveWaitpointInput = builder.inputType('ResolveWaitpointInput', {
  description: 'An answer: to a waitpoint by its id, or by its token.',
  validate: z.looseObject({ id: z.string().nullish(), token: z.string().nullish() })
    .refine(({ id, token }) => Boolean(id) !== Boolean(token), { path: ['id'], message: 'Give the id of a waitpoint, or a token of one.' }),
  fields: (t) => ({
    id: t.id({ description: 'wpt_…' }),
    token: t.string({ description: 'Of the waitpoint; who has it needs no other right.' }),
    decision: t.string({ required: true, description: 'One of allowedDecisions.' }),
    payload: t.field({ type: 'JSON', description: 'What comes with it; checked against fields, 64 KiB at most.' }),
    idempotencyKey: t.string({ description: 'The same key again gets the first answer again, instead of NOT_RESUMABLE.' }),
  }),
})

/** Who has a token needs no right to answer, and gets none to read (INV-38). */
async function inSight({ flowId, waitpointId }: { flowId: string; waitpointId: string }, ctx: Context) {
  const [flow, waitpoint] = await Promise.all([ctx.flows.visible(flowId), waitpointOf(waitpointId, ctx)])
  return { flow, waitpoint: { ...waitpoint, hidesFlow: flow === null } }
}

builder.mutationField('resolveWaitpoint', (t) => t.field({
  type: ResolveWaitpointResult, description: 'Answers a waitpoint, once. Of an answer, a cancel and a timeout that come together one wins.',
  args: { input: t.arg({ type: ResolveWaitpointInput, required: true, description: 'The answer.' }) },
  resolve: async (_root, { input: { id, token, ...given } }, ctx) => {
    const by = token ? { token, address: ctx.address } : { id: id ?? '', answerer: answererFor(ctx.viewer, ctx.address) }
    return answer(await resolveWaitpoint(ctx.deps, { ...given, by }), (done) => (token ? inSight(done, ctx) : onFlow(done, ctx)))
  },
}))

const RotateWaitpointKeyPayload = builder.simpleObject('RotateWaitpointKeyPayload', {
  description: 'The key that signs from now on.',
  fields: (t) => ({
    kid: t.string({ description: 'Its name, as it stands in tokens.' }),
    formerUntil: t.field({ type: 'DateTime', nullable: true, description: 'Until when tokens of the former key are taken; null when there was none.' }),
  }),
})
const RotateWaitpointKeyResult = resultUnion('RotateWaitpointKeyResult', RotateWaitpointKeyPayload, [Conflict])

builder.mutationField('rotateWaitpointKey', (t) => t.field({
  type: RotateWaitpointKeyResult, description: 'Signs tokens of waitpoints with another key. Those that were given out are taken for 24 hours more. No key is ever shown.',
  resolve: async (_root, _args, ctx) => answer(await rotateWaitpointKey(ctx.deps, { actor: actorOf(ctx.viewer, ctx.address) }), (done) => done),
}))
