import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { finish } from '@sluice/domain'
import { openPool, transact } from '@sluice/db'
import type { Pool, Tx } from '@sluice/db'
import { cloneDatabase } from '@sluice/testkit/db'
import type { Clone } from '@sluice/testkit/db'
import { capsInUse } from '../../src/reads/caps.ts'
import { feedHead, flowEventsAfter, readFeed } from '../../src/reads/feed.ts'
import { flowCounts } from '../../src/reads/flow-counts.ts'
import { flowQueuePage } from '../../src/reads/flow-queue.ts'
import { listFlows } from '../../src/reads/list-flows.ts'
import { readGauges } from '../../src/reads/gauges.ts'
import { kindFigures, unservedQueues } from '../../src/reads/kind-figures.ts'
import { queuePlaces } from '../../src/reads/queue-places.ts'
import { laneStats } from '../../src/reads/lane-stats.ts'
import { queueStats } from '../../src/reads/queue-stats.ts'
import { scopeHolders, slotHolders } from '../../src/reads/slot-holders.ts'
import { throughput } from '../../src/reads/throughput.ts'
import { workerLeases } from '../../src/reads/worker-leases.ts'
import { foldCounts } from '../../src/services/fold-counts.ts'
import { nextInOrder } from '../../src/services/next-in-order.ts'
import { headsOf, roomsOf, seatsOf } from '../../src/services/plan-promotion.ts'
import { lockFlows } from '../../src/sql/lock-sql.ts'
import { writeMoves } from '../../src/sql/move-sql.ts'
import { findOld, purgeDeleted, trim } from '../../src/sql/retention-sql.ts'
import { readScopes, takeForced, takePromotable } from '../../src/sql/promotion-sql.ts'
import { explainedPool } from './explained-pool.ts'
import type { Explained } from './explained-pool.ts'
import { QUEUED, RUNNING, seedSkewed } from './skewed-queue.ts'

let clone: Clone
let plain: Pool
let recording: ReturnType<typeof explainedPool>
beforeAll(async () => {
  clone = await cloneDatabase()
  await seedSkewed(clone.url)
  plain = openPool({ url: clone.url, max: 2, log: () => undefined })
  recording = explainedPool(openPool({ url: clone.url, max: 1, log: () => undefined }))
})
afterAll(async () => {
  await recording.pool.end()
  await plain.end()
  await clone.drop()
})

interface Expected { buffers: number; indexes: string[] }
// Both hold the live attempts and nothing else; which one counts them is the statistics' whim.
const LIVE = 'attempt_worker_live_idx'
const HOT = /^(flow|attempt|flow_event)_(?!count_|kind_pkey)/

/**
 * Every statement that a read sends: no hot table from end to end, exactly these indexes of hot tables over all statements, at most so many buffers for
 * each. Bounds are about twice what was seen on 100,000 rows, and far below what a wrong plan touches (5,000 and more).
 */
async function expectPlans(read: (pool: Pool) => Promise<unknown>, expected: Expected): Promise<Explained[]> {
  recording.explained.length = 0
  await read(recording.pool)
  const plans = [...recording.explained]
  for (const p of plans) {
    expect(['flow', 'attempt', 'flow_event'].filter(t => p.scanned.has(t)), p.name).toEqual([])
    expect(p.buffers, p.name).toBeLessThanOrEqual(expected.buffers)
  }
  const used = new Set(plans.flatMap(p => [...p.indexes]).filter(i => HOT.test(i)).map(i => (i === 'attempt_live_key' ? LIVE : i)))
  expect([...used].sort()).toEqual([...expected.indexes].sort())
  return plans
}

