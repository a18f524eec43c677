import { eventually } from '@sluice/testkit/db'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataOf, testServer, type Principal, type TestServer } from './server.ts'
import { openSocket } from './socket.ts'
import { answered, command, listed, makeDeliveries, makeEndpoint, node, settle } from './webhooks.ts'

let server: TestServer
let admin: Principal
let endpointId: string

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
  endpointId = (await makeEndpoint(admin)).endpoint.id
})
afterAll(() => server.close())

const OPERATION = 'operation { id action state matched done refused reason requestedBy { id } endedAt }'
interface Started { matched: number; exact: boolean; operation: { id: string; state: string } | null }
const start = (by: Principal, input: object) => command<Started>(by, 'replayWebhookDeliveries', input, `matched exact ${OPERATION}`)

/** Ended undelivered, of an endpoint of their own. */
async function failed(count: number, item: object = {}): Promise<{ endpoint: string; ids: string[] }> {
  const { endpoint } = await makeEndpoint(admin)
  const ids = (await makeDeliveries(server, { by: admin, endpointId: endpoint.id, count, item })).map(({ deliveryId }) => deliveryId)
  await settle(server, ids, 'EXHAUSTED', { error: 'HTTP_500' })
  return { endpoint: endpoint.id, ids }
}

/** Another server on the same database, which runs operations and sends. */
const dispatcher = () => testServer({ databaseUrl: server.databaseUrl, send: () => Promise.resolve(answered(200)) })

