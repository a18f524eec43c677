/**
 * Waiting for an answer. A flow waits for one thing at a time, so waits stand in line. First the wait is HELD: the handler stays where it is, and
 * the answer comes by the heartbeat. When the hold is over the wait is RELEASED: the lease is closed, the handler is unwound (its signal is
 * aborted as `suspended`, and what it awaits here rejects with that), and nothing it says afterwards is heard. The answer then
 * makes another attempt, which finds it in its memory. A handler that gets out by itself while its flow waits has its wait released too:
 * a flow that waits can be neither finished nor failed.
 */
import type { WaitMode } from '@sluice/protocol'
import { pause, untilAborted } from '../wire/backoff.ts'
import type { Latch } from './latch.ts'
import type { Answer, Talk } from './talk.ts'

export interface WaitsDeps {
  talk: Pick<Talk, 'suspend'>
  latch: Latch
  /** The handler's. */
  signal: AbortSignal
  /** The worker leaves, or its kinds have changed: what need not be held is released. */
  stopping: AbortSignal
  /** The whole worker leaves. */
  leaving: AbortSignal
  /** What was said before the question is seen before it. */
  flush(): Promise<void>
  /** Where an answer goes that comes by the heartbeat. */
  listen(waitpoint: string, hear: (answer: Answer) => void): () => void
  /** The handler has the answer. */
  acknowledge(waitpoint: string): void
  /** From now on the lease may be gone at any moment, and that is no loss. */
  onReleasing(isReleasing: boolean): void
  /** The lease is closed: the handler is to be unwound. */
  onReleased(): void
}

/** How long it is held. Infinity: as long as it takes, when the worker stops too, unless it is to be released then. */
interface Hold { ms: number; releaseAtStop: boolean }

export type Waits = ReturnType<typeof createWaits>

export function createWaits(deps: WaitsDeps) {
  const { latch, signal } = deps
  let line: Promise<unknown> = Promise.resolve()
  let open: string | null = null
  /** The handler is out: no wait begins any more. */
  let left = false
  let leaving: Promise<Answer | null> | null = null

  const suspend = (waitpoint: string, mode: WaitMode) => deps.talk.suspend(waitpoint, mode)
  const answered = (waitpoint: string, answer: Answer): Answer => {
    open = null
    deps.acknowledge(waitpoint)
    return answer
  }

  /** The answer, where there is one already: then the lease goes on. */
  const release = (waitpoint: string) => (leaving ??= latch.close(async () => {
    deps.onReleasing(true)
    try {
      await deps.flush()
      const answer = await suspend(waitpoint, 'RELEASED')
      if (answer === null) deps.onReleased()
      return answer
    } finally {
      deps.onReleasing(false)
      leaving = null
    }
  }))

  const hold = async (waitpoint: string, { ms, releaseAtStop }: Hold): Promise<Answer> => {
    signal.throwIfAborted()
    await deps.flush()
    signal.throwIfAborted()
    if (left) throw new Error('The handler is out: its flow waits for nothing any more')
    const over = new AbortController()
    let hear: (answer: Answer) => void = () => {}
    const heard = new Promise<Answer>(resolve => (hear = resolve))
    const unlisten = deps.listen(waitpoint, answer => hear(answer))
    const [interrupted, forget] = interruptionOf(signal)
    try {
      open = waitpoint
      const early = await Promise.race([suspend(waitpoint, 'HELD').catch(error => notWaiting(error)), heard, interrupted])
      const until = performance.now() + ms
      const stop = Number.isFinite(ms) ? deps.stopping : releaseAtStop ? deps.leaving : null
      let answer = early
      // A step may begin in the very moment that the hold is over.
      do answer ??= await Promise.race([heard, interrupted, holdOver({ latch, until, stop, over: over.signal })])
      while (answer === null && latch.running() > 0)
      answer ??= await Promise.race([release(waitpoint), interrupted])
      if (answer !== null) return answered(waitpoint, answer)
      throw signal.reason
    } finally {
      over.abort()
      unlisten()
      forget()
    }
  }
  const notWaiting = (error: unknown): never => {
    open = null
    throw error
  }

  return {
    /** Throws an Interruption or a FlowFailure. */
    wait: (waitpoint: string, how: Hold): Promise<Answer> => {
      const turn = line.then(() => hold(waitpoint, how))
      line = turn.catch(() => {})
      return turn
    },
    /** The handler is out, or left behind: a wait that is open is released, so that the flow waits on without it. Never rejects. */
    leave: async (): Promise<void> => {
      left = true
      if (open !== null) await release(open).catch(() => {})
      open = null
    },
  }
}

/** Never rejects. Resolves with null: nobody answered. What stops is the end of it, null = nothing is. */
async function holdOver({ until, over, stop, latch }: { until: number; over: AbortSignal; stop: AbortSignal | null; latch: Latch }): Promise<null> {
  if (stop === null) return await new Promise<null>(() => {})
  const ended = new AbortController()
  const end = () => ended.abort()
  for (const signal of [over, stop]) signal.addEventListener('abort', end, { once: true })
  if (over.aborted || stop.aborted) end()
  // A timer has no such thing as for ever.
  await (Number.isFinite(until) ? pause(until - performance.now(), ended.signal) : untilAborted(ended.signal, new Promise(() => {})))
  for (const signal of [over, stop]) signal.removeEventListener('abort', end)
  while (latch.running() > 0 && !over.aborted) await latch.untilIdle()
  return null
}

/** Rejects when the handler is told to stop; and what takes the listener away. */
function interruptionOf(signal: AbortSignal): [Promise<never>, () => void] {
  let onAbort: () => void = () => {}
  const interrupted = new Promise<never>((_, reject) => (onAbort = () => reject(signal.reason as Error)))
  interrupted.catch(() => {})
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  return [interrupted, () => signal.removeEventListener('abort', onAbort)]
}
