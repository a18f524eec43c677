import { observe, transact } from '@sluice/db'
import type { StatementObserver } from '@sluice/db'
import { eventually } from '@sluice/testkit/db'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { UNOBSERVED, appendFrames, bothObservers, createFlows, finishFlows, readGauges, upsertLane } from '../src/index.ts'
import type { EngineObserver } from '../src/index.ts'
import { foldCounts } from '../src/services/fold-counts.ts'
import { measureClock } from '../src/services/measure-clock.ts'
import { repeat } from '../src/services/repeat.ts'
import { sweepLeases } from '../src/services/sweep-leases.ts'
import { testbed, type Bed } from './testbed.ts'

const told: [string, ...unknown[]][] = []
const noted = Object.fromEntries(Object.keys(UNOBSERVED).map(name => [name, (...said: unknown[]) => void told.push([name, ...said])])) as unknown as EngineObserver
const toldOf = (name: string): unknown[][] => told.filter(([said]) => said === name).map(([, ...said]) => said)

let bed: Bed
beforeAll(async () => {
  bed = await testbed({ observe: bothObservers(UNOBSERVED, noted), settings: { framesKept: 10 } })
})
afterAll(() => bed[Symbol.asyncDispose]())

describe('the engine tells who watches', () => {
  test('a promotion by its batch, and the moves that were committed', async () => {
    const ids = await bed.create(3)
    const leases = await bed.work(3)
    expect(toldOf('promotionPass')).toContainEqual([{ flows: 3, ms: expect.any(Number) }])
    const moves = toldOf('moved').map(([list]) => (list as { name: string; flow: { id: string } }[]).map(one => [one.name, one.flow.id]))
    expect(moves[0]).toEqual(expect.arrayContaining(ids.map(id => ['promote', id])))
    await finishFlows(bed.deps, { actor: bed.workerActor, items: leases.map(lease => ({ lease })) })
    const [, rows] = toldOf('moved').at(-1) ?? []
    expect(rows).toEqual(expect.arrayContaining(ids.map(id => expect.objectContaining({ id, at: expect.any(Date) }))))
  })

  test('a lost lease by its fate, once it is committed', async () => {
    await bed.create(1)
    await bed.work(1)
    // The template may be older than a silence, after which nothing is taken away for a while.
    await bed.sql('UPDATE system_state SET resting_until = clock_timestamp()')
    await bed.sql(`UPDATE attempt SET expires_at = clock_timestamp() - interval '1 s' WHERE ended_at IS NULL`)
    expect(await sweepLeases(bed.deps)).toBe(1)
    await bed.create(1)
    await bed.register({ instanceId: 'twin' })
    const twin = await bed.register({ instanceId: 'twin' })
    expect(await bed.claim(1, { workerId: twin, waitMs: 1000 })).toHaveLength(1)
    await bed.register({ instanceId: 'twin' })
    expect(toldOf('leasesLost')).toEqual([[['lease_expired']], [['replaced']]])
  })

  test('each turn of what runs by the clock: how long, what it found, whether it failed', async () => {
    const works = [() => Promise.resolve(2), () => Promise.resolve(), () => Promise.reject(new Error('no'))]
    for (const [at, work] of works.entries()) {
      let resolve = (): void => undefined
      const over = new Promise<void>(done => { resolve = done })
      const loop = repeat({ name: `work${at}`, ms: 1, work, log: () => undefined, observe: bothObservers(noted, { ...UNOBSERVED, turn: () => resolve() }) })
      await over
      await loop.stop()
    }
    expect(toldOf('turn').map(([turn]) => turn)).toEqual(expect.arrayContaining([
      { name: 'work0', ms: expect.any(Number), found: 2, failed: false },
      { name: 'work1', ms: expect.any(Number), found: null, failed: false },
      { name: 'work2', ms: expect.any(Number), found: null, failed: true },
    ]))
  })

  test('the first turn after its own time, where it has one', async () => {
    const turns = (own: { ms: number; firstMs?: number }) => new Promise<number>((resolve) => {
      let taken = 0
      const work = (): Promise<void> => Promise.resolve(void (taken += 1))
      const loop = repeat({ name: 'first', ...own, work, log: () => undefined, observe: { ...UNOBSERVED, turn: () => void loop.stop().then(() => resolve(taken)) } })
    })
    expect(await turns({ ms: 3_600_000, firstMs: 1 })).toBe(1)
    expect(await turns({ ms: 1 })).toBe(1)
  })

  test('retention, within a minute after the start, so that a machine which runs shorter than SWEEP_RETENTION purges too', async () => {
    const swept: string[] = []
    await using own = await testbed({ settings: { sweepRetentionMs: 3_600_000 }, observe: { ...UNOBSERVED, turn: ({ name }) => void swept.push(name) } })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      own.engine.startDispatcher()
      await vi.advanceTimersByTimeAsync(60_000)
    } finally {
      vi.useRealTimers()
    }
    await eventually(async () => swept.includes('sweepRetention'))
  })

  test('output by what was new of it, and a trim', async () => {
    await bed.create(1)
    const [lease] = await bed.work(1)
    const say = (from: number, to: number) => appendFrames(bed.deps, {
      actor: bed.workerActor, lease: lease!, frames: Array.from({ length: to - from + 1 }, (_, at) => ({ sequence: from + at, kind: 'TEXT' as const, payload: 'four' })),
    })
    for (const [from, to] of [[1, 3], [2, 4], [1, 4], [5, 12], [20, 21]] as const) await say(from, to)
    expect(toldOf('appended')).toEqual([[{ frames: 3, bytes: 18, trimmed: false }], [{ frames: 1, bytes: 6, trimmed: false }], [{ frames: 8, bytes: 48, trimmed: true }]])
  })

  test('D-45 a clock that differs by more than 5 s is measured and warned of, once, and so is its return', async () => {
    const logged: Record<string, unknown>[] = []
    let off = 0
    const measure = measureClock({ db: bed.db, observe: noted, log: entry => void logged.push(entry), now: () => Date.now() + off })
    for (const ahead of [0, 60_000, 60_000, 0]) {
      off = ahead
      await measure()
    }
    expect(toldOf('clockDiffers').slice(-4).map(([ms]) => Math.round(Number(ms) / 10_000))).toEqual([0, 6, 6, 0].map(tens => expect.toSatisfy((n: number) => Object.is(Math.abs(n), tens))))
    expect(logged.map(({ event }) => event)).toEqual(['clock.differs', 'clock.agrees'])
  })

  test('D-3 a sweep that finds what nobody announced', async () => {
    await using quiet = await testbed({ settings: { sweepPromoterMs: 20 }, observe: noted })
    const claimed = quiet.claim(1, { waitMs: 10_000 })
    // A flow of another process whose wake-up was lost: written behind this one's back.
    await using other = await testbed({ url: quiet.url, name: 'other' })
    await other.create(1)
    expect(await claimed).toHaveLength(1)
    expect(toldOf('unannounced')).toEqual([[1]])
  })
})

