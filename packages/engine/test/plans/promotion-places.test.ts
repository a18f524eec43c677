import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPool, transact } from '@sluice/db'
import type { Pool, Tx } from '@sluice/db'
import { cloneDatabase } from '@sluice/testkit/db'
import type { Clone } from '@sluice/testkit/db'
import { nextInOrder } from '../../src/services/next-in-order.ts'
import type { Seat } from '../../src/services/plan-promotion.ts'
import { takePromotable } from '../../src/sql/promotion-sql.ts'
import type { Ahead } from '../../src/sql/promotion-sql.ts'
import { explainedPool } from './explained-pool.ts'

const LANES = Array.from({ length: 12 }, (_, n) => `lane-${n}`)
const KINDS = Array.from({ length: 6 }, (_, n) => `kind-${n}`)
const CAPPED = ['prn_a', 'prn_b']

let clone: Clone
let pool: Pool
beforeAll(async () => {
  clone = await cloneDatabase()
  pool = openPool({ url: clone.url, max: 2, log: () => undefined })
  await pool.query(QUEUE)
})
afterAll(async () => {
  await pool.end()
  await clone.drop()
})

/** 72 places of 60 flows, of three ranks, some not due yet, some held; a quarter belongs to owners with a group of their own. */
const QUEUE = `
INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, priority, queue_class, rank, order_at, cap_group, blocked, held_at, not_before, on_lease_lost, max_attempts, created_at, queued_at,
                  last_sequence, last_event_at)
SELECT 'flow_' || lpad(n::text, 6, '0'), 'kind-' || n % 6, 't', 'lane-' || n / 6 % 12, o.owner, '{}', '{}', 'QUEUED', n % 7 % 3, 'NEW', 9002 - n % 7 % 3, greatest(t, d.due),
       CASE WHEN o.owner IN ('prn_a', 'prn_b') THEN o.owner ELSE '' END, n % 41 = 0, CASE WHEN n % 41 = 0 THEN t END, d.due, 'FAIL', 1, t, t, 1, t
  FROM generate_series(1, 4320) n CROSS JOIN LATERAL (SELECT now() - interval '1 day' + (n * 7919 % 4320) * interval '1 second' AS t) c
 CROSS JOIN LATERAL (SELECT CASE WHEN n % 37 = 0 THEN now() + interval '1 hour' END AS due) d
 CROSS JOIN LATERAL (SELECT CASE n % 8 WHEN 0 THEN 'prn_a' WHEN 1 THEN 'prn_b' ELSE 'prn_' || n % 50 END AS owner) o;
ANALYZE flow`

interface Queued { id: string; lane: string; kind: string; owner: string }
interface Asked { lanes: string[]; kinds: string[]; rooms: Map<string, number>; principals: Map<string, number>; limit: number }

const seat = (kinds: string[], free: number): Seat =>
  ({ worker: { id: 'wrk_1', name: 'w', kinds, lanes: [], codeVersion: null, room: free }, free, ask: { workerId: 'wrk_1', max: free } })

const next = (tx: Tx, a: Asked, seats = [seat(a.kinds, a.limit)]): Promise<Ahead[]> => nextInOrder(tx, {
  heads: a.lanes.flatMap(lane => a.kinds.map(kind => ({ lane, kind }))), limit: a.limit, at: new Date().toISOString(), seats,
  rooms: { global: null, lanes: [...a.rooms].map(([lane, slots]) => ({ lane, slots })), principals: [...a.principals].map(([principalId, slots]) => ({ principalId, slots })) },
})

const take = (from: Pool, a: Asked): Promise<string[]> =>
  transact(from, async tx => (await takePromotable(tx, await next(tx, a))).map(f => f.id), { plans: 'kept' })

/** The rule as D-39 says it, over the whole queue in order: where there is room, of each owner, of those of each lane, of all. */
function cutByRule(queue: Queued[], a: Asked): string[] {
  const first = (rows: Queued[], rooms: Map<string, number>, of: (q: Queued) => string): Queued[] => {
    const left = new Map(rooms)
    return rows.filter(q => { const room = left.get(of(q)); if (room !== undefined) left.set(of(q), room - 1); return room === undefined || room > 0 })
  }
  const asked = queue.filter(q => a.lanes.includes(q.lane) && a.kinds.includes(q.kind) && a.rooms.get(q.lane) !== 0 && a.principals.get(q.owner) !== 0)
  return first(first(asked, a.principals, q => q.owner), a.rooms, q => q.lane).slice(0, a.limit).map(q => q.id)
}

