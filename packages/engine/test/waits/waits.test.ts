import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '@sluice/testkit/db'
import type { LeaseRef } from '@sluice/protocol'
import { cancelFlows, finishFlows, heartbeat, memosOf, memosWithLeases, recordMemos, returnFlows, suspendFlow, upsertLane } from '../../src/index.ts'
import { sweepDeadlines } from '../../src/services/sweep-deadlines.ts'
import { sweepLeases } from '../../src/services/sweep-leases.ts'
import { sweepWaitpoints } from '../../src/services/sweep-waitpoints.ts'
import { waitBed, wrongWaits } from './wait-bed.ts'
import type { WaitBed } from './wait-bed.ts'

let b: WaitBed
beforeEach(async () => {
  b = await waitBed()
  await b.sql(`UPDATE system_state SET resting_until = clock_timestamp()`)
})
afterEach(async () => {
  expect(await wrongWaits(b)).toEqual([])
  await b[Symbol.asyncDispose]()
})
const expireLeases = () => b.sql(`UPDATE attempt SET expires_at = clock_timestamp() - interval '1 s' WHERE ended_at IS NULL`)
const timeOut = () => b.sql(`UPDATE waitpoint SET timeout_at = clock_timestamp() - interval '1 s' WHERE state = 'OPEN'`)
const beat = (leases: LeaseRef[], o: { acknowledged?: string[]; waitMs?: number } = {}) => heartbeat(b.deps, { actor: b.workerActor, workerId: b.workerId, leases, waitMs: 0, ...o })

