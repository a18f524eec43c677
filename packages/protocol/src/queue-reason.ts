/** What stands between a queued flow and its start, in the order of precedence (D-42): the first that applies is shown. */
export const QUEUE_REASONS = [
  'HELD', 'DEPENDENCY', 'LANE_PAUSED', 'BUDGET', 'DELAYED', 'RETRY_BACKOFF', 'QUOTA', 'NO_WORKER', 'CAPABILITY', 'CAP', 'WORKERS_BUSY', 'RESUME', 'ORDER',
] as const
export type QueueReason = (typeof QUEUE_REASONS)[number]

export const QUEUE_REASON_SENTENCES: Record<QueueReason, string> = {
  HELD: 'An operator holds it.',
  DEPENDENCY: 'It waits for another flow.',
  LANE_PAUSED: 'Its lane starts nothing.',
  BUDGET: 'A budget is used up.',
  DELAYED: 'Its time has not come.',
  RETRY_BACKOFF: 'It waits before it is tried again.',
  QUOTA: "Its owner's cap is full.",
  NO_WORKER: 'No live worker handles its kind.',
  CAPABILITY: 'No live worker has what it needs.',
  CAP: 'The global cap or the cap of its lane is full.',
  WORKERS_BUSY: 'Every worker that handles its kind is at its capacity.',
  RESUME: 'It was answered and is the first to be taken.',
  ORDER: 'Others stand before it, or its turn is now.',
}
