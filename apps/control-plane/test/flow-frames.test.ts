import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { append, FRAMES, lines, places, placesOf, type FrameItem, type FrameOf, type Lease } from './frame-writer.ts'
import { createFlows, dataOf, testServer, testWorker, type Principal, type TestServer, type TestWorker } from './server.ts'
import { openSocket } from './socket.ts'

let server: TestServer
let admin: Principal
let worker: TestWorker

beforeAll(async () => {
  server = await testServer({ settings: { framesKept: 100 } })
  admin = await server.principal('ADMIN')
  worker = await testWorker(server)
})
afterAll(() => server.close())

async function working(o: Record<string, unknown> = {}): Promise<Lease & { flowId: string }> {
  const [id] = await createFlows(admin, [{ kind: 'work', ...o }])
  const [lease] = await worker.take()
  expect(lease?.flowId).toBe(id)
  return lease!
}
const giveBack = (lease: Lease) => dataOf(worker.by.ask('mutation ($input: ReturnFlowInput!) { returnFlow(input: $input) { __typename } }', { input: { lease } }))
const hasSequence = (n: number) => ({ frames }: FrameItem): boolean => frames?.some(({ sequence }) => sequence === n) ?? false
const isEnd = ({ kind }: FrameItem): boolean => kind === 'END'

describe('appendFrames', () => {
  test('FF-71 answers what is stored, and refuses a gap, a lease that is over and a flow that waits', async () => {
    const lease = await working()
    expect(await append(worker, lease, lines(1, 3))).toEqual({ __typename: 'AppendFramesPayload', lastSequence: 3 })
    expect(await append(worker, lease, lines(2, 4))).toMatchObject({ lastSequence: 4 })
    expect(await append(worker, lease, lines(6, 6))).toMatchObject({ __typename: 'InvalidInput', code: 'INVALID_INPUT', path: ['frames', '0', 'sequence'] })
    expect(await append(worker, { ...lease, epoch: 9 }, lines(5, 5))).toMatchObject({ code: 'STALE_LEASE' })
    await server.sql(`UPDATE flow SET status = 'WAITING', phase = NULL, wait_kind = 'INPUT', wait_mode = 'HELD', waiting_since = now() WHERE id = $1`, [lease.flowId])
    expect(await append(worker, lease, lines(5, 5))).toMatchObject({ code: 'CONFLICT' })
    await server.sql(`UPDATE flow SET status = 'RUNNING', phase = 'WORKING', wait_kind = NULL, wait_mode = NULL, waiting_since = NULL WHERE id = $1`, [lease.flowId])
    await worker.finish(lease)
    expect(await append(worker, lease, lines(5, 5))).toMatchObject({ code: 'FLOW_ALREADY_TERMINAL' })
  })
})

