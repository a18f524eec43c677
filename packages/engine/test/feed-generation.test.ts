import { named, openPool, transact } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { cloneDatabase, eventually } from '@sluice/testkit/db'
import type { Clone } from '@sluice/testkit/db'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { beginGeneration, feedHead, noticeForeignRestore, readFeed } from '../src/index.ts'
import type { FeedCursor } from '../src/index.ts'

let clone: Clone
let pool: Pool
let logged: Record<string, unknown>[]
beforeEach(async () => {
  clone = await cloneDatabase()
  pool = openPool({ url: clone.url, max: 8, log: () => undefined })
  logged = []
})
afterEach(async () => {
  await pool.end()
  await clone.drop()
})

const log = (entry: Record<string, unknown>): void => void logged.push(entry)
const notice = (): Promise<number> => noticeForeignRestore({ pool, log })
/** Far above what this cluster has given, as in a backup of a busier one. */
const FOREIGN = 4_000_000_000
/** Events as a dump brings them: with the transaction ids of where they were written. */
const restore = (events: number, xid = FOREIGN): Promise<unknown> => pool.query(
  `INSERT INTO flow_event (flow_id, sequence, type, status, actor, at, payload, xid)
   SELECT 'flow_' || n, 1, 'flow.queued', 'QUEUED', 'system', clock_timestamp(), '{}', $2::bigint + n / 3 FROM generate_series(1, $1) n`, [events, xid])
const say = (flowId: string): Promise<unknown> => pool.query(
  `INSERT INTO flow_event (flow_id, sequence, type, status, actor, at, payload, xid)
   SELECT $1, 1, 'flow.queued', 'QUEUED', 'system', clock_timestamp(), '{}', pg_current_xact_id()::text::bigint`, [flowId])
/** Other files write to databases of the same server and hold the feed back for a moment. */
const feedFrom = (cursor: FeedCursor, events = 1): Promise<string[]> => eventually(async () => {
  const read = await readFeed(pool, cursor)
  expect(read.gap || read.items.length >= events).toBe(true)
  return read.gap ? ['gap'] : read.items.map(item => item.flowId)
}, { deadlineMs: 15_000 })
const oldest = async (): Promise<unknown> => (await named(pool).rows('xids', 'SELECT count(*)::int AS events, max(xid) AS xid FROM flow_event'))[0]

describe('D-37 a restore by other means than ours', () => {
  test('INV-34 begins a new generation, in which old cursors answer a gap and only what is new follows the head', async () => {
    const before = await feedHead(pool)
    await restore(50)
    const cursor = { ...before, xid: String(FOREIGN + 5), position: '5' }
    expect(await notice()).toBe(50)
    expect(await oldest()).toEqual({ events: 50, xid: '0' })
    expect(logged).toEqual([expect.objectContaining({ event: 'feed.foreign_restore', events: 50 })])
    expect([await feedFrom(before), await feedFrom(cursor)]).toEqual([['gap'], ['gap']])
    const head = await feedHead(pool)
    await say('flow_new')
    expect(await feedFrom(head)).toEqual(['flow_new'])
  })

  test('moves more than one batch', async () => {
    await restore(45_000)
    expect(await notice()).toBe(45_000)
    expect(await oldest()).toEqual({ events: 45_000, xid: '0' })
  })

  test('is noticed by the horizon alone, where retention left no event', async () => {
    const before = await feedHead(pool)
    await pool.query('UPDATE system_state SET horizon_xid = $1, horizon_position = 7', [FOREIGN])
    expect(await notice()).toBe(0)
    expect(await feedHead(pool)).toMatchObject({ xid: '0', position: '0' })
    expect(await feedFrom(before)).toEqual(['gap'])
  })

  test('of three processes at once one does it and the others go on when it is done', async () => {
    await restore(30_000)
    const moved = await Promise.all([notice(), notice(), notice()].map(async one => [await one, (await oldest() as { xid: string }).xid]))
    expect(moved.map(([events]) => events).sort()).toEqual([0, 0, 30_000])
    expect(moved.map(([, xid]) => xid)).toEqual(['0', '0', '0'])
    expect(logged).toHaveLength(1)
  })

  test('is finished by the next boot where the process was killed on the way', async () => {
    await restore(30)
    const killed = openPool({ url: clone.url, max: 2, log: () => undefined })
    // As if killed after the first batch: the generation is new, some rows still lie ahead, and its lock is gone.
    await transact(killed, beginGeneration)
    await killed.query('UPDATE flow_event SET xid = 0 WHERE xid > $1', [FOREIGN + 5])
    await killed.end()
    expect(await notice()).toBeGreaterThan(0)
    expect(await oldest()).toEqual({ events: 30, xid: '0' })
  })

  test('is not seen in a database that only wrote itself', async () => {
    const head = await feedHead(pool)
    await say('flow_a')
    expect(await notice()).toBe(0)
    expect(logged).toEqual([])
    await say('flow_b')
    expect(await feedFrom(head, 2)).toEqual(['flow_a', 'flow_b'])
  })
})