describe('a held wait (T11, T12)', () => {
  test('keeps lease and slot; the answer takes it straight back to WORKING and is handed over by the heartbeat until it is acknowledged', async () => {
    const { lease, waitpointId } = await b.waiting('HELD')
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'WAITING', wait_mode: 'HELD', wait_kind: 'APPROVAL', slot_held: true })
    expect(await beat([lease])).toMatchObject({ renewed: [lease], lost: [], answered: [] })
    expect(await b.answer(waitpointId, 'approve', { payload: { note: 'fine' } })).toEqual({ waitpointId, flowId: lease.flowId })
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'RUNNING', phase: 'WORKING', answer_unread: true, wait_mode: null })
    for (let n = 0; n < 2; n++) expect(await beat([lease])).toMatchObject({ answered: [{ lease, waitpointId }] })
    expect(await beat([lease], { acknowledged: [waitpointId] })).toMatchObject({ answered: [] })
    expect(await b.flow(lease.flowId)).toMatchObject({ answer_unread: false })
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease }] })
    expect((await b.events(lease.flowId)).map(e => e.type)).toEqual(['flow.queued', 'flow.starting', 'flow.running', 'flow.waiting', 'flow.resumed', 'flow.finished'])
  })

  test('a parked heartbeat hears the answer at once, of a second wait too', async () => {
    const lease = await b.working()
    for (const key of ['one', 'two']) {
      const { waitpointId } = await b.make(lease, { key })
      await b.suspend(lease, waitpointId)
      const parked = beat([lease], { waitMs: 20_000 })
      await b.answer(waitpointId)
      expect(await parked).toMatchObject({ answered: [{ waitpointId }] })
      await beat([lease], { acknowledged: [waitpointId] })
    }
  })

  test('INV-45 an acknowledgement of an earlier answer, said again, hides no later one', async () => {
    const lease = await b.working()
    const [one, two] = [await b.make(lease, { key: 'one' }), await b.make(lease, { key: 'two' })]
    for (const { waitpointId } of [one, two]) {
      await b.suspend(lease, waitpointId)
      await b.answer(waitpointId)
      await beat([lease], { acknowledged: [one.waitpointId] })
    }
    expect(await beat([lease], { acknowledged: [one.waitpointId] })).toMatchObject({ answered: [{ waitpointId: two.waitpointId }] })
  })

  test('its time does not count as work', async () => {
    const { lease, waitpointId } = await b.waiting('HELD')
    await b.sql(`UPDATE flow SET attempt_timeout_seconds = 60, waiting_since = waiting_since - interval '1 hour' WHERE id = $1`, [lease.flowId])
    await b.sql(`UPDATE attempt SET reported_at = reported_at - interval '1 hour', started_at = started_at - interval '1 hour'`)
    await b.answer(waitpointId)
    expect(await sweepLeases(b.deps)).toBe(0)
  })

  test('T13b a lost worker releases the wait instead of failing it, and the answer then finds the queue', async () => {
    const { lease, waitpointId } = await b.waiting('HELD')
    await expireLeases()
    expect(await sweepLeases(b.deps)).toBe(1)
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'WAITING', wait_mode: 'RELEASED', slot_held: true })
    await b.answer(waitpointId)
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'QUEUED', queue_class: 'RESUME', retries_used: 0 })
  })

  test('T13b the worker may go by itself, by suspending again or by giving it back; a repeat gets the same answer', async () => {
    const one = await b.waiting('HELD')
    expect(await b.suspend(one.lease, one.waitpointId, 'RELEASED')).toMatchObject({ waiting: true })
    expect(await b.suspend(one.lease, one.waitpointId, 'RELEASED')).toMatchObject({ waiting: true })
    const two = await b.waiting('HELD')
    await returnFlows(b.deps, { actor: b.workerActor, items: [{ lease: two.lease }] })
    for (const { lease } of [one, two]) expect(await b.flow(lease.flowId)).toMatchObject({ status: 'WAITING', wait_mode: 'RELEASED' })
    expect((await b.events(two.lease.flowId)).at(-1)).toMatchObject({ type: 'flow.wait_released', payload: { why: 'worker_stopped' } })
  })

  test('INV-38 a repeated release is its worker\'s and of its own waitpoint; to anybody else there is nothing', async () => {
    const [one, other] = [await b.waiting('RELEASED'), await b.waiting('RELEASED')]
    const stranger = { ...b.workerActor, principalId: 'prn_stranger' }
    const release = { lease: one.lease, waitpointId: one.waitpointId, mode: 'RELEASED' as const }
    expect(await suspendFlow(b.deps, { ...release, actor: stranger })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await b.suspend(one.lease, other.waitpointId, 'RELEASED')).toMatchObject({ code: 'STALE_LEASE' })
    await b.answer(one.waitpointId)
    expect(await b.suspend(one.lease, one.waitpointId, 'RELEASED')).toEqual({ flowId: one.lease.flowId, waitpointId: one.waitpointId, waiting: true })
  })

  test('INV-45 T12b an answer whose worker was lost before it heard it waits for the next attempt, and costs no retry', async () => {
    const { lease, waitpointId } = await b.waiting('HELD')
    await b.answer(waitpointId)
    await expireLeases()
    await sweepLeases(b.deps)
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'QUEUED', queue_class: 'RESUME', retries_used: 0, slot_held: true })
    const [again] = await b.work(1)
    expect(again).toMatchObject({ flowId: lease.flowId, attempt: 1 })
    expect((await memosWithLeases(b.deps, [lease.flowId])).get(lease.flowId)).toEqual({ complete: true, memos: [{ key: 'ask', kind: 'ANSWER', value: { decision: 'approve', payload: null, by: b.owner.principalId } }] })
    const made = await b.make(again!)
    expect(made.waitpointId).toBe(waitpointId)
    expect(await b.suspend(again!, waitpointId)).toMatchObject({ waiting: false })
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: again! }] })
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'FINISHED' })
  })

  test('finishing, failing and starting what waits are refused', async () => {
    const { lease } = await b.waiting('HELD')
    expect(await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease }] })).toMatchObject([{ code: 'CONFLICT' }])
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'WAITING' })
  })
})

