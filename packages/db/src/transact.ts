import { createHash } from 'node:crypto'
import type pg from 'pg'
import { observed, observerOf } from './observe.ts'
import type { StatementObserver } from './observe.ts'
import type { Pool } from './pool.ts'

type Row = Record<string, unknown>

/** A statement that one of many combinations makes is not prepared: every connection would keep each of them for good. */
export interface RowsOptions { prepared?: boolean }

/** A running transaction. Statements are named, so each connection prepares them once. */
export interface Tx {
  /** name must stand for one text only; it also leads the text as a comment. */
  rows<T extends Row>(name: string, text: string, values?: unknown[], o?: RowsOptions): Promise<T[]>
  /** Runs after the commit and never when it fails: nothing leaves before (D-38). */
  afterCommit(hint: () => void): void
}

export interface Named { rows<T extends Row>(name: string, text: string, values?: unknown[], o?: RowsOptions): Promise<T[]> }

/** The same statements outside a transaction, each its own commit. */
export const named = (pool: Pool): Named => {
  const observer = observerOf(pool)
  return {
    rows: async <T extends Row>(name: string, text: string, values: unknown[] = [], o: RowsOptions = {}) =>
      (await observed({ observer, name }, () => pool.query<T>(statement(name, { text, values, ...o })))).rows,
  }
}

/**
 * Statements in a transaction are planned at each execution (about 1 ms each): a plan kept from when a table was nearly empty made the small side the outer
 * one, and 13 ms became 300 ms for 200 moves until the next ANALYZE.
 * Kept plans are for those whose text leaves the planner one way only, so that it does not matter when they were planned (ADR 26); a test names them.
 */
const BEGIN = { anew: 'BEGIN; SET LOCAL plan_cache_mode = force_custom_plan', kept: 'BEGIN' }

export interface TransactOptions { plans?: keyof typeof BEGIN }

const RETRIED = new Set(['40P01', '40001'])
const TRIES = 6

/** One transaction; deadlock and serialisation failures run it again, everything else is the caller's. */
export async function transact<T>(pool: Pool, work: (tx: Tx) => Promise<T>, { plans = 'anew' }: TransactOptions = {}): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(pool, work, BEGIN[plans])
    } catch (error) {
      if (attempt === TRIES || !RETRIED.has((error as { code?: string }).code ?? '')) throw error
      observerOf(pool)?.retried()
      await pause(Math.random() * 2 ** attempt)
    }
  }
}

async function once<T>(pool: Pool, work: (tx: Tx) => Promise<T>, begin: string): Promise<T> {
  const client = await pool.connect()
  // A connection that breaks says so here too; the statement in flight or the next one fails with it, so there is nothing more to do.
  client.on('error', ignored)
  const observer = observerOf(pool)
  const hints: (() => void)[] = []
  let broken: Error | undefined
  try {
    await client.query(begin)
    const result = await work(txOver(client, { hints, observer }))
    await observed({ observer, name: 'commit' }, () => client.query('COMMIT'))
    for (const hint of hints) hint()
    return result
  } catch (error) {
    broken = await client.query('ROLLBACK').then(() => undefined, (e: Error) => e)
    throw error
  } finally {
    client.off('error', ignored)
    client.release(broken)
  }
}

const ignored = (): void => undefined

const txOver = (client: pg.PoolClient, { hints, observer }: { hints: (() => void)[]; observer: StatementObserver | undefined }): Tx => ({
  rows: async <R extends Row>(name: string, text: string, values: unknown[] = [], o: RowsOptions = {}) =>
    (await observed({ observer, name }, () => client.query<R>(statement(name, { text, values, ...o })))).rows,
  afterCommit: hint => void hints.push(hint),
})

const statement = (name: string, { text, values, prepared = true }: { text: string; values: unknown[] } & RowsOptions): pg.QueryConfig =>
  ({ ...(prepared ? { name: shortened(name) } : {}), text: `/* ${name} */ ${text}`, values })

const NAME_BYTES = 63

/** PostgreSQL cuts longer names off, and would take two of the same beginning for one. */
const shortened = (name: string): string =>
  name.length <= NAME_BYTES ? name : `${name.slice(0, NAME_BYTES - 9)}.${createHash('sha256').update(name).digest('hex').slice(0, 8)}`

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
