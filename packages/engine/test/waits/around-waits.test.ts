import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deleteFlows, failFlows, finishFlows, memosWithLeases, recordMemos, rotateWaitpointKey, waitpointOfToken } from '../../src/index.ts'
import { openKeyring } from '../../src/secrets/keyring.ts'
import { reseal } from '../../src/services/reseal.ts'
import { sweepRetention } from '../../src/services/sweep-retention.ts'
import { openWaitTokens } from '../../src/waits/tokens.ts'
import { waitBed } from './wait-bed.ts'
import type { WaitBed } from './wait-bed.ts'

let b: WaitBed
beforeEach(async () => { b = await waitBed() })
afterEach(() => b[Symbol.asyncDispose]())

const record = (items: Parameters<typeof recordMemos>[1]['items']) => recordMemos(b.deps, { actor: b.workerActor, items })

test('a flow that is purged takes its waitpoints, signals and memos with it, and nobody else’s', async () => {
  const [gone, kept] = [await b.waiting('HELD'), await b.waiting('HELD')]
  for (const { lease, waitpointId } of [gone, kept]) {
    await record([{ lease, key: 'step', value: 1 }])
    await b.answer(waitpointId)
  }
  await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: gone.lease }] })
  await deleteFlows(b.deps, { caller: b.caller, items: [{ id: gone.lease.flowId }] })
  await b.sql(`UPDATE flow SET deleted_at = deleted_at - interval '2 hours' WHERE deleted_at IS NOT NULL`)
  expect(await sweepRetention(b.deps)).toMatchObject({ purged: 1 })
  for (const [table, rows] of [['waitpoint', 1], ['signal', 1], ['memo', 2]] as const) {
    expect(await b.sql(`SELECT flow_id, count(*)::int AS n FROM ${table} GROUP BY flow_id`)).toEqual([{ flow_id: kept.lease.flowId, n: rows }])
  }
})

describe('memory', () => {
  test('INV-17 of several memos in one call each counts by the epoch that it names itself', async () => {
    const lease = await b.working()
    const stale = { ...lease, epoch: lease.epoch + 1 }
    expect(await record([{ lease, key: 'a', value: 1 }, { lease: stale, key: 'b', value: 1 }, { lease, key: 'c', value: 1 }])).toMatchObject([{ key: 'a' }, { code: 'STALE_LEASE' }, { key: 'c' }])
    expect((await b.sql('SELECT key FROM memo ORDER BY key')).map(row => row['key'])).toEqual(['a', 'c'])
  })

  test('one claim brings 16 MiB at most: of many flows each has its share, and says that there is more', async () => {
    await b.create(20)
    const leases = await b.work(20)
    for (const lease of leases) await record(['a', 'b', 'c', 'd'].map(key => ({ lease, key, value: 'x'.repeat(250_000) })))
    const few = await memosWithLeases(b.deps, leases.slice(0, 2).map(l => l.flowId))
    expect([...few.values()].map(({ memos, complete }) => [memos.length, complete])).toEqual([[4, true], [4, true]])
    const many = await memosWithLeases(b.deps, leases.map(l => l.flowId))
    expect([...many.values()].map(({ memos, complete }) => [memos.length, complete])).toEqual(Array.from({ length: 20 }, () => [3, false]))
  }, 60_000)

  test('D-32 keys that nobody asked for stand on the attempt that said so, and only where it ended by that call', async () => {
    const [one, two] = [await b.working(), await b.working({ maxAttempts: 2 })]
    await failFlows(b.deps, { actor: b.workerActor, items: [{ lease: two, error: { code: 'X', message: 'x', retryable: true }, unusedMemos: ['old'] }] })
    const stale = { ...one, epoch: one.epoch + 1 }
    expect(await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: stale, unusedMemos: ['never'] }, { lease: one, unusedMemos: ['a', 'b'] }] })).toMatchObject([{ code: 'STALE_LEASE' }, { flowId: one.flowId }])
    expect(await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: one, unusedMemos: ['later'] }] })).toMatchObject([{ flowId: one.flowId }])
    expect(await b.sql('SELECT flow_id, unused_memos FROM attempt ORDER BY flow_id')).toEqual([one, two].map(({ flowId }) => ({ flow_id: flowId, unused_memos: flowId === one.flowId ? ['a', 'b'] : ['old'] })))
  })
})

