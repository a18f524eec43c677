/** What comes of an attempt (D-18, D-27): the answer's class, then the schedule. Pure; the dice is an argument. */
import type { AttemptReport } from '@sluice/protocol'
import { block, deliver, exhaust, reject, schedule } from './delivery-moves.ts'
import type { DeliveryFacts, DeliveryMove } from './delivery-moves.ts'

export interface DeliveryPolicy {
  maxAttempts: number
  /** Delays after the first, second … attempt, in ms; the last repeats. */
  scheduleMs: readonly number[]
  /** 0 … 1, for jitter. */
  dice: number
}

export type Answer = 'delivered' | 'gone' | 'rejected' | 'blocked' | 'again'

const JITTER = 0.2
/** A receiver may ask for more time, but not for ever. */
export const RETRY_AFTER_MAX_MS = 15 * 60_000
const AGAIN = new Set([408, 429])

/** What the answer means. Giving up is never among them: that depends on how many attempts there were. */
export function answerOf({ statusCode, errorClass }: Pick<AttemptReport, 'statusCode' | 'errorClass'>): Answer {
  if (errorClass === 'URL_NOT_ALLOWED') return 'blocked'
  if (errorClass === 'UNSIGNED') return 'rejected'
  if (errorClass !== null || statusCode === null) return 'again'
  if (statusCode >= 200 && statusCode < 300) return 'delivered'
  if (statusCode === 410) return 'gone'
  return statusCode >= 500 || statusCode < 200 || AGAIN.has(statusCode) ? 'again' : 'rejected'
}

export function decideAfterAttempt(delivery: DeliveryFacts, report: Pick<AttemptReport, 'statusCode' | 'errorClass' | 'retryAfterMs'>, policy: DeliveryPolicy): DeliveryMove {
  const error = errorOf(report)
  switch (answerOf(report)) {
    case 'delivered': return deliver(delivery)
    case 'blocked': return block(delivery, error)
    case 'gone':
    case 'rejected': return reject(delivery, error)
    case 'again': return againOrNever(delivery, { error, retryAfterMs: report.retryAfterMs, policy })
  }
}

/** Its sender died with it: the attempt counts, and the receiver may have had it (INV-33). */
export const decideLost = (delivery: DeliveryFacts, policy: DeliveryPolicy): DeliveryMove => againOrNever(delivery, { error: 'SENDER_LOST', retryAfterMs: null, policy })

function againOrNever(delivery: DeliveryFacts, o: { error: string; retryAfterMs: number | null; policy: DeliveryPolicy }): DeliveryMove {
  if (delivery.attemptCount >= o.policy.maxAttempts) return exhaust(delivery, o.error)
  return schedule(delivery, { error: o.error, delayMs: delayMs(delivery.attemptCount, o) })
}

/** The later of the schedule's time and the receiver's wish. */
function delayMs(attempts: number, { policy, retryAfterMs }: { policy: DeliveryPolicy; retryAfterMs: number | null }): number {
  const planned = policy.scheduleMs[Math.min(attempts, policy.scheduleMs.length) - 1] ?? 0
  const jittered = Math.round(planned * (1 - JITTER + 2 * JITTER * policy.dice))
  return Math.max(jittered, Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS))
}

const errorOf = ({ statusCode, errorClass }: Pick<AttemptReport, 'statusCode' | 'errorClass'>): string => errorClass ?? `HTTP_${statusCode}`
