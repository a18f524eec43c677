import { once } from 'node:events'
import { get as httpGet, request, type IncomingMessage } from 'node:http'
import { eventually } from '@sluice/testkit/db'
import { EventSource } from 'eventsource'
import { createClient } from 'graphql-sse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readEvents, type EventReader, type StreamedEvent } from './event-stream.ts'
import { rest } from './rest-client.ts'
import { createFlows, dataOf, testServer, testWorker, type Principal, type TestServer } from './server.ts'

let server: TestServer
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())

const PRIORITY = 'mutation ($input: SetFlowPriorityInput!) { setFlowPriority(input: $input) { __typename } }'
const raise = (id: string, priority: number) => dataOf(admin.ask(PRIORITY, { input: { id, priority } }))
const follow = (id: string, o: { on?: TestServer; by?: Principal; after?: string; lastId?: string } = {}): Promise<EventReader> =>
  readEvents(`${(o.on ?? server).url}/flows/${id}/events${o.after ? `?after=${o.after}` : ''}`, {
    authorization: `Bearer ${(o.by ?? admin).token}`, accept: 'text/event-stream', ...(o.lastId ? { 'last-event-id': o.lastId } : {}),
  })
const sequencesOf = ({ events }: { events: StreamedEvent[] }): number[] => events.flatMap(({ data }) => data?.event?.sequence ?? [])
const ofSequence = (n: number) => ({ data }: StreamedEvent): boolean => data?.event?.sequence === n
const isEnd = ({ event }: StreamedEvent): boolean => event === 'end'

