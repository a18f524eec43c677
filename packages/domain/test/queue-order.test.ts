import { describe, expect, test } from 'vitest'
import { compareQueueOrder, isDue, orderAtOf, rankOf } from '../src/queue-order.ts'

const at = (minute: number): Date => new Date(Date.UTC(2026, 10, 21, 4, minute))
const order = (id: string, flow: Parameters<typeof rankOf>[0] & Parameters<typeof orderAtOf>[0]) => ({ id, rank: rankOf(flow), orderAt: orderAtOf(flow) })
const flow = { pinned: false, queueClass: 'NEW', priority: 0, queuedAt: at(0), notBefore: null, pinnedAt: null } as const

describe('INV-13 the order of the queue', () => {
  test('pinned, latest pin first; then answered; then by priority; then by age; then by id', () => {
    const expected = [
      order('later-pin', { ...flow, pinned: true, pinnedAt: at(9) }),
      order('earlier-pin', { ...flow, pinned: true, pinnedAt: at(8), priority: 9000 }),
      order('answered', { ...flow, queueClass: 'RESUME', queuedAt: at(7) }),
      order('urgent', { ...flow, priority: 9000, queuedAt: at(6) }),
      order('a', flow), order('b', flow),
      order('younger', { ...flow, queueClass: 'RETRY', queuedAt: at(5) }),
    ]
    const shuffled = [...expected].reverse()
    expect(shuffled.toSorted(compareQueueOrder).map(o => o.id)).toEqual(expected.map(o => o.id))
  })
  test('what is not due yet stands behind what is', () => {
    expect(orderAtOf({ ...flow, notBefore: at(30) })).toEqual(at(30))
    expect(orderAtOf({ ...flow, queuedAt: at(10), notBefore: at(3) })).toEqual(at(10))
  })
  test('a pinned flow is not due before its time', () => {
    expect(isDue({ notBefore: at(2) }, at(1))).toBe(false)
    expect(isDue({ notBefore: at(2) }, at(2))).toBe(true)
  })
})
