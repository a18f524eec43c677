import type { ErrorCode } from '@sluice/protocol'

/** What to do after a refusal, by its code. */
const NEXT_STEPS: Record<ErrorCode, string> = {
  NOT_FOUND: 'It may have been deleted; go back to the queue.',
  FORBIDDEN: 'Ask somebody whose role allows it.',
  INVALID_INPUT: 'Correct it and try again.',
  FLOW_ALREADY_TERMINAL: 'Nothing more can happen to it; retry makes a new flow of it.',
  FLOW_NOT_QUEUED: 'It has left the queue meanwhile; what you see is being read again.',
  FLOW_NOT_STARTED: 'Wait until its worker has reported the start.',
  STALE_LEASE: 'Read again: another attempt has taken over.',
  NOT_RESUMABLE: 'Read again: it does not wait any more.',
  INVALID_DECISION: 'Choose one of the allowed answers.',
  IDEMPOTENCY_KEY_REUSED: 'Use another key.',
  URL_NOT_ALLOWED: 'Use an address that the policy allows.',
  DELIVERY_IN_PROGRESS: 'Wait until it has ended.',
  ENDPOINT_GONE: 'Choose another endpoint.',
  BODY_PURGED: 'What was sent is no longer kept.',
  LANE_CLOSED: 'Resume the lane, or use another one.',
  MEMO_MISMATCH: 'Read again.',
  LIMIT_EXCEEDED: 'Use less, or ask an administrator.',
  CONFLICT: 'Read again, and repeat it if you still want it.',
}

/** A refusal in two sentences: what is so, and what to do next. */
export const explainRefusal = (refusal: { code: string; message: string }): string => {
  const next = Object.hasOwn(NEXT_STEPS, refusal.code) ? NEXT_STEPS[refusal.code as ErrorCode] : ''
  return `${refusal.message} ${next}`.trim()
}