describe('GET /flows/{id}/events', () => {
  test('INV-34 begins with a snapshot, brings every later event once, and ends with its reason', async () => {
    const worker = await testWorker(server, { kind: 'sse-whole' })
    const [id] = await createFlows(admin, [{ kind: 'sse-whole' }])
    await using stream = await follow(id!)
    expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    expect(await stream.first(({ event }) => event === 'snapshot')).toMatchObject({ data: { kind: 'SNAPSHOT', gap: false, flow: { id, status: 'QUEUED', url: `/flows/${id}` } } })
    const [lease] = await worker.take()
    await worker.finish(lease!)
    expect(await stream.first(isEnd)).toMatchObject({ data: { kind: 'END', end: 'TERMINAL' } })
    expect(await stream.ended).toBe(true)
    expect(sequencesOf(stream)).toEqual([2, 3, 4])
    expect(stream.events.filter(({ data }) => data).map(({ id: at, data }) => at === data?.cursor)).not.toContain(false)
  })

  test('INV-34 resumes after any cursor without a gap or a repeat, on another server', async () => {
    const [id] = await createFlows(admin, [{ kind: 'sse-later' }])
    const before = await follow(id!)
    await before.first(({ event }) => event === 'snapshot')
    await raise(id!, 5)
    const { id: cursor } = await before.first(ofSequence(2))
    before.close()
    await before.ended
    await raise(id!, 6)
    await using other = await testServer({ databaseUrl: server.databaseUrl })
    for (const how of [{ lastId: cursor! }, { after: cursor! }, { lastId: cursor!, after: 'nonsense' }]) {
      await using stream = await follow(id!, { on: other, ...how })
      await stream.first(ofSequence(3))
      expect(stream.events.find(({ event }) => event)).toMatchObject({ event: 'snapshot', id: cursor, data: { gap: false } })
      expect(sequencesOf(stream)).toEqual([3])
    }
  })

  test('INV-34 the cursors are those of the subscription flowEvents', async () => {
    const [id] = await createFlows(admin, [{ kind: 'sse-later' }])
    await raise(id!, 5)
    const { flow } = await dataOf(admin.ask<{ flow: { events: { edges: { cursor: string }[] } } }>('query ($id: ID!) { flow(id: $id) { events { edges { cursor } } } }', { id }))
    await using stream = await follow(id!, { after: flow.events.edges[0]!.cursor })
    expect(await stream.first(ofSequence(2))).toMatchObject({ id: flow.events.edges[1]!.cursor })
  })

  test('INV-34 a cursor of before a restore is a gap: read again', async () => {
    const [id] = await createFlows(admin, [{ kind: 'sse-later' }])
    await using stream = await follow(id!, { lastId: 'aaaa.1' })
    expect(await stream.first(({ event }) => event === 'snapshot')).toMatchObject({ data: { gap: true } })
  })

  test('a browser of its own reconnects by itself and comes no more when the flow has ended', async () => {
    const [id] = await createFlows(admin, [{ kind: 'sse-source' }])
    const source = new EventSource(`${server.url}/flows/${id}/events`, {
      fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${admin.token}` } }),
    })
    const ends: string[] = []
    source.addEventListener('end', ({ data }) => ends.push((JSON.parse(data) as { end: string }).end))
    await once(source as never, 'open')
    await dataOf(admin.ask('mutation ($input: CancelFlowInput!) { cancelFlow(input: $input) { __typename } }', { input: { id } }))
    await eventually(() => expect(source.readyState).toBe(source.CLOSED), { deadlineMs: 8000 })
    expect(ends).toEqual(['TERMINAL'])
  })

  test('of a flow that has ended it tells so; and 204 to who comes again', async () => {
    const [id] = await createFlows(admin, [{ kind: 'sse-over' }])
    await rest(server, `POST /flows/${id}/cancel`, { by: admin })
    await using stream = await follow(id!)
    const { id: cursor } = await stream.first(isEnd)
    expect(stream.events.flatMap(({ event }) => event ?? [])).toEqual(['snapshot', 'end'])
    expect((await follow(id!, { lastId: cursor! })).status).toBe(204)
    await using missed = await follow(id!, { lastId: cursor!.replace(/\d+$/, '1') })
    await missed.first(isEnd)
    expect(sequencesOf(missed)).toEqual([2])
  })

  test('KEEPALIVE says something whenever nothing else was said', async () => {
    await using quick = await testServer({ databaseUrl: server.databaseUrl, settings: { keepaliveMs: 50 } })
    const [id] = await createFlows(admin, [{ kind: 'sse-idle' }])
    await using stream = await follow(id!, { on: quick })
    await eventually(() => expect(stream.events.filter(({ comment }) => comment === 'keep-alive').length).toBeGreaterThan(2), { deadlineMs: 5000 })
  })

  test('INV-35 a right that is revoked ends the stream', async () => {
    const viewer = await server.principal('VIEWER')
    const [id] = await createFlows(admin, [{ kind: 'sse-later' }])
    await using stream = await follow(id!, { by: viewer })
    await stream.first(({ event }) => event === 'snapshot')
    await dataOf(admin.ask('mutation ($input: TokenIdInput!) { revokeApiToken(input: $input) { __typename } }', { input: { id: viewer.tokenId } }))
    expect(await stream.first(isEnd)).toMatchObject({ data: { end: 'REVOKED' } })
    expect(await stream.ended).toBe(true)
    expect((await follow(id!, { by: viewer })).status).toBe(401)
  })

  test('a stopping server says SHUTDOWN and when to come again, and another goes on from there', async () => {
    const stopping = await testServer({ databaseUrl: server.databaseUrl })
    const [id] = await createFlows(admin, [{ kind: 'sse-later' }])
    await using stream = await follow(id!, { on: stopping })
    await stream.first(({ event }) => event === 'snapshot')
    await stopping.close()
    const end = await stream.first(isEnd)
    expect(end).toMatchObject({ data: { end: 'SHUTDOWN' } })
    expect(stream.events).toContainEqual({ retry: '1000' })
    await raise(id!, 9)
    await using after = await follow(id!, { lastId: end.id! })
    await after.first(ofSequence(2))
    expect(sequencesOf(after)).toEqual([2])
  })

  test('INV-36 a reader that is too slow costs bounded memory, is told TOO_SLOW, and continues without a gap', async () => {
    await using slow = await testServer({ databaseUrl: server.databaseUrl, settings: { subscriberBuffer: 20 } })
    const [id] = await createFlows(admin, [{ kind: 'sse-slow', title: 't'.repeat(200), labels: Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`k${n}`, 'v'.repeat(256)])) }])
    const response = await new Promise<IncomingMessage>((resolve) => void httpGet(`${slow.url}/flows/${id}/events`, { headers: { authorization: `Bearer ${admin.token}` } }, resolve))
    response.pause()
    // Each event carries 8 KiB of labels: more than the sockets of both ends hold.
    await server.sql(`INSERT INTO flow_event (flow_id, sequence, type, actor, at, payload, xid)
      SELECT $1, n, 'flow.priority_changed', 'system', clock_timestamp(), '{}', pg_current_xact_id()::text::bigint FROM generate_series(2, 3000) n`, [id])
    await server.sql('UPDATE flow SET last_sequence = 3000 WHERE id = $1', [id])
    await raise(id!, 7)
    await using witness = await follow(id!, { on: slow })
    await witness.first(({ event }) => event === 'snapshot')
    let text = ''
    response.on('data', (part: Buffer) => (text += part.toString('utf8')))
    response.resume()
    await once(response, 'close')
    expect(text).toMatch(/"end":"TOO_SLOW"/)
    expect(text.match(/^event: change$/gm)?.length ?? 0).toBeLessThan(3000)
  })
})

describe('GraphQL over server-sent events', () => {
  const client = (by: Principal, url = server.url) => createClient({ url: `${url}/graphql`, singleConnection: false, headers: { authorization: `Bearer ${by.token}` }, retryAttempts: 0 })
  const EVENTS = 'subscription ($id: ID!) { flowEvents(id: $id) { kind end event { sequence } } }'

  test('serves a client of that protocol: distinct connections, from the snapshot to the typed end', async () => {
    const [id] = await createFlows(admin, [{ kind: 'sse-graphql' }])
    const items: unknown[] = []
    for await (const { data } of client(admin).iterate<{ flowEvents: { kind: string } }>({ query: EVENTS, variables: { id } })) {
      items.push(data?.flowEvents)
      if (data?.flowEvents.kind === 'SNAPSHOT') await rest(server, `POST /flows/${id}/cancel`, { by: admin })
    }
    expect(items).toEqual([{ kind: 'SNAPSHOT', end: null, event: null }, { kind: 'CHANGE', end: null, event: { sequence: 2 } }, { kind: 'END', end: 'TERMINAL', event: null }])
  })

  test('is refused like any other document: without a credential, too deep, of a flow that may not be read', async () => {
    const errorOf = async (by: Principal, query: string, variables = {}): Promise<string> => {
      try {
        for await (const { errors } of client(by).iterate({ query, variables })) return JSON.stringify(errors)
        return 'nothing'
      } catch (error) {
        return JSON.stringify(error) + String(error)
      }
    }
    expect(await errorOf({ ...admin, token: 'slc_unknown' }, EVENTS, { id: 'x' })).toContain('401')
    expect(await errorOf(admin, `subscription { overview { queueHead { ${'retryOf { '.repeat(20)} id ${'} '.repeat(20)} } } }`)).toMatch(/400/)
    const [id] = await createFlows(admin, [{ kind: 'sse-graphql' }])
    expect(await errorOf(await server.principal('SUBMITTER'), EVENTS, { id })).toMatch(/NOT_FOUND/)
  })

  test('INV-35 a right that is revoked ends it', async () => {
    const viewer = await server.principal('VIEWER')
    const [id] = await createFlows(admin, [{ kind: 'sse-graphql' }])
    const ends: unknown[] = []
    for await (const { data } of client(viewer).iterate<{ flowEvents: { kind: string; end: string | null } }>({ query: EVENTS, variables: { id } })) {
      ends.push(data?.flowEvents.end)
      if (data?.flowEvents.kind === 'SNAPSHOT') await dataOf(admin.ask('mutation ($input: TokenIdInput!) { revokeApiToken(input: $input) { __typename } }', { input: { id: viewer.tokenId } }))
    }
    expect(ends).toEqual([null, 'REVOKED'])
  })

  test('KEEPALIVE holds for it too, and a reader that leaves is forgotten at once', async () => {
    await using quick = await testServer({ databaseUrl: server.databaseUrl, settings: { keepaliveMs: 40 } })
    const [id] = await createFlows(admin, [{ kind: 'sse-graphql' }])
    const asked = request(`${quick.url}/graphql`, {
      method: 'POST', agent: false, headers: { authorization: `Bearer ${admin.token}`, accept: 'text/event-stream', 'content-type': 'application/json' },
    })
    asked.end(JSON.stringify({ query: EVENTS, variables: { id } }))
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    let text = ''
    response.setEncoding('utf8').on('data', (part: string) => (text += part)).on('error', () => undefined)
    // Yoga's own are whole events, `:` and an empty line.
    await eventually(() => expect(text.match(/(?<!^):\n(?!\n)/g)?.length ?? 0).toBeGreaterThan(2), { deadlineMs: 5000 })
    const open = async (): Promise<string> => /^sluice_subscriptions (\d+)$/m.exec(await quick.observing.metrics.registry.metrics())?.[1] ?? ''
    expect(await open()).toBe('1')
    response.destroy()
    await eventually(async () => expect(await open()).toBe('0'), { deadlineMs: 5000 })
  })
})