describe('lists are short probes of the index that a filter names (trap 2)', () => {
  const day = 86_400_000
  test.each<[string, Parameters<typeof listFlows>[1], Expected]>([
    ['everything', {}, { buffers: 300, indexes: ['flow_status_created_idx'] }],
    ['oldest first', { orderBy: 'CREATED_ASC' }, { buffers: 300, indexes: ['flow_status_created_idx'] }],
    ['by status', { filter: { status: ['FAILED'] } }, { buffers: 120, indexes: ['flow_status_created_idx'] }],
    ['by lanes, one of them empty', { filter: { lane: ['quiet', 'empty'] } }, { buffers: 250, indexes: ['flow_lane_created_idx'] }],
    ['by lane and status', { filter: { lane: ['quiet'], status: ['FINISHED'] } }, { buffers: 120, indexes: ['flow_lane_created_idx'] }],
    ['by kind', { filter: { kind: ['orphan'] } }, { buffers: 120, indexes: ['flow_kind_created_idx'] }],
    ['by owner and status', { filter: { owner: ['prn_rare'], status: ['FAILED'] } }, { buffers: 60, indexes: ['flow_principal_created_idx'] }],
    ['a probe ends where its rows end', { filter: { kind: ['orphan'], createdBefore: new Date(Date.now() - 10 * day) } }, { buffers: 60, indexes: ['flow_kind_created_idx'] }],
    ['and where its span ends', { filter: { status: ['FINISHED'], createdAfter: new Date() } }, { buffers: 20, indexes: ['flow_status_created_idx'] }],
    ['a kind with rows in one status only', { filter: { kind: ['orphan'] }, orderBy: 'CREATED_ASC' }, { buffers: 120, indexes: ['flow_kind_created_idx'] }],
    ['what a submitter may see', { filter: { principalId: 'prn_rare' } }, { buffers: 120, indexes: ['flow_principal_created_idx'] }],
    ['by lane and kind: the smaller of both', { filter: { lane: ['quiet'], kind: ['report'] } }, { buffers: 250, indexes: ['flow_lane_created_idx'] }],
    ['slot holders', { filter: { slotHeld: true } }, { buffers: 600, indexes: ['flow_slot_idx'] }],
    ['the latest ended', { orderBy: 'FINISHED_DESC' }, { buffers: 300, indexes: ['flow_finished_idx'] }],
    ['the latest failures', { orderBy: 'FINISHED_DESC', filter: { status: ['FAILED'] } }, { buffers: 120, indexes: ['flow_finished_idx'] }],
    ['created in a span', { filter: { createdAfter: new Date(Date.now() - 2.5 * day), createdBefore: new Date(Date.now() - 2 * day) } }, { buffers: 400, indexes: ['flow_status_created_idx'] }],
    ['the latest ended of an owner with few: all of them, sorted', { orderBy: 'FINISHED_DESC', filter: { owner: ['prn_rare'] } }, { buffers: 120, indexes: ['flow_principal_created_idx'] }],
    ['the latest ended of a lane with few', { orderBy: 'FINISHED_DESC', filter: { lane: ['quiet'] } }, { buffers: 250, indexes: ['flow_lane_created_idx'] }],
    ['the latest ended of a kind with many: walked until a page is full', { orderBy: 'FINISHED_DESC', filter: { kind: ['report'], owner: ['prn_busy'], lane: ['default', 'quiet'] } }, { buffers: 25_000, indexes: ['flow_finished_idx', 'flow_principal_created_idx'] }],
    ['a word that few have', { filter: { text: 'siri' } }, { buffers: 300, indexes: ['flow_pkey', 'flow_search_words_idx'] }],
    ['a word that most have', { filter: { text: 'rep' } }, { buffers: 2500, indexes: ['flow_search_pkey', 'flow_status_created_idx'] }],
    ['a label that few have', { filter: { label: ['env=rare'] } }, { buffers: 300, indexes: ['flow_pkey', 'flow_search_labels_idx'] }],
    ['a label that most have, in a lane', { filter: { label: ['env=prod'], lane: ['quiet'] } }, { buffers: 1000, indexes: ['flow_lane_created_idx', 'flow_search_pkey'] }],
    ['the beginning of an id', { filter: { text: 'flow_0000' } }, { buffers: 500, indexes: ['flow_pkey'] }],
  ])('%s', async (_, options, expected) => void (await expectPlans(p => listFlows(p, options), expected)))

  test('a page far in costs what the first does', async () => {
    const after = (await listFlows(plain, { page: { first: 200 } })).items.at(-1)?.cursor
    await expectPlans(p => listFlows(p, { page: { first: 50, after } }), { buffers: 300, indexes: ['flow_status_created_idx'] })
    await expectPlans(p => listFlows(p, { page: { last: 50, before: after } }), { buffers: 300, indexes: ['flow_status_created_idx'] })
  })
})

