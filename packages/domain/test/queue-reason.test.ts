import { describe, expect, test } from 'vitest'
import { queueReason } from '../src/queue-reason.ts'
import type { CapFacts, QueueFacts } from '../src/queue-reason.ts'

const now = new Date('2026-11-21T04:00:00.000Z')
const later = new Date('2026-11-21T04:10:00.000Z')
const ready: QueueFacts = {
  now, kind: 'sample.digest', queueClass: 'NEW', slotHeld: false, forced: false, notBefore: null, retriesUsed: 0, lostStarts: 0, hold: null,
  lane: { name: 'default', state: 'OPEN', by: null, reason: null }, caps: [], workers: { live: 2, full: 0, capacity: 16, leased: 3 }, position: 1,
}
const cap = (scope: CapFacts['scope'], maxActive: number, active: number, name = ''): CapFacts => ({ scope, name, maxActive, active })
const fullGlobal = cap('GLOBAL', 3, 3)
const fullLane = cap('LANE', 2, 2, 'batch')
const fullOwner = cap('PRINCIPAL', 1, 1, 'ada')

const hold = { by: 'olga', reason: 'looks wrong.', at: now }
const paused = { name: 'batch', state: 'PAUSED', by: 'olga', reason: 'disk full' } as const
const none = { live: 0, full: 0, capacity: 0, leased: 0 }
const busy = { live: 2, full: 2, capacity: 16, leased: 16 }

describe('the reason and its sentence', () => {
  test.each<[string, Partial<QueueFacts>, string, string]>([
    ['held', { hold }, 'HELD', 'Held by olga since 2026-11-21T04:00:00.000Z: looks wrong. It waits until it is released.'],
    ['held without a reason', { hold: { ...hold, reason: null } }, 'HELD', 'Held by olga since 2026-11-21T04:00:00.000Z. It waits until it is released.'],
    ['lane paused', { lane: paused }, 'LANE_PAUSED', 'Lane batch is paused by olga: disk full. It waits until the lane is resumed.'],
    ['lane disabled', { lane: { ...paused, state: 'DISABLED', by: null, reason: null } }, 'LANE_PAUSED', 'Lane batch is disabled. It waits until the lane is resumed.'],
    ['a draining lane still starts', { lane: { ...paused, state: 'DRAINING' } }, 'ORDER', 'Its turn is next.'],
    ['delayed', { notBefore: later, position: null }, 'DELAYED', 'It may not start before 2026-11-21T04:10:00.000Z.'],
    ['due at this instant', { notBefore: now }, 'ORDER', 'Its turn is next.'],
    ['retry', { notBefore: later, queueClass: 'RETRY', retriesUsed: 2 }, 'RETRY_BACKOFF', 'It failed and is tried again at 2026-11-21T04:10:00.000Z (retry 2).'],
    ['lost start', { notBefore: later, lostStarts: 2 }, 'RETRY_BACKOFF', 'It was leased 2 times without a start; it is tried again at 2026-11-21T04:10:00.000Z.'],
    ['owner cap', { caps: [fullOwner] }, 'QUOTA', 'The cap of 1 for ada is full: 1 slot is held. It opens when one of them is freed.'],
    ['no worker', { workers: none }, 'NO_WORKER', 'No live worker handles kind sample.digest in lane default. It starts when one registers.'],
    ['global cap', { caps: [fullGlobal] }, 'CAP', 'The global cap of 3 is full: 3 slots are held. It opens when one of them is freed.'],
    ['cap lowered below what runs', { caps: [cap('GLOBAL', 3, 5)] }, 'CAP', 'The global cap of 3 is full: 5 slots are held. It opens when 3 of them are freed.'],
    ['two caps', { caps: [fullGlobal, fullLane] }, 'CAP',
      'The global cap of 3 is full: 3 slots are held. The cap of 2 for lane batch is full: 2 slots are held. It opens when one of them is freed.'],
    ['busy workers', { workers: busy }, 'WORKERS_BUSY', 'All 2 workers that handle kind sample.digest are at capacity: 16 of 16 places are taken.'],
    ['one busy worker', { workers: { live: 1, full: 1, capacity: 1, leased: 1 } }, 'WORKERS_BUSY', 'The one worker that handles kind sample.digest is at capacity: 1 of 1 place is taken.'],
    ['answered', { queueClass: 'RESUME' }, 'RESUME', 'It was answered and is taken before new work. Its turn is next.'],
    ['next', {}, 'ORDER', 'Its turn is next.'],
    ['second', { position: 2 }, 'ORDER', '1 stands before it in lane default.'],
    ['fifth', { position: 5 }, 'ORDER', '4 stand before it in lane default.'],
    ['far behind', { position: null }, 'ORDER', 'More than 1000 stand before it in lane default.'],
  ])('%s', (_, facts, reason, detail) => {
    expect(queueReason({ ...ready, ...facts })).toMatchObject({ reason, detail })
  })
})

describe('of several reasons the first in the order of D-42 is shown', () => {
  const layers: [string, Partial<QueueFacts>][] = [
    ['HELD', { hold }], ['LANE_PAUSED', { lane: paused }], ['DELAYED', { notBefore: later }], ['QUOTA', { caps: [fullGlobal, fullLane, fullOwner] }],
    ['NO_WORKER', { workers: none }], ['CAP', { caps: [fullGlobal, fullLane] }], ['WORKERS_BUSY', { workers: busy }], ['ORDER', {}],
  ]
  test.each(layers.map(([reason], at) => [reason, at] as const))('%s', (reason, at) => {
    const all = layers.slice(at).reverse().reduce<QueueFacts>((facts, [, layer]) => ({ ...facts, ...layer }), ready)
    expect(queueReason(all).reason).toBe(reason)
  })
})

describe('caps that do not stand in its way', () => {
  test('INV-14 a cap of 0 is no cap', () => {
    const open = [cap('GLOBAL', 0, 50), cap('LANE', 0, 50, 'batch'), cap('PRINCIPAL', 0, 50, 'ada')]
    expect(queueReason({ ...ready, caps: open }).reason).toBe('ORDER')
  })
  test('room left is no reason', () => {
    expect(queueReason({ ...ready, caps: [cap('GLOBAL', 3, 2)] }).reason).toBe('ORDER')
  })
  test('a forced flow passes every cap and is told what else it waits for', () => {
    expect(queueReason({ ...ready, forced: true, caps: [fullGlobal, fullLane, fullOwner], workers: busy }).reason).toBe('WORKERS_BUSY')
  })
  test('a flow that kept its slot fills the cap itself', () => {
    expect(queueReason({ ...ready, slotHeld: true, queueClass: 'RESUME', caps: [fullGlobal] }).reason).toBe('RESUME')
  })
})

test('the full caps are named for whoever lists the holders, and only those', () => {
  expect(queueReason({ ...ready, caps: [fullGlobal, cap('LANE', 2, 1, 'batch')] }).blockedBy).toEqual([fullGlobal])
  expect(queueReason({ ...ready, workers: busy }).blockedBy).toEqual([])
})
