/** Waits for flows to reach a state, for however many callers at once by one statement: at each hint of the feed, and once a second. */
import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import type { FlowStatus } from '@sluice/protocol'
import type { WakeUps } from '../wake-ups.ts'

export interface WatchedFlow { id: string; status: FlowStatus; sequence: number }

export interface FlowWatch {
  /** Resolves when until holds, when the flow is gone, when timeoutMs are over or when the signal aborts. */
  wait(o: { id: string; until(flow: WatchedFlow): boolean; timeoutMs: number; signal?: AbortSignal | undefined }): Promise<void>
  close(): void
}

const FALLBACK_MS = 1000
/** Hints come with every commit; looking more often than this helps nobody. */
const SETTLE_MS = 10

export function openFlowWatch(o: { pool: Pool; wake: WakeUps }): FlowWatch {
  const waiting = new Set<{ id: string; check(flow: WatchedFlow | undefined): void }>()
  let timer: NodeJS.Timeout | undefined
  let dueAt = Infinity
  let looking = false
  const look = async (): Promise<void> => {
    looking = true
    dueAt = Infinity
    const asked = [...waiting]
    const rows = await readWatched(o.pool, [...new Set(asked.map(w => w.id))]).catch(() => undefined)
    looking = false
    // Not readable now (a database restart) is no answer: the fallback asks again.
    if (rows) for (const one of asked) one.check(rows.get(one.id))
    if (waiting.size > 0) later(FALLBACK_MS)
  }
  // Only ever earlier: a stream of hints must not push the look away.
  const later = (ms: number): void => {
    if (looking || performance.now() + ms >= dueAt) return
    clearTimeout(timer)
    dueAt = performance.now() + ms
    timer = setTimeout(() => void look(), ms)
  }
  const stop = o.wake.on('feed', () => { if (waiting.size > 0) later(SETTLE_MS) })
  return {
    wait: w => new Promise<void>(resolve => {
      const done = (): void => { waiting.delete(entry); clearTimeout(expiry); w.signal?.removeEventListener('abort', done); resolve() }
      const entry = { id: w.id, check: (flow: WatchedFlow | undefined) => { if (!flow || w.until(flow)) done() } }
      const expiry = setTimeout(done, w.timeoutMs)
      w.signal?.addEventListener('abort', done)
      waiting.add(entry)
      later(0)
    }),
    close: () => { stop(); clearTimeout(timer) },
  }
}

async function readWatched(pool: Pool, ids: string[]): Promise<Map<string, WatchedFlow>> {
  const rows = await named(pool).rows<WatchedFlow & Record<string, unknown>>(
    'readWatched', 'SELECT id, status, last_sequence AS sequence FROM flow WHERE id = ANY($1::text[])', [ids])
  return new Map(rows.map(row => [row.id, row]))
}
