import { beforeEach, describe, expect, test } from 'vitest'
import { queuePlaces } from '../../src/reads/queue-places.ts'
import { scopeHolders } from '../../src/reads/slot-holders.ts'
import type { Scope } from '../../src/reads/slot-holders.ts'
import { readsBed } from './bed.ts'
import { seedCap, seedFlows, seedLanes, seedWorkers } from './seed.ts'
import type { SeedFlow } from './seed.ts'

const bed = readsBed()
beforeEach(async () => {
  await bed.empty()
  await seedLanes(bed.pool, ['batch'])
  await seedWorkers(bed.pool, [{ id: 'wrk_1', kinds: ['k'], capacity: 8 }])
})

const places = async (...ids: string[]) => {
  const found = await queuePlaces(bed.pool, ids)
  return ids.map(id => found.get(id))
}
const queued = (...flows: SeedFlow[]): Promise<void> => seedFlows(bed.pool, flows)

describe('position', () => {
  test('INV-13 counts the due, unblocked flows of the lane that stand before', async () => {
    await queued(
      { id: 'pinned-late', pinned: true, queuedIn: -1 }, { id: 'pinned-early', pinned: true, queuedIn: -2 }, { id: 'urgent', priority: 5, queuedIn: -1 },
      { id: 'held', priority: 9, held: 'prn_op' }, { id: 'delayed', priority: 9, notBeforeIn: 5 }, { id: 'old', queuedIn: -9 }, { id: 'young', queuedIn: -3 },
      { id: 'other', lane: 'batch' }, { id: 'running', status: 'RUNNING' },
    )
    const found = await places('pinned-late', 'pinned-early', 'urgent', 'old', 'young', 'other', 'held', 'delayed', 'running')
    expect(found.map(p => p?.position)).toEqual([1, 2, 3, 4, 5, 1, null, null, undefined])
  })

  test('is exact to 1,000 and null beyond', async () => {
    await queued(...Array.from({ length: 1002 }, (_, n) => ({ id: `f${String(n).padStart(4, '0')}`, queuedIn: n / 1000 - 10, priority: n < 500 ? 3 : 0 })))
    expect((await places('f0000', 'f0999', 'f1000', 'f1001')).map(p => p?.position)).toEqual([1, 1000, null, null])
    expect((await places('f1001'))[0]?.detail).toBe('More than 1000 stand before it in lane default.')
  })

  test('a pinned flow that lost its start waits without a position', async () => {
    await queued({ id: 'a', pinned: true, lostStarts: 2, notBeforeIn: 1 }, { id: 'b' })
    expect(await places('a', 'b')).toMatchObject([{ position: null, reason: 'RETRY_BACKOFF', pinned: true }, { position: 1 }])
  })
})

const GLOBAL: Scope = { scope: 'GLOBAL', subject: '' }
const LANE: Scope = { scope: 'LANE', subject: 'default' }

