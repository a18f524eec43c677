import { LIMITS } from '@sluice/protocol'
import type { QueueClass } from '@sluice/protocol'

/** A place in the one total order of the queue (D-34). The door stores it; here it is said once more, purely, so that tests can compare. */
export interface QueueOrder { rank: number; orderAt: Date; id: string }

/** Pinned before everybody; what was answered next; then by priority, the highest first. */
export const RANK_PINNED = 0
export const RANK_RESUME = 1

export function rankOf(flow: { pinned: boolean; queueClass: QueueClass; priority: number }): number {
  if (flow.pinned) return RANK_PINNED
  if (flow.queueClass === 'RESUME') return RANK_RESUME
  return LIMITS.priorityMax + 2 - flow.priority
}

const MIRROR = Date.UTC(2000, 0, 1)

/** The later of queuedAt and notBefore; for a pinned flow the mirror image of the pin's time, so that the latest pin is first of all. */
export function orderAtOf(flow: { queuedAt: Date; notBefore: Date | null; pinnedAt: Date | null }): Date {
  if (flow.pinnedAt) return new Date(2 * MIRROR - flow.pinnedAt.getTime())
  return new Date(Math.max(flow.queuedAt.getTime(), flow.notBefore?.getTime() ?? 0))
}

/** For Array.sort: negative when a is taken before b. */
export function compareQueueOrder(a: QueueOrder, b: QueueOrder): number {
  return a.rank - b.rank || a.orderAt.getTime() - b.orderAt.getTime() || (a.id < b.id ? -1 : Number(a.id > b.id))
}

/** Whether its time has come. A pinned flow may still wait: a lost start delays it without moving its place. */
export const isDue = (flow: { notBefore: Date | null }, now: Date): boolean => !flow.notBefore || flow.notBefore <= now
