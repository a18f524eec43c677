import { afterAll, beforeAll } from 'vitest'
import { openPool } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { cloneDatabase } from '@sluice/testkit/db'
import type { Clone } from '@sluice/testkit/db'

/** A database of this file's own. */
export function readsBed(): { readonly pool: Pool; readonly url: string; empty(): Promise<void> } {
  let clone: Clone
  let pool: Pool
  beforeAll(async () => {
    clone = await cloneDatabase()
    pool = openPool({ url: clone.url, max: 4, log: () => undefined })
  })
  afterAll(async () => {
    await pool.end()
    await clone.drop()
  })
  return {
    get pool() { return pool },
    get url() { return clone.url },
    empty: async () => void (await pool.query(`TRUNCATE flow, flow_search, attempt, flow_event, worker, flow_count_ledger, flow_count_minute, flow_count_total;
      DELETE FROM quota WHERE scope <> 'GLOBAL'; UPDATE quota SET max_active = 0; UPDATE lane SET state = 'OPEN', state_reason = NULL`)),
  }
}
