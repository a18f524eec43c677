import { cancelFlows } from '@sluice/engine'
import { isTerminal, type FlowStatus } from '@sluice/protocol'
import { callerOf } from '../policies/caller.ts'
import { builder } from './builder.ts'
import { answerOne, resultUnion } from './errors.ts'
import { FlowRef } from './flow-ref.ts'
import { reason, waitMs } from './input-rules.ts'

const CancelFlowPayload = builder.simpleObject('CancelFlowPayload', {
  description: 'The flow as the cancel left it: ended, or CANCELLING.',
  fields: (t) => ({
    flow: t.field({ type: FlowRef, description: 'The flow.' }),
    alreadyTerminal: t.boolean({ description: 'Whether it had ended before; then its outcome stays what it was.' }),
  }),
})
const CancelFlowResult = resultUnion('CancelFlowResult', CancelFlowPayload)

const CancelFlowInput = builder.inputType('CancelFlowInput', {
  description: 'Which flow, and whether to wait for its end.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'flow_…' }),
    wait: t.boolean({ defaultValue: false, required: true, description: 'Answer when it has ended, or when the time is up.' }),
    waitTimeoutMs: t.int({ defaultValue: 10_000, required: true, description: 'How long to wait, 30000 at most.', validate: waitMs }),
    reason: t.string({ description: 'Why; kept with the flow.', validate: reason }),
  }),
})

builder.mutationField('cancelFlow', (t) => t.field({
  type: CancelFlowResult,
  description: 'Ends a flow: at once in the queue; while it runs its worker is told and has a grace period. Cancelling again changes nothing.',
  args: { input: t.arg({ type: CancelFlowInput, required: true, description: 'Which flow.' }) },
  resolve: async (_root, { input: { id, wait, waitTimeoutMs, reason: why } }, ctx) => {
    const outcomes = await cancelFlows(ctx.deps, { caller: callerOf(ctx.viewer, ctx.address, 'cancelFlow'), items: [{ id, reason: why ?? null }] })
    return answerOne(outcomes, async ({ flowId, alreadyTerminal }) => {
      const until = ({ status }: { status: FlowStatus }): boolean => isTerminal(status)
      if (wait && !alreadyTerminal) await ctx.deps.watch.wait({ id: flowId, until, timeoutMs: waitTimeoutMs, signal: ctx.signal })
      return { flow: ctx.flows.granted(flowId), alreadyTerminal }
    })
  },
}))
