import { beforeEach, describe, expect, test } from 'vitest'
import { openPool } from '@sluice/db'
import { InvalidInput } from '@sluice/domain'
import { eventually } from '@sluice/testkit/db'
import { capsInUse } from '../../src/reads/caps.ts'
import { flowCounts } from '../../src/reads/flow-counts.ts'
import { laneStats } from '../../src/reads/lane-stats.ts'
import { queueStats } from '../../src/reads/queue-stats.ts'
import { slotHolders } from '../../src/reads/slot-holders.ts'
import { throughput } from '../../src/reads/throughput.ts'
import { checkCounts } from '../../src/services/check-counts.ts'
import { foldCounts } from '../../src/services/fold-counts.ts'
import { readsBed } from './bed.ts'
import { seedCap, seedFlows, seedLanes } from './seed.ts'

const bed = readsBed()
beforeEach(async () => {
  await bed.empty()
  await seedLanes(bed.pool, ['batch'])
})

const seed = (): Promise<void> => seedFlows(bed.pool, [
  { id: 'q1', queuedIn: -5 }, { id: 'q2', queuedIn: -30, lane: 'batch', held: 'x' }, { id: 'r1', status: 'RUNNING', queuedIn: -3 }, { id: 'r2', status: 'RUNNING', lane: 'batch', queuedIn: -4 },
  { id: 'done', status: 'FINISHED', kind: 'x' }, { id: 'done-before', status: 'FINISHED', finishedIn: -2 }, { id: 'bad', status: 'FAILED', lane: 'batch', principalId: 'prn_ada' },
])

const word = (at: string, name: string, delta: number, lane = 'default') =>
  bed.pool.query(`INSERT INTO flow_count_ledger (minute, lane, kind, word, delta) VALUES (date_trunc('minute', now() - $1::interval), $2, 'k', $3, $4)`, [at, lane, name, delta])

describe('queue stats', () => {
  test('INV-9 INV-37 figures of all lanes and of one, before and after a fold', async () => {
    await seed()
    await seedCap(bed.pool, 'GLOBAL', 9)
    await seedCap(bed.pool, 'LANE', 2, 'batch')
    for (const folded of [false, true]) {
      if (folded) expect(await foldCounts(bed.pool)).toBeGreaterThan(0)
      const stats = await queueStats(bed.pool)
      expect(stats).toMatchObject({ queued: 2, running: 2, waiting: 0, slotsHeld: 2, slotsHeldByWaiting: 0, cap: 9, finishedLastMinute: 1, failedLastMinute: 1 })
      expect(Date.now() - (stats.oldestQueuedAt?.getTime() ?? 0)).toBeGreaterThan(29 * 60_000)
      expect(await queueStats(bed.pool, 'batch')).toMatchObject({ queued: 1, running: 1, slotsHeld: 1, cap: 2, finishedLastMinute: 0, failedLastMinute: 1 })
    }
    expect(await queueStats(bed.pool, 'nowhere')).toMatchObject({ queued: 0, cap: 0, oldestQueuedAt: null })
  })

  test('INV-37 the figures of many lanes at once are those of each alone, in a busy minute too', async () => {
    await seed()
    await seedCap(bed.pool, 'LANE', 2, 'batch')
    const lanes = ['default', 'batch', 'nowhere']
    const each = async (): Promise<Map<string, unknown>> => new Map(await Promise.all(lanes.map(async lane => [lane, await queueStats(bed.pool, lane)] as const)))
    expect(await laneStats(bed.pool, [...lanes, 'batch'])).toEqual(await each())
    await seedFlows(bed.pool, Array.from({ length: 1001 }, (_, n) => ({ id: `f${n}`, status: 'FINISHED' as const, lane: 'batch' })))
    await word('0', 'finished', 1001, 'batch')
    expect((await laneStats(bed.pool, lanes)).get('batch')?.finishedLastMinute).toBe((await queueStats(bed.pool, 'batch')).finishedLastMinute)
    expect(await laneStats(bed.pool, [])).toEqual(new Map())
  })

  test('a busy minute is told by the ledger', async () => {
    await seedFlows(bed.pool, Array.from({ length: 1001 }, (_, n) => ({ id: `f${n}`, status: 'FINISHED' as const })))
    await word('0', 'finished', 1001)
    expect((await queueStats(bed.pool)).finishedLastMinute).toBe(1001)
  })
})

describe('flow counts', () => {
  test('INV-37 by status, lane and kind from the ledger', async () => {
    await seed()
    expect(await flowCounts(bed.pool)).toMatchObject({ total: 7, exact: true, byStatus: expect.arrayContaining([{ status: 'FINISHED', count: 2 }, { status: 'WAITING', count: 0 }]) })
    expect(await flowCounts(bed.pool, { lane: ['batch'], status: ['QUEUED', 'FAILED'] })).toMatchObject({ total: 2, exact: true })
    expect((await flowCounts(bed.pool, { kind: ['x'] })).total).toBe(1)
  })
  test('other filters from the rows', async () => {
    await seed()
    expect(await flowCounts(bed.pool, { owner: ['prn_ada'] })).toMatchObject({ total: 1, exact: true })
    expect((await flowCounts(bed.pool, { slotHeld: true })).total).toBe(2)
    expect((await flowCounts(bed.pool, { slotHeld: false, lane: ['batch'] })).total).toBe(2)
    expect((await flowCounts(bed.pool, { createdAfter: new Date(Date.now() - 4.5 * 60_000), createdBefore: new Date(Date.now() - 1000) })).total).toBe(2)
    expect((await flowCounts(bed.pool, { principalId: 'prn_ada', owner: ['prn_owner'] })).total).toBe(0)
  })
  test('stop at 10,000 and say so', async () => {
    await seedFlows(bed.pool, Array.from({ length: 10_001 }, (_, n) => ({ id: `f${n}` })))
    expect(await flowCounts(bed.pool, { owner: ['prn_owner'] })).toMatchObject({ total: 10_000, exact: false })
    expect(await flowCounts(bed.pool)).toMatchObject({ total: 10_001, exact: true })
  })
})

