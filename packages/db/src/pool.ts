import pg from 'pg'

export type Pool = pg.Pool
export type Log = (entry: Record<string, unknown> & { event: string }) => void

/**
 * The pool of the hot statements. Hash and merge joins and sequential scans are off, and reads keep one plan for all values: each was written for one
 * index, and no ANALYZE may talk the planner out of it. (Transactions plan anew, see transact.ts.)
 * Statements and idle transactions end after 30 s, because a long write transaction anywhere delays the feed (D-37).
 */
export function openPool(o: { url: string; max: number; log: Log }): Pool {
  const pool = new pg.Pool({
    connectionString: o.url,
    max: o.max,
    application_name: 'sluice',
    connectionTimeoutMillis: 10_000,
    options:
      '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan -c jit=off ' +
      '-c statement_timeout=30s -c idle_in_transaction_session_timeout=30s',
  })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', error => o.log({ event: 'database.connection_lost', message: error.message }))
  return pool
}
