/** Types of milestones. The first group is one per change of status or phase; the second changes neither (or only says what was asked). */
export const FLOW_EVENT_TYPES = [
  'flow.queued', 'flow.starting', 'flow.running', 'flow.waiting', 'flow.resumed', 'flow.finished', 'flow.failed', 'flow.cancelled', 'flow.skipped',
  'flow.cancel_requested', 'flow.pinned', 'flow.held', 'flow.released', 'flow.priority_changed', 'flow.input_added', 'flow.input_removed',
  'flow.signal', 'flow.wait_released', 'flow.artifact', 'flow.deleted',
] as const
export type FlowEventType = (typeof FLOW_EVENT_TYPES)[number]

/** Why a flow.queued was written. */
export const QUEUED_CAUSES = ['created', 'start_lost', 'retry', 'interrupted', 'answer_unread'] as const
export type QueuedCause = (typeof QUEUED_CAUSES)[number]

/** The words of the count ledger (D-40): where flows stand, and what happened. */
export const COUNT_WORDS = ['QUEUED', 'RUNNING', 'WAITING', 'FINISHED', 'FAILED', 'CANCELLED', 'SKIPPED', 'queued', 'started', 'finished', 'failed'] as const
export type CountWord = (typeof COUNT_WORDS)[number]
