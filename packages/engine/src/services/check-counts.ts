import { transact } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { FLOW_STATUSES } from '@sluice/protocol'
import type { FlowStatus } from '@sluice/protocol'
import { COUNTED } from '../reads/counted-sql.ts'

export interface CountDifference { lane: string; kind: string; status: FlowStatus; counted: number; rows: number }

/**
 * Compares the ledger with the rows, in one snapshot; an empty answer is the expected one. Reads the whole table, so it is for the hourly check
 * and for tests: alone it may scan sequentially and take its time.
 */
export async function checkCounts(pool: Pool): Promise<CountDifference[]> {
  return transact(pool, async tx => {
    await tx.rows('checkCountsScan', 'SET LOCAL enable_seqscan = on')
    await tx.rows('checkCountsJoin', 'SET LOCAL enable_hashjoin = on')
    await tx.rows('checkCountsTime', `SET LOCAL statement_timeout = '10min'`)
    await tx.rows('checkCountsTransaction', NO_TRANSACTION_LIMIT)
    return tx.rows<CountDifference & Record<string, unknown>>('checkCounts', CHECK_COUNTS, [FLOW_STATUSES])
  })
}

// Only 0 stops the clock that already runs (PostgreSQL 17 and newer); the statement keeps its limit. It only reads, so no feed waits for it (D-37).
const NO_TRANSACTION_LIMIT = `SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'`

const CHECK_COUNTS = `
SELECT lane, kind, word AS status, sum(counted)::int AS counted, sum(standing)::int AS rows FROM (
  SELECT lane, kind, word, count AS counted, 0 AS standing FROM ${COUNTED} c WHERE word = ANY($1::text[])
  UNION ALL
  SELECT lane, kind, status::text, 0, count(*) FROM flow WHERE deleted_at IS NULL GROUP BY 1, 2, 3) both_sides
GROUP BY 1, 2, 3 HAVING sum(counted) <> sum(standing) ORDER BY 1, 2, 3`
