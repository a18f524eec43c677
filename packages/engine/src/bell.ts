import type { Channel, WakeUps } from './wake-ups.ts'

/** Remembers that it rang, so that a hint between two looks is not missed. */
export interface Bell {
  /** Resolves at the next ring, or at once when it rang since the last call; also when ms are over or a signal aborts. */
  next(ms: number, signals: (AbortSignal | undefined)[]): Promise<void>
  close(): void
}

export function bellOn(wake: WakeUps, channel: Channel): Bell {
  let rung = false
  let waiting: (() => void) | undefined
  const close = wake.on(channel, () => {
    rung = true
    waiting?.()
  })
  return {
    close,
    next: (ms, signals) => new Promise(resolve => {
      const done = (): void => {
        clearTimeout(timer)
        waiting = undefined
        rung = false
        signals.forEach(s => s?.removeEventListener('abort', done))
        resolve()
      }
      const timer = setTimeout(done, Math.max(0, ms))
      waiting = done
      signals.forEach(s => s?.addEventListener('abort', done))
      if (rung || signals.some(s => s?.aborted)) done()
    }),
  }
}
