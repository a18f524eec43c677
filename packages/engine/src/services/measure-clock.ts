import type { Log, Named } from '@sluice/db'
import type { EngineObserver } from '../observe.ts'

/** More than this is worth a warning: people compare our instants with their own (D-45). */
export const CLOCK_WARNING_MS = 5000

/**
 * Work that measures how far this machine's clock is from the database's, which is the one that counts. The answer was taken somewhere between the
 * question and its arrival: half of that is the error. Warns when the difference becomes too large, and says when it is fine again.
 */
export function measureClock(o: { db: Named; log: Log; observe: EngineObserver; now?: () => number }): () => Promise<void> {
  const now = o.now ?? Date.now
  let warned = false
  return async () => {
    const asked = now()
    const [row] = await o.db.rows<{ ms: number }>('measureClock', 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms')
    if (!row) return
    const ahead = Math.round((asked + now()) / 2 - row.ms)
    o.observe.clockDiffers(ahead)
    const differs = Math.abs(ahead) > CLOCK_WARNING_MS
    if (differs !== warned) o.log({ event: differs ? 'clock.differs' : 'clock.agrees', aheadMs: ahead })
    warned = differs
  }
}
