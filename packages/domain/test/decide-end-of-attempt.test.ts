import { describe, expect, test } from 'vitest'
import { backoffMs, decideDeadline, decideFailure, decideInterrupted, decideLeaseLost, decideLeaseRevoked, decideLostStart } from '../src/index.ts'
import type { FlowFacts, FlowMove } from '../src/index.ts'

const running: FlowFacts = {
  id: 'flow_1', kind: 'k', lane: 'default', principalId: 'prn_owner', status: 'RUNNING', phase: 'WORKING', queueClass: null, waitKind: null, waitMode: null, answerUnread: false, laneKeepsSlot: true, terminalReason: null, priority: 0,
  epoch: 3, currentAttempt: 2, maxAttempts: 3, retriesUsed: 0, lostStarts: 0, onLeaseLost: 'FAIL', slotHeld: true, overCap: false, started: true,
  cancelRequested: false, cancelRequestedBy: null, cancelReason: null, pinned: false, pinnedBy: null, pinForce: false, pinReason: null,
  held: false, heldBy: null, heldReason: null, deleted: false,
}
const policy = { backoff: { minMs: 1000, maxMs: 60_000 }, maxLostStarts: 5, dice: 0.5 }
const error = (retryable: boolean) => ({ code: 'X', message: 'x', retryable })
const failed = (flow: Partial<FlowFacts>, retryable = true, end: 'failed' | 'attempt_timeout' = 'failed') =>
  decideFailure({ ...running, ...flow }, { error: error(retryable), end, call: 'fail' }, policy)
const said = (move: FlowMove) => [move.name, move.set.terminalReason ?? null]

describe('what becomes of a flow whose attempt cannot go on', () => {
  test.each<[string, FlowMove, [string, string | null]]>([
    ['a retryable failure with a retry left is tried again', failed({}), ['retry', null]],
    ['the last retry used ends as attempts_exhausted', failed({ retriesUsed: 2 }), ['fail', 'attempts_exhausted']],
    ['no retry allowed at all ends as error', failed({ maxAttempts: 1 }), ['fail', 'error']],
    ['a failure that may not be retried ends as error', failed({}, false), ['fail', 'error']],
    ['a failed start ends under its own name', failed({ phase: 'STARTING', maxAttempts: 1 }), ['fail', 'start_failed']],
    ['an attempt timeout keeps its name when it was the last', failed({ retriesUsed: 2 }, true, 'attempt_timeout'), ['fail', 'attempt_timeout']],
    ['a failure of a cancelling flow is its acknowledgement', failed({ phase: 'CANCELLING', cancelRequestedBy: 'prn_owner' }), ['endCancelled', 'cancelled_by_user']],
    ['a lost lease fails with FAIL', decideLeaseLost(running, 'x', policy), ['fail', 'worker_lost']],
    ['a lost lease is tried again with RETRY', decideLeaseLost({ ...running, onLeaseLost: 'RETRY' }, 'x', policy), ['retry', null]],
    ['a lost lease with no retry left fails', decideLeaseLost({ ...running, onLeaseLost: 'RETRY', retriesUsed: 2 }, 'x', policy), ['fail', 'worker_lost']],
    ['a lease lost before the start report returns whatever onLeaseLost says', decideLeaseLost({ ...running, phase: 'STARTING' }, 'x', policy), ['loseStart', null]],
    ['a lease lost while cancelling ends cancelled', decideLeaseLost({ ...running, phase: 'CANCELLING', cancelRequestedBy: 'prn_op' }, 'x', policy), ['endCancelled', 'cancelled_by_operator']],
    ['the worker’s own shutdown interrupts for good with FAIL', decideInterrupted(running, 'bye'), ['fail', 'interrupted']],
    ['and consumes nothing with RETRY', decideInterrupted({ ...running, onLeaseLost: 'RETRY', retriesUsed: 2 }, 'bye'), ['retry', null]],
    ['a restore fails what worked with FAIL, since nobody knows whether it was done', decideLeaseRevoked(running, new Date(0)), ['fail', 'worker_lost']],
    ['a restore queues what worked with RETRY, even with no retry left', decideLeaseRevoked({ ...running, onLeaseLost: 'RETRY', retriesUsed: 2 }, new Date(0)), ['retry', null]],
    ['a restore queues what had not started, however often that happened', decideLeaseRevoked({ ...running, phase: 'STARTING', lostStarts: 4 }, new Date(0)), ['loseStart', null]],
    ['a restore ends what was cancelling', decideLeaseRevoked({ ...running, phase: 'CANCELLING', cancelRequestedBy: 'prn_op' }, new Date(0)), ['endCancelled', 'cancelled_by_operator']],
    ['a deadline ends what works', decideDeadline(running), ['fail', 'deadline_exceeded']],
    ['and what is cancelling as cancelled', decideDeadline({ ...running, phase: 'CANCELLING', cancelRequestedBy: 'prn_op' }), ['endCancelled', 'cancelled_by_operator']],
  ])('%s', (_title, move, expected) => {
    expect(said(move)).toEqual(expected)
  })

  test('T10 an interruption keeps retriesUsed and waits for nothing, a failure uses one and waits', () => {
    expect(decideInterrupted({ ...running, onLeaseLost: 'RETRY', retriesUsed: 1 }, 'bye').set).toMatchObject({ retriesUsed: 1, notBefore: 'clear' })
    expect(failed({ retriesUsed: 1 }).set).toMatchObject({ retriesUsed: 2, notBefore: { inMs: 2000 } })
  })

  test('D-36 the first lost start keeps its place, later ones wait longer each, the fifth ends as start_failed', () => {
    const lost = (lostStarts: number) => decideLostStart({ ...running, phase: 'STARTING', lostStarts }, { byWorker: false, cause: 'x' }, policy)
    expect(lost(0).set.notBefore).toBeUndefined()
    expect([1, 2, 3].map(n => lost(n).set.notBefore)).toEqual([{ inMs: 1000 }, { inMs: 2000 }, { inMs: 4000 }])
    expect(said(lost(4))).toEqual(['fail', 'start_failed'])
  })

  test('D-36 given back by the worker counts no lost start', () => {
    const given = decideLostStart({ ...running, phase: 'STARTING', lostStarts: 4 }, { byWorker: true, cause: 'x' }, policy)
    expect([given.name, given.set.lostStarts]).toEqual(['loseStart', 4])
  })

  test('INV-43 what a restore interrupted consumes no retry and waits for nothing', () => {
    expect(decideLeaseRevoked({ ...running, onLeaseLost: 'RETRY', retriesUsed: 1 }, new Date(0)).set).toMatchObject({ retriesUsed: 1, notBefore: 'clear' })
  })

  test('INV-17 whatever ends a cancelling flow revokes its lease', () => {
    expect(failed({ phase: 'CANCELLING', cancelRequestedBy: 'prn_owner' }).set.epoch).toBe(4)
  })
})

test('D-9 the backoff doubles from min to max, with a fifth more or less by the dice', () => {
  const at = (n: number, dice: number) => backoffMs(n, { minMs: 1000, maxMs: 60_000 }, dice)
  expect([at(1, 0.5), at(2, 0.5), at(7, 0.5), at(99, 0.5)]).toEqual([1000, 2000, 60_000, 60_000])
  expect([at(1, 0), at(1, 1)]).toEqual([800, 1200])
})
