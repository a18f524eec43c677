import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beginSnapshot, restoreBackup, writeBackup } from '@sluice/db/backup'
import type { LeaseRef } from '@sluice/protocol'
import { cloneDatabase, eventually, type Clone } from '@sluice/testkit/db'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cancelFlows, createWaitpoint, failFlows, feedHead, finishFlows, heartbeat, queuePlaces, readFeed, resolveWaitpoint, returnFlows, settleRestored, startFlows, suspendFlow } from '../src/index.ts'
import type { Settled } from '../src/index.ts'
import { checkCounts } from '../src/services/check-counts.ts'
import { isResting, signAlive } from '../src/services/sign-alive.ts'
import { expectConsistent, testbed } from './testbed.ts'
import type { Bed } from './testbed.ts'

describe('a restored database', () => {
  let dir: string
  let before: Bed
  const clones: Clone[] = []
  const beds: Bed[] = []
  beforeEach(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'sluice-restored-'))
    before = await testbed({ settings: { retryBackoffMinMs: 1, retryBackoffMaxMs: 2 } })
  })
  afterEach(async () => {
    for (const bed of [...beds.splice(0), before]) await bed[Symbol.asyncDispose]()
    for (const clone of clones.splice(0)) await clone.drop()
    rmSync(dir, { recursive: true, force: true })
  })
  const file = () => path.join(dir, 'backup')
  const backUp = () => writeBackup({ url: before.url, file: file(), sluice: 'test' })
  const restored = async (): Promise<{ url: string; settled: Settled }> => {
    const clone = await cloneDatabase()
    clones.push(clone)
    const done: Settled[] = []
    await restoreBackup({
      url: clone.url, file: file(),
      settle: async (tx, { madeAt, sluice }) => void done.push(await settleRestored(tx, { madeAt: new Date(madeAt), sluice })),
    })
    return { url: clone.url, settled: done[0]! }
  }
  const start = async (url: string): Promise<Bed> => {
    const bed = await testbed({ url })
    beds.push(bed)
    return bed
  }
  /** Whatever a worker could say under the lease is refused, also to the one who holds the flow's lease now: it is the epoch that decides. */
  const expectRefused = async (bed: Bed, lease: LeaseRef) => {
    for (const actor of [before.workerActor, bed.workerActor]) {
      const cmd = { actor, items: [{ lease, error: { code: 'X', message: 'x', retryable: false } }] }
      for (const call of [startFlows, returnFlows, finishFlows, failFlows]) expect((await call(bed.deps, cmd))[0]).toBeInstanceOf(Error)
    }
  }

  test('INV-3 INV-4 INV-16 INV-37 what was running moves on by the door: queued again with RETRY or unstarted, failed with FAIL, cancelled when cancelling', async () => {
    const [queued = ''] = await before.create(1, { kind: 'nobody' })
    const [done = ''] = await before.create(1)
    const finished = await before.work(1)
    await finishFlows(before.deps, { actor: before.workerActor, items: finished.map(lease => ({ lease })) })
    const [once = '', cancelling = ''] = await before.create(2)
    const [again = ''] = await before.create(1, { onLeaseLost: 'RETRY', maxAttempts: 1 })
    await before.work(3)
    await cancelFlows(before.deps, { caller: before.caller, items: [{ id: cancelling }] })
    const [starting = ''] = await before.create(1)
    await before.claim(1, { waitMs: 1000 })
    await backUp()
    const { url, settled } = await restored()
    expect(settled).toMatchObject({ queuedAgain: 2, failed: 1, cancelled: 1 })
    const bed = await start(url)
    expect(await bed.flow(queued)).toMatchObject({ status: 'QUEUED', queue_class: 'NEW' })
    expect(await bed.flow(done)).toMatchObject({ status: 'FINISHED' })
    expect(await bed.flow(once)).toMatchObject({ status: 'FAILED', terminal_reason: 'worker_lost', error: { code: 'WORKER_LOST', message: expect.stringContaining('when the backup of 2') as unknown } })
    expect(await bed.flow(again)).toMatchObject({ status: 'QUEUED', queue_class: 'RETRY', retries_used: 0, not_before: null })
    expect(await bed.flow(starting)).toMatchObject({ status: 'QUEUED', queue_class: 'NEW', retries_used: 0 })
    expect(await bed.flow(cancelling)).toMatchObject({ status: 'CANCELLED', terminal_reason: 'cancelled_by_user' })
    expect(await bed.sql('SELECT 1 FROM attempt WHERE ended_at IS NULL')).toEqual([])
    expect(await bed.sql(`SELECT after->>'failed' AS failed FROM audit_entry WHERE action = 'restore'`)).toEqual([{ failed: '1' }])
    expect(await expectConsistent(bed)).toEqual([])
    expect(await checkCounts(bed.deps.pool)).toEqual([])
  })

  test('INV-42 INV-17 no lease of before, of the lost future or of another life restored from the same file matches', async () => {
    const [id = ''] = await before.create(1, { onLeaseLost: 'RETRY', maxAttempts: 9 })
    const [held] = await before.work(1)
    await backUp()
    // The future that is lost: given back, and leased to others again.
    await returnFlows(before.deps, { actor: before.workerActor, items: [{ lease: held! }] })
    const [future] = await eventually(async () => { const got = await before.work(1); return got.length === 1 && got })
    const lives: { bed: Bed; lease: LeaseRef }[] = []
    for (const _life of ['first', 'second']) {
      const bed = await start((await restored()).url)
      expect(await heartbeat(bed.deps, { actor: before.workerActor, workerId: before.workerId, leases: [held!, future!], waitMs: 0 })).toMatchObject({ code: 'NOT_FOUND' })
      const again = await bed.register({ actor: before.workerActor })
      expect(await heartbeat(bed.deps, { actor: before.workerActor, workerId: again, leases: [held!, future!], waitMs: 0 })).toMatchObject({ renewed: [] })
      for (const lease of [held!, future!]) await expectRefused(bed, lease)
      const [lease] = await eventually(async () => { const got = await bed.work(1); return got.length === 1 && got })
      expect(lease).toMatchObject({ flowId: id, attempt: 1 })
      expect(lease!.epoch).toBeGreaterThan(1_000_000)
      for (const old of [held!, future!]) await expectRefused(bed, old)
      lives.push({ bed, lease: lease! })
      // Lives are told apart by the seconds between backup and restore.
      const restoredAt = Date.now()
      await eventually(() => Date.now() > restoredAt + 1000)
    }
    const [first, second] = lives
    expect(first!.lease.attempt).toBe(second!.lease.attempt)
    await expectRefused(second!.bed, first!.lease)
    expect((await second!.bed.flow(id)).status).toBe('RUNNING')
    expect(await finishFlows(second!.bed.deps, { actor: second!.bed.workerActor, items: [{ lease: second!.lease }] })).toEqual([{ flowId: id }])
    expect(await expectConsistent(second!.bed)).toEqual([])
  })

  test('INV-34 INV-42 a cursor of before answers a gap, and the feed goes on from its new beginning', async () => {
    await before.create(3)
    const old = await feedHead(before.deps.pool)
    await backUp()
    const bed = await start((await restored()).url)
    const gap = await readFeed(bed.deps.pool, old)
    expect(gap).toMatchObject({ gap: true, items: [], head: { xid: '0' } })
    const ids = await bed.create(2)
    const next = await eventually(async () => { const read = await readFeed(bed.deps.pool, gap.head); return read.items.length === 2 && read })
    expect(next.gap).toBe(false)
    expect(next.items.map(item => item.flowId).sort()).toEqual([...ids].sort())
  })

  test('D-42 no worker of before is live, though it was heard just before the backup: what waits for one says NO_WORKER until one registers', async () => {
    const asks = await before.register({ kinds: [{ name: 'asks' }] })
    const [id = ''] = await before.create(1, { kind: 'asks' })
    const [lease] = await before.claim(1, { workerId: asks, waitMs: 1000 })
    await startFlows(before.deps, { actor: before.workerActor, items: [{ lease: lease! }] })
    const made = await createWaitpoint(before.deps, { actor: before.workerActor, lease: lease!, key: 'ask', kind: 'APPROVAL' })
    if (made instanceof Error) throw made
    await suspendFlow(before.deps, { actor: before.workerActor, lease: lease!, waitpointId: made.waitpointId, mode: 'HELD' })
    await backUp()
    const bed = await start((await restored()).url)
    const answerer = { actor: bed.owner, access: () => 'allow' as const, mayAnswer: () => true }
    expect(await resolveWaitpoint(bed.deps, { by: { answerer, id: made.waitpointId }, decision: 'approve' })).toMatchObject({ flowId: id })
    const place = async () => (await queuePlaces(bed.deps.pool, [id])).get(id)
    expect(await place()).toMatchObject({ queueClass: 'RESUME', reason: 'NO_WORKER', estimatedStartAt: null })
    await bed.register({ kinds: [{ name: 'asks' }] })
    expect(await place()).toMatchObject({ reason: 'RESUME' })
  })

  test('D-35 the first start rests, so that workers of before have a lease time to come back', async () => {
    await backUp()
    const { url } = await restored()
    const clone = new pg.Pool({ connectionString: url, max: 1 })
    const db = { rows: async <T extends Record<string, unknown>>(_name: string, text: string, values: unknown[] = []) => (await clone.query<T>(text, values)).rows }
    try {
      expect(await isResting(db, { leaseTtlMs: 45_000 })).toBe(true)
      await signAlive(db, { leaseTtlMs: 45_000 })
      expect(await isResting(db, { leaseTtlMs: 45_000 })).toBe(true)
    } finally {
      await clone.end()
    }
  })

  test('D-37 the feed goes on while a backup reads', async () => {
    await before.create(1)
    const client = new pg.Client({ connectionString: before.url })
    await client.connect()
    await beginSnapshot(client)
    await client.query('SELECT count(*) FROM flow')
    const from = await feedHead(before.deps.pool)
    const [id] = await before.create(1)
    // Where another transaction of the cluster was under way, the first flow's event may be decided only after the head was read.
    await eventually(async () => (await readFeed(before.deps.pool, from)).items.some(item => item.flowId === id))
    expect((await client.query('SELECT pg_current_xact_id_if_assigned() AS xid')).rows).toEqual([{ xid: null }])
    expect((await client.query('SELECT count(*)::int AS flows FROM flow')).rows).toEqual([{ flows: 1 }])
    await client.end()
  })
})
