import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cancelFlows, createFlows, createToken, failFlows, finishFlows, holdFlows, promoteNow, releaseFlows, setCap, setLaneState, setPriorities, startFlows, upsertLane } from '../src/index.ts'
import { takeEnvironmentCap } from '../src/commands/set-cap.ts'
import { gatherCapGroups } from '../src/sql/quota-sql.ts'
import { transact } from '@sluice/db'
import { eventually } from '@sluice/testkit/db'
import { expectConsistent, testbed } from './testbed.ts'
import type { Bed } from './testbed.ts'

describe('caps, lanes and order', () => {
  let b: Bed
  beforeEach(async () => { b = await testbed() })
  afterEach(async () => {
    expect(await expectConsistent(b)).toEqual([])
    await b[Symbol.asyncDispose]()
  })
  const cap = (maxActive: number | null, of: { scope: 'GLOBAL' | 'LANE' | 'PRINCIPAL'; subject: string } = { scope: 'GLOBAL', subject: '' }) =>
    setCap(b.deps, { actor: b.owner, ...of, maxActive })
  const flowsOf = (leases: { flowId: string }[]) => leases.map(l => l.flowId)

  test('INV-10 INV-14 a cap of 3 starts three of ten, a raise starts the rest at once, 0 queues nobody for it', async () => {
    await cap(3)
    await b.create(10)
    expect(await b.claim(10)).toHaveLength(3)
    expect(await b.claim(10)).toHaveLength(0)
    const waiting = b.claim(10, { waitMs: 5000 })
    await cap(5)
    expect(await waiting).toHaveLength(2)
    await cap(2)
    expect(await b.claim(10)).toHaveLength(0)
    await cap(0)
    expect(await b.claim(10)).toHaveLength(5)
  })

  test('INV-9 a slot is free again when its flow ends, and the next in line takes it', async () => {
    await cap(1)
    const [first = '', second = ''] = await b.create(2)
    const [lease] = await b.work(5)
    expect(lease?.flowId).toBe(first)
    const next = b.claim(5, { waitMs: 5000 })
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease! }] })
    expect(flowsOf(await next)).toEqual([second])
  })

  test('INV-10 lane and principal caps hold beside the global one', async () => {
    await upsertLane(b.deps, { actor: b.owner, name: 'narrow', maxActive: 2 })
    await b.create(5, { lane: 'narrow' })
    await b.create(5)
    expect(await b.claim(20)).toHaveLength(7)
    const other = await createToken(b.deps.pool, { actor: b.owner, name: 'other', role: 'SUBMITTER' })
    if (other instanceof Error) throw other
    await cap(1, { scope: 'PRINCIPAL', subject: other.principalId })
    await createFlows(b.deps, { actor: { kind: 'principal', principalId: other.principalId }, mayPrioritize: false, mayCreate: () => true, items: [{ kind: 'work' }, { kind: 'work' }] })
    expect(await b.claim(20)).toHaveLength(1)
  })

  test('D-39 a principal cap set while its flows are queued covers them too', async () => {
    await b.create(6)
    await cap(2, { scope: 'PRINCIPAL', subject: b.owner.principalId })
    expect(await b.sql(`SELECT DISTINCT cap_group FROM flow`)).toEqual([{ cap_group: b.owner.principalId }])
    expect(await b.claim(20)).toHaveLength(2)
    await cap(null, { scope: 'PRINCIPAL', subject: b.owner.principalId })
    expect(await b.claim(20)).toHaveLength(4)
  })

  test('INV-12 a flow that returns to the queue after its owner’s cap is gone still starts, and one whose group is stale too', async () => {
    const mine = { scope: 'PRINCIPAL', subject: b.owner.principalId } as const
    await cap(5, mine)
    const [returning = ''] = await b.create(1, { maxAttempts: 3 })
    const [lease] = await b.work(1)
    await cap(null, mine)
    await failFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease!, error: { code: 'X', message: 'x', retryable: true } }] })
    await b.sql(`UPDATE flow SET not_before = NULL, order_at = queued_at WHERE id = $1`, [returning])
    expect(await b.flow(returning)).toMatchObject({ status: 'QUEUED', cap_group: '' })
    const [stale = ''] = await b.create(1)
    await b.sql(`UPDATE flow SET cap_group = 'prn_gone' WHERE id = $1`, [stale])
    expect(flowsOf(await b.claim(2)).sort()).toEqual([returning, stale].sort())
  })

  test('INV-13 a capped owner’s flow that is not in its group yet is gathered, and then stands in nobody’s way', async () => {
    const other = await createToken(b.deps.pool, { actor: b.owner, name: 'other', role: 'SUBMITTER' })
    if (other instanceof Error) throw other
    await b.create(1)
    await b.work(1)
    await cap(1, { scope: 'PRINCIPAL', subject: b.owner.principalId })
    const [ahead = ''] = await b.create(1)
    await b.sql(`UPDATE flow SET cap_group = '' WHERE id = $1`, [ahead])
    const [behind] = await createFlows(b.deps, { actor: { kind: 'principal', principalId: other.principalId }, mayPrioritize: false, mayCreate: () => true, items: [{ kind: 'work' }] })
    await transact(b.deps.pool, tx => gatherCapGroups(tx, 10))
    expect(flowsOf(await b.claim(1))).toEqual([(behind as { flowId: string }).flowId])
  })

  test('INV-13 higher priority first, then the older; a changed priority moves', async () => {
    const [low = '', mid = '', late = ''] = [...(await b.create(1)), ...(await b.create(1, { priority: 5 })), ...(await b.create(1))]
    await setPriorities(b.deps, { caller: b.caller, mayPrioritize: true, items: [{ id: late, priority: 99_999 }] })
    expect(await b.flow(late)).toMatchObject({ priority: 9000 })
    expect(flowsOf([...(await b.claim(1)), ...(await b.claim(1)), ...(await b.claim(1))])).toEqual([late, mid, low])
  })

  test('D-34 what is not due yet stands behind and starts when its time comes, without a sweep', async () => {
    const [now = ''] = await b.create(1)
    const [soon = ''] = await b.create(1, { notBefore: new Date(Date.now() + 300), priority: 9000 })
    expect(flowsOf(await b.claim(2))).toEqual([now])
    expect(flowsOf(await b.claim(2, { waitMs: 5000 }))).toEqual([soon])
  })

  test('D-3 paused starts nothing, draining takes nothing new and starts the rest, open again starts at once', async () => {
    await upsertLane(b.deps, { actor: b.owner, name: 'side' })
    const lane = (state: 'PAUSED' | 'DRAINING' | 'OPEN') => setLaneState(b.deps, { actor: b.owner, name: 'side', state, action: 'test' })
    const [id = ''] = await b.create(1, { lane: 'side' })
    await lane('PAUSED')
    expect(await b.claim(5)).toEqual([])
    await b.create(1, { lane: 'side' })
    const waiting = b.claim(1, { waitMs: 5000 })
    await lane('OPEN')
    expect(flowsOf(await waiting)).toEqual([id])
    await lane('DRAINING')
    await expect(b.create(1, { lane: 'side' })).rejects.toMatchObject({ code: 'LANE_CLOSED' })
    expect(await b.claim(5)).toHaveLength(1)
  })

  test('D-25 a hold keeps it from starting until it is released, and takes a pin away', async () => {
    const [id = ''] = await b.create(1)
    await promoteNow(b.deps, { caller: b.caller, id, force: false, waitMs: 0 })
    await holdFlows(b.deps, { caller: b.caller, items: [{ id, reason: 'not now' }] })
    expect(await b.flow(id)).toMatchObject({ pinned_at: null })
    expect(await b.claim(1)).toEqual([])
    const waiting = b.claim(1, { waitMs: 5000 })
    await releaseFlows(b.deps, { caller: b.caller, items: [{ id }] })
    expect(flowsOf(await waiting)).toEqual([id])
  })

  test('D-25 promoteNow pins first of all, the latest pin first, clears a delay, and starts when a worker asks', async () => {
    const ids = await b.create(3)
    const [delayed = ''] = await b.create(1, { notBefore: new Date(Date.now() + 3_600_000) })
    for (const id of [ids[2] ?? '', delayed]) await promoteNow(b.deps, { caller: b.caller, id, force: false, waitMs: 0 })
    expect(flowsOf([...(await b.claim(1)), ...(await b.claim(1)), ...(await b.claim(1))])).toEqual([delayed, ids[2], ids[0]])
    const asking = b.claim(5, { waitMs: 3000 })
    const [quick = ''] = [(await asking)[0]?.flowId]
    expect(quick).toBe(ids[1])
    const late = b.claim(1, { waitMs: 3000 })
    const [x = ''] = await b.create(1, { notBefore: new Date(Date.now() + 3_600_000) })
    expect(await promoteNow(b.deps, { caller: b.caller, id: x, force: false, waitMs: 3000 })).toEqual({ flowId: x, started: true, overCap: false, position: null, reason: null })
    expect(flowsOf(await late)).toEqual([x])
  })

  test('INV-10 only a forced promotion passes a full cap: it is marked, audited, and nothing else starts until there is room', async () => {
    await cap(1)
    const [running = '', forced = '', third = ''] = await b.create(3)
    const [lease] = await b.work(1)
    expect(lease?.flowId).toBe(running)
    expect(await promoteNow(b.deps, { caller: b.caller, id: forced, force: false, waitMs: 0 })).toMatchObject({ started: false, reason: 'CAP', position: 1 })
    expect(await promoteNow(b.deps, { caller: b.caller, id: forced, force: true, waitMs: 0 })).toMatchObject({ code: 'INVALID_INPUT', path: ['reason'] })
    const asking = b.claim(2, { waitMs: 5000 })
    expect(await promoteNow(b.deps, { caller: b.caller, id: forced, force: true, reason: 'customer waits', waitMs: 5000 })).toMatchObject({ started: true, overCap: true })
    const over = await asking
    expect(flowsOf(over)).toEqual([forced])
    expect(await b.flow(forced)).toMatchObject({ over_cap: true })
    expect(await b.sql(`SELECT reason FROM audit_entry WHERE action = 'promoteNow.force'`)).toEqual([{ reason: 'customer waits' }])
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: lease! }] })
    expect(await b.claim(1)).toEqual([])
    await startFlows(b.deps, { actor: b.workerActor, items: [{ lease: over[0]! }] })
    await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: over[0]! }] })
    expect(flowsOf(await b.claim(1))).toEqual([third])
  })

  test('D-46 the environment’s cap counts until setCap is used, and again after it is given back', async () => {
    const settings = { ...b.deps.settings, maxConcurrentFlows: 4 }
    const row = async () => (await b.sql(`SELECT max_active, from_environment, environment_value FROM quota WHERE scope = 'GLOBAL'`))[0]
    expect(await takeEnvironmentCap({ pool: b.deps.pool, settings })).toBeUndefined()
    expect(await row()).toEqual({ max_active: 4, from_environment: true, environment_value: 4 })
    await cap(2)
    expect(await takeEnvironmentCap({ pool: b.deps.pool, settings })).toContain('MAX_CONCURRENT_FLOWS=4')
    expect(await row()).toEqual({ max_active: 2, from_environment: false, environment_value: 4 })
    await setCap({ ...b.deps, settings }, { actor: b.owner, scope: 'GLOBAL', subject: '', maxActive: null })
    expect((await b.sql(`SELECT after FROM audit_entry WHERE action = 'setCap' ORDER BY at DESC LIMIT 1`))[0]).toEqual({ after: { scope: 'GLOBAL', maxActive: settings.maxConcurrentFlows, fromEnvironment: true } })
    expect(await row()).toMatchObject({ max_active: 4, from_environment: true })
  })

  test('INV-12 with every wake-up lost the sweep promotes within its interval', async () => {
    await using deaf = await testbed({ url: b.url, settings: { sweepPromoterMs: 100 } })
    await eventually(async () => {
      const asking = deaf.claim(1, { waitMs: 5000 })
      await eventually(() => deaf.deps.promoter.asking === 1)
      const [id = ''] = await b.create(1)
      expect(flowsOf(await asking)).toEqual([id])
      // The claim's own pass may have been late enough to see it.
      return deaf.deps.promoter.sweepFinds > 0
    })
  })

  test('T3 a claim takes kinds and lanes of its worker only, up to its capacity', async () => {
    await upsertLane(b.deps, { actor: b.owner, name: 'east' })
    const narrow = await b.register({ kinds: [{ name: 'work' }], lanes: ['east'], capacity: 2 })
    await b.create(3)
    const east = await b.create(5, { lane: 'east' })
    await b.create(1, { kind: 'unknown.kind' })
    expect(flowsOf(await b.claim(10, { workerId: narrow }))).toEqual(east.slice(0, 2))
    expect(await b.claim(10, { workerId: narrow })).toEqual([])
    expect(await b.claim(100)).toHaveLength(6)
  })

  test('INV-47 flows of a kind nobody handles and of a paused lane stand in nobody’s way', async () => {
    await b.create(50, { kind: 'nobody', priority: 9000 })
    const [id = ''] = await b.create(1)
    expect(flowsOf(await b.claim(5))).toEqual([id])
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id }] })
  })
})
