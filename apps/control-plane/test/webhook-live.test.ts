import { openPrisma } from '@sluice/db/prisma'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDeliveryHub } from '../src/live/delivery-hub.ts'
import { dataOf, testServer, type Principal, type TestServer } from './server.ts'
import { openSocket } from './socket.ts'
import { answered, command, makeDeliveries, makeEndpoint, settle } from './webhooks.ts'

interface Item { kind: string; cursor: string; gap: boolean; end: string | null; delivery: { id: string; state: string; flow: { owner: { id: string } } | null } | null; matches: boolean | null }

const CHANGED = `subscription ($filter: WebhookDeliveryFilter, $after: Cursor) { webhookDeliveryChanged(filter: $filter, after: $after) {
  kind cursor gap end matches delivery { id state attemptCount flow { owner { id } } endpoint { id } } } }`

let server: TestServer
let admin: Principal
let endpointId: string

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
  endpointId = (await makeEndpoint(admin)).endpoint.id
})
afterAll(() => server.close())

const deliver = async (by = admin, count = 1): Promise<string[]> => (await makeDeliveries(server, { by, endpointId, count })).map(({ deliveryId }) => deliveryId)
const shown = (items: Item[]): [string, string][] => items.flatMap(({ delivery }): [string, string][] => (delivery ? [[delivery.id, delivery.state]] : []))

