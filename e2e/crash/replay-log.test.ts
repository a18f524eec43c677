import { describe, expect, test } from 'vitest'
import { violations, type LoggedEvent, type LoggedFlow } from './replay-log.ts'

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()

const event = (sequence: number, type: string, status: string | null, second: number): LoggedEvent =>
  ({ sequence, type, status, phase: status === 'RUNNING' ? 'WORKING' : null, at: at(second) })

/** A flow that ran from `from` to `to` and finished. */
const finished = (id: string, from: number, to: number): LoggedFlow => ({
  id, status: 'FINISHED', phase: null, terminalReason: 'completed', slotHeld: false, createdAt: at(0), startedAt: at(from), finishedAt: at(to),
  events: [event(1, 'flow.queued', 'QUEUED', 0), event(2, 'flow.starting', 'RUNNING', from), event(3, 'flow.finished', 'FINISHED', to)],
  attempts: [{ index: 0, epoch: 1, endedAt: at(to) }],
})

const replay = (flows: LoggedFlow[], more: { accepted?: string[]; counts?: Record<string, number>; cap?: number } = {}): string =>
  violations({ flows, accepted: flows.map(flow => flow.id), counts: { FINISHED: flows.length }, cap: 1, ...more }).join('\n')

describe('the replay of a log', () => {
  test('finds nothing in a good one', () => {
    expect(replay([finished('a', 1, 2), finished('b', 2, 3)])).toBe('')
  })

  test('sees a slot too many, and counts releases first', () => {
    expect(replay([finished('a', 1, 3), finished('b', 2, 4)])).toContain('INV-11: 2 slots')
  })

  test('sees an accepted flow that is gone', () => {
    expect(replay([finished('a', 1, 2)], { accepted: ['a', 'b'] })).toContain('b was accepted and is gone')
  })

  test('sees a gap, a second end, an end that is not the row, an open attempt and an epoch twice', () => {
    const flow = finished('a', 1, 2)
    expect(replay([{ ...flow, events: flow.events.filter(one => one.sequence !== 2) }])).toContain('INV-4')
    expect(replay([{ ...flow, events: [...flow.events, event(4, 'flow.failed', 'FAILED', 3)] }])).toContain('INV-2')
    expect(replay([{ ...flow, status: 'FAILED' }])).toContain('INV-4')
    expect(replay([{ ...flow, status: 'RUNNING' }])).toContain('still RUNNING')
    expect(replay([{ ...flow, attempts: [{ index: 0, epoch: 1, endedAt: null }] }])).toContain('INV-16')
    expect(replay([{ ...flow, attempts: [{ index: 0, epoch: 1, endedAt: at(1) }, { index: 1, epoch: 1, endedAt: at(2) }] }])).toContain('INV-17')
  })

  test('sees counts that are not the rows', () => {
    expect(replay([finished('a', 1, 2)], { counts: { FINISHED: 1, QUEUED: 1 } })).toContain('INV-37')
  })
})