describe('statements', () => {
  test('are told by name, with their rows, their commit and their retries', async () => {
    const done: string[] = []
    let retries = 0
    const observer: StatementObserver = { statement: ({ name, rows, failed }) => void done.push(`${name} ${rows} ${failed}`), retried: () => { retries += 1 } }
    observe(bed.deps.pool, observer)
    await createFlows(bed.deps, { actor: bed.owner, mayPrioritize: true, mayCreate: () => true, items: [{ kind: 'work' }] })
    expect(done).toEqual(['readPlaces 1 false', 'insertFlows 1 false', 'commit 0 false'])
    const wrecked = [new Error('no deadlock'), Object.assign(new Error('deadlock'), { code: '40P01' })]
    expect(await transact(bed.deps.pool, async tx => {
      const [error] = wrecked.splice(1, 1)
      if (error) throw error
      return tx.rows('one', 'SELECT 1 AS one')
    })).toEqual([{ one: 1 }])
    expect([retries, done.at(-2)]).toEqual([1, 'one 1 false'])
  })
})

describe('the gauges', () => {
  test('D-40 say what the rows say, before and after the fold, with zeros for what exists', async () => {
    await using own = await testbed()
    await own.create(5)
    await own.work(2)
    await upsertLane(own.deps, { actor: own.owner, name: 'empty' })
    const before = await readGauges(own.deps.pool)
    await foldCounts(own.deps.pool)
    const after = await readGauges(own.deps.pool)
    for (const gauges of [before, after]) {
      expect(gauges.words).toMatchObject({ QUEUED: 3, RUNNING: 2, queued: 5, started: 2 })
      expect(gauges.lanes.find(({ name }) => name === 'default')).toMatchObject({ queued: 3, running: 2, waiting: 0, slots: 2, cap: 0, oldestQueuedSeconds: expect.toSatisfy((s: number) => s > 0 && s < 60) })
      expect(gauges.lanes.find(({ name }) => name === 'empty')).toEqual({ name: 'empty', queued: 0, running: 0, waiting: 0, slots: 0, cap: 0, oldestQueuedSeconds: 0 })
      expect(gauges.kinds).toEqual([{ name: 'work', queued: 3, running: 2, waiting: 0 }])
      expect(gauges.slots).toEqual({ held: 2, heldByWaiting: 0, cap: 0 })
      expect(gauges.workers).toEqual([{ state: 'ACTIVE', count: 1, capacity: 1000 }])
      expect([gauges.leases, gauges.oldestWaitSeconds, gauges.processes]).toEqual([2, 0, [{ role: 'api', count: 1 }]])
    }
  })

  test('name the busiest places and tell the others together, however many there are', async () => {
    await using own = await testbed()
    await own.sql(`INSERT INTO flow_count_ledger (minute, lane, kind, word, delta)
                   SELECT date_trunc('minute', clock_timestamp()), 'lane' || i, 'kind' || i, 'QUEUED', i FROM generate_series(1, 10000) i`)
    const { lanes, kinds, words } = await readGauges(own.deps.pool, 3)
    expect(lanes.map(({ name, queued }) => [name, queued])).toEqual([['_other', 50_005_000 - 29_997], ['lane10000', 10_000], ['lane9998', 9998], ['lane9999', 9999]])
    expect(kinds).toHaveLength(4)
    expect(words.QUEUED).toBe(50_005_000)
  })
})
