import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cancelFlows, createFlows, failFlows, finishFlows, heartbeat, holdFlows, returnFlows, startFlows } from '../src/index.ts'
import { sweepLeases } from '../src/services/sweep-leases.ts'
import { expectConsistent, testbed } from './testbed.ts'
import type { Bed } from './testbed.ts'

describe('two parties, one winner', () => {
  let a: Bed
  let b: Bed
  beforeAll(async () => {
    // A long lease time: the suite may be slow, and nobody renews the workers themselves here.
    a = await testbed({ settings: { retryBackoffMinMs: 1, retryBackoffMaxMs: 1, leaseTtlMs: 600_000 } })
    b = await testbed({ url: a.url, settings: { leaseTtlMs: 600_000 } })
  })
  afterAll(async () => {
    await b[Symbol.asyncDispose]()
    await a[Symbol.asyncDispose]()
  })

  test('INV-2 INV-6 cancel against finish, 300 times: one terminal event, and what was told as cancelling never finishes', async () => {
    await a.create(300)
    const leases = await a.work(300)
    expect(leases).toHaveLength(300)
    await Promise.all(leases.flatMap(lease => [
      finishFlows(a.deps, { actor: a.workerActor, items: [{ lease, result: 1 }] }),
      cancelFlows(b.deps, { caller: b.caller, items: [{ id: lease.flowId }] }),
    ]))
    const ends = await a.sql(`SELECT status, count(*)::int AS n FROM flow GROUP BY status ORDER BY status`)
    expect(ends.reduce((n, row) => n + Number(row['n']), 0)).toBe(300)
    expect(ends.every(row => row['status'] === 'FINISHED' || row['status'] === 'CANCELLED')).toBe(true)
    expect(await a.sql(`SELECT 1 FROM flow f JOIN flow_event e ON e.flow_id = f.id AND e.type = 'flow.cancel_requested' WHERE f.status = 'FINISHED'`)).toEqual([])
    expect(await expectConsistent(a)).toEqual([])
  })

  test('INV-11 two promoters at cap 1 from 16 claims, a thousand rounds: never two', async () => {
    await a.sql(`UPDATE quota SET max_active = 1 WHERE scope = 'GLOBAL'`)
    await a.create(20)
    const ask = (bed: Bed, workerId: string, n: number) => bed.deps.promoter.ask({ workerId, max: 3, waitMs: 0, requestId: String(n) })
    for (let round = 0; round < 1000; round++) {
      const answers = await Promise.all(Array.from({ length: 16 }, (_, n) => (n % 2 ? ask(b, b.workerId, n) : ask(a, a.workerId, n))))
      const leases = answers.flat()
      expect(leases).toHaveLength(1)
      const bed = answers.findIndex(answer => answer.length > 0) % 2 ? b : a
      await returnFlows(bed.deps, { actor: bed.workerActor, items: leases.map(lease => ({ lease })) })
    }
    await a.sql(`UPDATE quota SET max_active = 0 WHERE scope = 'GLOBAL'`)
    await cancelFlows(a.deps, { caller: a.caller, items: (await a.sql(`SELECT id FROM flow WHERE status = 'QUEUED'`)).map(row => ({ id: String(row['id']) })) })
    expect(await expectConsistent(a)).toEqual([])
  }, 120_000)

  test('INV-16 two uncapped promoters share 400 flows and lease none twice', async () => {
    await a.create(400)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? b.claim(40, { waitMs: 200 }) : a.claim(40, { waitMs: 200 }))))
    const flows = answers.flat().map(l => l.flowId)
    expect(new Set(flows).size).toBe(flows.length)
    expect(flows).toHaveLength(400)
    await cancelFlows(a.deps, { caller: a.caller, items: flows.map(id => ({ id })) })
    await startFlows(a.deps, { actor: a.workerActor, items: answers.filter((_, n) => n % 2 === 0).flat().map(lease => ({ lease })) })
    await startFlows(b.deps, { actor: b.workerActor, items: answers.filter((_, n) => n % 2 === 1).flat().map(lease => ({ lease })) })
    expect(await expectConsistent(a)).toEqual([])
  })

  test('INV-18 a renewal against the sweep, 60 times: whoever is first decides, never both', async () => {
    await a.create(60, { onLeaseLost: 'FAIL' })
    const leases = await a.work(60)
    await a.sql(`UPDATE attempt SET expires_at = clock_timestamp() - interval '1 s' WHERE ended_at IS NULL`)
    await a.sql(`UPDATE system_state SET resting_until = clock_timestamp() - interval '1 s', alive_at = clock_timestamp()`)
    const [, ...answers] = await Promise.all([
      sweepLeases(b.deps),
      ...leases.map(lease => heartbeat(a.deps, { actor: a.workerActor, workerId: a.workerId, leases: [lease], waitMs: 0 })),
    ])
    for (const [n, answer] of answers.entries()) {
      if (answer instanceof Error) throw answer
      const { status } = await a.flow(leases[n]!.flowId)
      expect(status).toBe(answer.renewed.length === 1 ? 'RUNNING' : 'FAILED')
    }
    await finishFlows(a.deps, { actor: a.workerActor, items: leases.map(lease => ({ lease })) })
    expect(await expectConsistent(a)).toEqual([])
  })

  test('INV-3 hold against promotion, and fail against cancel: the loser is refused or finds it done', async () => {
    const ids = await a.create(60, { maxAttempts: 3 })
    const [claims, holds] = await Promise.all([
      Promise.all(Array.from({ length: 6 }, () => a.claim(10, { waitMs: 50 }))),
      Promise.all(ids.map(id => holdFlows(b.deps, { caller: b.caller, items: [{ id }] }))),
    ])
    const leased = new Set(claims.flat().map(l => l.flowId))
    ids.forEach((id, n) => expect(holds[n]?.[0] instanceof Error).toBe(leased.has(id)))
    const running = await startFlows(a.deps, { actor: a.workerActor, items: claims.flat().map(lease => ({ lease })) })
    expect(running.every(r => !(r instanceof Error))).toBe(true)
    await Promise.all(claims.flat().flatMap(lease => [
      failFlows(a.deps, { actor: a.workerActor, items: [{ lease, error: { code: 'X', message: 'x', retryable: true } }] }),
      cancelFlows(b.deps, { caller: b.caller, items: [{ id: lease.flowId }] }),
    ]))
    expect(await a.sql(`SELECT status FROM flow WHERE id = ANY($1) AND status <> 'CANCELLED'`, [[...leased]])).toEqual([])
    await cancelFlows(a.deps, { caller: a.caller, items: ids.map(id => ({ id })) })
    expect(await expectConsistent(a)).toEqual([])
  })

  test('D-13 ten concurrent creates with one key make one flow; after it failed, again ten make one more', async () => {
    const ten = () => Promise.all(Array.from({ length: 10 }, (_, n) =>
      createFlows((n % 2 ? a : b).deps, { actor: a.owner, mayPrioritize: true, mayCreate: () => true, items: [{ kind: 'work', idempotencyKey: 'once' }] })))
    const first = (await ten()).flat()
    expect(new Set(first.map(f => (f instanceof Error ? f.message : f.flowId))).size).toBe(1)
    expect(first.filter(f => !(f instanceof Error) && f.created)).toHaveLength(1)
    await cancelFlows(a.deps, { caller: a.caller, items: [{ id: (first[0] as { flowId: string }).flowId }] })
    const second = (await ten()).flat()
    expect(new Set(second.map(f => (f instanceof Error ? f.message : f.flowId))).size).toBe(1)
    expect(second.filter(f => !(f instanceof Error) && f.created)).toHaveLength(1)
    expect((second[0] as { flowId: string }).flowId).not.toBe((first[0] as { flowId: string }).flowId)
  })

  test('D-13 bulk creates that share keys in opposite orders do not deadlock, and another input under a kept key is refused', async () => {
    const keys = Array.from({ length: 30 }, (_, n) => `bulk-${n}`)
    const items = keys.map(idempotencyKey => ({ kind: 'work', idempotencyKey }))
    const bulk = (list: typeof items) => createFlows(a.deps, { actor: a.owner, mayPrioritize: true, mayCreate: () => true, items: list })
    const both = await Promise.all([bulk(items), bulk([...items].reverse()), bulk(items)])
    expect(new Set(both.flat().map(f => (f instanceof Error ? f.message : f.flowId))).size).toBe(30)
    const [reused] = await bulk([{ kind: 'work', idempotencyKey: 'bulk-0', title: 'another' } as (typeof items)[number]])
    expect(reused).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
  })
})
