import { LimitExceeded } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Pool, Tx } from '@sluice/db'

const LIMIT_MS = 2000
const QUERY_CANCELED = '57014'

/** For filters that no index serves: reads under a 2 s timeout (or a shorter one), past which LimitExceeded is thrown (product.md 12, Errors). */
export async function boundedRead<T>(pool: Pool, read: (tx: Tx) => Promise<T>, limitMs = LIMIT_MS): Promise<T> {
  try {
    return await transact(pool, async tx => {
      await tx.rows(`limitRead.${limitMs}`, `SET LOCAL statement_timeout = ${limitMs}`)
      return read(tx)
    })
  } catch (error) {
    if ((error as { code?: string }).code === QUERY_CANCELED) throw new LimitExceeded(LIMIT_MS, `This took longer than ${LIMIT_MS} ms: narrow the filter.`)
    throw error
  }
}

/** The first of several ways to the same answer that comes in time; each has its share of the 2 s. */
export async function firstInTime<W, T>(ways: readonly W[], read: (way: W, limitMs: number) => Promise<T>): Promise<T> {
  const limitMs = Math.floor(LIMIT_MS / ways.length)
  for (const [at, way] of ways.entries()) {
    try {
      return await read(way, limitMs)
    } catch (error) {
      if (!(error instanceof LimitExceeded) || at === ways.length - 1) throw error
    }
  }
  throw new Error('There is no way.')
}
