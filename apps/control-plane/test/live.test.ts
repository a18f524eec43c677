import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFlows, dataOf, testServer, testWorker, type Principal, type TestServer } from './server.ts'
import { openSocket } from './socket.ts'

interface EventItem { kind: string; cursor: string; gap: boolean; end: string | null; flow: { status: string } | null; event: { sequence: number; type: string } | null }
interface ChangedItem { kind: string; cursor: string; gap: boolean; end: string | null; counts: { total: number } | null; flow: { id: string; status: string; owner: { id: string } } | null; deletedId: string | null; matches: boolean | null }

const EVENTS = 'subscription ($id: ID!, $after: Cursor) { flowEvents(id: $id, after: $after) { kind cursor gap end flow { status } event { sequence type } } }'
const CHANGED = `subscription ($filter: FlowFilter, $after: Cursor) { flowsChanged(filter: $filter, after: $after) {
  kind cursor gap end counts { total } flow { id status owner { id } } deletedId matches } }`
const CANCEL = 'mutation ($input: CancelFlowInput!) { cancelFlow(input: $input) { __typename ... on Error { message } } }'
const PRIORITY = 'mutation ($input: SetFlowPriorityInput!) { setFlowPriority(input: $input) { __typename } }'

let server: TestServer
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())

const sequencesOf = (items: EventItem[]): number[] => items.flatMap(({ event }) => event?.sequence ?? [])

describe('flowEvents', () => {
  test('INV-34 begins with a snapshot, brings every later event once, and ends with TERMINAL', async () => {
    const worker = await testWorker(server)
    const [id] = await createFlows(admin, [{ kind: 'work' }])
    await using socket = await openSocket(server.url, admin)
    const stream = socket.subscribe<EventItem>(EVENTS, { id })
    expect(await stream.first()).toMatchObject({ kind: 'SNAPSHOT', gap: false, flow: { status: 'QUEUED' } })
    const [lease] = await worker.take()
    await worker.finish(lease!)
    expect(await stream.first(({ kind }) => kind === 'END')).toMatchObject({ end: 'TERMINAL' })
    expect(sequencesOf(stream.items())).toEqual([2, 3, 4])
  })

  test('INV-34 resumes after a cursor without a gap or a repeat, on another server', async () => {
    const [id] = await createFlows(admin, [{ kind: 'later' }])
    await using first = await openSocket(server.url, admin)
    const before = first.subscribe<EventItem>(EVENTS, { id })
    await before.first()
    await dataOf(admin.ask(PRIORITY, { input: { id, priority: 5 } }))
    const { cursor } = await before.first(({ event }) => event?.sequence === 2)
    await first.close()
    await dataOf(admin.ask(PRIORITY, { input: { id, priority: 6 } }))
    await using other = await testServer({ databaseUrl: server.databaseUrl })
    await using socket = await openSocket(other.url, admin)
    const after = socket.subscribe<EventItem>(EVENTS, { id, after: cursor })
    await after.first(({ event }) => event?.sequence === 3)
    await dataOf(admin.ask(CANCEL, { input: { id } }))
    await after.first(({ end }) => end === 'TERMINAL')
    expect(after.items()[0]).toMatchObject({ kind: 'SNAPSHOT', gap: false, cursor })
    expect(sequencesOf(after.items())).toEqual([3, 4])
  })

  test('INV-34 a cursor of another generation is a gap: read again', async () => {
    const [id] = await createFlows(admin, [{ kind: 'later' }])
    await using socket = await openSocket(server.url, admin)
    expect(await socket.subscribe<EventItem>(EVENTS, { id, after: 'aaaa.1' }).first()).toMatchObject({ kind: 'SNAPSHOT', gap: true })
  })

  test('INV-38 a flow of somebody else is unknown to a submitter', async () => {
    const [id] = await createFlows(admin, [{ kind: 'later' }])
    const submitter = await server.principal('SUBMITTER')
    await using socket = await openSocket(server.url, submitter)
    const [hidden] = await socket.subscribe(EVENTS, { id }).refused()
    const [unknown] = await socket.subscribe(EVENTS, { id: 'flow_00000000000000000000000000' }).refused()
    expect(hidden?.extensions).toEqual({ code: 'NOT_FOUND' })
    expect(hidden?.message.replace(id!, '')).toBe(unknown?.message.replace('flow_00000000000000000000000000', ''))
  })
})

