import pg from 'pg'
import { SESSION_LIMITS, limitTransactions } from './session-limits.ts'

export type Pool = pg.Pool
export type Log = (entry: Record<string, unknown> & { event: string }) => void

/**
 * The pool of the hot statements. Hash and merge joins and sequential scans are off, and reads keep one plan for all values: each was written for one
 * index, and no ANALYZE may talk the planner out of it. (Transactions plan anew, see transact.ts.)
 * Statements and transactions end after 30 s, see session-limits.ts.
 */
export function openPool(o: { url: string; max: number; log: Log }): Pool {
  const pool = new pg.Pool({
    connectionString: o.url,
    max: o.max,
    application_name: 'sluice',
    connectionTimeoutMillis: 10_000,
    options:
      `-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan -c jit=off ${SESSION_LIMITS}`,
    onConnect: limitTransactions,
  })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', error => o.log({ event: 'database.connection_lost', message: error.message }))
  return pool
}
