import type { Json } from '@sluice/protocol'
import { expect, test } from 'vitest'
import { cancelReasonOf } from './cancel-reason.ts'

test.each<[string, { type: string; payload: Json }[], string | null]>([
  ['of a running flow, from the request', [{ type: 'flow.cancel_requested', payload: { by: 'prn_1', reason: 'Wrong folder.' } }, { type: 'flow.cancelled', payload: {} }], 'Wrong folder.'],
  ['of a queued flow, from its end', [{ type: 'flow.cancelled', payload: { reason: 'Not needed.', terminalReason: 'cancelled_in_queue' } }], 'Not needed.'],
  ['none was given', [{ type: 'flow.cancelled', payload: { reason: null } }], null],
  ['a reason of something else is none of a cancel', [{ type: 'flow.held', payload: { reason: 'Later.' } }], null],
])('why it was cancelled: %s', (_title, milestones, reason) => {
  expect(cancelReasonOf(milestones)).toBe(reason)
})
