import { Conflict, FlowAlreadyTerminal, StaleLease } from '@sluice/domain'
import { appendFrames } from '@sluice/engine'
import { LIMITS } from '@sluice/protocol'
import { z } from 'zod'
import { actorOf } from '../policies/caller.ts'
import { builder } from './builder.ts'
import { FrameKindEnum } from './enums.ts'
import { answer, resultUnion } from './errors.ts'
import { LeaseRefInput } from './lease.ts'

const AppendFramesPayload = builder.simpleObject('AppendFramesPayload', {
  description: 'They are stored.',
  fields: (t) => ({ lastSequence: t.int({ description: 'The greatest sequence that is stored of this attempt; what is up to it need not be sent again.' }) }),
})
const AppendFramesResult = resultUnion('AppendFramesResult', AppendFramesPayload, [StaleLease, FlowAlreadyTerminal, Conflict])

const FrameInput = builder.inputType('FrameInput', {
  description: 'A piece of output.',
  fields: (t) => ({
    sequence: t.int({ required: true, description: 'The worker counts 1, 2, 3 … per attempt.' }),
    kind: t.field({ type: FrameKindEnum, required: true, description: 'What it is.' }),
    payload: t.field({ type: 'JSON', required: true, description: 'A text, or any JSON; at most FRAME_MAX.' }),
  }),
})
const AppendFramesInput = builder.inputType('AppendFramesInput', {
  description: 'Output of an attempt.',
  fields: (t) => ({
    lease: t.field({ type: LeaseRefInput, required: true, description: 'The right to report.' }),
    frames: t.field({
      type: [FrameInput], required: true, description: `In the order of their sequences, which are consecutive; at most ${LIMITS.framesPerCallMax}.`,
      validate: z.array(z.unknown()).min(1, 'Give at least one frame.'),
    }),
  }),
})

builder.mutationField('appendFrames', (t) => t.field({
  type: AppendFramesResult,
  description:
    'Adds output. Answered when it is stored: send the next after the answer. A sequence that is there already is ignored, so a call may be repeated; ' +
    'one that does not follow is INVALID_INPUT. While the flow is WAITING: CONFLICT.',
  args: { input: t.arg({ type: AppendFramesInput, required: true, description: 'Which lease, and what it says.' }) },
  resolve: async (_root, { input: { lease, frames } }, ctx) => answer(
    await appendFrames(ctx.deps, {
      actor: actorOf(ctx.viewer, ctx.address), lease, frames: frames.map(({ sequence, kind, payload }) => ({ sequence, kind, payload: payload ?? null })),
    }),
    ({ lastSequence }) => ({ lastSequence }),
  ),
}))
