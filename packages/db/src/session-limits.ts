import type pg from 'pg'

/** Statements and idle transactions end after 30 s, because a long write transaction anywhere delays the feed (D-37). */
export const SESSION_LIMITS = '-c statement_timeout=30s -c idle_in_transaction_session_timeout=30s'

// Not among the options of the connection: a server before 17 does not know it, and would refuse them all.
const LIMIT_TRANSACTIONS = `SELECT set_config('transaction_timeout', '30s', false) WHERE current_setting('server_version_num')::int >= 170000`

/** For a pool's new connections, which waits for it: transactions end after 30 s too, where the server can do that (PostgreSQL 17 and newer). */
export const limitTransactions = (client: pg.ClientBase): unknown => client.query(LIMIT_TRANSACTIONS)