describe('a released wait (T11, T13)', () => {
  test('ends the attempt, keeps the slot by default, and is resumed ahead of new work', async () => {
    const { lease, waitpointId } = await b.waiting('RELEASED')
    expect(await b.sql('SELECT end_reason FROM attempt')).toEqual([{ end_reason: 'suspended' }])
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'WAITING', wait_mode: 'RELEASED', slot_held: true })
    await b.create(3)
    await b.answer(waitpointId)
    const [first] = await b.claim(1, { waitMs: 1000 })
    expect(first).toMatchObject({ flowId: lease.flowId, attempt: 1 })
    expect(await b.sql('SELECT type FROM attempt WHERE flow_id = $1 AND index = 1', [lease.flowId])).toEqual([{ type: 'RESUME' }])
    expect(await b.flow(lease.flowId)).toMatchObject({ retries_used: 0 })
  })

  test('D-2 a resume that kept its slot starts under a full cap, and the cap is not exceeded', async () => {
    await b.sql(`INSERT INTO quota (scope, subject, max_active, set_at) VALUES ('LANE', 'default', 1, now())`)
    const { lease, waitpointId } = await b.waiting('RELEASED')
    await b.create(2)
    expect(await b.claim(5)).toEqual([])
    await b.answer(waitpointId)
    expect((await b.claim(5)).map(l => l.flowId)).toEqual([lease.flowId])
    expect(await b.sql('SELECT count(*)::int AS n FROM flow WHERE slot_held')).toEqual([{ n: 1 }])
  })

  test('D-2 in a lane that frees slots, the slot goes to others at the release, and the resume waits for one', async () => {
    await upsertLane(b.deps, { actor: b.owner, name: 'default', waitingHoldsSlot: false, maxActive: 1 })
    const { lease, waitpointId } = await b.waiting('RELEASED')
    expect(await b.flow(lease.flowId)).toMatchObject({ slot_held: false })
    const [other] = [...(await b.create(1)), ...(await b.create(1))]
    const [running] = await b.work(1)
    expect(running?.flowId).toBe(other)
    await b.answer(waitpointId)
    expect(await b.claim(5)).toEqual([])
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: running! }] })
    expect((await b.claim(5)).map(l => l.flowId)).toEqual([lease.flowId])
  })

  test('D-2 turning the setting off frees the slots of waits that were released already, not those of held ones', async () => {
    const [released, held] = [await b.waiting('RELEASED'), await b.waiting('HELD')]
    await upsertLane(b.deps, { actor: b.owner, name: 'default', waitingHoldsSlot: false })
    expect([(await b.flow(released.lease.flowId)).slot_held, (await b.flow(held.lease.flowId)).slot_held]).toEqual([false, true])
  })

  test('T8 a resume that is given back unstarted keeps its class and its slot', async () => {
    const { lease, waitpointId } = await b.waiting('RELEASED')
    await b.answer(waitpointId)
    const [again] = await b.claim(1)
    await returnFlows(b.deps, { actor: b.workerActor, items: [{ lease: again! }] })
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'QUEUED', queue_class: 'RESUME', slot_held: true })
  })
})

