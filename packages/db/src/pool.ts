import pg from 'pg'

export type Pool = pg.Pool
export type Log = (entry: Record<string, unknown> & { event: string }) => void

/**
 * The pool of the hot statements. Hash and merge joins and sequential scans are off, and every execution is planned anew (under 1 ms): a plan
 * kept from when a table was empty reads whole indexes for each row, 13 ms became 300 ms for 200 moves, and no functional test sees it.
 * Statements and idle transactions end after 30 s, because a long write transaction anywhere delays the feed (D-37).
 */
export function openPool(o: { url: string; max: number; log: Log }): Pool {
  const pool = new pg.Pool({
    connectionString: o.url,
    max: o.max,
    application_name: 'sluice',
    connectionTimeoutMillis: 10_000,
    options:
      '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_custom_plan -c jit=off ' +
      '-c statement_timeout=30s -c idle_in_transaction_session_timeout=30s',
  })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', error => o.log({ event: 'database.connection_lost', message: error.message }))
  return pool
}
