import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '@sluice/testkit/db'
import { cancelFlows, failFlows, finishFlows, retryFlows, returnFlows, startFlows } from '../src/index.ts'
import { expectConsistent, testbed } from './testbed.ts'
import type { Bed } from './testbed.ts'

describe('a flow’s life', () => {
  let b: Bed
  beforeAll(async () => { b = await testbed({ settings: { retryBackoffMinMs: 1, retryBackoffMaxMs: 2 } }) })
  afterAll(() => b[Symbol.asyncDispose]())

  test('INV-4 INV-5 from createFlow to FINISHED it has four events without gaps and times in order', async () => {
    const [id = ''] = await b.create()
    const [lease] = await b.work()
    expect(lease).toMatchObject({ flowId: id, attempt: 0, epoch: 1 })
    const [done] = await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease!, result: { answer: 42 } }] })
    expect(done).toEqual({ flowId: id })
    const flow = await b.flow(id)
    expect(flow).toMatchObject({ status: 'FINISHED', terminal_reason: 'completed', phase: null, slot_held: false, result: { answer: 42 }, last_sequence: 4 })
    expect((await b.events(id)).map(e => [e.sequence, e.type, e.status, e.phase])).toEqual([
      [1, 'flow.queued', 'QUEUED', null], [2, 'flow.starting', 'RUNNING', 'STARTING'], [3, 'flow.running', 'RUNNING', 'WORKING'], [4, 'flow.finished', 'FINISHED', null],
    ])
    expect(await expectConsistent(b)).toEqual([])
  })

  test('INV-20 the call that ended it, repeated, gets its answer again and adds nothing', async () => {
    const [id = ''] = await b.create()
    const [lease] = await b.work()
    const finish = () => finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease!, result: 1 }] })
    expect([await finish(), await finish()]).toEqual([[{ flowId: id }], [{ flowId: id }]])
    expect(await b.events(id)).toHaveLength(4)
    const [failed] = await failFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease!, error: { code: 'X', message: 'late', retryable: true } }] })
    expect(failed).toMatchObject({ code: 'FLOW_ALREADY_TERMINAL' })
  })

  test('INV-17 a lease of an earlier epoch changes nothing and is refused as stale', async () => {
    const [id = ''] = await b.create(1, { maxAttempts: 2 })
    const [old] = await b.work()
    await failFlows(b.deps, { actor: b.workerActor, items: [{ lease: old!, error: { code: 'X', message: 'try again', retryable: true } }] })
    const [current] = await b.work()
    expect(current).toMatchObject({ flowId: id, attempt: 1, epoch: 2 })
    const [refused] = await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: old!, result: 'zombie' }] })
    expect(refused).toMatchObject({ code: 'STALE_LEASE' })
    expect(await b.flow(id)).toMatchObject({ status: 'RUNNING', phase: 'WORKING', result: null, retries_used: 1 })
    expect(await b.flow(id)).toMatchObject({ error: { code: 'X' } })
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: current!, result: 'good' }] })
    expect(await b.flow(id)).toMatchObject({ status: 'FINISHED', error: null })
    expect(await b.sql('SELECT type FROM attempt WHERE flow_id = $1 ORDER BY index', [id])).toEqual([{ type: 'INITIAL' }, { type: 'RETRY' }])
  })

  test('INV-44 a result before the start report is refused, and the flow goes on', async () => {
    const [id = ''] = await b.create()
    const [lease] = await b.claim()
    const [early] = await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease!, result: 1 }] })
    expect(early).toMatchObject({ code: 'FLOW_NOT_STARTED' })
    await startFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease! }] })
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease!, result: 1 }] })
    expect((await b.flow(id)).status).toBe('FINISHED')
  })

  test('T8 a worker that gives back what it did not start consumes nothing and keeps its place', async () => {
    const [id = ''] = await b.create()
    const before = await b.flow(id)
    const [lease] = await b.claim()
    await returnFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease! }] })
    expect(await b.flow(id)).toMatchObject({ status: 'QUEUED', lost_starts: 0, retries_used: 0, queue_class: 'NEW', order_at: before.order_at, queued_at: before.queued_at })
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id }] })
  })

  test('T10 a worker’s shutdown consumes no retry with RETRY, and T9 ends it as interrupted with FAIL', async () => {
    const [kept = '', lost = ''] = [...(await b.create(1, { onLeaseLost: 'RETRY' })), ...(await b.create(1, { onLeaseLost: 'FAIL' }))]
    const leases = await b.work(2)
    await returnFlows(b.deps, { actor: b.workerActor, items: leases.map(lease => ({ lease, reason: 'shutting down' })) })
    expect(await b.flow(kept)).toMatchObject({ status: 'QUEUED', queue_class: 'RETRY', retries_used: 0, not_before: null })
    expect(await b.flow(lost)).toMatchObject({ status: 'FAILED', terminal_reason: 'interrupted' })
    const [again] = await b.work()
    expect(again?.flowId).toBe(kept)
    expect(await b.sql('SELECT type FROM attempt WHERE flow_id = $1 AND index = 1', [kept])).toEqual([{ type: 'RECLAIM' }])
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: again! }] })
  })

  test('D-9 failures are retried until maxAttempts, then end as attempts_exhausted; not retryable ones end as error', async () => {
    const [id = ''] = await b.create(1, { maxAttempts: 2 })
    for (let n = 0; n < 2; n++) {
      const [lease] = await eventually(async () => { const got = await b.work(); return got.length > 0 && got })
      await failFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease!, error: { code: 'BOOM', message: 'no', retryable: true } }] })
    }
    expect(await b.flow(id)).toMatchObject({ status: 'FAILED', terminal_reason: 'attempts_exhausted', retries_used: 1, error: { code: 'BOOM' } })
    const [other = ''] = await b.create(1, { maxAttempts: 5 })
    const [lease] = await b.work()
    await failFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease!, error: { code: 'BAD', message: 'no', retryable: false } }] })
    expect(await b.flow(other)).toMatchObject({ status: 'FAILED', terminal_reason: 'error' })
  })

  test('T5 a flow that failed while starting is a retry and never expires by its time in the queue', async () => {
    const [id = ''] = await b.create(1, { queueTtlSeconds: 60, maxAttempts: 2 })
    const [lease] = await b.claim(1)
    await failFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease!, error: { code: 'X', message: 'no', retryable: true } }] })
    expect(await b.sql('SELECT queue_class, started_at, queue_expires_at FROM flow WHERE id = $1', [id])).toEqual([{ queue_class: 'RETRY', started_at: null, queue_expires_at: null }])
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id }] })
  })

  test('D-6 a retry is a new flow with the same input; a priority above 0 only for who may give one, and a default deadline anew', async () => {
    const [id = ''] = await b.create(1, { priority: 7, input: { a: 1 }, title: 'original' })
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id }] })
    const deps = { ...b.deps, settings: { ...b.deps.settings, flowDeadlineMs: 60_000 } }
    const retried = async (mayPrioritize: boolean) => {
      const [made] = await retryFlows(deps, { caller: b.caller, mayPrioritize, items: [{ id }] })
      if (!made || made instanceof Error) throw new Error('no retry', { cause: made })
      const flow = await b.flow(made.flowId)
      await cancelFlows(b.deps, { caller: b.caller, items: [{ id: made.flowId }] })
      return flow
    }
    expect(await retried(true)).toMatchObject({ priority: 7, input: { a: 1 }, title: 'original', retry_of_id: id, deadline_at: expect.any(Date) })
    expect(await retried(false)).toMatchObject({ priority: 0 })
  })

  test('D-11 any report of a cancelling flow acknowledges the cancel and ends it CANCELLED', async () => {
    const ids = await b.create(4)
    const leases = await b.claim(4)
    await startFlows(b.deps, { actor: b.workerActor, items: leases.slice(1).map(lease => ({ lease })) })
    await cancelFlows(b.deps, { caller: b.caller, items: ids.map(id => ({ id })) })
    await startFlows(b.deps, { actor: b.workerActor, items: [{ lease: leases[0]! }] })
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: leases[1]!, result: 'too late' }] })
    await failFlows(b.deps, { actor: b.workerActor, items: [{ lease: leases[2]!, error: { code: 'X', message: 'x', retryable: true } }] })
    await returnFlows(b.deps, { actor: b.workerActor, items: [{ lease: leases[3]! }] })
    for (const id of ids) expect(await b.flow(id)).toMatchObject({ status: 'CANCELLED', terminal_reason: 'cancelled_by_user', result: null, epoch: 2 })
    expect(await expectConsistent(b)).toEqual([])
  })

  test('INV-20 a finish that acknowledged a cancel gets the same answer again', async () => {
    const [id = ''] = await b.create()
    const [lease] = await b.work()
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id }] })
    const finish = () => finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease!, result: 1 }] })
    expect([await finish(), await finish()]).toEqual([[{ flowId: id }], [{ flowId: id }]])
  })

  test('INV-19 another principal’s worker cannot report, and learns nothing', async () => {
    await b.create()
    const [lease] = await b.work()
    const [refused] = await finishFlows(b.deps, { actor: b.owner, items: [{ lease: lease! }] })
    expect(refused).toMatchObject({ code: 'NOT_FOUND' })
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease! }] })
  })

  test('INV-2 INV-7 many finishes in one statement end each flow once, and a repeat of one in the batch adds nothing', async () => {
    const ids = await b.create(200)
    const leases = await b.work(200)
    const items = [...leases, leases[0]!].map(lease => ({ lease, result: lease.flowId }))
    const answers = await finishFlows(b.deps, { actor: b.workerActor, items })
    expect(answers).toHaveLength(201)
    expect(answers.every(a => !(a instanceof Error))).toBe(true)
    expect(leases.map(l => l.flowId).sort()).toEqual([...ids].sort())
    expect(await expectConsistent(b)).toEqual([])
  })
})