const SHOWN = '... on BulkOperation { state matched done refused endedAt filter refusals(first: 1) { edges { node { target code message } } pageInfo { hasNextPage endCursor } } }'
interface Shown { state: string; matched: number; done: number; refused: number; endedAt: string | null; refusals: { edges: { node: { target: string; code: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } }

describe('replayWebhookDeliveries', () => {
  test('D-43 a dry run counts and starts nothing', async () => {
    const { endpoint } = await failed(3)
    expect(await start(admin, { filter: { endpoint: [endpoint], state: ['EXHAUSTED'] }, dryRun: true })).toMatchObject({ matched: 3, exact: true, operation: null })
    expect((await listed(admin, { endpoint: [endpoint], trigger: ['REPLAY'] })).ids).toEqual([])
  })

  test.each([
    ['neither filter nor ids', {}, ['filter']], ['both', { filter: {}, ids: ['dlv_1'] }, ['ids']], ['no id', { ids: [] }, ['ids']],
    ['a reason that is too long', { filter: {}, reason: 'x'.repeat(501) }, ['reason']], ['a filter that can never match', { filter: { eventType: ['x'] } }, ['filter', 'eventType']],
  ])('%s is refused and named', async (_what, input, path) => {
    expect(await start(admin, input)).toMatchObject({ __typename: 'InvalidInput', path })
  })

  test('D-43 replays what matched when it started, tells what it could not, and who asked', async () => {
    const operator = await server.principal('OPERATOR')
    const { endpoint, ids } = await failed(3)
    const started = await start(operator, { ids: [...ids, 'dlv_00000000000000000000000000', 'dlv_00000000000000000000000001'], reason: 'they are back' })
    expect(started).toMatchObject({ matched: 5, exact: true, operation: { action: 'REPLAY', state: 'RUNNING', reason: 'they are back', requestedBy: { id: operator.id }, endedAt: null } })
    const id = started.operation?.id ?? ''
    await using socket = await openSocket(server.url, operator)
    const stream = socket.subscribe<{ kind: string; end: string | null; operation: Shown | null }>('subscription ($id: ID!) { bulkOperationChanged(id: $id) { kind end gap cursor operation { state matched done refused } } }', { id })
    expect(await stream.first()).toMatchObject({ kind: 'SNAPSHOT', operation: { state: 'RUNNING', done: 0 } })
    await using _runs = await dispatcher()
    expect(await stream.first(({ kind }) => kind === 'END')).toMatchObject({ end: 'TERMINAL' })
    expect(stream.items().findLast(({ operation }) => operation !== null)).toMatchObject({ operation: { state: 'DONE', done: 3, refused: 2 } })
    const shown = await node<Shown>(operator, id, SHOWN)
    expect(shown).toMatchObject({ state: 'DONE', matched: 5, done: 3, refused: 2, refusals: { edges: [{ node: { target: 'dlv_00000000000000000000000000', code: 'NOT_FOUND' } }], pageInfo: { hasNextPage: true } } })
    const rest = await node<Shown>(operator, id, `... on BulkOperation { refusals(first: 5, after: "${shown?.refusals.pageInfo.endCursor}") { edges { node { target } } pageInfo { hasNextPage endCursor } } }`)
    expect(rest?.refusals).toMatchObject({ edges: [{ node: { target: 'dlv_00000000000000000000000001' } }], pageInfo: { hasNextPage: false } })
    expect((await listed(operator, { endpoint: [endpoint], trigger: ['REPLAY'] })).ids).toHaveLength(3)
  })

  test('who follows one that has ended is told its end at once', async () => {
    const { endpoint } = await failed(1)
    const { operation } = await start(admin, { filter: { endpoint: [endpoint] } })
    await command(admin, 'abortBulkOperation', { id: operation?.id }, OPERATION)
    await using socket = await openSocket(server.url, admin)
    const stream = socket.subscribe<{ kind: string; end: string | null }>('subscription ($id: ID!) { bulkOperationChanged(id: $id) { kind end operation { state } } }', { id: operation?.id })
    await stream.first(({ end }) => end === 'TERMINAL')
    expect(stream.items()).toEqual([{ kind: 'SNAPSHOT', end: null, operation: { state: 'ABORTED' } }, { kind: 'END', end: 'TERMINAL', operation: null }])
  })

  test('INV-38 the scopes of a token go with its filter, and its ids are looked at before', async () => {
    await dataOf(admin.ask('mutation { upsertLane(input: { name: "narrow" }) { __typename } }'))
    const inside = await failed(1, { lane: 'narrow' })
    const outside = await failed(1)
    const narrow = await server.principal('OPERATOR', { scopes: ['lane:narrow'] })
    const both = { endpoint: [inside.endpoint, outside.endpoint] }
    expect(await start(narrow, { filter: both, dryRun: true })).toMatchObject({ matched: 1 })
    expect(await start(narrow, { ids: [...inside.ids, ...outside.ids] })).toMatchObject({ __typename: 'NotFound' })
    const { operation } = await start(narrow, { filter: both })
    await using _runs = await dispatcher()
    await eventually(async () => expect(await node(admin, operation?.id ?? '', SHOWN)).toMatchObject({ state: 'DONE', done: 1, refused: 0 }))
    expect((await listed(admin, { endpoint: [outside.endpoint], trigger: ['REPLAY'] })).ids).toEqual([])
  })

  test('D-43 who may not do it any more has every item refused', async () => {
    const operator = await server.principal('OPERATOR')
    const { endpoint } = await failed(2)
    const { operation } = await start(operator, { filter: { endpoint: [endpoint] } })
    await server.sql(`UPDATE principal SET roles = '{VIEWER}' WHERE id = $1`, [operator.id])
    await using _runs = await dispatcher()
    await eventually(async () => expect(await node(admin, operation?.id ?? '', SHOWN)).toMatchObject({ state: 'DONE', done: 0, refused: 2, refusals: { edges: [{ node: { code: 'FORBIDDEN' } }] } }))
  })
})

describe('bulk operations', () => {
  test('abortBulkOperation ends one early, and again changes nothing', async () => {
    const { operation } = await start(admin, { filter: { endpoint: [endpointId] } })
    const id = operation?.id ?? ''
    const aborted = await command<{ operation: { endedAt: string } }>(admin, 'abortBulkOperation', { id }, OPERATION)
    expect(aborted.operation).toMatchObject({ state: 'ABORTED' })
    expect((await command<{ operation: object }>(admin, 'abortBulkOperation', { id }, OPERATION)).operation).toEqual(aborted.operation)
    expect(await command(admin, 'abortBulkOperation', { id: 'blk_00000000000000000000000000' }, OPERATION)).toMatchObject({ __typename: 'NotFound' })
  })

  test('are listed newest first, by pages', async () => {
    const LIST = '{ bulkOperations(first: FIRST AFTER) { edges { node { id } } pageInfo { hasNextPage endCursor } } }'
    const page = async (first: number, after?: string) => (await dataOf(admin.ask<{ bulkOperations: { edges: { node: { id: string } }[]; pageInfo: { endCursor: string; hasNextPage: boolean } } }>(
      LIST.replace('FIRST', String(first)).replace('AFTER', after ? `after: "${after}"` : '')))).bulkOperations
    await start(admin, { filter: { endpoint: [endpointId] } })
    const all = (await page(100)).edges.map((edge) => edge.node.id)
    const first = await page(2)
    const second = await page(100, first.pageInfo.endCursor)
    expect([...first.edges, ...second.edges].map((edge) => edge.node.id)).toEqual(all)
    expect((await admin.ask('{ bulkOperations(after: "x") { edges { cursor } } }')).errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', path: ['after'] })
  })

  test('INV-38 are nobody\'s business but that of operators', async () => {
    const { operation } = await start(admin, { filter: { endpoint: [endpointId] } })
    const viewer = await server.principal('VIEWER')
    expect(await node(viewer, operation?.id ?? '', '')).toBeNull()
    await using socket = await openSocket(server.url, viewer)
    const [refused] = await socket.subscribe('subscription ($id: ID!) { bulkOperationChanged(id: $id) { kind } }', { id: operation?.id }).refused()
    expect(refused?.extensions).toMatchObject({ code: 'FORBIDDEN' })
    await using own = await openSocket(server.url, admin)
    const [unknown] = await own.subscribe('subscription ($id: ID!) { bulkOperationChanged(id: $id) { kind } }', { id: 'blk_00000000000000000000000000' }).refused()
    expect(unknown?.extensions).toMatchObject({ code: 'NOT_FOUND' })
  })
})
