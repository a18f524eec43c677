import { describe, expect, test } from 'vitest'
import { lastWait, progressNow, silenceOfLease, sumsOf, wasQueuedAgain, workingSince, type Standing, type TimedFlow } from './flow-times.ts'

const at = (second: number) => new Date(Date.parse('2026-11-21T10:00:00.000Z') + second * 1000).toISOString()
const once: TimedFlow = { status: 'FINISHED', isTerminal: true, createdAt: at(0), queuedAt: at(0), startedAt: at(3), finishedAt: at(10) }
const again: TimedFlow = { ...once, queuedAt: at(60), finishedAt: at(130) }
const second = { startedAt: at(119), reportedAt: at(120), endedAt: at(130) }

describe('the times of a flow that was tried again', () => {
  test('the work under way counts from the start of the current attempt', () => {
    expect(workingSince({ ...again, currentAttempt: second })).toBe(at(120))
    expect(workingSince({ ...again, currentAttempt: { startedAt: at(119), reportedAt: null } })).toBe(at(119))
  })

  test('it was queued the last time until its last attempt was leased', () => {
    expect(lastWait(again, second)).toEqual({ from: at(60), to: at(119) })
    expect(wasQueuedAgain(again)).toBe(true)
  })

  test('one that ended in the queue waited until then', () => {
    expect(lastWait({ ...again, status: 'CANCELLED' }, { startedAt: at(2), reportedAt: at(3), endedAt: at(59) })).toEqual({ from: at(60), to: at(130) })
  })

  test('in the queue it has not progressed', () => {
    const queued = { ...again, status: 'QUEUED' as const, isTerminal: false, finishedAt: null }
    expect(progressNow({ ...queued, progress: { at: at(50) }, currentAttempt: null })).toBeNull()
  })

  test('progress of an attempt before is not shown of the next', () => {
    expect(progressNow({ status: 'RUNNING', progress: { at: at(50) }, currentAttempt: second })).toBeNull()
    expect(progressNow({ status: 'RUNNING', progress: { at: at(121) }, currentAttempt: second })).toEqual({ at: at(121) })
  })
})

test('what was tried once was queued until it was leased', () => {
  const first = { startedAt: at(2), reportedAt: at(3), endedAt: at(10) }
  expect([lastWait(once, first), wasQueuedAgain(once)]).toEqual([{ from: at(0), to: at(2) }, false])
})

describe('worked and waited for an answer', () => {
  const asked: Standing[] = [
    { status: 'QUEUED', phase: null, at: at(0) }, { status: 'RUNNING', phase: 'STARTING', at: at(1) }, { status: 'RUNNING', phase: 'WORKING', at: at(2) },
    { status: null, phase: null, at: at(5) }, { status: 'WAITING', phase: null, at: at(12) }, { status: 'QUEUED', phase: null, at: at(92) },
    { status: 'RUNNING', phase: 'STARTING', at: at(93) }, { status: 'RUNNING', phase: 'WORKING', at: at(94) },
  ]

  test('all attempts count together, without the queue and without their starts', () => {
    expect(sumsOf([...asked, { status: 'FINISHED', phase: null, at: at(100) }])).toEqual({ worked: { ms: 16_000, since: null }, waited: { ms: 80_000, since: null } })
  })

  test('what lasts counts on from its beginning', () => {
    expect(sumsOf(asked)).toEqual({ worked: { ms: 10_000, since: at(94) }, waited: { ms: 80_000, since: null } })
    expect(sumsOf(asked.slice(0, 5))).toEqual({ worked: { ms: 10_000, since: null }, waited: { ms: 0, since: at(12) } })
  })
})

test.each([
  ['a worker heard within two heartbeats is not silent', 29, null],
  ['a worker not heard for more than two heartbeats is silent', 32, 32_000],
])('%s', (_title, readAt, silence) => {
  // However long its lease was made: after an outage of the control plane that is more than usual.
  for (const leaseExpiresAt of [at(45), at(90)]) expect(silenceOfLease({ leaseExpiresAt, worker: { heartbeatAt: at(0), heartbeatMs: 15_000 } }, at(readAt))).toBe(silence)
})

test('without a lease nobody is silent', () => {
  expect(silenceOfLease(null, at(90))).toBeNull()
  expect(silenceOfLease({ leaseExpiresAt: null, worker: { heartbeatAt: at(0), heartbeatMs: 15_000 } }, at(90))).toBeNull()
})
