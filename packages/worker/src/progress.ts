/** Progress leaves at most four times a second per flow, and only the latest matters: what could not be sent is replaced, not queued. */

import { atMost } from './at-most.ts'

export interface ProgressReport { percent: number | null; message: string | null }

const EVERY_MS = 250
const MESSAGE_MAX = 500
/** A report of progress is not worth more of a finished flow's time than this. */
const CLOSE_MS = 2_000

export interface ProgressChannel {
  report(percent: number | null, message?: string): void
  /** Sends what is still held back; resolves when that one try is over. Nothing is sent afterwards. */
  close(): Promise<void>
}

/** send is called with one report at a time; what it throws is ignored. */
export function createProgressChannel(send: (report: ProgressReport) => Promise<void>): ProgressChannel {
  let latest: ProgressReport | null = null
  let timer: NodeJS.Timeout | null = null
  let sending: Promise<void> = Promise.resolve()
  let closed = false

  const flush = () => {
    const report = latest
    latest = null
    if (report) sending = sending.then(() => send(report)).catch(() => {})
    return sending
  }

  const tick = () => {
    timer = null
    if (latest === null) return
    void flush()
    timer = setTimeout(tick, EVERY_MS)
  }

  return {
    report: (percent, message) => {
      if (closed) return
      latest = normalise(percent, message)
      if (timer === null) tick()
    },
    close: async () => {
      closed = true
      if (timer) clearTimeout(timer)
      if (latest) await atMost(CLOSE_MS, flush())
    },
  }
}

/** What the control plane would make of it. */
export function normalise(percent: number | null, message?: string): ProgressReport {
  const usable = percent !== null && Number.isFinite(percent)
  return { percent: usable ? Math.min(100, Math.max(0, Math.round(percent))) : null, message: message?.slice(0, MESSAGE_MAX) ?? null }
}