describe('answers', () => {
  test('FF-32 one that comes before the wait is kept, and the flow does not wait', async () => {
    const lease = await b.working()
    const { waitpointId } = await b.make(lease)
    expect(await b.answer(waitpointId, 'reject')).toMatchObject({ waitpointId })
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'RUNNING' })
    expect(await b.suspend(lease, waitpointId)).toMatchObject({ waiting: false })
    expect(await b.waitpoint(waitpointId)).toMatchObject({ state: 'SATISFIED', decision: 'reject' })
    expect(await b.sql('SELECT effect FROM signal')).toEqual([{ effect: 'BUFFERED' }])
  })

  test('INV-24 a decision that is not allowed, a payload that does not fit, and who lost the right change nothing', async () => {
    const { lease, waitpointId } = await b.waiting('HELD', { fields: { type: 'object', properties: { amount: { type: 'integer' } }, required: ['amount'] } })
    expect(await b.answer(waitpointId, 'maybe')).toMatchObject({ code: 'INVALID_DECISION' })
    expect(await b.answer(waitpointId, 'approve', { payload: { amount: 'much' } })).toMatchObject({ code: 'INVALID_INPUT', path: ['payload', 'amount'] })
    expect(await b.answer(waitpointId, 'approve')).toMatchObject({ code: 'INVALID_INPUT' })
    Object.assign(b.answerer, { mayAnswer: () => false })
    expect(await b.answer(waitpointId, 'approve', { payload: { amount: 1 } })).toMatchObject({ code: 'FORBIDDEN' })
    Object.assign(b.answerer, { access: () => 'hide' })
    expect(await b.answer(waitpointId, 'approve', { payload: { amount: 1 } })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'WAITING' })
    expect(await b.sql('SELECT 1 FROM signal')).toEqual([])
  })

  test('a second answer is NOT_RESUMABLE; the accepted idempotency key again gets the first answer', async () => {
    const { waitpointId } = await b.waiting('HELD')
    await b.answer(waitpointId, 'approve', { idempotencyKey: 'k1' })
    expect(await b.answer(waitpointId, 'reject', { idempotencyKey: 'k1' })).toMatchObject({ waitpointId })
    expect(await b.answer(waitpointId, 'reject', { idempotencyKey: 'k2' })).toMatchObject({ code: 'NOT_RESUMABLE' })
    expect(await b.answer(waitpointId, 'reject')).toMatchObject({ code: 'NOT_RESUMABLE' })
    expect(await b.waitpoint(waitpointId)).toMatchObject({ decision: 'approve' })
    expect(await b.sql('SELECT 1 FROM signal')).toHaveLength(1)
  })

  test('INV-25 answer against cancel against timeout: one winner, 300 times', async () => {
    const won = { answered: 0, cancelled: 0, timedOut: 0 }
    await b.create(300)
    const leases = await b.work(300)
    const waits = await Promise.all(leases.map(async (lease, n) => ({ lease, ...(await b.make(lease, { timeoutMs: 60_000 })), mode: n % 2 === 0 ? ('HELD' as const) : ('RELEASED' as const) })))
    for (const wait of waits) await b.suspend(wait.lease, wait.waitpointId, wait.mode)
    await timeOut()
    for (let at = 0; at < waits.length; at += 30) {
      const some = waits.slice(at, at + 30)
      await Promise.all([
        ...some.map(w => b.answer(w.waitpointId)), ...some.map(w => cancelFlows(b.deps, { caller: b.caller, items: [{ id: w.lease.flowId }] })), sweepWaitpoints(b.deps),
      ])
    }
    const rows = await b.sql(`SELECT f.status, w.state, count(*)::int AS n, sum((SELECT count(*) FROM flow_event e WHERE e.flow_id = f.id AND e.type IN ('flow.resumed', 'flow.failed')))::int AS ends
      FROM flow f JOIN waitpoint w ON w.flow_id = f.id GROUP BY 1, 2`)
    for (const row of rows) {
      // A flow that was answered first and cancelled after it is CANCELLED or being so, and its waitpoint SATISFIED.
      if (row['state'] === 'SATISFIED') won.answered += Number(row['n'])
      if (row['state'] === 'CLOSED') won.cancelled += Number(row['n'])
      if (row['state'] === 'EXPIRED') won.timedOut += Number(row['n'])
    }
    expect(won.answered + won.cancelled + won.timedOut).toBe(300)
    expect(await b.sql(`SELECT count(*)::int AS n FROM signal`)).toEqual([{ n: won.answered }])
    expect(await b.sql(`SELECT count(*)::int AS n FROM waitpoint w JOIN flow f ON f.id = w.flow_id WHERE w.state = 'EXPIRED' AND f.terminal_reason <> 'input_timed_out'`)).toEqual([{ n: 0 }])
  }, 60_000)
})

describe('timeouts and ends', () => {
  test.each([['FAIL', 'FAILED', 'input_timed_out'], ['CANCEL', 'CANCELLED', 'input_timed_out']] as const)('T14 %s ends the flow as %s, and the lease of a held wait with it', async (onTimeout, status, reason) => {
    const waits = [await b.waiting('HELD', { timeoutMs: 60_000, onTimeout }), await b.waiting('RELEASED', { timeoutMs: 60_000, onTimeout })]
    await timeOut()
    expect(await sweepWaitpoints(b.deps)).toBe(2)
    for (const { lease, waitpointId } of waits) {
      expect(await b.flow(lease.flowId)).toMatchObject({ status, terminal_reason: reason, slot_held: false })
      expect(await b.waitpoint(waitpointId)).toMatchObject({ state: 'EXPIRED' })
      expect(await b.answer(waitpointId)).toMatchObject({ code: 'FLOW_ALREADY_TERMINAL' })
    }
    expect(await beat([waits[0]!.lease])).toMatchObject({ lost: [waits[0]!.lease] })
  })

  test('AUTO_RESUME answers with what was given for it', async () => {
    const { lease, waitpointId } = await b.waiting('RELEASED', { timeoutMs: 60_000, onTimeout: 'AUTO_RESUME', timeoutDecision: 'reject', timeoutPayload: { why: 'late' } })
    await timeOut()
    await sweepWaitpoints(b.deps)
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'QUEUED', queue_class: 'RESUME' })
    expect(await b.waitpoint(waitpointId)).toMatchObject({ state: 'SATISFIED', decision: 'reject', payload: { why: 'late' }, answered_by: 'timeout' })
  })

  test('T15 a cancel ends what waits at once and closes the waitpoint; a deadline fails it', async () => {
    const one = await b.waiting('HELD')
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id: one.lease.flowId, reason: 'not needed' }] })
    expect(await b.flow(one.lease.flowId)).toMatchObject({ status: 'CANCELLED', terminal_reason: 'cancelled_by_user' })
    expect(await b.waitpoint(one.waitpointId)).toMatchObject({ state: 'CLOSED' })
    const two = await b.waiting('RELEASED')
    await b.sql(`UPDATE flow SET deadline_at = clock_timestamp() - interval '1 s' WHERE id = $1`, [two.lease.flowId])
    await sweepDeadlines(b.deps)
    expect(await b.flow(two.lease.flowId)).toMatchObject({ status: 'FAILED', terminal_reason: 'deadline_exceeded' })
  })

  test('D-11 a suspend while CANCELLING acknowledges the cancel', async () => {
    const lease = await b.working()
    const { waitpointId } = await b.make(lease)
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id: lease.flowId }] })
    expect(await b.suspend(lease, waitpointId)).toMatchObject({ waiting: false })
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'CANCELLED' })
  })

  test('a waitpoint that its flow never asked for expires with it', async () => {
    const lease = await b.working()
    const { waitpointId } = await b.make(lease)
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease }] })
    await sweepWaitpoints(b.deps)
    expect(await b.waitpoint(waitpointId)).toMatchObject({ state: 'EXPIRED' })
  })
})