describe('tokens', () => {
  test('a page is shown only while an answer would be taken', async () => {
    const { token, lease, waitpointId } = await b.waiting('HELD')
    expect(await waitpointOfToken(b.deps, token)).toMatchObject({ id: waitpointId })
    const early = await b.working()
    const made = await b.make(early)
    expect(await waitpointOfToken(b.deps, made.token ?? '')).toMatchObject({ id: made.waitpointId })
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: early }] })
    await b.answer(waitpointId)
    for (const text of [token, made.token ?? '', `${token}x`, 'wt1']) expect(await waitpointOfToken(b.deps, text)).toBeUndefined()
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'RUNNING' })
  })

  test('FF-34 rotating twice leaves both former keys for a day, and is audited without a secret', async () => {
    const { token } = await b.waiting('HELD')
    for (let n = 0; n < 2; n++) expect(await rotateWaitpointKey(b.deps, { actor: b.owner })).toMatchObject({ kid: expect.stringMatching(/^[0-9a-f]{8}$/), formerUntil: expect.any(Date) })
    expect(await b.byToken(token)).toMatchObject({ flowId: expect.any(String) })
    expect(await b.sql('SELECT state, count(*)::int AS n FROM signing_key GROUP BY state ORDER BY state')).toEqual([{ state: 'CURRENT', n: 1 }, { state: 'PREVIOUS', n: 2 }])
    const audited = await b.sql(`SELECT after FROM audit_entry WHERE action = 'rotateWaitpointKey'`)
    expect(audited.map(row => Object.keys(row['after'] as object))).toEqual([['kid'], ['kid']])
  })

  test('links outlive a new DATA_ENCRYPTION_KEY: the whole ring is sealed anew, and the former key may go', async () => {
    const { token } = await b.waiting('HELD')
    await b.rotate()
    const [former, next] = [Buffer.alloc(32, 7), Buffer.alloc(32, 9)]
    Object.assign(b.deps.webhooks, { keys: openKeyring([next, former]) })
    expect(await reseal(b.deps)).toBe(2)
    Object.assign(b.deps, { waitTokens: openWaitTokens({ pool: b.deps.pool, keys: openKeyring([next]) }) })
    const made = await b.make(await b.working())
    expect(await waitpointOfToken(b.deps, made.token ?? '')).toMatchObject({ id: made.waitpointId })
    expect(await b.byToken(token)).toMatchObject({ flowId: expect.any(String) })
  })
})

test('a flow asks a thousand times at most, and what it asked is found still', async () => {
  const lease = await b.working()
  const first = await b.make(lease)
  await b.sql(`INSERT INTO waitpoint (id, flow_id, key, kind, allowed_decisions, attempt, created_at) SELECT 'wpt_' || n, $1, 'k' || n, 'INPUT', '{submit}', 0, now() FROM generate_series(1, 999) n`, [lease.flowId])
  await expect(b.make(lease, { key: 'one more' })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 1000 })
  expect(await b.make(lease)).toEqual(first)
})

describe('signals', () => {
  test('INV-21 a flow that waits has one open waitpoint, which closes once', async () => {
    const { lease, waitpointId } = await b.waiting('HELD')
    const other = await b.make(lease, { key: 'other' })
    expect(await b.suspend(lease, other.waitpointId)).toMatchObject({ code: 'INVALID_INPUT' })
    expect(await b.sql(`SELECT id FROM waitpoint WHERE state = 'OPEN'`)).toEqual([{ id: waitpointId }])
    await expect(b.sql(`UPDATE waitpoint SET state = 'OPEN', mode = 'HELD', opened_at = now() WHERE id = $1`, [other.waitpointId])).rejects.toThrow(/waitpoint_open_key/)
    await b.answer(waitpointId)
    const closed = await b.waitpoint(waitpointId)
    expect(await b.answer(waitpointId, 'reject')).toMatchObject({ code: 'NOT_RESUMABLE' })
    expect(await b.waitpoint(waitpointId)).toEqual(closed)
  })

  test('INV-22 one that comes before the wait moves nothing, whatever it says; the wait is what it satisfies', async () => {
    const lease = await b.working()
    const made = await b.make(lease, { allowedDecisions: ['cancel', 'finish'] })
    const before = await b.flow(lease.flowId)
    await b.answer(made.waitpointId, 'cancel')
    const { status, phase, slot_held: slotHeld, epoch } = before as unknown as Record<string, unknown>
    expect(await b.flow(lease.flowId)).toMatchObject({ status, phase, slot_held: slotHeld, epoch })
    expect((await b.events(lease.flowId)).at(-1)).toMatchObject({ type: 'flow.signal', status })
  })

  test('INV-23 has one recorded effect: what was cut off in the middle left nothing, and what was accepted stays', async () => {
    const { lease, waitpointId } = await b.waiting('HELD')
    await b.sql(`CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'cut off'; END $$`)
    await b.sql(`CREATE TRIGGER cut_off BEFORE INSERT ON flow_event FOR EACH ROW EXECUTE FUNCTION cut_off()`)
    await expect(b.answer(waitpointId, 'approve', { idempotencyKey: 'k' })).rejects.toThrow('cut off')
    expect(await b.sql('SELECT (SELECT count(*)::int FROM signal) AS signals, (SELECT count(*)::int FROM memo) AS memos')).toEqual([{ signals: 0, memos: 0 }])
    expect(await b.flow(lease.flowId)).toMatchObject({ status: 'WAITING' })
    await b.sql('DROP TRIGGER cut_off ON flow_event')
    for (let n = 0; n < 2; n++) expect(await b.answer(waitpointId, 'approve', { idempotencyKey: 'k' })).toMatchObject({ waitpointId })
    expect(await b.sql('SELECT effect, decision FROM signal')).toEqual([{ effect: 'SATISFIED', decision: 'approve' }])
    expect(await b.sql(`SELECT value FROM memo WHERE kind = 'ANSWER'`)).toMatchObject([{ value: { decision: 'approve', payload: null } }])
  })
})
