import { LimitExceeded } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Pool, Tx } from '@sluice/db'

const LIMIT_MS = 2000
const QUERY_CANCELED = '57014'

/** For filters that no index serves: reads under a 2 s timeout, past which LimitExceeded is thrown (product.md 12, Errors). */
export async function boundedRead<T>(pool: Pool, read: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await transact(pool, async tx => {
      await tx.rows('limitRead', `SET LOCAL statement_timeout = ${LIMIT_MS}`)
      return read(tx)
    })
  } catch (error) {
    if ((error as { code?: string }).code === QUERY_CANCELED) throw new LimitExceeded(LIMIT_MS, `This took longer than ${LIMIT_MS} ms: narrow the filter.`)
    throw error
  }
}