describe('flowsChanged', () => {
  test('INV-34 begins with counts and a cursor, then brings changed flows; one that leaves the filter says so', async () => {
    await using socket = await openSocket(server.url, admin)
    const stream = socket.subscribe<ChangedItem>(CHANGED, { filter: { status: ['QUEUED'], kind: ['leaving'] } })
    expect(await stream.first()).toMatchObject({ kind: 'SNAPSHOT', counts: { total: 0 }, flow: null })
    const [id] = await createFlows(admin, [{ kind: 'leaving' }, { kind: 'unseen' }])
    expect(await stream.first(({ flow }) => flow?.id === id)).toMatchObject({ kind: 'CHANGE', matches: true, flow: { status: 'QUEUED' } })
    await dataOf(admin.ask(CANCEL, { input: { id } }))
    expect(await stream.first(({ matches }) => matches === false)).toMatchObject({ flow: { id, status: 'CANCELLED' } })
    expect(stream.items().filter(({ kind }) => kind === 'CHANGE')).toHaveLength(2)
  })

  test('INV-34 resumes after a cursor on another server with what happened meanwhile', async () => {
    await using first = await openSocket(server.url, admin)
    const { cursor } = await first.subscribe<ChangedItem>(CHANGED, { filter: { kind: ['resumed'] } }).first()
    await first.close()
    const ids = await createFlows(admin, [{ kind: 'resumed' }, { kind: 'resumed' }])
    await using other = await testServer({ databaseUrl: server.databaseUrl })
    await using socket = await openSocket(other.url, admin)
    const stream = socket.subscribe<ChangedItem>(CHANGED, { filter: { kind: ['resumed'] }, after: cursor })
    await stream.first(({ flow }) => flow?.id === ids[1])
    const [last] = await createFlows(admin, [{ kind: 'resumed' }])
    await stream.first(({ flow }) => flow?.id === last)
    expect(stream.items()[0]).toMatchObject({ kind: 'SNAPSHOT', gap: false })
    expect(stream.items().flatMap(({ flow }) => flow?.id ?? [])).toEqual([...ids, last])
  })

  test('INV-34 a cursor of another generation is a gap, and the stream goes on from now', async () => {
    await using socket = await openSocket(server.url, admin)
    const stream = socket.subscribe<ChangedItem>(CHANGED, { filter: { kind: ['gapped'] }, after: 'aaaa.1.1' })
    expect(await stream.first()).toMatchObject({ kind: 'SNAPSHOT', gap: true })
    const [id] = await createFlows(admin, [{ kind: 'gapped' }])
    expect(await stream.first(({ flow }) => flow?.id === id)).toMatchObject({ gap: false })
  })

  test('INV-35 a submitter sees its own flows only', async () => {
    const submitter = await server.principal('SUBMITTER')
    await using socket = await openSocket(server.url, submitter)
    const stream = socket.subscribe<ChangedItem>(CHANGED, {})
    await stream.first()
    await createFlows(admin, [{ kind: 'private' }])
    const [own] = await createFlows(submitter, [{ kind: 'private' }])
    await stream.first(({ flow }) => flow?.id === own)
    expect(stream.items().filter(({ flow }) => flow !== null && flow.owner.id !== submitter.id)).toEqual([])
  })

  test('a deleted flow leaves with its id', async () => {
    const [id] = await createFlows(admin, [{ kind: 'deleted' }])
    await dataOf(admin.ask(CANCEL, { input: { id } }))
    await using socket = await openSocket(server.url, admin)
    const stream = socket.subscribe<ChangedItem>(CHANGED, { filter: { kind: ['deleted'] } })
    await stream.first()
    await dataOf(admin.ask('mutation ($input: FlowIdInput!) { deleteFlow(input: $input) { __typename } }', { input: { id } }))
    expect(await stream.first(({ deletedId }) => deletedId !== null)).toMatchObject({ deletedId: id, matches: false })
  })

  test('progress is live though it is no milestone', async () => {
    const worker = await testWorker(server, { kind: 'slow' })
    const [id] = await createFlows(admin, [{ kind: 'slow' }])
    const [lease] = await worker.take()
    await using socket = await openSocket(server.url, admin)
    const stream = socket.subscribe<{ flow: { id: string; progress: { percent: number } | null } | null; kind: string }>('subscription { flowsChanged(filter: { kind: ["slow"] }) { kind flow { id progress { percent message } } } }')
    await stream.first()
    await dataOf(worker.by.ask('mutation ($input: ReportProgressInput!) { reportProgress(input: $input) { __typename } }', { input: { lease, percent: 41.6, message: 'half' } }))
    expect(await stream.first(({ flow }) => flow?.progress?.percent === 42)).toMatchObject({ flow: { id } })
  })
})

describe('queueChanged and overview', () => {
  const QUEUE = 'subscription { queueChanged { kind stats { queued } head { id kind } orderChanged } }'
  const OVERVIEW = 'subscription { overview { kind stats { queued running } slotHolders { id } queueHead { id } recentFailures { id } feedLagMs } }'

  test('counts and order of the queue, and no more than ten a second', async () => {
    await using socket = await openSocket(server.url, admin)
    const stream = socket.subscribe<{ kind: string; stats: { queued: number }; head: { id: string }[]; orderChanged: boolean }>(QUEUE)
    const { stats } = await stream.first()
    const began = Date.now()
    for (let n = 0; n < 30; n += 1) await createFlows(admin, [{ kind: 'many' }])
    await stream.first((item) => item.stats.queued === stats.queued + 30)
    expect(stream.items().length).toBeLessThanOrEqual(2 + Math.ceil((Date.now() - began) / 100))
  })

  test('overview shows who holds slots and who is next', async () => {
    await using socket = await openSocket(server.url, admin)
    const worker = await testWorker(server, { kind: 'overseen' })
    const stream = socket.subscribe<{ kind: string; slotHolders: { id: string }[]; feedLagMs: number }>(OVERVIEW)
    await stream.first()
    const [id] = await createFlows(admin, [{ kind: 'overseen' }])
    await worker.take()
    expect(await stream.first(({ slotHolders }) => slotHolders.some((one) => one.id === id))).toMatchObject({ kind: 'CHANGE' })
  })
})