describe('counts', () => {
  test.each<[string, Parameters<typeof flowCounts>[1], Expected]>([
    ['by status, lane and kind read no flow', { status: ['FAILED'], lane: ['default'], kind: ['report'] }, { buffers: 100, indexes: [] }],
    ['by owner stop at 10,000', { owner: ['prn_busy'] }, { buffers: 1500, indexes: ['flow_principal_created_idx'] }],
    ['of slot holders', { slotHeld: true }, { buffers: 600, indexes: ['flow_slot_idx'] }],
    ['of a word that few have', { text: 'sirius' }, { buffers: 300, indexes: ['flow_pkey', 'flow_search_words_idx'] }],
    ['of a label that most have stop at 10,000', { label: ['env=prod'] }, { buffers: 60_000, indexes: ['flow_search_pkey', 'flow_status_created_idx'] }],
  ])('%s', async (_, filter, expected) => void (await expectPlans(p => flowCounts(p, filter), expected)))

  test('in a span stop at 10,000, by the index of the status or, skipping through few owners, by theirs', async () => {
    recording.explained.length = 0
    await flowCounts(recording.pool, { createdAfter: new Date(Date.now() - 86_400_000) })
    const used = recording.explained.flatMap(p => [...p.indexes])
    expect(used.every(i => ['flow_status_created_idx', 'flow_principal_created_idx'].includes(i)), used.join()).toBe(true)
    expect(recording.explained.flatMap(p => [...p.scanned])).toEqual([])
    expect(recording.explained.map(p => p.buffers).every(b => b <= 1500), recording.explained.map(p => p.buffers).join()).toBe(true)
  })

  test('are folded by ranges', () => expectPlans(p => foldCounts(p), { buffers: 5000, indexes: [] }))
})

describe('the queue', () => {
  const READY: Expected = { buffers: 450, indexes: ['flow_queue_lane_idx'] }
  test('its first page walks over nothing that cannot run (INV-47)', () => expectPlans(p => flowQueuePage(p), READY))
  test('one lane of it', () => expectPlans(p => flowQueuePage(p, { lane: 'default' }), READY))

  test.each([['few', 'prn_rare', 8], ['none', 'prn_none', 0]])('of an owner with %s it reads theirs and nothing of the others', async (_, principalId, found) => {
    await expectPlans(async p => expect((await flowQueuePage(p, { principalId })).items).toHaveLength(found), { buffers: 60, indexes: ['flow_principal_created_idx'] })
  })
  test('of an owner with many it reads 5,000, and then the queue', () =>
    expectPlans(p => flowQueuePage(p, { principalId: 'prn_busy' }), { buffers: 2000, indexes: ['flow_principal_created_idx', 'flow_queue_lane_idx'] }))

  test('a page in its middle, at what is delayed and at what is held costs no more', async () => {
    const { ready, delayed } = QUEUED
    await expectPlans(p => pageAfter(p, ready / 2), READY)
    await expectPlans(p => pageAfter(p, ready + delayed / 2), { buffers: 450, indexes: ['flow_delayed_lane_idx'] })
    await expectPlans(p => pageAfter(p, ready + delayed + 1000), { buffers: 450, indexes: ['flow_blocked_lane_idx'] })
  })

  const pageAfter = async (pool: Pool, skip: number): Promise<unknown> => {
    let after: string | undefined
    for (let seen = 0; seen < skip; seen += 200) after = (await flowQueuePage(plain, { first: 200, ...(after ? { after } : {}) })).items.at(-1)?.cursor
    return flowQueuePage(pool, after ? { after } : {})
  }

  test('places of a page walk each lane once, 1,000 at most', async () => {
    const page = await flowQueuePage(plain)
    const deep = Array.from({ length: 50 }, (_, n) => `flow_0${99_000 - n * 700}`)
    const indexes = ['attempt_pkey', 'flow_pkey', 'flow_queue_lane_idx', 'flow_slot_idx']
    for (const ids of [page.items.map(i => i.id), deep]) {
      recording.explained.length = 0
      const places = await queuePlaces(recording.pool, ids)
      expect(places.size).toBe(50)
      const used = new Set(recording.explained.flatMap(p => [...p.indexes]).filter(i => HOT.test(i) && !i.startsWith('attempt_')))
      expect([...used].every(i => indexes.includes(i)), [...used].join()).toBe(true)
      expect(recording.explained.flatMap(p => [...p.scanned])).not.toContain('flow')
      expect(recording.explained.map(p => p.buffers).every(b => b <= 4000), recording.explained.map(p => `${p.name} ${p.buffers}`).join()).toBe(true)
    }
  })

  test('stats', async () => {
    const expected: Expected = { buffers: 300, indexes: ['flow_finished_idx', 'flow_queue_age_idx', 'flow_slot_idx'] }
    await expectPlans(p => queueStats(p), expected)
    await expectPlans(p => queueStats(p, 'batch'), expected)
    await expectPlans(p => laneStats(p, ['batch', 'default']), expected)
    await expectPlans(p => readGauges(p), { buffers: 600, indexes: [LIVE, 'flow_queue_age_idx', 'flow_slot_idx'] })
  })
  test('throughput reads no flow', () => expectPlans(p => throughput(p), { buffers: 400, indexes: [] }))
  test('holders and caps cost by the slots held, not by the flows', async () => {
    await expectPlans(p => slotHolders(p, { first: 20 }), { buffers: 10 * RUNNING, indexes: ['attempt_pkey', 'flow_slot_idx'] })
    await expectPlans(p => scopeHolders(p, { scopes: [{ scope: 'GLOBAL', subject: '' }], first: 200 }), { buffers: 10 * RUNNING, indexes: ['attempt_pkey', 'flow_slot_idx'] })
    await expectPlans(p => capsInUse(p), { buffers: 2 * RUNNING, indexes: ['flow_slot_idx'] })
  })
  test('what workers hold costs by what they hold, kinds without a worker by the kinds', async () => {
    await expectPlans(p => workerLeases(p, { workerIds: ['wrk_1', 'wrk_2', 'wrk_3', 'wrk_4', 'wrk_5'], first: 3 }), { buffers: 10 * RUNNING, indexes: [LIVE, 'flow_pkey'] })
    await expectPlans(p => unservedQueues(p), { buffers: 100, indexes: [] })
    await expectPlans(p => kindFigures(p, ['report', 'mail', 'orphan']), { buffers: 100, indexes: [] })
  })
})

