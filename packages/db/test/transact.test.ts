import { cloneDatabase } from '@sluice/testkit/db'
import { expect, test } from 'vitest'
import { openPool } from '../src/pool.ts'
import { named, transact } from '../src/transact.ts'
import type { TransactOptions } from '../src/transact.ts'

test('a connection that breaks between two statements of a transaction fails the transaction and not the process', async () => {
  const clone = await cloneDatabase()
  const pool = openPool({ url: clone.url, max: 2, log: () => undefined })
  const broken = transact(pool, async tx => {
    const [own] = await tx.rows<{ pid: number }>('ownPid', 'SELECT pg_backend_pid() AS pid')
    await pool.query('SELECT pg_terminate_backend($1)', [own?.pid])
    await tx.rows('untilGone', 'SELECT pg_sleep(5)')
  })
  await expect(broken).rejects.toThrow(/terminat|not queryable/)
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  await pool.end()
  await clone.drop()
})

test('two statements whose names are alike for longer than PostgreSQL keeps them stay two', async () => {
  const clone = await cloneDatabase()
  const pool = openPool({ url: clone.url, max: 1, log: () => undefined })
  const long = 'listFlows.status.finished_at.desc.lane.kind.owner.label.words'
  const read = (end: string, text: string): Promise<unknown[]> => named(pool).rows(`${long}.${end}`, text)
  expect([await read('createdAfter', 'SELECT 1 AS n'), await read('createdBefore', 'SELECT 2 AS n'), await read('createdAfter', 'SELECT 1 AS n')]).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 1 }]])
  await pool.end()
  await clone.drop()
})

test('what is not prepared leaves nothing on the connection', async () => {
  const clone = await cloneDatabase()
  const pool = openPool({ url: clone.url, max: 1, log: () => undefined })
  expect(await named(pool).rows('combination.a.b', 'SELECT $1::int AS n', [1], { prepared: false })).toEqual([{ n: 1 }])
  expect((await pool.query('SELECT name FROM pg_prepared_statements')).rows).toEqual([])
  await named(pool).rows('kept', 'SELECT 1 AS n')
  expect((await pool.query('SELECT name FROM pg_prepared_statements')).rows).toEqual([{ name: 'kept' }])
  await pool.end()
  await clone.drop()
})

test('a transaction plans anew, unless it is told that its plans may be kept', async () => {
  const clone = await cloneDatabase()
  const pool = openPool({ url: clone.url, max: 1, log: () => undefined })
  const mode = (o?: TransactOptions): Promise<unknown[]> => transact(pool, tx => tx.rows('planCacheMode', `SELECT current_setting('plan_cache_mode') AS mode`), o)
  expect(await mode()).toEqual([{ mode: 'force_custom_plan' }])
  expect(await mode({ plans: 'kept' })).toEqual([{ mode: 'force_generic_plan' }])
  await pool.end()
  await clone.drop()
})