describe('the end of a subscription', () => {
  test('INV-35 a revoked token ends its subscriptions with REVOKED and its socket', async () => {
    const viewer = await server.principal('VIEWER')
    await using socket = await openSocket(server.url, viewer)
    const stream = socket.subscribe<ChangedItem>(CHANGED, {})
    await stream.first()
    await dataOf(admin.ask('mutation ($input: TokenIdInput!) { revokeApiToken(input: $input) { __typename } }', { input: { id: viewer.tokenId } }))
    expect(await stream.first(({ end }) => end !== null)).toMatchObject({ kind: 'END', end: 'REVOKED' })
    expect(await socket.closed).toMatchObject({ code: 4403 })
    expect((await viewer.ask('{ serverTime }')).status).toBe(401)
  })

  test('INV-36 a subscriber that reads too slowly gets TOO_SLOW instead of stale news', async () => {
    await using slow = await testServer({ databaseUrl: server.databaseUrl, settings: { subscriberBuffer: 20 } })
    await using socket = await openSocket(slow.url, admin)
    const large = 'x'.repeat(200_000)
    const stream = socket.subscribe<{ kind: string; end: string | null }>('subscription { flowsChanged(filter: { kind: ["large"] }) { kind end flow { id input } } }')
    await stream.first()
    socket.pause()
    for (let n = 0; n < 4; n += 1) await createFlows(admin, Array.from({ length: 15 }, () => ({ kind: 'large', input: { large } })))
    // The other server tells us by the database; ours has read it when a second reader has.
    await using witness = await openSocket(slow.url, admin)
    await witness.subscribe<ChangedItem>(CHANGED, { filter: { kind: ['large'] } }).first(({ counts }) => counts?.total === 60)
    socket.resume()
    expect(await stream.first(({ end }) => end !== null)).toMatchObject({ kind: 'END', end: 'TOO_SLOW' })
    expect(stream.items().length).toBeLessThan(60)
  })

  test('a stopping server ends subscriptions with SHUTDOWN and sockets with 1012', async () => {
    const stopping = await testServer({ databaseUrl: server.databaseUrl })
    await using socket = await openSocket(stopping.url, admin)
    const stream = socket.subscribe<ChangedItem>(CHANGED, {})
    await stream.first()
    await stopping.close()
    expect(await socket.closed).toMatchObject({ code: 1012 })
    expect(stream.items().at(-1)).toMatchObject({ kind: 'END', end: 'SHUTDOWN' })
  })

  test('a stopping server answers a parked claim at once', async () => {
    const stopping = await testServer({ databaseUrl: server.databaseUrl })
    const worker = await testWorker(stopping, { kind: 'never' })
    const { promoter } = stopping.deps
    const ask = promoter.ask.bind(promoter)
    const asked = new Promise<void>((resolve) => {
      promoter.ask = (o) => (resolve(), ask(o))
    })
    const parked = worker.take(1, { waitMs: 20_000 })
    await asked
    const began = Date.now()
    await stopping.close()
    expect(await parked).toEqual([])
    expect(Date.now() - began).toBeLessThan(5000)
  })

  test('a socket carries no more subscriptions than it may', async () => {
    await using small = await testServer({ databaseUrl: server.databaseUrl, settings: { subscriptionsPerSocket: 2 } })
    await using socket = await openSocket(small.url, admin)
    await socket.subscribe(CHANGED, {}).first()
    await socket.subscribe(CHANGED, {}).first()
    const [refusal] = await socket.subscribe(CHANGED, {}).refused()
    expect(refusal?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 2 })
  })
})

describe('server-sent events', () => {
  test('carry a subscription for those who cannot open a socket', async () => {
    const leave = new AbortController()
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST', signal: leave.signal, body: JSON.stringify({ query: CHANGED, variables: { filter: { kind: ['sse'] } } }),
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${admin.token}` },
    })
    let text = ''
    const decoder = new TextDecoder()
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      const before = text
      text += decoder.decode(part)
      if (!before.includes('SNAPSHOT') && text.includes('SNAPSHOT')) await createFlows(admin, [{ kind: 'sse' }])
      if (text.includes('CHANGE')) break
    }
    leave.abort()
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(text).toMatch(/SNAPSHOT[^]*CHANGE/)
  })
})
