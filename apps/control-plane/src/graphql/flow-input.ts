import { named } from '@sluice/db'
import { Conflict, FlowAlreadyTerminal, FlowNotQueued } from '@sluice/domain'
import { addFlowInput, inputsFrom, removeFlowInput, type FlowInputRow } from '@sluice/engine'
import { LIMITS } from '@sluice/protocol'
import { callerOf } from '../policies/caller.ts'
import { builder } from './builder.ts'
import { partArgs, partOf } from './connection.ts'
import { FlowInputStateEnum } from './enums.ts'
import { answer, resultUnion } from './errors.ts'
import { FlowRef } from './flow-ref.ts'

export const FlowInputRef = builder.objectRef<FlowInputRow>('FlowInput').implement({
  description: 'Something that somebody added to a flow while it was queued. Handed over with its next lease, and again with every later one.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'fin_…' }),
    author: t.exposeString('author', { description: 'The principal who added it.' }),
    content: t.field({ type: 'JSON', description: 'A text, or any JSON.', resolve: (input) => input.content }),
    state: t.expose('state', { type: FlowInputStateEnum, description: 'Whether it was handed over.' }),
    attempt: t.exposeInt('attempt', { nullable: true, description: 'With which attempt it was first handed over.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
  }),
})

builder.objectField(FlowRef, 'inputs', (t) => t.field({
  type: [FlowInputRef], description: 'What was added to it, oldest first; also what was taken back.', args: partArgs(),
  resolve: (flow, args, ctx) => {
    const part = partOf(args, ctx)
    return part ? inputsFrom(named(ctx.deps.pool), { flowId: flow.id, ...part }) : ctx.load.inputs.load(flow.id)
  },
}))

const payload = (name: string, description: string) => builder.simpleObject(name, {
  description, fields: (t) => ({ input: t.field({ type: FlowInputRef, description: 'The input.' }), flow: t.field({ type: FlowRef, description: 'Its flow.' }) }),
})
const AddFlowInputResult = resultUnion('AddFlowInputResult', payload('AddFlowInputPayload', 'It was added.'), [FlowNotQueued, FlowAlreadyTerminal])
const RemoveFlowInputResult = resultUnion('RemoveFlowInputResult', payload('RemoveFlowInputPayload', 'It is taken back.'), [Conflict, FlowAlreadyTerminal])

const AddFlowInputInput = builder.inputType('AddFlowInputInput', {
  description: 'What to add, and to which flow.',
  fields: (t) => ({
    flowId: t.id({ required: true, description: 'flow_…' }),
    content: t.field({ type: 'JSON', required: true, description: 'A text, or any JSON but null; at most INPUT_MAX.' }),
  }),
})
builder.mutationField('addFlowInput', (t) => t.field({
  type: AddFlowInputResult,
  description: `Adds something to a queued flow, which gets it with its next lease: at most ${LIMITS.inputsMax} that wait for that, and ${LIMITS.inputsMaxBytes} bytes in all. To a flow that runs nothing can be added.`,
  args: { input: t.arg({ type: AddFlowInputInput, required: true, description: 'What, and to which.' }) },
  resolve: async (_root, { input: { flowId, content } }, ctx) => answer(
    await addFlowInput(ctx.deps, { caller: callerOf(ctx.viewer, ctx.address, 'addFlowInput'), flowId, content: content ?? null }),
    (input) => ({ input, flow: ctx.flows.granted(flowId) }),
  ),
}))

const RemoveFlowInputInput = builder.inputType('RemoveFlowInputInput', {
  description: 'Which one to take back.', fields: (t) => ({ id: t.id({ required: true, description: 'fin_…' }) }),
})
builder.mutationField('removeFlowInput', (t) => t.field({
  type: RemoveFlowInputResult, description: 'Takes back what was not handed over yet. Again: nothing.',
  args: { input: t.arg({ type: RemoveFlowInputInput, required: true, description: 'Which.' }) },
  resolve: async (_root, { input: { id } }, ctx) => answer(
    await removeFlowInput(ctx.deps, { caller: callerOf(ctx.viewer, ctx.address, 'removeFlowInput'), id }),
    (input) => ({ input, flow: ctx.flows.granted(input.flowId) }),
  ),
}))