describe('webhookDeliveryChanged', () => {
  test('INV-34 begins with a cursor, then brings changed deliveries; one that leaves the filter says so', async () => {
    await using socket = await openSocket(server.url, admin)
    const stream = socket.subscribe<Item>(CHANGED, { filter: { endpoint: [endpointId], state: ['PENDING'] } })
    expect(await stream.first()).toMatchObject({ kind: 'SNAPSHOT', gap: false, delivery: null })
    const [id] = await deliver()
    expect(await stream.first(({ delivery }) => delivery?.id === id)).toMatchObject({ kind: 'CHANGE', matches: true, delivery: { state: 'PENDING' } })
    await settle(server, [id!], 'EXHAUSTED')
    expect(await stream.first(({ matches }) => matches === false)).toMatchObject({ delivery: { id, state: 'EXHAUSTED' } })
  })

  test('INV-34 resumes after a cursor on another server, with the latest state of what changed meanwhile', async () => {
    await using first = await openSocket(server.url, admin)
    const { cursor } = await first.subscribe<Item>(CHANGED, {}).first()
    await first.close()
    const [a, b] = await deliver(admin, 2)
    await settle(server, [a!], 'RETRY_SCHEDULED')
    await settle(server, [a!], 'DELIVERED')
    await using other = await testServer({ databaseUrl: server.databaseUrl })
    await using socket = await openSocket(other.url, admin)
    const stream = socket.subscribe<Item>(CHANGED, { after: cursor })
    await stream.first(({ delivery }) => delivery?.id === a)
    const [last] = await deliver()
    await stream.first(({ delivery }) => delivery?.id === last)
    expect(stream.items()[0]).toMatchObject({ kind: 'SNAPSHOT', gap: false, cursor })
    expect(shown(stream.items())).toEqual([[b, 'PENDING'], [a, 'DELIVERED'], [last, 'PENDING']])
  })

  test('INV-34 every item continues where it stood', async () => {
    await using socket = await openSocket(server.url, admin)
    const stream = socket.subscribe<Item>(CHANGED, {})
    await stream.first()
    const ids = await deliver(admin, 3)
    await stream.first(({ delivery }) => delivery?.id === ids.toSorted().at(-1))
    const [one] = stream.items().filter(({ kind }) => kind === 'CHANGE')
    const again = socket.subscribe<Item>(CHANGED, { after: one?.cursor })
    await again.first(({ delivery }) => delivery?.id === ids.toSorted().at(-1))
    expect(shown(again.items()).map(([id]) => id)).toEqual(ids.toSorted().slice(1))
  })

  test('INV-34 a cursor of another generation is a gap, and the stream goes on from now', async () => {
    await using socket = await openSocket(server.url, admin)
    const { cursor } = await socket.subscribe<Item>(CHANGED, {}).first()
    const other = Buffer.from(Buffer.from(cursor, 'base64url').toString().replace(/"d","[^"]+"/, '"d","elsewhere"')).toString('base64url')
    const stream = socket.subscribe<Item>(CHANGED, { after: other })
    expect(await stream.first()).toMatchObject({ kind: 'SNAPSHOT', gap: true })
    const [id] = await deliver()
    expect(await stream.first(({ delivery }) => delivery?.id === id)).toMatchObject({ gap: false })
  })

  test.each([
    ['a cursor that is none', { after: 'x' }, ['after']], ['a filter that can never match', { filter: { eventType: ['flow.exploded'] } }, ['filter', 'eventType']],
    ['an id of something else', { filter: { flow: 'ep_1' } }, ['filter', 'flow']],
  ])('%s is refused and named', async (_what, variables, path) => {
    await using socket = await openSocket(server.url, admin)
    const [refused] = await socket.subscribe(CHANGED, variables).refused()
    expect(refused?.extensions).toEqual({ code: 'INVALID_INPUT', path })
  })

  test('INV-35 a submitter sees what its own flows were told, and a narrowed token what is in its lanes', async () => {
    await dataOf(admin.ask('mutation { upsertLane(input: { name: "narrow" }) { __typename } }'))
    const submitter = await server.principal('SUBMITTER')
    const narrow = await server.principal('VIEWER', { scopes: ['lane:narrow'] })
    await using own = await openSocket(server.url, submitter)
    await using lane = await openSocket(server.url, narrow)
    const [mine, inside] = [own.subscribe<Item>(CHANGED, {}), lane.subscribe<Item>(CHANGED, {})]
    await Promise.all([mine.first(), inside.first()])
    await deliver()
    await command(admin, 'testWebhookEndpoint', { id: endpointId }, 'delivery { id }')
    const [b] = await makeDeliveries(server, { by: admin, endpointId, item: { lane: 'narrow' } })
    const [c] = await deliver(submitter)
    await mine.first(({ delivery }) => delivery?.id === c)
    await inside.first(({ delivery }) => delivery?.id === b?.deliveryId)
    expect(shown(mine.items())).toEqual([[c, 'PENDING']])
    expect(shown(inside.items())).toEqual([[b?.deliveryId, 'PENDING']])
  })

  test('INV-35 ends with REVOKED when the token is revoked', async () => {
    const viewer = await server.principal('VIEWER')
    await using socket = await openSocket(server.url, viewer)
    const stream = socket.subscribe<Item>(CHANGED, {})
    await stream.first()
    await dataOf(admin.ask('mutation ($input: TokenIdInput!) { revokeApiToken(input: $input) { __typename } }', { input: { id: viewer.tokenId } }))
    expect(await stream.first(({ end }) => end !== null)).toMatchObject({ kind: 'END', end: 'REVOKED' })
  })

  test('INV-36 a subscriber that reads too slowly gets TOO_SLOW', async () => {
    await using slow = await testServer({ databaseUrl: server.databaseUrl, settings: { subscriberBuffer: 40 } })
    await using socket = await openSocket(slow.url, admin)
    await using witness = await openSocket(slow.url, admin)
    const stream = socket.subscribe<{ kind: string; end: string | null }>('subscription { webhookDeliveryChanged { kind end delivery { id flow { input } } } }')
    const seen = witness.subscribe<Item>(CHANGED, {})
    await Promise.all([stream.first(), seen.first()])
    socket.pause()
    const large = 'x'.repeat(200_000)
    for (let n = 0; n < 6; n += 1) {
      const made = (await makeDeliveries(server, { by: admin, endpointId, count: 15, item: { input: { large } } })).map(({ deliveryId }) => deliveryId)
      // Whoever reads has what was read for both.
      await seen.first(({ delivery }) => delivery?.id === made.toSorted().at(-1))
    }
    socket.resume()
    expect(await stream.first(({ end }) => end !== null)).toMatchObject({ kind: 'END', end: 'TOO_SLOW' })
    expect(stream.items().length).toBeLessThan(90)
    expect(shown(seen.items())).toHaveLength(90)
  })

  test('a delivery is followed from PENDING to DELIVERED as another process sends it', async () => {
    await using socket = await openSocket(server.url, admin)
    const stream = socket.subscribe<Item>(CHANGED, {})
    await stream.first()
    const answers = [answered(503, { retryAfterMs: 1 }), answered(200)]
    await using _sender = await testServer({ databaseUrl: server.databaseUrl, settings: { webhookScheduleMs: [20] }, send: async ({ deliveryId }) => (deliveryId === id ? answers.shift() : undefined) ?? answered(200) })
    const [id] = await deliver()
    await stream.first(({ delivery }) => delivery?.id === id && delivery?.state === 'DELIVERED')
    const states = stream.items().flatMap(({ delivery }) => (delivery?.id === id ? [delivery?.state] : []))
    // What lay between two looks is not repeated.
    expect(['PENDING', 'SENDING', 'RETRY_SCHEDULED', 'DELIVERED']).toEqual(expect.arrayContaining(states))
  })
})

describe('the reader of deliveries', () => {
  test('keeps up without anybody to tell, and tells from where who joined stood', async () => {
    const prisma = openPrisma(server.databaseUrl, { max: 2 })
    let wake = (): void => undefined
    const on = (_word: unknown, hint: () => void) => {
      wake = hint
      return () => undefined
    }
    const hub = await openDeliveryHub({ engine: { pool: server.pool, wake: { on } as never, log: () => undefined }, prisma, sweepMs: 3_600_000 })
    const before = hub.cursor
    await deliver()
    wake()
    await expect.poll(() => BigInt(hub.cursor.xid) > BigInt(before.xid)).toBe(true)
    const told: string[] = []
    const stop = hub.listen((changed) => void told.push(...(changed ?? []).map(({ id }) => id)), () => undefined)
    const [id] = await deliver()
    await expect.poll(() => (wake(), told)).toEqual([id])
    stop()
    await hub.close()
    await prisma.$disconnect()
  })

  test('a listener that throws is told so, and the others get the batch', async () => {
    const prisma = openPrisma(server.databaseUrl, { max: 2 })
    const logged: unknown[] = []
    let wake = (): void => undefined
    const on = (_word: unknown, hint: () => void) => {
      wake = hint
      return () => undefined
    }
    const hub = await openDeliveryHub({ engine: { pool: server.pool, wake: { on } as never, log: (entry) => void logged.push(entry) }, prisma, sweepMs: 3_600_000 })
    let failed = 0
    const told: string[] = []
    hub.listen(() => { throw new Error('bug') }, () => { failed += 1 })
    hub.listen((changed) => void told.push(...(changed ?? []).map(({ id }) => id)), () => undefined)
    const [id] = await deliver()
    await expect.poll(() => (wake(), told)).toEqual([id])
    expect([failed, logged]).toEqual([1, [expect.objectContaining({ event: 'feed.listener_failed', message: 'bug' })]])
    await hub.close()
    await prisma.$disconnect()
  })
})

describe('overview', () => {
  test('counts deliveries and endpoints, and moves when they do', async () => {
    await using socket = await openSocket(server.url, admin)
    interface Seen { liveDeliveries: number; exhaustedLastHour: number; disabledEndpoints: number }
    const stream = socket.subscribe<Seen>('subscription { overview { kind liveDeliveries exhaustedLastHour disabledEndpoints } }')
    const before = await stream.first()
    const [a] = await deliver(admin, 2)
    await stream.first(({ liveDeliveries }) => liveDeliveries === before.liveDeliveries + 2)
    await settle(server, [a!], 'EXHAUSTED')
    expect(await stream.first(({ exhaustedLastHour }) => exhaustedLastHour === before.exhaustedLastHour + 1)).toMatchObject({ liveDeliveries: before.liveDeliveries + 1 })
    const { endpoint } = await makeEndpoint(admin, { name: 'off', events: ['flow.failed'] })
    await command(admin, 'disableWebhookEndpoint', { id: endpoint.id }, 'endpoint { id }')
    await stream.first(({ disabledEndpoints }) => disabledEndpoints === before.disabledEndpoints + 1)
  })
})
