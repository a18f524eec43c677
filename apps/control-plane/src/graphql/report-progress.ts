import { FlowAlreadyTerminal, StaleLease } from '@sluice/domain'
import { reportProgress } from '@sluice/engine'
import { z } from 'zod'
import { actorOf } from '../policies/caller.ts'
import { builder } from './builder.ts'
import { answerOne, resultUnion } from './errors.ts'
import { FlowRef } from './flow-ref.ts'
import { LeaseRefInput } from './lease.ts'

const ReportProgressPayload = builder.simpleObject('ReportProgressPayload', {
  description: 'The flow with its progress.', fields: (t) => ({ flow: t.field({ type: FlowRef, description: 'The flow.' }) }),
})
const ReportProgressResult = resultUnion('ReportProgressResult', ReportProgressPayload, [StaleLease, FlowAlreadyTerminal])

const ReportProgressInput = builder.inputType('ReportProgressInput', {
  description: 'How far the work is.',
  fields: (t) => ({
    lease: t.field({ type: LeaseRefInput, required: true, description: 'The right to report.' }),
    percent: t.float({ description: 'Clamped to 0 … 100 and rounded.' }),
    message: t.string({ description: 'What it is doing, at most 500 characters.', validate: z.string().max(500).nullish() }),
  }),
})

builder.mutationField('reportProgress', (t) => t.field({
  type: ReportProgressResult, description: 'Says how far the work is; shown at most four times a second, and no milestone.',
  args: { input: t.arg({ type: ReportProgressInput, required: true, description: 'How far.' }) },
  resolve: async (_root, { input }, ctx) => answerOne(
    await reportProgress(ctx.deps, { actor: actorOf(ctx.viewer, ctx.address), items: [input] }),
    ({ flowId }) => ({ flow: ctx.flows.granted(flowId) }),
  ),
}))