describe('tokens', () => {
  test('one answers, once; whatever else is wrong with one is a single 404', async () => {
    const { token, waitpointId } = await b.waiting('HELD')
    const gone = { code: 'NOT_FOUND', message: 'There is no such waitpoint.' }
    expect(await b.byToken(`${token}x`)).toMatchObject(gone)
    expect(await b.byToken(token.replace(/\.[^.]+$/, `.${'A'.repeat(43)}`))).toMatchObject(gone)
    expect(await b.byToken('nonsense')).toMatchObject(gone)
    expect(await b.byToken(token.replace(/wt1\.[0-9a-f]{8}/, 'wt1.00000000'))).toMatchObject(gone)
    expect(await b.byToken(token, 'approve', { idempotencyKey: 'once' })).toMatchObject({ waitpointId })
    expect(await b.byToken(token, 'approve', { idempotencyKey: 'once' })).toMatchObject({ waitpointId })
    expect(await b.byToken(token, 'approve')).toMatchObject(gone)
    expect(await b.byToken(token, 'approve', { idempotencyKey: 'other' })).toMatchObject(gone)
  })

  test('one signed under the former key is taken for a day after a rotation, and not after that', async () => {
    const [one, two] = [await b.waiting('HELD'), await b.waiting('HELD')]
    await b.rotate()
    expect(await b.byToken(one.token)).toMatchObject({ waitpointId: one.waitpointId })
    await b.sql(`UPDATE signing_key SET not_after = clock_timestamp() - interval '1 s' WHERE state = 'PREVIOUS'`)
    b.deps.waitTokens.forget()
    expect(await b.byToken(two.token)).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('a token is of its decisions: one of a waitpoint whose decisions were altered is worth nothing', async () => {
    const { token } = await b.waiting('HELD')
    await b.sql(`UPDATE waitpoint SET allowed_decisions = '{approve,reject,transfer}'`)
    expect(await b.byToken(token, 'transfer')).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('INV-31 neither a key nor a token stands in any row', async () => {
    const { token } = await b.waiting('HELD')
    const mac = token.split('.').at(-1) ?? ''
    const tables = await b.sql(`SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`)
    for (const { name } of tables) expect(JSON.stringify(await b.sql(`SELECT t::text FROM "${String(name)}" t`))).not.toContain(mac)
  })
})

describe('memory (D-32)', () => {
  const record = (lease: LeaseRef, items: [string, unknown][]) => recordMemos(b.deps, { actor: b.workerActor, items: items.map(([key, value]) => ({ lease, key, value: value as never })) })

  test('the first write of a key wins and is what a second writer gets, in one batch too', async () => {
    const lease = await b.working()
    expect(await record(lease, [['a', 1], ['a', 2], ['b', null]])).toEqual([{ key: 'a', kind: 'STEP', value: 1 }, { key: 'a', kind: 'STEP', value: 1 }, { key: 'b', kind: 'STEP', value: null }])
    expect(await record(lease, [['a', 3]])).toEqual([{ key: 'a', kind: 'STEP', value: 1 }])
    expect(await memosOf(b.deps, { actor: b.workerActor, flowId: lease.flowId, epoch: lease.epoch, keys: ['a', 'zz'] })).toEqual([{ key: 'a', kind: 'STEP', value: 1 }])
    expect(await memosOf(b.deps, { actor: b.owner, flowId: lease.flowId, epoch: lease.epoch, keys: ['a'] })).toEqual([])
  })

  test('INV-19 a lease that is not current records nothing', async () => {
    const lease = await b.working({ onLeaseLost: 'RETRY' })
    await expireLeases()
    await sweepLeases(b.deps)
    expect(await record(lease, [['late', 1]])).toMatchObject([{ code: 'STALE_LEASE' }])
    expect(await b.sql('SELECT 1 FROM memo')).toEqual([])
  })

  test('a key asked for as another kind is MEMO_MISMATCH, both ways', async () => {
    const lease = await b.working()
    await record(lease, [['x', 1]])
    await expect(b.make(lease, { key: 'x' })).rejects.toMatchObject({ code: 'MEMO_MISMATCH' })
    const { waitpointId } = await b.make(lease, { key: 'y' })
    // Before it is answered too: the answer will stand there.
    expect(await record(lease, [['y', 1], ['z', 2]])).toMatchObject([{ code: 'MEMO_MISMATCH' }, { key: 'z', value: 2 }])
    await b.answer(waitpointId)
    expect(await record(lease, [['y', 1]])).toMatchObject([{ code: 'MEMO_MISMATCH' }])
    await expect(b.make(lease, { key: 'y', kind: 'INPUT' })).rejects.toMatchObject({ code: 'MEMO_MISMATCH' })
  })

  test('a value above 256 KiB and a key too many are LIMIT_EXCEEDED', async () => {
    const lease = await b.working()
    expect(await record(lease, [['big', 'x'.repeat(256 * 1024)]])).toMatchObject([{ code: 'LIMIT_EXCEEDED' }])
    await b.sql(`INSERT INTO memo (flow_id, key, kind, value, bytes, attempt, created_at) SELECT $1, 'k' || n, 'STEP', '1', 1, 0, now() FROM generate_series(1, 1000) n`, [lease.flowId])
    expect(await record(lease, [['one-more', 1]])).toMatchObject([{ code: 'LIMIT_EXCEEDED' }])
    expect(await record(lease, [['k7', 2]])).toMatchObject([{ key: 'k7', value: 1 }])
  })

  test('what goes with a lease is cut at 1 MiB, and says so', async () => {
    const lease = await b.working()
    await record(lease, Array.from({ length: 6 }, (_, n) => [`k${n}`, 'x'.repeat(200_000)]))
    const memory = (await memosWithLeases(b.deps, [lease.flowId])).get(lease.flowId)
    expect(memory?.complete).toBe(false)
    expect(memory?.memos.length).toBe(5)
  })
})

test('bad waitpoints are refused with the argument that is wrong', async () => {
  const lease = await b.working()
  await expect(b.make(lease, { key: '' })).rejects.toMatchObject({ path: ['key'] })
  await expect(b.make(lease, { allowedDecisions: [] })).rejects.toMatchObject({ path: ['allowedDecisions'] })
  await expect(b.make(lease, { fields: { type: 'nonsense' } })).rejects.toMatchObject({ path: ['fields'] })
  await expect(b.make(lease, { timeoutMs: 0 })).rejects.toMatchObject({ path: ['timeoutSeconds'] })
  await expect(b.make(lease, { onTimeout: 'AUTO_RESUME', timeoutMs: 1000 })).rejects.toMatchObject({ path: ['timeoutDecision'] })
  await expect(b.make(lease, { answerableBy: ['everybody'] })).rejects.toMatchObject({ path: ['answerableBy'] })
  await expect(b.make({ ...lease, epoch: 99 })).rejects.toMatchObject({ code: 'STALE_LEASE' })
  expect(await eventually(async () => (await b.sql('SELECT 1 FROM waitpoint')).length === 0)).toBe(true)
})
