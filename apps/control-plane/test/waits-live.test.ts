import { eventually } from '@sluice/testkit/db'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataOf, testServer, type Principal, type TestServer } from './server.ts'
import { openSocket } from './socket.ts'
import { answer, done, waitWorld, type WaitWorld } from './waits.ts'

interface Item { cursor: string; kind: string; gap: boolean; end: string | null; openCount: number | null; waitpoint: { id: string; state: string; mode: string | null; answer: { decision: string } | null } | null }
const CHANGED = 'subscription ($after: Cursor) { waitpointsChanged(after: $after) { cursor kind gap end openCount waitpoint { id state mode answer { decision } } } }'

let server: TestServer
let w: WaitWorld
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  w = await waitWorld(server)
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())

const cancel = (id: string) => done(admin, 'mutation ($input: CancelFlowInput!) { done: cancelFlow(input: $input) { __typename } }', { id })
const states = (items: Item[], id: string) => items.flatMap(({ waitpoint }) => (waitpoint?.id === id ? [waitpoint.mode === 'RELEASED' && waitpoint.state === 'OPEN' ? 'RELEASED' : waitpoint.state] : []))

describe('waitpointsChanged', () => {
  test('begins with how many stand open, then tells of each that opens, is released, answered or closed', async () => {
    await w.waiting(admin)
    await using socket = await openSocket(server.url, { token: admin.token })
    const stream = socket.subscribe<Item>(CHANGED)
    const snapshot = await stream.first()
    expect(snapshot).toMatchObject({ kind: 'SNAPSHOT', gap: false, openCount: 1, waitpoint: null })
    const is = (id: string, state: string) => ({ waitpoint }: Item): boolean => waitpoint?.id === id && (waitpoint.state === state || (state === 'RELEASED' && waitpoint.mode === 'RELEASED'))
    const one = await w.waiting(admin)
    await stream.first(is(one.waitpoint.id, 'OPEN'))
    await w.suspend(one.lease, one.waitpoint.id, 'RELEASED')
    await stream.first(is(one.waitpoint.id, 'RELEASED'))
    await cancel(one.lease.flowId)
    await stream.first(is(one.waitpoint.id, 'CLOSED'))
    expect(states(stream.items(), one.waitpoint.id)).toEqual(['OPEN', 'RELEASED', 'CLOSED'])
    const two = await w.waiting(admin)
    await answer(admin, { id: two.waitpoint.id })
    expect((await stream.first(is(two.waitpoint.id, 'SATISFIED'))).waitpoint).toMatchObject({ answer: { decision: 'approve' } })
    const early = await w.working(admin)
    const made = await w.make(early)
    await answer(admin, { id: made.waitpoint.id, decision: 'reject' })
    expect((await stream.first(({ waitpoint }) => waitpoint?.id === made.waitpoint.id)).waitpoint).toMatchObject({ state: 'PENDING', answer: { decision: 'reject' } })
    const late = await w.waiting(admin)
    await server.sql(`UPDATE flow SET deadline_at = clock_timestamp() - interval '1 s' WHERE id = $1`, [late.lease.flowId])
    await using other = await testServer({ databaseUrl: server.databaseUrl, settings: { sweepDeadlinesMs: 50 }, send: async () => { throw new Error('nothing is sent') } })
    expect((await stream.first(is(late.waitpoint.id, 'CLOSED'))).waitpoint).toMatchObject({ answer: null })
    await other.close()
  })

  test('INV-43 tells what nobody answered in time, whatever becomes of its flow then', async () => {
    await using other = await testServer({ databaseUrl: server.databaseUrl, settings: { sweepWaitpointsMs: 50 }, send: async () => { throw new Error('nothing is sent') } })
    await using socket = await openSocket(server.url, { token: admin.token })
    const stream = socket.subscribe<Item>(CHANGED)
    await stream.first()
    const asked: [Record<string, unknown>, string, string | undefined][] = [
      [{ onTimeout: 'FAIL' }, 'EXPIRED', undefined], [{ onTimeout: 'CANCEL', mode: 'RELEASED' }, 'EXPIRED', undefined],
      [{ onTimeout: 'AUTO_RESUME', timeoutDecision: 'reject' }, 'SATISFIED', 'reject'],
    ]
    for (const [o, state, decision] of asked) {
      const { waitpoint: { id } } = await w.waiting(admin, { timeoutSeconds: 3600, ...o })
      await stream.first(({ waitpoint }) => waitpoint?.id === id && waitpoint.state === 'OPEN')
      await server.sql(`UPDATE waitpoint SET timeout_at = clock_timestamp() - interval '1 s' WHERE id = $1`, [id])
      const told = await stream.first(({ waitpoint }) => waitpoint?.id === id && waitpoint.state !== 'OPEN')
      expect([told.waitpoint?.state, told.waitpoint?.answer?.decision]).toEqual([state, decision])
    }
    await other.close()
  })

  test('is silent about what its flow never waited for, made or closed: the flow and the list show it', async () => {
    await using other = await testServer({ databaseUrl: server.databaseUrl, settings: { sweepWaitpointsMs: 50 }, send: async () => { throw new Error('nothing is sent') } })
    await using socket = await openSocket(server.url, { token: admin.token })
    const stream = socket.subscribe<Item>(CHANGED)
    await stream.first()
    const lease = await w.working(admin)
    const { waitpoint: { id } } = await w.make(lease)
    await w.worker.finish(lease)
    await eventually(async () => {
      const { flow } = await dataOf(admin.ask<{ flow: { waitpoints: object[] } }>('query ($id: ID!) { flow(id: $id) { waitpoints { id state viewerMayAnswer } } }', { id: lease.flowId }))
      expect(flow.waitpoints).toEqual([{ id, state: 'EXPIRED', viewerMayAnswer: false }])
    })
    const next = await w.waiting(admin)
    await stream.first(({ waitpoint }) => waitpoint?.id === next.waitpoint.id)
    expect(states(stream.items(), id)).toEqual([])
    await other.close()
  })

  test('INV-34 continues from its cursor on another server, without a gap or a repeat', async () => {
    await using other = await testServer({ databaseUrl: server.databaseUrl })
    const cursor = await (async () => {
      await using socket = await openSocket(server.url, { token: admin.token })
      const stream = socket.subscribe<Item>(CHANGED)
      await stream.first()
      const before = await w.waiting(admin)
      return (await stream.first(({ waitpoint }) => waitpoint?.id === before.waitpoint.id)).cursor
    })()
    const missed = [await w.waiting(admin), await w.waiting(admin)]
    await answer(admin, { id: missed[0]!.waitpoint.id })
    await using socket = await openSocket(other.url, { token: admin.token })
    const stream = socket.subscribe<Item>(CHANGED, { after: cursor })
    const live = await w.waiting(admin)
    await stream.first(({ waitpoint }) => waitpoint?.id === live.waitpoint.id)
    const [snapshot, ...changes] = stream.items()
    expect(snapshot).toMatchObject({ kind: 'SNAPSHOT', gap: false, cursor })
    // Where the other server was behind, the last state of one comes with each of its events.
    const last = new Map(changes.map(({ waitpoint }) => [waitpoint?.id, waitpoint?.state]))
    expect(Object.fromEntries(last)).toEqual({ [missed[0]!.waitpoint.id]: 'SATISFIED', [missed[1]!.waitpoint.id]: 'OPEN', [live.waitpoint.id]: 'OPEN' })
    expect(new Set(changes.map((item) => item.cursor)).size).toBe(changes.length)
    expect((await socket.subscribe<Item>(CHANGED, { after: 'nonsense' }).refused())[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT' })
    const [generation, xid, position] = cursor.split('.')
    const elsewhere = socket.subscribe<Item>(CHANGED, { after: `${generation}x.${xid}.${position}` })
    expect(await elsewhere.first()).toMatchObject({ kind: 'SNAPSHOT', gap: true })
  })

  test('INV-35 shows nobody the waits of flows that they may not read, and counts them for nobody', async () => {
    const submitter = await server.principal('SUBMITTER')
    await using socket = await openSocket(server.url, { token: submitter.token })
    const stream = socket.subscribe<Item>(CHANGED)
    expect(await stream.first()).toMatchObject({ openCount: 0 })
    await w.waiting(admin)
    const own = await w.waiting(submitter)
    await stream.first(({ waitpoint }) => waitpoint?.id === own.waitpoint.id)
    expect(stream.items()).toHaveLength(2)
    expect(await socket.subscribe<Item>(CHANGED).first()).toMatchObject({ openCount: 1 })
    await done(admin, 'mutation ($input: TokenIdInput!) { done: revokeApiToken(input: $input) { __typename } }', { id: submitter.tokenId })
    expect(await stream.first(({ kind }) => kind === 'END')).toMatchObject({ end: 'REVOKED' })
  })
})

describe('what waits beside what runs', () => {
  const STATS = 'running waiting slotsHeld slotsHeldByWaiting'
  const upsert = (input: object) => done(admin, 'mutation ($input: UpsertLaneInput!) { done: upsertLane(input: $input) { __typename } }', input)

  test('D-2 slotsHeldByWaiting counts held waits, and released ones where the lane keeps their slot; a resume holds what it kept', async () => {
    for (const [name, keeps] of [['keeps', true], ['frees', false]] as const) await upsert({ name, waitingHoldsSlot: keeps })
    const stats = async (lane: string) => (await dataOf(admin.ask<{ queueStats: object; lanes: { name: string; stats: object }[] }>(`query ($lane: String) { queueStats(lane: $lane) { ${STATS} } lanes { name stats { ${STATS} } } }`, { lane })))
    const both = async (lane: string) => {
      const { queueStats, lanes } = await stats(lane)
      expect(lanes.find(({ name }) => name === lane)?.stats).toEqual(queueStats)
      return queueStats
    }
    for (const [lane, kept] of [['keeps', 1], ['frees', 0]] as const) {
      const lease = await w.working(admin, { lane })
      const made = await w.make(lease)
      await w.suspend(lease, made.waitpoint.id)
      expect(await both(lane)).toEqual({ running: 0, waiting: 1, slotsHeld: 1, slotsHeldByWaiting: 1 })
      await w.suspend(lease, made.waitpoint.id, 'RELEASED')
      expect(await both(lane)).toEqual({ running: 0, waiting: 1, slotsHeld: kept, slotsHeldByWaiting: kept })
      await answer(admin, { id: made.waitpoint.id })
      expect(await both(lane)).toEqual({ running: 0, waiting: 0, slotsHeld: kept, slotsHeldByWaiting: 0 })
      await cancel(lease.flowId)
    }
  })

  test('D-34 D-42 a resume stands before new work of any priority, and says RESUME, or WORKERS_BUSY where nobody has room', async () => {
    await upsert({ name: 'order', waitingHoldsSlot: true, maxActive: 1 })
    const lease = await w.working(admin, { lane: 'order' })
    const made = await w.make(lease)
    await w.suspend(lease, made.waitpoint.id, 'RELEASED')
    const busy = await w.waiting(admin)
    const { flow } = await done<{ flow: { id: string } }>(admin, 'mutation { done: createFlow(input: { kind: "work", lane: "order", priority: 9000 }) { ... on CreateFlowPayload { flow { id } } } }')
    await answer(admin, { id: made.waitpoint.id })
    const place = async (id: string) => (await dataOf(admin.ask<{ flow: { queue: object } }>('query ($id: ID!) { flow(id: $id) { queue { position queueClass reason } } }', { id }))).flow.queue
    expect(await place(lease.flowId)).toEqual({ position: 1, queueClass: 'RESUME', reason: 'RESUME' })
    expect(await place(flow.id)).toEqual({ position: 2, queueClass: 'NEW', reason: 'CAP' })
    await server.sql('UPDATE worker SET capacity = 1 WHERE id = $1', [w.worker.workerId])
    expect(await place(lease.flowId)).toMatchObject({ position: 1, reason: 'WORKERS_BUSY' })
    await server.sql('UPDATE worker SET capacity = 100 WHERE id = $1', [w.worker.workerId])
    for (const id of [busy.lease.flowId, flow.id, lease.flowId]) await cancel(id)
  })

  test('D-42 a resume that gave its slot away says CAP while the cap is full', async () => {
    await upsert({ name: 'gave', waitingHoldsSlot: false, maxActive: 1 })
    const lease = await w.working(admin, { lane: 'gave' })
    const made = await w.make(lease)
    await w.suspend(lease, made.waitpoint.id, 'RELEASED')
    const other = await w.working(admin, { lane: 'gave' })
    await answer(admin, { id: made.waitpoint.id })
    const asked = 'query ($id: ID!) { flow(id: $id) { queue { position queueClass reason holders { id } } } }'
    expect(await dataOf(admin.ask(asked, { id: lease.flowId }))).toEqual({ flow: { queue: { position: 1, queueClass: 'RESUME', reason: 'CAP', holders: [{ id: other.flowId }] } } })
    await cancel(lease.flowId)
    await w.worker.finish(other)
  })

  test('a wall shows how many stand open, of what it may read', async () => {
    await using socket = await openSocket(server.url, { token: admin.token })
    const stream = socket.subscribe<{ openWaits: number; stats: { waiting: number } }>('subscription { overview { openWaits stats { waiting } } }')
    const { openWaits, stats } = await stream.first()
    expect(openWaits).toBe(stats.waiting)
    await w.waiting(admin)
    await stream.first((item) => item.openWaits === openWaits + 1)
    const submitter = await server.principal('SUBMITTER')
    await using other = await openSocket(server.url, { token: submitter.token })
    expect(await other.subscribe<{ openWaits: number }>('subscription { overview { openWaits } }').first()).toEqual({ openWaits: 0 })
  })
})
