import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFlows, dataOf, testServer, type Principal, type TestServer } from './server.ts'
import { command, HOOK, LIST, listed, makeDeliveries, makeEndpoint, node, settle } from './webhooks.ts'

let server: TestServer
let admin: Principal
let submitter: Principal
let endpointId: string

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
  submitter = await server.principal('SUBMITTER')
  endpointId = (await makeEndpoint(admin)).endpoint.id
})
afterAll(() => server.close())

const UNKNOWN = 'dlv_00000000000000000000000000'

describe('webhookDeliveries', () => {
  test('lists newest first, by pages, and by every filter', async () => {
    const { endpoint } = await makeEndpoint(admin, { events: ['flow.queued', 'flow.cancelled'], principalId: admin.id })
    const made = await makeDeliveries(server, { by: admin, endpointId: endpoint.id, count: 5 })
    const ids = made.map(({ deliveryId }) => deliveryId)
    const only = { endpoint: [endpoint.id] }
    expect((await listed(admin, only)).ids.toSorted()).toEqual(ids.toSorted())
    const first = await listed(admin, only, { first: 2 })
    const rest = await listed(admin, only, { first: 3, after: first.endCursor })
    expect([first.hasNextPage, rest.hasNextPage]).toEqual([true, false])
    expect([...first.ids, ...rest.ids]).toEqual((await listed(admin, only)).ids)

    await settle(server, ids.slice(0, 2), 'REJECTED', { error: 'HTTP_400' })
    expect((await listed(admin, { ...only, state: ['REJECTED'] })).ids.toSorted()).toEqual(ids.slice(0, 2).toSorted())
    expect((await listed(admin, { ...only, state: [] })).ids).toHaveLength(5)
    expect((await listed(admin, { flow: made[0]?.flowId, endpoint: [endpoint.id] })).ids).toEqual([ids[0]])
    await dataOf(admin.ask('mutation ($input: CancelFlowInput!) { cancelFlow(input: $input) { __typename } }', { input: { id: made[4]?.flowId } }))
    const [cancelled] = (await listed(admin, { ...only, eventType: ['flow.cancelled'] })).ids
    expect((await listed(admin, { flow: made[4]?.flowId, ...only })).ids).toEqual([cancelled, ids[4]])
    expect((await listed(admin, { ...only, trigger: ['REPLAY'] })).ids).toEqual([])
    const { createdAt } = (await node<{ createdAt: string }>(admin, cancelled ?? '', '... on WebhookDelivery { createdAt }'))!
    expect((await listed(admin, { ...only, createdAfter: createdAt })).ids).toEqual([cancelled])
    expect((await listed(admin, { ...only, createdBefore: createdAt })).ids).toHaveLength(5)
  })

  test.each([
    ['a flow', { flow: 'ep_1' }, 'flow'], ['an endpoint', { endpoint: ['flow_1'] }, 'endpoint'], ['an event', { eventType: ['flow.exploded'] }, 'eventType'],
    ['too many endpoints', { endpoint: Array.from({ length: 101 }, (_, n) => `ep_${n}`) }, 'endpoint'],
  ])('a filter with %s that can never match is refused and named', async (_what, filter, field) => {
    const { errors } = await admin.ask(LIST, { filter })
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', path: ['filter', field] })
  })

  test.each([['a state', { state: ['DONE'] }, /state.*DONE/s], ['an instant', { createdAfter: 'yesterday' }, /createdAfter/]])('%s that is none is refused by name', async (_what, filter, words) => {
    const { status, errors } = await admin.ask(LIST, { filter })
    expect([status, errors[0]?.message]).toEqual([400, expect.stringMatching(words)])
  })

  test('a cursor that is none, and a page that is too large, are refused', async () => {
    expect((await admin.ask(LIST, { after: 'x' })).errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', path: ['after'] })
    expect((await admin.ask(LIST, { first: 201 })).errors[0]?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 200 })
  })
})