describe('the feed is a range of one index', () => {
  const FEED: Expected = { buffers: 300, indexes: ['flow_event_xid_position_key'] }
  test('its head', () => expectPlans(p => feedHead(p), FEED))
  test('what follows a cursor', async () => {
    const head = await feedHead(plain)
    await expectPlans(async p => { expect((await readFeed(p, { ...head, xid: '100', position: '0' }, 100)).items).toHaveLength(100) }, FEED)
  })
  test('one flow', () => expectPlans(p => flowEventsAfter(p, 'flow_000500', 0), { buffers: 20, indexes: ['flow_event_pkey'] }))
})

describe('promotion', () => {
  const asks = Array.from({ length: 5 }, (_, n) => ({ workerId: `wrk_${n + 1}`, max: 50 }))
  const probe = async (tx: Tx): Promise<number> => {
    const scopes = await readScopes(tx, asks.map(a => a.workerId))
    const seats = seatsOf(asks.map(a => ({ ...a })), { ...scopes, workers: scopes.workers.map(w => ({ ...w, room: 50 })) })
    const heads = headsOf(seats, scopes)
    await takeForced(tx, heads, 50)
    return (await takePromotable(tx, await nextInOrder(tx, { heads, seats, at: scopes.at, rooms: { ...roomsOf(scopes), principals: [] }, limit: 50 }))).length
  }
  const promote = (pool: Pool): Promise<number> => transact(pool, probe, { plans: 'kept' })
  const PROMOTION: Expected = {
    buffers: 1500, indexes: [LIVE, 'flow_due_idx', 'flow_forced_idx', 'flow_kept_idx', 'flow_promotable_idx', 'flow_queue_lane_idx', 'flow_slot_idx'],
  }

  test('INV-47 finds fifty of forty thousand of which few can run', async () => {
    const plans = await expectPlans(async p => expect(await promote(p)).toBe(50), PROMOTION)
    expect([...new Set(plans.map(p => p.name))]).toEqual(['readScopes', 'takeForced', 'readLanesAhead', 'readKindsAhead', 'takePromotable'])
  })

  test('a dead prefix in the queue index stays cheap once it was read (trap 3)', async () => {
    const client = await plain.connect()
    try {
      await client.query(`UPDATE flow SET status = 'CANCELLED', queue_class = NULL, finished_at = now(), terminal_reason = 'cancelled_in_queue' WHERE id BETWEEN 'flow_095001' AND 'flow_099000'`)
    } finally {
      client.release()
    }
    await promote(plain)
    await expectPlans(promote, PROMOTION)
  })
})

