/** Asking again: for ever, slower each time, and never in step with the other workers that lost the same server. */
import type { Log } from '../log.ts'
import { Unauthorized, Unreachable } from './transport.ts'

/** Milliseconds. */
export interface BackoffOptions { minMs: number; maxMs: number }

export interface Persistence { backoff: BackoffOptions; signal: AbortSignal; log: Log; what: string }

/** A control plane that is started again answers sooner than this. */
const OUTAGE_MS = 10_000

/** Repeats until there is an answer. Throws what is not Unreachable, and the signal's reason once that is aborted. */
export async function persist<T>(attempt: () => Promise<T>, o: Persistence): Promise<T> {
  const levelNow = levels()
  for (let failures = 0; ; failures++) {
    o.signal.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      const delayMs = backoffDelay(o.backoff, { failures, dice: Math.random() })
      o.log[levelNow(error, failures)](`${o.what} got no answer, asking again`, { error: error.message, delayMs })
      await pause(delayMs, o.signal)
    }
  }
}

/** What may be a restart is information; an outage, or a token that is not accepted, is one warning; the rest is for who debugs. */
function levels(): (error: Unreachable, failures: number) => 'info' | 'warn' | 'debug' {
  const began = performance.now()
  let hasWarned = false
  return (error, failures) => {
    const isRestart = performance.now() - began < OUTAGE_MS && !(error instanceof Unauthorized)
    if (isRestart || hasWarned) return failures === 0 ? 'info' : 'debug'
    hasWarned = true
    return 'warn'
  }
}

/** Doubles from minMs to maxMs; the dice (0 to 1) moves it within the upper half. */
export function backoffDelay({ minMs, maxMs }: BackoffOptions, { failures, dice }: { failures: number; dice: number }): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(failures, 30))
  return Math.round(full / 2 + (full / 2) * dice)
}

/** Resolves after the time, or as soon as the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}

/** Waits for the work, or until the signal is aborted; the signal may outlive many of these, so nothing of it stays there. */
export async function untilAborted(signal: AbortSignal, work: Promise<unknown>): Promise<void> {
  let stop: () => void = () => {}
  const aborted = new Promise<void>(resolve => (stop = resolve))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  await Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', stop))
}
