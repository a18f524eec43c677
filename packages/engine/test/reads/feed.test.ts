import { beforeEach, describe, expect, test } from 'vitest'
import pg from 'pg'
import { eventually } from '@sluice/testkit/db'
import { decodeFeedCursor, encodeFeedCursor, feedHead, flowEventsAfter, readFeed } from '../../src/reads/feed.ts'
import type { FeedCursor } from '../../src/reads/feed.ts'
import { readsBed } from './bed.ts'

const bed = readsBed()
beforeEach(() => bed.empty())

const EVENT = `INSERT INTO flow_event (flow_id, sequence, type, status, actor, at, payload, xid)
  SELECT $1, $2, 'flow.queued', 'QUEUED', 'system', clock_timestamp() - $3 * interval '1 ms', '{}', pg_current_xact_id()::text::bigint`
const say = (db: { query(text: string, values: unknown[]): Promise<unknown> }, flowId: string, sequence = 1, ageMs = 0): Promise<unknown> => db.query(EVENT, [flowId, sequence, ageMs])

/** Other files write to databases of the same server, and any open write holds the feed back: waits until all that is written here is decided. */
const decided = (): Promise<unknown> => eventually(async () => {
  const { rows } = await bed.pool.query<{ decided: boolean }>('SELECT coalesce(max(xid) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint, true) AS decided FROM flow_event')
  return rows[0]?.decided === true
}, { deadlineMs: 15_000 })

async function writer(): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString: bed.url })
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

describe('INV-34 the feed', () => {
  test('gives what follows the head, once, in order', async () => {
    await say(bed.pool, 'before')
    await decided()
    const head = await feedHead(bed.pool)
    for (const id of ['a', 'b', 'c']) await say(bed.pool, id)
    await decided()
    const first = await readFeed(bed.pool, head, 2)
    const second = await readFeed(bed.pool, first.head, 2)
    const third = await readFeed(bed.pool, second.head)
    expect([first, second, third].map(r => [r.items.map(i => i.flowId), r.more, r.gap])).toEqual([[['a', 'b'], true, false], [['c'], false, false], [[], false, false]])
    expect(third.head).toEqual(second.head)
    expect(second.items[0]).toMatchObject({ sequence: 1, type: 'flow.queued', status: 'QUEUED', phase: null, actor: 'system', payload: {}, at: expect.any(Date) })
  })

  test('a transaction that began earlier and commits later is neither lost nor overtaken', async () => {
    await using slow = await writer()
    const head = await feedHead(bed.pool)
    await slow.query('BEGIN')
    await say(slow, 'slow')
    await say(bed.pool, 'quick', 1, 500)
    const during = await readFeed(bed.pool, head)
    expect(during.items).toEqual([])
    expect(during.lagMs).toBeGreaterThanOrEqual(500)
    const between = await feedHead(bed.pool)
    await slow.query('COMMIT')
    await decided()
    for (const cursor of [head, during.head, between]) {
      const after = await readFeed(bed.pool, cursor)
      expect(after).toMatchObject({ items: [{ flowId: 'slow' }, { flowId: 'quick' }], lagMs: 0 })
      expect((await readFeed(bed.pool, after.head)).items).toEqual([])
    }
  })

  test('loses and repeats nothing while many writers commit out of order', async () => {
    const head = await feedHead(bed.pool)
    const written = Array.from({ length: 4 }, (_, w) => writeTransactions(w))
    let done = false
    const all = Promise.all(written).then(decided).then(() => { done = true })
    const seen: string[] = []
    let cursor: FeedCursor = head
    for (let last = false; !last;) {
      last = done
      const read = await readFeed(bed.pool, cursor, 5)
      seen.push(...read.items.map(i => `${i.flowId}.${i.sequence}`))
      ;({ head: cursor } = read)
      if (read.more) last = false
    }
    await all
    expect(seen.toSorted()).toEqual(Array.from({ length: 4 }, (_, w) => Array.from({ length: 60 }, (_, n) => `w${w}.${n + 1}`)).flat().toSorted())
  })

  const writeTransactions = async (w: number): Promise<void> => {
    await using client = await writer()
    for (let n = 0; n < 60; n += 2) {
      await client.query('BEGIN')
      await say(client, `w${w}`, n + 1)
      await client.query('SELECT 1')
      await say(client, `w${w}`, n + 2)
      await client.query('COMMIT')
    }
  }

  test('an open reader does not delay it', async () => {
    await using reader = await writer()
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await reader.query('SELECT count(*) FROM flow_event')
    const head = await feedHead(bed.pool)
    await say(bed.pool, 'a')
    await decided()
    expect(await readFeed(bed.pool, head)).toMatchObject({ items: [{ flowId: 'a' }], lagMs: 0 })
    await reader.query('COMMIT')
  })
})

describe('gaps', () => {
  test('another generation, a cursor from the future and one below the horizon answer gap and the present', async () => {
    const start = await feedHead(bed.pool)
    await say(bed.pool, 'a')
    await decided()
    const head = await feedHead(bed.pool)
    const read = async (cursor: Partial<FeedCursor>): Promise<unknown> => readFeed(bed.pool, { ...head, ...cursor })
    const gap = { gap: true, items: [], head, more: false, lagMs: 0 }
    expect(await read({ generation: 'other' })).toEqual(gap)
    expect(await read({ xid: '99999999999' })).toEqual(gap)
    await bed.pool.query('UPDATE system_state SET horizon_xid = $1, horizon_position = $2', [head.xid, head.position])
    expect(await read(start)).toEqual(gap)
    expect(await read({})).toMatchObject({ gap: false })
    await bed.pool.query('TRUNCATE flow_event')
    expect(await feedHead(bed.pool)).toEqual(head)
    await bed.pool.query('UPDATE system_state SET horizon_xid = 0, horizon_position = 0')
  })

  test('cursors are opaque texts that say when they are none', async () => {
    const head = await feedHead(bed.pool)
    expect(decodeFeedCursor(encodeFeedCursor(head))).toEqual(head)
    for (const text of ['', 'x', '1.2', 'g.1.-2', `g.1.${'9'.repeat(30)}`, "g.1.2'"]) expect(decodeFeedCursor(text)).toBeUndefined()
  })
})

test('INV-34 one flow, from a sequence on', async () => {
  for (const n of [1, 2, 3]) await say(bed.pool, 'a', n)
  await say(bed.pool, 'b')
  expect((await flowEventsAfter(bed.pool, 'a', 1)).map(e => e.sequence)).toEqual([2, 3])
  expect((await flowEventsAfter(bed.pool, 'a', 0, 1)).map(e => e.sequence)).toEqual([1])
})