describe('retention', () => {
  test('finds what is old and purges what was deleted by their indexes', async () => {
    await expectPlans(p => transact(p, tx => findOld(tx, { days: 2, beyond: null, limit: 500 })), { buffers: 3000, indexes: ['flow_finished_idx'] })
    const client = await plain.connect()
    try {
      await client.query(`UPDATE flow SET deleted_at = now() - interval '2 hours' WHERE id BETWEEN 'flow_001001' AND 'flow_001500'`)
    } finally {
      client.release()
    }
    await expectPlans(p => transact(p, tx => purgeDeleted(tx, { restMs: 3_600_000, limit: 500 })), {
      buffers: 20_000, indexes: ['attempt_pkey', 'flow_deleted_idx', 'flow_event_pkey', 'flow_input_flow_idx', 'flow_pkey', 'flow_progress_pkey', 'flow_search_pkey'],
    })
  })
  test.each(['idempotencyKeys', 'minutes', 'audit'] as const)('trims %s by an index', async what => {
    const plans = await expectPlans(p => transact(p, tx => trim(tx, { what, olderThanMs: 86_400_000, limit: 100 })), { buffers: 2000, indexes: [] })
    expect(plans.flatMap(p => [...p.scanned])).toEqual([])
  })
})

describe('the move of 500 flows goes by their keys after ANALYZE (trap 1)', () => {
  test('finish', async () => {
    const ids = (await plain.query<{ id: string }>('SELECT id FROM flow WHERE slot_held')).rows.map(r => r.id)
    expect(ids).toHaveLength(RUNNING)
    await expectPlans(
      p => transact(p, async tx => writeMoves(tx, [...(await lockFlows(tx, ids)).values()].map(flow => finish(flow, { ok: true })), () => 'wrk_1'), { plans: 'kept' }),
      { buffers: 100 * RUNNING, indexes: ['attempt_pkey', 'flow_pkey'] },
    )
  })
})

describe('plans made while the tables are empty stay good when they fill (trap 5)', () => {
  test('lists, places and the queue', async () => {
    await using fresh = await openFresh()
    const read = async (): Promise<unknown> => [await flowQueuePage(fresh.recording.pool), await flowQueuePage(fresh.recording.pool, { principalId: 'nobody' }), await listFlows(fresh.recording.pool, { filter: { lane: ['default'] } }), await queuePlaces(fresh.recording.pool, ['flow_1']), await queueStats(fresh.recording.pool)]
    await read()
    await fresh.pool.query(FILL)
    fresh.recording.explained.length = 0
    await read()
    for (const p of fresh.recording.explained) {
      expect([...p.scanned], p.name).not.toContain('flow')
      expect(p.buffers, `${p.name} ${[...p.indexes].join()}`).toBeLessThanOrEqual(1500)
    }
  })

  const openFresh = async () => {
    const database = await cloneDatabase()
    const pool = openPool({ url: database.url, max: 1, log: () => undefined })
    const fresh = explainedPool(openPool({ url: database.url, max: 1, log: () => undefined }))
    return { pool, recording: fresh, [Symbol.asyncDispose]: async () => { await fresh.pool.end(); await pool.end(); await database.drop() } }
  }

  const FILL = `
    INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, priority, queue_class, rank, order_at, on_lease_lost, max_attempts, created_at, queued_at, last_sequence, last_event_at)
    SELECT 'flow_' || n, 'k', 't', 'default', 'p', '{}', '{}', 'QUEUED', 0, 'NEW', 9002, t, 'FAIL', 1, t, t, 1, t FROM generate_series(1, 10000) n, LATERAL (SELECT now() - n * interval '1 s' AS t) c`
})
