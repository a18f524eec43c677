import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cancelFlows, claimFlows, createFlows, createToken, failFlows, finishFlows, heartbeat, registerWorker, reportProgress, startFlows } from '../src/index.ts'
import { signAlive, signAliveEveryMs, silenceMs } from '../src/services/sign-alive.ts'
import { sweepDeadlines } from '../src/services/sweep-deadlines.ts'
import { sweepLeases } from '../src/services/sweep-leases.ts'
import { eventually } from '@sluice/testkit/db'
import type { LeaseRef } from '@sluice/protocol'
import { expectConsistent, testbed } from './testbed.ts'
import type { Bed } from './testbed.ts'

const refOf = ({ flowId, attempt, epoch }: LeaseRef) => ({ flowId, attempt, epoch })

describe('leases', () => {
  let b: Bed
  beforeEach(async () => {
    b = await testbed({ settings: { retryBackoffMinMs: 1, retryBackoffMaxMs: 2 } })
    await b.sql(`UPDATE system_state SET resting_until = clock_timestamp()`)
  })
  afterEach(async () => {
    expect(await expectConsistent(b)).toEqual([])
    await b[Symbol.asyncDispose]()
  })
  const expire = () => b.sql(`UPDATE attempt SET expires_at = clock_timestamp() - interval '1 s' WHERE ended_at IS NULL`)

  test('D-8 a lost WORKING lease fails the flow with FAIL and runs it again with RETRY, and the old holder is refused', async () => {
    const [once = '', again = ''] = [...(await b.create(1)), ...(await b.create(1, { onLeaseLost: 'RETRY' }))]
    const leases = await b.work(2)
    await expire()
    expect(await sweepLeases(b.deps)).toBe(2)
    expect(await b.flow(once)).toMatchObject({ status: 'FAILED', terminal_reason: 'worker_lost' })
    expect(await b.flow(again)).toMatchObject({ status: 'QUEUED', queue_class: 'RETRY', retries_used: 1 })
    const late = await finishFlows(b.deps, { actor: b.workerActor, items: leases.map(lease => ({ lease, result: 'zombie' })) })
    expect(late).toMatchObject([{ code: 'FLOW_ALREADY_TERMINAL' }, { code: 'STALE_LEASE' }])
    const next = await eventually(async () => { const got = await b.work(1); return got.length === 1 && got })
    expect(next[0]).toMatchObject({ flowId: again, attempt: 1 })
    expect(await b.sql('SELECT type FROM attempt WHERE flow_id = $1 AND index = 1', [again])).toEqual([{ type: 'RECLAIM' }])
  })

  test('D-35 an expired lease that nobody reaped may still be renewed and finished', async () => {
    const [id = ''] = await b.create(1)
    const [lease] = await b.work(1)
    await expire()
    expect(await heartbeat(b.deps, { actor: b.workerActor, workerId: b.workerId, leases: [lease!], waitMs: 0 })).toMatchObject({ renewed: [refOf(lease!)], lost: [] })
    await expire()
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease! }] })
    expect((await b.flow(id)).status).toBe('FINISHED')
  })

  test('INV-43 after a silence nothing is reaped, timed out or ended by grace until a lease time has passed', async () => {
    const ids = await b.create(3)
    const [first] = await b.work(2)
    await b.claim(1)
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id: first!.flowId }] })
    await expire()
    await b.sql(`UPDATE flow SET cancel_requested_at = clock_timestamp() - interval '1 hour' WHERE cancel_requested_at IS NOT NULL`)
    await b.sql(`UPDATE attempt SET started_at = clock_timestamp() - interval '1 hour'`)
    await b.sql(`UPDATE system_state SET alive_at = clock_timestamp() - interval '16 s'`)
    expect(await sweepLeases(b.deps)).toBe(0)
    await signAlive(b.db, { leaseTtlMs: 45_000 })
    expect(await sweepLeases(b.deps)).toBe(0)
    expect(await b.sql(`SELECT id FROM flow WHERE status = 'RUNNING'`)).toHaveLength(ids.length)
    await b.sql(`UPDATE system_state SET resting_until = clock_timestamp()`)
    expect(await sweepLeases(b.deps)).toBe(3)
  })

  test.each([[45_000, 15_000], [600_000, 15_000], [9000, 3000], [2000, 666]])('INV-43 of leases of %i ms a silence of %i ms is an outage: what is left of one suffices to renew it', (leaseTtlMs, ms) => {
    expect(silenceMs({ leaseTtlMs })).toBe(ms)
    expect(3 * signAliveEveryMs({ leaseTtlMs })).toBeLessThanOrEqual(ms)
  })

  test('D-36 a start that is never reported keeps its place once, then waits, and the fifth in a row ends as start_failed', async () => {
    const [id = ''] = await b.create(1, { maxAttempts: 3 })
    const before = await b.flow(id)
    for (let lost = 1; lost <= 5; lost++) {
      await eventually(async () => (await b.claim(1)).length === 1)
      await b.sql(`UPDATE attempt SET started_at = clock_timestamp() - interval '61 s' WHERE ended_at IS NULL`)
      expect(await sweepLeases(b.deps)).toBe(1)
      const flow = await b.flow(id)
      if (lost === 1) expect(flow).toMatchObject({ status: 'QUEUED', order_at: before.order_at, lost_starts: 1, retries_used: 0 })
      if (lost === 2) expect(flow.not_before).not.toBeNull()
      if (lost === 5) expect(flow).toMatchObject({ status: 'FAILED', terminal_reason: 'start_failed', retries_used: 0 })
    }
  })

  test('D-36 the same requestId gets the same leases, and another one others', async () => {
    await b.create(3)
    const first = await b.claim(2, { requestId: 'r1' })
    expect(await b.claim(2, { requestId: 'r1' })).toEqual(first)
    expect((await b.claim(2, { requestId: 'r2' })).map(l => l.flowId)).not.toContain(first[0]?.flowId)
  })

  test('INV-16 a claim whose connection dies inside a pass is found again under its requestId', async () => {
    const dead = new AbortController()
    const lost = claimFlows(b.deps, { actor: b.workerActor, workerId: b.workerId, max: 1, waitMs: 5000, requestId: 'lost', signal: dead.signal })
    const creating = b.create(1)
    dead.abort()
    const [[id], answer] = await Promise.all([creating, lost])
    const again = await b.claim(1, { requestId: 'lost', waitMs: 2000 })
    expect(again).toMatchObject([{ flowId: id, attempt: 0, epoch: 1 }])
    if (!(answer instanceof Error) && answer.claims.length > 0) expect(answer.claims[0]).toMatchObject({ flowId: id })
  })

  test('D-11 a parked heartbeat answers at once when a flow of its leases is to be cancelled, and once', async () => {
    const [id = ''] = await b.create(1)
    const [lease] = await b.work(1)
    const parked = heartbeat(b.deps, { actor: b.workerActor, workerId: b.workerId, leases: [lease!], waitMs: 20_000 })
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id }] })
    expect(await parked).toMatchObject({ cancelling: [refOf(lease!)], lost: [] })
    expect(await heartbeat(b.deps, { actor: b.workerActor, workerId: b.workerId, leases: [lease!], waitMs: 50 })).toMatchObject({ cancelling: [refOf(lease!)] })
    await b.sql(`UPDATE flow SET cancel_requested_at = clock_timestamp() - interval '31 s'`)
    const told = heartbeat(b.deps, { actor: b.workerActor, workerId: b.workerId, leases: [lease!], waitMs: 20_000 })
    // A sweep leaves a lease alone that is being renewed at that instant (INV-18); the next one finds it.
    await eventually(async () => expect(await sweepLeases(b.deps)).toBe(1))
    expect(await told).toMatchObject({ renewed: [], lost: [{ flowId: id }] })
    expect(await b.flow(id)).toMatchObject({ status: 'CANCELLED', terminal_reason: 'cancelled_by_user' })
  })

  test('D-47 registering again under an instance id ends the older registration and its leases at once', async () => {
    const old = await b.register({ instanceId: 'host-1' })
    const [starting = '', working = ''] = await b.create(2, { onLeaseLost: 'RETRY' })
    const leases = await b.claim(2, { workerId: old })
    await startFlows(b.deps, { actor: b.workerActor, items: [{ lease: leases[1]! }] })
    const fresh = await b.register({ instanceId: 'host-1' })
    expect(await b.flow(starting)).toMatchObject({ status: 'QUEUED', lost_starts: 1, retries_used: 0 })
    expect(await b.flow(working)).toMatchObject({ status: 'QUEUED', retries_used: 1 })
    expect(await heartbeat(b.deps, { actor: b.workerActor, workerId: old, leases: [], waitMs: 0 })).toMatchObject({ code: 'CONFLICT' })
    expect(await claimFlows(b.deps, { actor: b.workerActor, workerId: old, max: 1, waitMs: 0, requestId: 'x' })).toMatchObject({ code: 'CONFLICT' })
    expect(await heartbeat(b.deps, { actor: b.workerActor, workerId: 'wrk_nobody', leases: [], waitMs: 0 })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await heartbeat(b.deps, { actor: b.owner, workerId: fresh, leases: [], waitMs: 0 })).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('INV-17 INV-19 a worker cannot finish another’s lease by naming an old one of its own beside it', async () => {
    const thief = await createToken(b.deps.pool, { actor: b.owner, name: 'thief', role: 'WORKER' })
    if (thief instanceof Error) throw thief
    const thiefActor = { kind: 'principal' as const, principalId: thief.principalId }
    const [id = ''] = await b.create(1, { maxAttempts: 2 })
    const thiefWorker = await b.register({ actor: thiefActor })
    const first = await claimFlows(b.deps, { actor: thiefActor, workerId: thiefWorker, max: 1, waitMs: 0, requestId: 'r' })
    if (first instanceof Error) throw first
    const [old] = first.claims
    await failFlows(b.deps, { actor: thiefActor, items: [{ lease: old!, error: { code: 'X', message: 'x', retryable: true } }] })
    const [current] = await eventually(async () => { const got = await b.work(1); return got.length === 1 && got })
    const stolen = await finishFlows(b.deps, { actor: thiefActor, items: [{ lease: current!, result: 'stolen' }, { lease: old! }] })
    expect(stolen).toMatchObject([{ code: 'NOT_FOUND' }, { code: 'STALE_LEASE' }])
    expect(await b.flow(id)).toMatchObject({ status: 'RUNNING', phase: 'WORKING' })
    const both = await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: current!, result: 1 }, { lease: { ...current!, epoch: 1 } }] })
    expect(both).toMatchObject([{ flowId: id }, { code: 'STALE_LEASE' }])
  })

  test('D-47 a registration that ends waits for the promotion under way, so that no lease goes to who was replaced', async () => {
    const old = await b.register({ instanceId: 'host-2', kinds: [{ name: 'only.here' }] })
    await b.create(1, { kind: 'only.here' })
    const blocker = await b.deps.pool.connect()
    await blocker.query('BEGIN')
    await blocker.query('LOCK TABLE flow_event IN SHARE MODE')
    const claiming = b.claim(1, { workerId: old, waitMs: 5000 })
    await eventually(async () => (await b.sql(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%writeMoves%' AND datname = current_database()`)).length > 0)
    const registering = b.register({ instanceId: 'host-2', kinds: [{ name: 'only.here' }] })
    await eventually(async () => (await b.sql(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%lockPromotion%' AND datname = current_database()`)).length > 0)
    await blocker.query('COMMIT')
    blocker.release()
    const [lease] = await claiming
    await registering
    expect(await b.flow(lease?.flowId ?? '')).toMatchObject({ status: 'QUEUED', lost_starts: 1 })
    expect(await b.sql(`SELECT 1 FROM attempt a JOIN worker w ON w.id = a.worker_id WHERE a.ended_at IS NULL AND w.state = 'DEAD'`)).toEqual([])
  })

  test('D-35 a claim is a sign of life, as a heartbeat is', async () => {
    await b.sql(`UPDATE worker SET expires_at = clock_timestamp() + interval '1 s', heartbeat_at = clock_timestamp() - interval '40 s'`)
    await b.claim(1)
    expect(await b.sql(`SELECT 1 FROM worker WHERE id = $1 AND expires_at > clock_timestamp() + interval '30 s'`, [b.workerId])).toHaveLength(1)
  })

  test('D-11 a cancel that was told to a heartbeat nobody heard is told at once by the next', async () => {
    const [id = ''] = await b.create(1)
    const [lease] = await b.work(1)
    const gone = new AbortController()
    const unheard = heartbeat(b.deps, { actor: b.workerActor, workerId: b.workerId, leases: [lease!], waitMs: 20_000, signal: gone.signal })
    gone.abort()
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id }] })
    await unheard
    const began = performance.now()
    expect(await heartbeat(b.deps, { actor: b.workerActor, workerId: b.workerId, leases: [lease!], waitMs: 20_000 })).toMatchObject({ cancelling: [refOf(lease!)] })
    expect(performance.now() - began).toBeLessThan(15_000)
  })

  test('INV-17 progress of an ended flow says so, of a lost lease that it is stale, and another’s is unknown', async () => {
    const ids = await b.create(2, { maxAttempts: 2 })
    const leases = await b.work(2)
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: leases[0]! }] })
    await failFlows(b.deps, { actor: b.workerActor, items: [{ lease: leases[1]!, error: { code: 'X', message: 'x', retryable: true } }] })
    const items = leases.map(lease => ({ lease, percent: 150, message: 'late' }))
    expect(await reportProgress(b.deps, { actor: b.workerActor, items })).toMatchObject([{ code: 'FLOW_ALREADY_TERMINAL' }, { code: 'STALE_LEASE' }])
    expect(await reportProgress(b.deps, { actor: b.owner, items })).toMatchObject([{ code: 'NOT_FOUND' }, { code: 'NOT_FOUND' }])
    const [again] = await eventually(async () => { const got = await b.work(1); return got.length === 1 && got })
    expect(await reportProgress(b.deps, { actor: b.workerActor, items: [{ lease: again!, percent: 150 }] })).toEqual([{ flowId: ids[1] }])
    expect(await b.sql('SELECT percent, attempt FROM flow_progress')).toEqual([{ percent: 100, attempt: 1 }])
  })

  test('T9 T10 an attempt that works too long is a failure under its own name', async () => {
    const [id = ''] = await b.create(1, { attemptTimeoutSeconds: 5, maxAttempts: 2 })
    await b.work(1)
    await b.sql(`UPDATE attempt SET reported_at = clock_timestamp() - interval '6 s'`)
    await sweepLeases(b.deps)
    expect(await b.flow(id)).toMatchObject({ status: 'QUEUED', retries_used: 1, error: { code: 'ATTEMPT_TIMEOUT' } })
    await eventually(async () => (await b.work(1)).length === 1)
    await b.sql(`UPDATE attempt SET reported_at = clock_timestamp() - interval '6 s'`)
    await sweepLeases(b.deps)
    expect(await b.flow(id)).toMatchObject({ status: 'FAILED', terminal_reason: 'attempt_timeout' })
  })

  test('T5 T9 T17 deadlines and the time in the queue end flows wherever they stand', async () => {
    const past = { deadlineAt: new Date(Date.now() + 3_600_000) }
    const [working = '', cancelling = ''] = await b.create(2, past)
    await b.work(2)
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id: cancelling }] })
    const [queued = ''] = await b.create(1, past)
    const [old = ''] = await b.create(1, { queueTtlSeconds: 60 })
    const [retried = ''] = await b.create(1, { queueTtlSeconds: 60 })
    await b.sql(`UPDATE flow SET deadline_at = clock_timestamp() - interval '1 s' WHERE deadline_at IS NOT NULL`)
    await b.sql(`UPDATE flow SET queue_expires_at = clock_timestamp() - interval '1 s' WHERE id = $1`, [old])
    expect(await sweepDeadlines(b.deps)).toBe(4)
    expect(await b.flow(working)).toMatchObject({ status: 'FAILED', terminal_reason: 'deadline_exceeded' })
    expect(await b.flow(cancelling)).toMatchObject({ status: 'CANCELLED' })
    expect(await b.flow(queued)).toMatchObject({ status: 'FAILED', terminal_reason: 'deadline_exceeded' })
    expect(await b.flow(old)).toMatchObject({ status: 'FAILED', terminal_reason: 'queue_ttl_expired' })
    expect((await b.flow(retried)).status).toBe('QUEUED')
  })

  test('INV-15 bad registrations name what is wrong and change nothing', async () => {
    const base = { actor: b.workerActor, instanceId: 'i', name: 'n', kinds: [{ name: 'work' }], lanes: [], capacity: 1 }
    const bad = async (o: Partial<Parameters<typeof registerWorker>[1]>) => registerWorker(b.deps, { ...base, ...o })
    expect(await bad({ capacity: 0 })).toMatchObject({ path: ['capacity'] })
    expect(await bad({ kinds: [] })).toMatchObject({ path: ['kinds'] })
    expect(await bad({ kinds: [{ name: 'a b' }] })).toMatchObject({ path: ['kinds', '0', 'name'] })
    expect(await bad({ kinds: [{ name: 'ok', inputSchema: { type: 'nonsense' } }] })).toMatchObject({ path: ['kinds', '0', 'inputSchema'] })
    expect(await bad({ kinds: [{ name: 'ok', inputSchema: { $async: true, type: 'object' } }] })).toMatchObject({ path: ['kinds', '0', 'inputSchema'] })
    expect(await bad({ kinds: [{ name: 'ok', defaults: { prio: 1 } }] })).toMatchObject({ path: ['kinds', '0', 'defaults', 'prio'] })
    expect(await b.sql('SELECT id FROM worker WHERE instance_id = $1', ['i'])).toEqual([])
  })

  test('a lane that is not there is refused under the name of who named it: the flow, or its kind', async () => {
    await b.register({ kinds: [{ name: 'stray', defaults: { lane: 'nowhere' } }] })
    const items = [{ kind: 'stray' }, { kind: 'stray', lane: 'elsewhere' }]
    expect(await createFlows(b.deps, { actor: b.owner, mayPrioritize: true, mayCreate: () => true, items })).toMatchObject([
      { path: ['lane'], message: 'The kind stray names lane nowhere, which does not exist; an operator makes lanes (upsertLane).' },
      { path: ['lane'], message: 'There is no lane elsewhere; an operator makes lanes (upsertLane).' },
    ])
  })
})
