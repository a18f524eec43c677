import { IdempotencyKeyReused, LaneClosed, UrlNotAllowed } from '@sluice/domain'
import { createFlows, type Outcome } from '@sluice/engine'
import { LIMITS } from '@sluice/protocol'
import { z } from 'zod'
import { actorOf, mayCreateIn } from '../policies/caller.ts'
import { mayRun } from '../policies/policy.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { OnLeaseLostEnum } from './enums.ts'
import { answer, answerOne, resultUnion } from './errors.ts'
import { FlowRef } from './flow-ref.ts'
import { atMostItems, given } from './input-rules.ts'
import { eachSafe } from './safe-input.ts'

const CreateFlowPayload = builder.simpleObject('CreateFlowPayload', {
  description: 'The flow of this request.',
  fields: (t) => ({
    flow: t.field({ type: FlowRef, description: 'The flow.' }),
    created: t.boolean({ description: 'false = the idempotency key had it already.' }),
  }),
})
const CreateFlowResult = resultUnion('CreateFlowResult', CreateFlowPayload, [IdempotencyKeyReused, LaneClosed, UrlNotAllowed])

const CreateFlowInput = builder.inputType('CreateFlowInput', {
  description:
    'A flow to submit. What is absent comes from its kind, else its lane, else the environment, else: lane "default", priority 0, one attempt, FAIL.',
  fields: (t) => ({
    kind: t.string({ required: true, description: 'What is to be done.' }),
    input: t.field({ type: 'JSON', description: "What it works on, absent = {}; checked against the kind's schema." }),
    title: t.string({ description: `A line for people, at most ${LIMITS.titleMax} characters; absent = the kind's title or name.` }),
    lane: t.string({ description: 'Which lane; there must be one of that name.' }),
    labels: t.field({ type: 'JSON', description: `A flat map of strings, absent = {}, at most ${LIMITS.labelsMax}.` }),
    priority: t.int({ description: 'Clamped to 0 … 9000; more than 0 needs a permission.' }),
    notBefore: t.field({ type: 'DateTime', description: 'It is not started earlier.' }),
    deadlineAt: t.field({ type: 'DateTime', description: 'It fails when it has not ended by then.' }),
    queueTtlSeconds: t.int({ description: 'It fails when it has not first started after so long in the queue.' }),
    maxAttempts: t.int({ description: 'How often it may be tried, the first time included.' }),
    onLeaseLost: t.field({ type: OnLeaseLostEnum, description: 'What becomes of it when its worker falls silent.' }),
    attemptTimeoutSeconds: t.int({ description: 'An attempt that works longer fails.' }),
    webhookUrl: t.string({ description: 'Its end is told to this URL, https://…, signed with FLOW_WEBHOOK_SECRET. It is stored encrypted and shown redacted.' }),
    webhookEndpointId: t.id({ description: 'ep_…: this endpoint hears of it instead; not together with webhookUrl.' }),
    idempotencyKey: t.string({ description: 'The same key and content again within 24 hours gives the same flow, unless it ended badly.' }),
  }),
})
type CreateFlow = typeof CreateFlowInput.$inferInput

builder.mutationField('createFlow', (t) => t.field({
  type: CreateFlowResult, description: 'Submits a flow.',
  args: { input: t.arg({ type: CreateFlowInput, required: true, description: 'The flow.' }) },
  resolve: async (_root, { input }, ctx) => answerOne(await create([input], ctx), (done) => payloadOf(done, ctx)),
}))

const CreateFlowsPayload = builder.simpleObject('CreateFlowsPayload', {
  description: 'One result per item.',
  fields: (t) => ({ results: t.field({ type: [CreateFlowResult], description: 'In the order of the items.' }) }),
})
const CreateFlowsResult = resultUnion('CreateFlowsResult', CreateFlowsPayload)
const CreateFlowsInput = builder.inputType('CreateFlowsInput', {
  description: 'Many flows at once.',
  fields: (t) => ({
    items: t.field({
      type: [CreateFlowInput], required: true, description: `At most ${LIMITS.itemsMax}.`,
      validate: z.array(z.unknown()).min(1, 'Give at least one item.'),
    }),
  }),
})

builder.mutationField('createFlows', (t) => t.field({
  type: CreateFlowsResult, description: 'Submits many flows. An item that is refused does not keep the others back.',
  args: { input: t.arg({ type: CreateFlowsInput, required: true, description: 'The flows.' }) },
  resolve: async (_root, { input }, ctx) => {
    const outcomes = await eachSafe(atMostItems(input.items), (items) => create(items, ctx))
    return { results: outcomes.map((outcome) => answer(outcome, (done) => payloadOf(done, ctx))) }
  },
}))

interface Created { flowId: string; created: boolean }

const create = (items: CreateFlow[], ctx: Context): Promise<Outcome<Created>[]> => createFlows(ctx.deps, {
  actor: actorOf(ctx.viewer, ctx.address), traceParent: ctx.facts.traceParent,
  mayPrioritize: mayRun(ctx.viewer, 'createFlow.priority'),
  mayCreate: mayCreateIn(ctx.viewer),
  items: items.map(({ kind, ...rest }) => ({ kind, ...given(rest) })),
})

const payloadOf = ({ flowId, created }: Created, ctx: Context) => ({ flow: ctx.flows.granted(flowId), created })