const readQueue = async (): Promise<Queued[]> => (await pool.query<Queued>(
  `SELECT id, lane, kind, principal_id AS owner FROM flow WHERE NOT blocked AND order_at <= now() ORDER BY rank, order_at, id`)).rows

describe('INV-13 INV-10 of many places a promotion takes the order of the whole, cut by the rooms', () => {
  const random = (seed: number) => (below: number): number => { seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648; return Math.floor((seed / 2_147_483_648) * below) }
  const some = (all: string[], dice: (below: number) => number): string[] => { const kept = all.filter(() => dice(3) > 0); return kept.length > 0 ? kept : all }

  test('without rooms exactly as many as are wanted', async () => {
    const queue = await readQueue()
    const dice = random(7)
    for (const limit of [1, 2, 17, 50, 200, 500]) {
      const asked: Asked = { lanes: some(LANES, dice), kinds: some(KINDS, dice), rooms: new Map(), principals: new Map(), limit }
      expect(await take(pool, asked)).toEqual(cutByRule(queue, asked))
    }
  })

  test('with rooms never another than the next by the rule, and none only when there is none', async () => {
    const queue = await readQueue()
    for (let seed = 1; seed <= 60; seed++) {
      const dice = random(seed * 7919)
      const rooms = new Map(LANES.filter(() => dice(2) === 0).map(lane => [lane, dice(6)]))
      const asked: Asked = { lanes: some(LANES, dice), kinds: some(KINDS, dice), rooms, principals: new Map(CAPPED.filter(() => dice(3) > 0).map(p => [p, dice(4)])), limit: 1 + dice(80) }
      const [taken, rule] = [await take(pool, asked), cutByRule(queue, asked)]
      expect(taken, `seed ${seed}`).toEqual(rule.slice(0, taken.length))
      expect(taken.length > 0, `seed ${seed}`).toBe(rule.length > 0)
    }
  })
})

const ALL: Asked = { lanes: LANES, kinds: KINDS, rooms: new Map(), principals: new Map(), limit: 50 }

test('one pass fills the seats of each kind, the next by the rule in each', async () => {
  const queue = await readQueue()
  const seats = [seat(['kind-0'], 3), seat(['kind-1'], 5), seat(['kind-5'], 42)]
  const taken = await transact(pool, tx => next(tx, ALL, seats))
  for (const { worker: { kinds: [kind] }, free } of seats) {
    expect(taken.filter(row => row.kind === kind).map(row => row.id)).toEqual(queue.filter(q => q.kind === kind).slice(0, free).map(q => q.id))
  }
})

test('D-39 what was changed since it was read is left out, and so is what somebody is changing', async () => {
  const other = await pool.connect()
  try {
    const [chosen, taken] = await transact(pool, async tx => {
      const ids = (await next(tx, ALL))
      await other.query('UPDATE flow SET rank = rank + 1 WHERE id = $1', [ids[3]?.id])
      await other.query('UPDATE flow SET blocked = true WHERE id = $1', [ids[5]?.id])
      await other.query(`BEGIN; SELECT 1 FROM flow WHERE id = '${ids[7]?.id}' FOR UPDATE`)
      return [ids.map(row => row.id), (await takePromotable(tx, ids)).map(f => f.id)]
    })
    expect(taken).toEqual(chosen.filter((_, at) => ![3, 5, 7].includes(at)))
    await other.query('ROLLBACK')
    await other.query('UPDATE flow SET rank = rank - 1 WHERE id = $1', [chosen[3]])
    await other.query('UPDATE flow SET blocked = false WHERE id = $1', [chosen[5]])
  } finally {
    other.release()
  }
})

test('INV-47 fifty of 72 places of three ranks read a share of each, not fifty of each', async () => {
  const recording = explainedPool(openPool({ url: clone.url, max: 1, log: () => undefined }))
  expect(await take(recording.pool, { ...ALL, principals: new Map([['prn_a', 20]]) })).toHaveLength(50)
  expect(recording.explained.reduce((sum, e) => sum + e.buffers, 0)).toBeLessThanOrEqual(2500)
  expect([...new Set(recording.explained.flatMap(e => [...e.indexes]))].sort()).toEqual(['flow_promotable_idx', 'flow_queue_lane_idx', 'lane_name_key'])
  await recording.pool.end()
})