describe('reasons from rows', () => {
  const TWELVE = Array.from({ length: 12 }, (_, n): SeedFlow => ({ id: `r${String(n).padStart(2, '0')}`, status: 'RUNNING', queuedIn: -n, worker: 'wrk_1' }))

  test('a full global cap', async () => {
    await seedCap(bed.pool, 'GLOBAL', 12)
    await queued({ id: 'q' }, ...TWELVE)
    const detail = 'The global cap of 12 is full: 12 slots are held. It opens when one of them is freed.'
    expect(await places('q')).toMatchObject([{ reason: 'CAP', position: 1, detail, blockedBy: GLOBAL }])
  })

  test('the holders of a scope, oldest first, as many as are asked for, 200 at most', async () => {
    await queued(...TWELVE, ...Array.from({ length: 200 }, (_, n): SeedFlow => ({ id: `s${n}`, status: 'RUNNING', lane: 'batch' })))
    const [ten] = await scopeHolders(bed.pool, { scopes: [LANE] })
    expect(ten).toEqual(['r11', 'r10', 'r09', 'r08', 'r07', 'r06', 'r05', 'r04', 'r03', 'r02'])
    const more = await scopeHolders(bed.pool, { scopes: [LANE, GLOBAL, { scope: 'PRINCIPAL', subject: 'prn_nobody' }], first: 500 })
    expect(more.map(ids => ids.length)).toEqual([12, 200, 0])
  })

  test('INV-38 holders that the reader may not see take no place of those they may', async () => {
    await queued(...TWELVE, { id: 'own', status: 'RUNNING', queuedIn: 0, principalId: 'prn_ada', kind: 'mine' }, { id: 'batch', status: 'RUNNING', queuedIn: 0, lane: 'batch' })
    const seen = [{ owner: 'prn_ada' }, { kinds: ['mine', 'other'] }, { lanes: ['batch'] }, { lanes: ['batch'], owner: 'prn_ada' }]
    expect(await Promise.all(seen.map(among => scopeHolders(bed.pool, { scopes: [GLOBAL], among })))).toEqual([[['own']], [['own']], [['batch']], [[]]])
  })

  test('each flow answers for its own scopes', async () => {
    await seedCap(bed.pool, 'LANE', 1, 'batch')
    await seedCap(bed.pool, 'PRINCIPAL', 1, 'prn_ada')
    await bed.pool.query(`INSERT INTO principal (id, name, roles, created_at) VALUES ('prn_ada', 'ada', '{SUBMITTER}', now())`)
    await queued({ id: 'r', status: 'RUNNING', lane: 'batch', principalId: 'prn_ada' }, { id: 'x', lane: 'batch' }, { id: 'y', principalId: 'prn_ada' },
      { id: 'z' }, { id: 'forced', lane: 'batch', principalId: 'prn_ada', pinned: true, forced: true })
    const found = await places('x', 'y', 'z', 'forced')
    expect(found.map(p => [p?.reason, p?.blockedBy])).toEqual([
      ['CAP', { scope: 'LANE', subject: 'batch' }], ['QUOTA', { scope: 'PRINCIPAL', subject: 'prn_ada' }], ['ORDER', null], ['ORDER', null],
    ])
    expect(found[1]?.detail).toBe('The cap of 1 for ada is full: 1 slot is held. It opens when one of them is freed.')
  })

  test('INV-14 without a cap nobody is queued for reason CAP', async () => {
    await queued({ id: 'q' }, { id: 'r', status: 'RUNNING', worker: 'wrk_1' })
    expect(await places('q')).toMatchObject([{ reason: 'ORDER', detail: 'Its turn is next.', blockedBy: null }])
  })

  test('no worker: dead, expired, draining, other kinds and other lanes do not count', async () => {
    await seedWorkers(bed.pool, [
      { id: 'wrk_dead', kinds: ['x'], capacity: 1, state: 'DEAD' }, { id: 'wrk_gone', kinds: ['x'], capacity: 1, expiresIn: -1 },
      { id: 'wrk_leaves', kinds: ['x'], capacity: 1, state: 'DRAINING' }, { id: 'wrk_batch', kinds: ['x'], lanes: ['batch'], capacity: 1 },
    ])
    await queued({ id: 'here', kind: 'x' }, { id: 'there', kind: 'x', lane: 'batch' })
    expect((await places('here', 'there')).map(p => p?.reason)).toEqual(['NO_WORKER', 'ORDER'])
  })

  test('all workers at capacity', async () => {
    await seedWorkers(bed.pool, [{ id: 'wrk_x', kinds: ['x'], capacity: 1 }])
    await queued({ id: 'q', kind: 'x' }, { id: 'r', kind: 'x', status: 'RUNNING', worker: 'wrk_x' })
    expect(await places('q')).toMatchObject([{ reason: 'WORKERS_BUSY', detail: 'The one worker that handles kind x is at capacity: 1 of 1 place is taken.' }])
  })

  test('a paused lane says who paused it and why', async () => {
    await bed.pool.query(`UPDATE lane SET state = 'PAUSED', state_reason = 'disk full', state_by = 'prn_op' WHERE name = 'batch'`)
    await queued({ id: 'q', lane: 'batch' })
    expect(await places('q')).toMatchObject([{ reason: 'LANE_PAUSED', position: 1, detail: 'Lane batch is paused by prn_op: disk full. It waits until the lane is resumed.' }])
  })
})

describe('estimated start', () => {
  const started = (n: number, at: Date) => bed.pool.query(
    `INSERT INTO flow_count_ledger (minute, lane, kind, word, delta) VALUES ($2, 'default', 'k', 'started', $1)`, [n, at])
  const ago = (ms: number) => new Date(Date.now() - ms)

  test('D-34 is the position over the starts of the last ten minutes, or of the time since they began', async () => {
    await queued({ id: 'a', queuedIn: -2 }, { id: 'b', queuedIn: -1 }, { id: 'held', held: 'x' })
    const now = new Date()
    await started(60, new Date(now.getTime() - 300_000))
    const found = await queuePlaces(bed.pool, ['a', 'b', 'held'], now)
    // Sixty in the five minutes since the first: one in five seconds, and it is the second.
    expect(found.get('b')?.estimatedStartAt).toEqual(new Date(now.getTime() + 10_000))
    expect(found.get('held')?.estimatedStartAt).toBeNull()
  })

  test('is unknown with fewer than five starts', async () => {
    await started(4, ago(1000))
    await queued({ id: 'a' })
    expect((await places('a'))[0]?.estimatedStartAt).toBeNull()
  })
})
