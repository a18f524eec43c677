/** What becomes of a RUNNING flow whose attempt cannot go on. Pure: dice and knobs are arguments; the door writes the answer. */
import type { FlowError, TerminalReason } from '@sluice/protocol'
import type { FlowFacts } from './flow-facts.ts'
import { endCancelled, fail, failWait, loseStart, releaseWait, requeueUnread, retry } from './flow-moves.ts'
import type { AttemptEnd, FlowMove, WorkerCall } from './flow-moves.ts'
import { backoffMs } from './retry-backoff.ts'
import type { Backoff } from './retry-backoff.ts'

export interface RetryPolicy { backoff: Backoff; maxLostStarts: number; dice: number }

/** A failure reported by the worker (call) or an attempt timeout (no call). T9 or T10; T17 when a cancel was requested first (D-10). */
export function decideFailure(
  flow: FlowFacts,
  f: { error: FlowError; end: 'failed' | 'attempt_timeout'; call: WorkerCall | null },
  policy: RetryPolicy,
): FlowMove {
  if (flow.phase === 'CANCELLING') return endCancelled(flow, { acknowledgedBy: f.call, why: f.call ? 'acknowledged' : 'grace_over' })
  const retriesLeft = flow.retriesUsed + 1 < flow.maxAttempts
  if (f.error.retryable && retriesLeft) return retry(flow, { ...again(flow, policy), why: f.end, call: f.call, error: f.error })
  return fail(flow, { reason: reasonOfFailure(flow, f), end: f.end, call: f.call, error: f.error })
}

const again = (flow: FlowFacts, policy: RetryPolicy) =>
  ({ cause: 'retry', consumes: true, delayMs: backoffMs(flow.retriesUsed + 1, policy.backoff, policy.dice) }) as const

/** The last attempt's own cause where it has a name; else whether a retry was ever allowed (product.md 9.1). */
function reasonOfFailure(flow: FlowFacts, f: { error: FlowError; end: AttemptEnd }): TerminalReason {
  if (f.end === 'attempt_timeout') return 'attempt_timeout'
  if (flow.phase === 'STARTING') return 'start_failed'
  return f.error.retryable && flow.maxAttempts > 1 ? 'attempts_exhausted' : 'error'
}

/** The lease was reaped or its worker replaced. STARTING: T8; WORKING: D-8 decides, or T12b; CANCELLING: T17; a held wait goes on without it: T13b. */
export function decideLeaseLost(flow: FlowFacts, cause: string, policy: RetryPolicy): FlowMove {
  if (flow.status === 'WAITING') return releaseWait(flow, { call: null, why: 'worker_lost' })
  if (flow.phase === 'CANCELLING') return endCancelled(flow, { acknowledgedBy: null, why: 'worker_lost' })
  if (flow.answerUnread) return requeueUnread(flow, null)
  if (flow.phase === 'STARTING') return decideLostStart(flow, { byWorker: false, cause }, policy)
  const error: FlowError = { code: 'WORKER_LOST', message: 'The worker fell silent and its lease was taken away.', retryable: flow.onLeaseLost === 'RETRY' }
  const mayRetry = flow.onLeaseLost === 'RETRY' && flow.retriesUsed + 1 < flow.maxAttempts
  if (mayRetry) return retry(flow, { ...again(flow, policy), why: 'worker_lost', call: null, error })
  return fail(flow, { reason: 'worker_lost', end: 'worker_lost', call: null, error })
}

/** T8, or T9 at the last lost start in a row (D-36). Given back by the worker counts nothing and waits for nothing. */
export function decideLostStart(flow: FlowFacts, l: { byWorker: boolean; cause: string }, policy: RetryPolicy): FlowMove {
  if (flow.phase === 'CANCELLING') return endCancelled(flow, { acknowledgedBy: l.byWorker ? 'return' : null, why: l.byWorker ? 'acknowledged' : 'worker_lost' })
  if (l.byWorker) return loseStart(flow, { ...l, delayMs: 0, end: 'not_started' })
  const lost = flow.lostStarts + 1
  const error: FlowError = { code: 'START_FAILED', message: `It was leased ${lost} times in a row and never reported started.`, retryable: false }
  if (lost >= policy.maxLostStarts) return fail(flow, { reason: 'start_failed', end: 'not_started', call: null, error })
  return loseStart(flow, { ...l, delayMs: lost === 1 ? 0 : backoffMs(lost - 1, policy.backoff, policy.dice), end: 'not_started' })
}

/** The worker's own shutdown ended what it had started: no retry is consumed where it may run again (T10), else T9 interrupted. A wait goes on, an answer waits for the next. */
export function decideInterrupted(flow: FlowFacts, message: string): FlowMove {
  if (flow.status === 'WAITING') return releaseWait(flow, { call: 'return', why: 'worker_stopped' })
  if (flow.answerUnread && flow.phase !== 'CANCELLING') return requeueUnread(flow, 'return')
  if (flow.phase === 'CANCELLING') return endCancelled(flow, { acknowledgedBy: 'return', why: 'acknowledged' })
  const error: FlowError = { code: 'INTERRUPTED', message, retryable: flow.onLeaseLost === 'RETRY' }
  if (flow.onLeaseLost === 'RETRY') return retry(flow, { cause: 'interrupted', why: 'interrupted', delayMs: 0, consumes: false, call: 'return', error })
  return fail(flow, { reason: 'interrupted', end: 'interrupted', call: 'return', error })
}

/**
 * A restore revoked the lease: what its holder did after the backup was made is in no row. With RETRY it may be done once more, and as with an outage
 * (INV-43) that costs no retry; with FAIL it may not, so it ends, and the error says what is not known. A start that nobody reported just returns.
 */
export function decideLeaseRevoked(flow: FlowFacts, madeAt: Date): FlowMove {
  if (flow.status === 'WAITING') return releaseWait(flow, { call: null, why: 'worker_lost' })
  if (flow.answerUnread && flow.phase !== 'CANCELLING') return requeueUnread(flow, null)
  if (flow.phase === 'CANCELLING') return endCancelled(flow, { acknowledgedBy: null, why: 'worker_lost' })
  const message = `It was running when the backup of ${madeAt.toISOString()} was made. Whether it ended after that is not known here.`
  if (flow.phase === 'STARTING') return loseStart(flow, { byWorker: false, cause: 'restored from a backup', delayMs: 0, end: 'not_started' })
  const error: FlowError = { code: 'WORKER_LOST', message, retryable: flow.onLeaseLost === 'RETRY' }
  if (flow.onLeaseLost === 'RETRY') return retry(flow, { cause: 'interrupted', why: 'worker_lost', delayMs: 0, consumes: false, call: null, error })
  return fail(flow, { reason: 'worker_lost', end: 'worker_lost', call: null, error })
}

/** A deadline is a point in time: whatever runs then ends (INV-43 notwithstanding). */
export function decideDeadline(flow: FlowFacts): FlowMove {
  if (flow.status === 'WAITING') return failWait(flow, { reason: 'deadline_exceeded', waitpoint: null })
  if (flow.phase === 'CANCELLING') return endCancelled(flow, { acknowledgedBy: null, why: 'deadline_exceeded' })
  const error: FlowError = { code: 'DEADLINE_EXCEEDED', message: 'Its deadline passed while it ran.', retryable: false }
  return fail(flow, { reason: 'deadline_exceeded', end: 'deadline_exceeded', call: null, error })
}