describe('the fold', () => {
  test('keeps every figure while writers and folders run at once', async () => {
    const write = async (): Promise<void> => { for (let n = 0; n < 20; n++) await word('0', 'QUEUED', 1) }
    const fold = async (): Promise<void> => { for (let n = 0; n < 20; n++) await foldCounts(bed.pool, 7) }
    const seen: number[] = []
    const watch = async (): Promise<void> => { for (let n = 0; n < 40; n++) seen.push((await queueStats(bed.pool)).queued) }
    await Promise.all([write(), write(), fold(), fold(), watch()])
    while ((await foldCounts(bed.pool)) > 0);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect((await queueStats(bed.pool)).queued).toBe(40)
    expect((await bed.pool.query(`SELECT sum(count)::int AS n FROM flow_count_minute WHERE word = 'QUEUED'`)).rows).toEqual([{ n: 40 }])
  })
  test('INV-37 the check finds what does not agree with the rows', async () => {
    await seed()
    await foldCounts(bed.pool)
    expect(await checkCounts(bed.pool)).toEqual([])
    await word('0', 'FAILED', 2)
    expect(await checkCounts(bed.pool)).toEqual([{ lane: 'default', kind: 'k', status: 'FAILED', counted: 2, rows: 0 }])
  })
  test('the check takes longer than other statements and transactions may, and leaves their limits', async () => {
    const limits = { statement_timeout: '200ms', transaction_timeout: '200ms' }
    const pool = openPool({ url: bed.url, max: 1, log: () => undefined })
    for (const [name, value] of Object.entries(limits)) await pool.query('SELECT set_config($1, $2, false)', [name, value])
    const blocker = await bed.pool.connect()
    await blocker.query('BEGIN; LOCK TABLE flow')
    const checked = checkCounts(pool).catch((error: Error) => error.message)
    const waits = `SELECT clock_timestamp() - xact_start > interval '500 ms' AS long FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%checkCounts%'`
    try {
      await eventually(async () => (await bed.pool.query<{ long: boolean }>(waits)).rows[0]?.long === true)
    } finally {
      await blocker.query('COMMIT')
      blocker.release()
    }
    expect(await checked).toEqual([])
    const after = await pool.query(`SELECT current_setting('statement_timeout') AS statement_timeout, current_setting('transaction_timeout') AS transaction_timeout`)
    await pool.end()
    expect(after.rows).toEqual([limits])
  })
})

describe('throughput', () => {
  test('counts per step, with the depth derived backwards from now', async () => {
    await word('3 minutes', 'QUEUED', 5)
    await word('3 minutes', 'queued', 5)
    await foldCounts(bed.pool)
    await word('1 minute', 'QUEUED', -2)
    await word('1 minute', 'started', 2)
    await word('0', 'QUEUED', 1, 'batch')
    await word('0', 'queued', 1, 'batch')
    await word('0', 'finished', 2)
    const points = await throughput(bed.pool, { minutes: 5 })
    expect(points.map(p => [p.depth, p.queued, p.started, p.finished])).toEqual([[0, 0, 0, 0], [5, 5, 0, 0], [5, 0, 0, 0], [3, 0, 2, 0], [4, 1, 0, 2]])
    expect((await throughput(bed.pool, { lane: 'batch', minutes: 2 })).map(p => p.depth)).toEqual([0, 1])
    expect(await throughput(bed.pool, { minutes: 60, stepMinutes: 15 })).toHaveLength(4)
  })
  test.each([{ minutes: 0 }, { minutes: 20_000 }, { stepMinutes: 0 }, { minutes: 5, stepMinutes: 6 }, { minutes: 2000 }])('refuses %j', async o => {
    await expect(throughput(bed.pool, o)).rejects.toThrow(InvalidInput)
  })
})

describe('slots', () => {
  test('holders are oldest first, page by page', async () => {
    await seed()
    const first = await slotHolders(bed.pool, { first: 1 })
    const second = await slotHolders(bed.pool, { first: 1, after: first.items[0]?.cursor ?? null })
    expect([first, second].map(p => [p.items.map(i => i.id), p.hasNextPage])).toEqual([[['r2'], true], [['r1'], false]])
    expect((await slotHolders(bed.pool, { lane: 'default' })).items.map(i => i.id)).toEqual(['r1'])
  })
  test('INV-9 caps with what is in use', async () => {
    await seed()
    await seedCap(bed.pool, 'LANE', 2, 'batch')
    await seedCap(bed.pool, 'PRINCIPAL', 3, 'prn_owner')
    expect((await capsInUse(bed.pool)).map(c => [c.scope, c.subject, c.maxActive, c.active])).toEqual([['GLOBAL', '', 0, 2], ['LANE', 'batch', 2, 1], ['PRINCIPAL', 'prn_owner', 3, 2]])
  })
})