describe('who reads deliveries', () => {
  test('INV-35 INV-38 whoever may not read the flow does not see that it was told', async () => {
    const [theirs] = await makeDeliveries(server, { by: admin, endpointId })
    const [own] = await makeDeliveries(server, { by: submitter, endpointId })
    const eventOf = async (id: string) => (await node<{ eventId: string }>(admin, id, '... on WebhookDelivery { eventId }'))?.eventId ?? ''
    expect((await listed(submitter)).ids).toEqual([own?.deliveryId])
    expect((await listed(submitter, { flow: theirs?.flowId })).ids).toEqual([])
    expect((await listed(submitter, { endpoint: [endpointId] })).ids).toEqual([own?.deliveryId])
    for (const hidden of [theirs?.deliveryId ?? '', await eventOf(theirs?.deliveryId ?? ''), UNKNOWN, 'evt_unknown.1']) expect(await node(submitter, hidden, '')).toBeNull()
    const event = await eventOf(own?.deliveryId ?? '')
    expect(await node(submitter, event, '... on WebhookEvent { type sequence flow { id } }')).toMatchObject({ type: 'flow.queued', sequence: 1, flow: { id: own?.flowId } })
  })

  test('INV-35 the lanes and kinds of a token narrow deliveries too', async () => {
    await dataOf(admin.ask('mutation { upsertLane(input: { name: "narrow" }) { __typename } }'))
    const [inside] = await makeDeliveries(server, { by: admin, endpointId, item: { lane: 'narrow', kind: 'sharp' } })
    const [outside] = await makeDeliveries(server, { by: admin, endpointId })
    for (const scope of ['lane:narrow', 'kind:sharp']) {
      const viewer = await server.principal('VIEWER', { scopes: [scope] })
      expect((await listed(viewer, { endpoint: [endpointId] })).ids, scope).toEqual([inside?.deliveryId])
      expect(await node(viewer, outside?.deliveryId ?? '', ''), scope).toBeNull()
      expect(await node(viewer, inside?.deliveryId ?? '', ''), scope).not.toBeNull()
    }
  })

  test('a deleted flow takes its deliveries out of every answer', async () => {
    const [made] = await makeDeliveries(server, { by: admin, endpointId })
    const id = made?.flowId
    await dataOf(admin.ask('mutation ($input: CancelFlowInput!) { cancelFlow(input: $input) { __typename } }', { input: { id } }))
    await dataOf(admin.ask('mutation ($input: FlowIdInput!) { deleteFlow(input: $input) { __typename } }', { input: { id } }))
    expect((await listed(admin, { flow: id })).ids).toEqual([])
    expect(await node(admin, made?.deliveryId ?? '', '')).toBeNull()
    expect(await command(admin, 'replayWebhookDelivery', { id: made?.deliveryId }, '__typename')).toMatchObject({ __typename: 'NotFound' })
  })

  test('a worker reads nothing of them through the flows that it claims', async () => {
    const worker = await server.principal('WORKER')
    expect((await worker.ask(LIST)).errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' })
  })
})

describe('a delivery', () => {
  test('shows every attempt, the body as it is signed, and whether it can be replayed', async () => {
    const [made] = await makeDeliveries(server, { by: admin, endpointId })
    const id = made?.deliveryId ?? ''
    await settle(server, [id], 'RETRY_SCHEDULED', { error: 'HTTP_503' })
    await server.sql(`INSERT INTO delivery_attempt (delivery_id, n, started_at, duration_ms, address, request_headers, status_code, response_headers, response_excerpt, retry_after_ms)
      VALUES ($1, 1, '2026-01-01T00:00:00Z', 250, '93.184.215.14', '{"webhook-id": "x"}', 503, '{"retry-after": "120"}', 'busy', 120000), ($1, 2, clock_timestamp() - interval '1 second', NULL, NULL, '{}', NULL, NULL, NULL, NULL)`, [id])
    const shown = await node<{ body: string; attempts: { durationMs: number }[] }>(admin, id, `... on WebhookDelivery {
      state attemptCount nextAttemptAt lastError endedAt body canReplay cannotReplayReason event { id type } endpoint { id }
      attempts { n startedAt endedAt durationMs address requestHeaders statusCode errorClass responseHeaders responseExcerpt retryAfterMs } }`)
    expect(shown).toMatchObject({
      state: 'RETRY_SCHEDULED', lastError: 'HTTP_503', endedAt: null, canReplay: false, cannotReplayReason: 'DELIVERY_IN_PROGRESS', endpoint: { id: endpointId }, event: { type: 'flow.queued' },
      attempts: [
        { n: 1, endedAt: '2026-01-01T00:00:00.250Z', durationMs: 250, statusCode: 503, errorClass: null, retryAfterMs: 120_000, responseExcerpt: 'busy', requestHeaders: { 'webhook-id': 'x' } },
        { n: 2, endedAt: null, statusCode: null, errorClass: null },
      ],
    })
    expect(shown?.attempts[1]?.durationMs).toBeGreaterThanOrEqual(1000)
    expect(JSON.parse(shown?.body ?? '')).toMatchObject({ delivery_id: id, type: 'flow.queued', sequence: 1, data: { flow: { id: made?.flowId, url: `${server.url}/flows/${made?.flowId}` } } })
    expect(shown?.body.startsWith(`{"delivery_id":"${id}",`)).toBe(true)
  })

  test('without its body it is shown, and cannot be replayed', async () => {
    const [made] = await makeDeliveries(server, { by: admin, endpointId })
    await settle(server, [made?.deliveryId ?? ''], 'DELIVERED')
    await server.sql('UPDATE webhook_event SET body = NULL, body_inline = NULL WHERE flow_id = $1', [made?.flowId])
    expect(await node(admin, made?.deliveryId ?? '', '... on WebhookDelivery { body canReplay cannotReplayReason }')).toMatchObject({ body: null, canReplay: false, cannotReplayReason: 'BODY_PURGED' })
    expect(await command(admin, 'replayWebhookDelivery', { id: made?.deliveryId }, '__typename')).toMatchObject({ __typename: 'BodyPurged', code: 'BODY_PURGED' })
  })

  test('who may not replay is told so', async () => {
    const [made] = await makeDeliveries(server, { by: submitter, endpointId })
    await settle(server, [made?.deliveryId ?? ''], 'EXHAUSTED')
    expect(await node(submitter, made?.deliveryId ?? '', '... on WebhookDelivery { canReplay cannotReplayReason }')).toMatchObject({ canReplay: false, cannotReplayReason: 'FORBIDDEN' })
    expect((await dataOf(submitter.ask('mutation ($input: ReplayWebhookDeliveryInput!) { replayWebhookDelivery(input: $input) { __typename } }', { input: { id: made?.deliveryId } }))))
      .toEqual({ replayWebhookDelivery: { __typename: 'Forbidden' } })
  })
})

describe('replayWebhookDelivery', () => {
  const REPLAYED = 'delivery { id state trigger replayOf { id } requestedBy { id } eventId }'
  interface Replayed { delivery: { id: string; state: string; trigger: string; replayOf: { id: string } | null; eventId: string } }

  test.each(['DELIVERED', 'EXHAUSTED', 'REJECTED', 'BLOCKED', 'SUPPRESSED'] as const)('D-26 INV-32 a delivery that is %s is sent again as another', async (state) => {
    const operator = await server.principal('OPERATOR')
    const [made] = await makeDeliveries(server, { by: admin, endpointId })
    const id = made?.deliveryId ?? ''
    await settle(server, [id], state)
    const before = await server.sql('SELECT * FROM webhook_delivery WHERE id = $1', [id])
    expect(await node(operator, id, '... on WebhookDelivery { canReplay cannotReplayReason }')).toMatchObject({ canReplay: true, cannotReplayReason: null })
    const { delivery } = await command<Replayed>(operator, 'replayWebhookDelivery', { id }, REPLAYED)
    expect(delivery).toMatchObject({ state: 'PENDING', trigger: 'REPLAY', replayOf: { id }, requestedBy: { id: operator.id } })
    expect(await command(operator, 'replayWebhookDelivery', { id }, REPLAYED)).toMatchObject({ __typename: 'DeliveryInProgress', code: 'DELIVERY_IN_PROGRESS' })
    await settle(server, [delivery.id], 'DELIVERED')
    const again = await command<Replayed>(operator, 'replayWebhookDelivery', { id: delivery.id }, REPLAYED)
    expect(again.delivery).toMatchObject({ replayOf: { id: delivery.id }, eventId: delivery.eventId })
    expect(await server.sql('SELECT * FROM webhook_delivery WHERE id = $1', [id])).toEqual(before)
  })

  test('one that is pending is refused, and an unknown one is unknown', async () => {
    const [made] = await makeDeliveries(server, { by: admin, endpointId })
    expect(await command(admin, 'replayWebhookDelivery', { id: made?.deliveryId }, REPLAYED)).toMatchObject({ __typename: 'DeliveryInProgress' })
    expect(await command(admin, 'replayWebhookDelivery', { id: UNKNOWN }, REPLAYED)).toMatchObject({ __typename: 'NotFound' })
  })

  test('INV-38 a token that is narrowed to a lane finds no other', async () => {
    const narrow = await server.principal('OPERATOR', { scopes: ['lane:elsewhere'] })
    const [made] = await makeDeliveries(server, { by: admin, endpointId })
    const id = made?.deliveryId ?? ''
    await settle(server, [id], 'EXHAUSTED')
    const [hidden, unknown] = await Promise.all([id, UNKNOWN].map((one) => command(narrow, 'replayWebhookDelivery', { id: one }, REPLAYED)))
    expect(hidden?.message.replace(id, '')).toBe(unknown?.message.replace(UNKNOWN, ''))
  })
})

describe('createFlow', () => {
  const CREATE = 'mutation ($input: CreateFlowInput!) { createFlow(input: $input) { __typename ... on Error { code message } ... on InvalidInput { path } ... on UrlNotAllowed { rule } } }'
  const create = (input: object) => dataOf(admin.ask<{ createFlow: object }>(CREATE, { input: { kind: 'work', ...input } }))

  test.each([
    ['a URL that is not allowed', { webhookUrl: 'https://127.0.0.1/' }, { __typename: 'UrlNotAllowed', rule: 'loopback' }],
    ['a URL that is empty', { webhookUrl: '' }, { __typename: 'UrlNotAllowed', rule: 'not-a-url' }],
    ['both a URL and an endpoint', { webhookUrl: HOOK, webhookEndpointId: 'ep_x' }, { __typename: 'InvalidInput', path: ['webhookEndpointId'] }],
    ['an unknown endpoint', { webhookEndpointId: 'ep_00000000000000000000000000' }, { __typename: 'InvalidInput', path: ['webhookEndpointId'] }],
  ])('with %s is refused and named', async (_what, input, refused) => {
    expect((await create(input)).createFlow).toMatchObject(refused)
  })

  test('without a secret to sign with it names the knob', async () => {
    await using other = await testServer({ settings: { flowWebhookSecrets: null } })
    const by = await other.principal('ADMIN')
    const { createFlow } = await dataOf(by.ask<{ createFlow: object }>(CREATE, { input: { kind: 'work', webhookUrl: HOOK } }))
    expect(createFlow).toMatchObject({ __typename: 'InvalidInput', path: ['webhookUrl'], message: expect.stringContaining('FLOW_WEBHOOK_SECRET') })
  })

  test('D-41 a lane may name the endpoint of its flows, and it is looked at', async () => {
    const { endpoint } = await makeEndpoint(admin, { events: ['flow.cancelled'] })
    const lane = (defaults: object) => dataOf(admin.ask<{ upsertLane: object }>('mutation ($input: UpsertLaneInput!) { upsertLane(input: $input) { __typename ... on InvalidInput { path } } }', { input: { name: 'told', defaults } }))
    expect((await lane({ webhookEndpointId: 'hook' })).upsertLane).toMatchObject({ __typename: 'InvalidInput', path: ['defaults', 'webhookEndpointId'] })
    expect((await lane({ webhookEndpointId: endpoint.id })).upsertLane).toMatchObject({ __typename: 'LanePayload' })
    const [id] = await createFlows(admin, [{ kind: 'work', lane: 'told' }])
    expect((await dataOf(admin.ask<{ flow: object }>('query ($id: ID!) { flow(id: $id) { webhookEndpoint { id } } }', { id }))).flow).toEqual({ webhookEndpoint: null })
  })
})