describe('Flow.frames', () => {
  const PAGE = 'query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { flow(id: $id) { frames(first: $first, after: $after, last: $last, before: $before) { edges { cursor node { attempt sequence kind payload cursor } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }'
  interface Found { flow: { frames: { edges: { cursor: string; node: FrameOf }[]; pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string } } } }
  const page = async (variables: Record<string, unknown>) => (await dataOf(admin.ask<Found>(PAGE, variables))).flow.frames
  const found = ({ edges }: Found['flow']['frames']): string[] => edges.map(({ node }) => `${node.attempt}.${node.sequence}`)

  test('pages over attempts in order, forwards and from the end; its cursors are those of the subscription', async () => {
    const lease = await working({ onLeaseLost: 'RETRY' })
    await append(worker, lease, lines(1, 4))
    await giveBack(lease)
    const [second] = await worker.take()
    await append(worker, second!, lines(1, 3))
    const first = await page({ id: lease.flowId, first: 5 })
    expect([found(first), first.pageInfo.hasNextPage]).toEqual([['0.1', '0.2', '0.3', '0.4', '1.1'], true])
    const rest = await page({ id: lease.flowId, first: 5, after: first.pageInfo.endCursor })
    expect([found(rest), rest.pageInfo.hasNextPage]).toEqual([['1.2', '1.3'], false])
    const end = await page({ id: lease.flowId, last: 4 })
    expect([found(end), end.pageInfo.hasPreviousPage]).toEqual([['0.4', '1.1', '1.2', '1.3'], true])
    const before = await page({ id: lease.flowId, last: 5, before: end.pageInfo.startCursor })
    expect([found(before), before.pageInfo.hasPreviousPage]).toEqual([['0.1', '0.2', '0.3'], false])
    expect(first.edges[0]?.node).toMatchObject({ kind: 'LOG', payload: 'line 1', cursor: first.edges[0]?.cursor })
    await using socket = await openSocket(server.url, admin)
    const stream = socket.subscribe<FrameItem>(FRAMES, { id: lease.flowId, after: first.pageInfo.endCursor })
    await stream.first(hasSequence(3))
    expect(placesOf(stream.items())).toEqual(['1.2', '1.3'])
  })

  test('L-53 a cursor of its events is none of its frames, and the other way round', async () => {
    const lease = await working()
    await append(worker, lease, lines(1, 1))
    const { flow } = await dataOf(admin.ask<{ flow: { frames: { edges: { cursor: string }[] }; events: { edges: { cursor: string }[] } } }>('query ($id: ID!) { flow(id: $id) { frames { edges { cursor } } events { edges { cursor } } } }', { id: lease.flowId }))
    await using socket = await openSocket(server.url, admin)
    expect((await socket.subscribe(FRAMES, { id: lease.flowId, after: flow.events.edges[0]!.cursor }).refused())[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', path: ['after'] })
    expect((await socket.subscribe('subscription ($id: ID!, $after: Cursor) { flowEvents(id: $id, after: $after) { kind } }', { id: lease.flowId, after: flow.frames.edges[0]!.cursor }).refused())[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT' })
  })
})

describe('flowFrames', () => {
  test('INV-34 a snapshot, what was said before, then what is said, and TERMINAL after all was told', async () => {
    const lease = await working({ onLeaseLost: 'RETRY' })
    await append(worker, lease, lines(1, 5))
    await using socket = await openSocket(server.url, admin)
    const stream = socket.subscribe<FrameItem>(FRAMES, { id: lease.flowId })
    expect(await stream.first()).toMatchObject({ kind: 'SNAPSHOT', gap: false, frames: null })
    await stream.first(hasSequence(5))
    await append(worker, lease, lines(6, 9))
    await giveBack(lease)
    const [second] = await worker.take()
    await append(worker, second!, lines(1, 2))
    await worker.finish(second!)
    expect(await stream.first(isEnd)).toMatchObject({ end: 'TERMINAL', cursor: stream.items().at(-2)?.cursor })
    expect(placesOf(stream.items())).toEqual([...places(0, 1, 9), ...places(1, 1, 2)])
    expect(stream.items().filter(({ gap }) => gap)).toEqual([])
    const later = socket.subscribe<FrameItem>(FRAMES, { id: lease.flowId })
    await later.first(isEnd)
    expect(placesOf(later.items())).toEqual([...places(0, 1, 9), ...places(1, 1, 2)])
  })

  test('INV-34 L-53 who drops the connection and comes back to another server misses nothing and sees nothing twice, in milestones and in frames', async () => {
    const EVENTS = 'subscription ($id: ID!, $after: Cursor) { flowEvents(id: $id, after: $after) { kind cursor end event { sequence } } }'
    interface EventItem { kind: string; cursor: string; end: string | null; event: { sequence: number } | null }
    const [id] = await createFlows(admin, [{ kind: 'work' }])
    await using first = await openSocket(server.url, admin)
    const before = { frames: first.subscribe<FrameItem>(FRAMES, { id }), events: first.subscribe<EventItem>(EVENTS, { id }) }
    await Promise.all([before.frames.first(), before.events.first()])
    const [lease] = await worker.take()
    await append(worker, lease!, lines(1, 10))
    const [{ cursor: frames }, { cursor: events }] = await Promise.all([before.frames.first(hasSequence(10)), before.events.first(({ event }) => event?.sequence === 3)])
    await first.close()
    await append(worker, lease!, lines(11, 20))
    await using other = await testServer({ databaseUrl: server.databaseUrl })
    await using second = await openSocket(other.url, admin)
    const after = { frames: second.subscribe<FrameItem>(FRAMES, { id, after: frames }), events: second.subscribe<EventItem>(EVENTS, { id, after: events }) }
    await after.frames.first(hasSequence(20))
    await append(worker, lease!, lines(21, 30))
    await worker.finish(lease!)
    await Promise.all([after.frames.first(isEnd), after.events.first(({ end }) => end === 'TERMINAL')])
    expect(placesOf([...before.frames.items(), ...after.frames.items()])).toEqual(places(0, 1, 30))
    expect([...before.events.items(), ...after.events.items()].flatMap(({ event }) => event?.sequence ?? [])).toEqual([2, 3, 4])
    expect([...before.frames.items(), ...after.frames.items()].filter(({ gap }) => gap)).toEqual([])
  })

  test('a trim is visible: what follows it says gap, and nothing is told twice', async () => {
    const lease = await working()
    await append(worker, lease, lines(1, 10))
    await using socket = await openSocket(server.url, admin)
    const early = socket.subscribe<FrameItem>(FRAMES, { id: lease.flowId })
    const { cursor } = await early.first(hasSequence(10))
    early.stop()
    await append(worker, lease, lines(11, 115))
    const late = socket.subscribe<FrameItem>(FRAMES, { id: lease.flowId, after: cursor })
    await late.first(hasSequence(115))
    expect(late.items().map(({ kind, gap }) => [kind, gap])).toEqual([['SNAPSHOT', false], ['CHANGE', true]])
    expect(placesOf(late.items())).toEqual(places(0, 16, 115))
  })

  test('INV-34 a cursor of before a restore is a gap, and all that is kept is told', async () => {
    const lease = await working()
    await append(worker, lease, lines(1, 3))
    await using socket = await openSocket(server.url, admin)
    for (const after of ['aaaa.0-2', `${await generation()}.0-77`]) {
      const stream = socket.subscribe<FrameItem>(FRAMES, { id: lease.flowId, after })
      expect(await stream.first()).toMatchObject({ kind: 'SNAPSHOT', gap: true })
      await stream.first(hasSequence(3))
      expect(placesOf(stream.items())).toEqual(places(0, 1, 3))
    }
  })

  test('INV-38 a flow of somebody else is unknown to a submitter', async () => {
    const lease = await working()
    await using socket = await openSocket(server.url, await server.principal('SUBMITTER'))
    expect((await socket.subscribe(FRAMES, { id: lease.flowId }).refused())[0]?.extensions).toEqual({ code: 'NOT_FOUND' })
  })

  test('however many follow a flow, its output is read once', async () => {
    const lease = await working()
    await using socket = await openSocket(server.url, admin)
    const streams = Array.from({ length: 20 }, () => socket.subscribe<FrameItem>(FRAMES, { id: lease.flowId }))
    await Promise.all(streams.map((stream) => stream.first()))
    await append(worker, lease, lines(1, 1))
    await Promise.all(streams.map((stream) => stream.first(hasSequence(1))))
    const reads = async (): Promise<number> =>
      Number(/_count\{statement="framesAfter"\} (\d+)/.exec(await server.observing.metrics.registry.getSingleMetricAsString('sluice_statement_duration_seconds'))?.[1])
    const before = await reads()
    for (let n = 2; n <= 21; n += 1) await append(worker, lease, lines(n, n))
    await Promise.all(streams.map((stream) => stream.first(hasSequence(21))))
    for (const stream of streams) expect(placesOf(stream.items())).toEqual(places(0, 1, 21))
    expect(await reads()).toBeLessThan(before + 100)
  })
})

const generation = async (): Promise<string> => String((await server.sql('SELECT generation FROM system_state'))[0]?.['generation'])
