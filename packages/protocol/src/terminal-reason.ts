/** Why a flow ended: exactly when it is terminal (INV-1). */
export const TERMINAL_REASONS = [
  'completed',
  'error', 'attempts_exhausted', 'attempt_timeout', 'deadline_exceeded', 'input_timed_out', 'queue_ttl_expired', 'start_failed',
  'worker_lost', 'interrupted', 'budget_exceeded', 'overrides_unavailable',
  'cancelled_in_queue', 'cancelled_by_user', 'cancelled_by_operator', 'cancelled_by_group', 'sibling_quorum_satisfied', 'sibling_quorum_impossible',
  'dependency_failed',
] as const
export type TerminalReason = (typeof TERMINAL_REASONS)[number]

export const TERMINAL_REASON_SENTENCES: Record<TerminalReason, string> = {
  completed: 'The worker reported a result.',
  error: 'It failed, and the failure may not be retried or no retry was allowed.',
  attempts_exhausted: 'It failed as often as it was allowed to.',
  attempt_timeout: 'An attempt worked longer than it may.',
  deadline_exceeded: 'Its deadline passed.',
  input_timed_out: 'Nobody answered in time.',
  queue_ttl_expired: 'It stood in the queue longer than it may.',
  start_failed: 'It was leased several times in a row and never reported started.',
  worker_lost: 'Its worker fell silent while it worked.',
  interrupted: 'Its worker shut down while it worked.',
  budget_exceeded: 'A budget was used up.',
  overrides_unavailable: 'Its stored overrides can no longer be read.',
  cancelled_in_queue: 'It was cancelled before it ever started.',
  cancelled_by_user: 'Its owner cancelled it.',
  cancelled_by_operator: 'An operator cancelled it.',
  cancelled_by_group: 'Its group was cancelled.',
  sibling_quorum_satisfied: 'Enough of its siblings succeeded.',
  sibling_quorum_impossible: 'Too many of its siblings failed.',
  dependency_failed: 'What it depended on failed.',
}
