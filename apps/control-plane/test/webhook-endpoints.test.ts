import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFlows, dataOf, testServer, type Principal, type TestServer } from './server.ts'
import { asked, command, HOOK, listed, makeDeliveries, makeEndpoint, node, settle, type Endpoint } from './webhooks.ts'

let server: TestServer
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())

const UNKNOWN = 'ep_00000000000000000000000000'
const WHOLE = 'endpoint { ...Endpoint }'
const audited = async (target: string): Promise<unknown[]> => (await server.sql('SELECT action FROM audit_entry WHERE target = $1 ORDER BY at, id', [target])).map(({ action }) => action)

const LIST = 'query ($unnamed: Boolean, $first: Int, $after: String) { webhookEndpoints(unnamed: $unnamed, first: $first, after: $after) { edges { cursor node { id name origin } } pageInfo { hasNextPage endCursor } } }'
interface Page { webhookEndpoints: { edges: { cursor: string; node: { id: string; name: string | null; origin: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } }
const list = async (by: Principal, variables = {}) => (await dataOf(by.ask<Page>(LIST, variables))).webhookEndpoints

describe('createWebhookEndpoint', () => {
  test('makes one, shows its secret once and its URL redacted', async () => {
    const { endpoint, secret } = await makeEndpoint(admin, { name: 'CRM', events: ['flow.failed', 'flow.finished', 'flow.failed'], strictOrder: true })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]+=*$/)
    expect(endpoint).toMatchObject({ name: 'CRM', state: 'ACTIVE', version: 1, events: ['flow.finished', 'flow.failed'], consecutiveFailures: 0 })
    expect(endpoint.urlRedacted).toContain('93.184.215.14')
    expect(endpoint.urlRedacted).not.toMatch(/T0KEN|QUERY/)
    expect(await node(admin, endpoint.id, '... on WebhookEndpoint { origin principal { id } inlineArtifacts strictOrder createdBy { id } secrets { id notAfter } successRate deletedAt }'))
      .toMatchObject({ origin: 'NAMED', principal: null, inlineArtifacts: false, strictOrder: true, createdBy: { id: admin.id }, secrets: [{ notAfter: null }], successRate: null, deletedAt: null })
    expect(await audited(endpoint.id)).toEqual(['createWebhookEndpoint'])
  })

  test.each([
    ['no name', { name: ' ' }, ['name']], ['no event', { events: [] }, ['events']], ['an unknown event', { events: ['flow.exploded'] }, ['events']],
    ['an unknown principal', { principalId: 'prn_00000000000000000000000000' }, ['principalId']],
  ])('%s is refused and named', async (_what, input, path) => {
    const refused = await command(admin, 'createWebhookEndpoint', { name: 'bad', url: HOOK, events: ['flow.finished'], ...input }, WHOLE)
    expect(refused).toMatchObject({ __typename: 'InvalidInput', path })
  })

  test.each([
    ['not an address', 'hooks', 'not-a-url'], ['another scheme', 'ftp://93.184.215.14/x', 'scheme'], ['http', 'http://93.184.215.14/x', 'http'],
    ['this machine', 'https://127.0.0.1/x', 'loopback'], ['a metadata service', 'https://169.254.169.254/x', 'metadata'], ['credentials', 'https://me:secret@93.184.215.14/x', 'credentials'],
  ])('D-17 %s says its rule', async (_what, url, rule) => {
    const refused = await command(admin, 'createWebhookEndpoint', { name: 'bad', url, events: ['flow.finished'] }, WHOLE)
    expect(refused).toMatchObject({ __typename: 'UrlNotAllowed', code: 'URL_NOT_ALLOWED', rule })
    expect(refused.message).not.toContain('secret')
  })

  test('D-17 a name without an address says no rule', async () => {
    const refused = await command(admin, 'createWebhookEndpoint', { name: 'bad', url: 'https://there-is-none.invalid/x', events: ['flow.finished'] }, WHOLE)
    expect(refused).toMatchObject({ __typename: 'UrlNotAllowed', rule: null })
    expect(refused.message).not.toMatch(/\d+\.\d+\.\d+\.\d+/)
  })

  test('a URL that is too long is refused with the limit', async () => {
    const url = `https://93.184.215.14/${'x'.repeat(3000)}`
    expect(await command(admin, 'createWebhookEndpoint', { name: 'bad', url, events: ['flow.finished'] }, WHOLE)).toMatchObject({ __typename: 'LimitExceeded', limit: 2048 })
  })

  test('of one principal hears of its flows only', async () => {
    const submitter = await server.principal('SUBMITTER')
    const { endpoint } = await makeEndpoint(admin, { principalId: submitter.id })
    await createFlows(admin, [{ kind: 'work' }])
    const [own] = await createFlows(submitter, [{ kind: 'work' }])
    expect((await listed(admin, { endpoint: [endpoint.id] })).ids).toHaveLength(1)
    expect((await listed(admin, { endpoint: [endpoint.id], flow: own })).ids).toHaveLength(1)
  })
})

describe('updateWebhookEndpoint', () => {
  test('changes what is given, and refuses when somebody was faster', async () => {
    const { endpoint } = await makeEndpoint(admin)
    const { id, version } = endpoint
    const changed = await command<{ endpoint: Endpoint }>(admin, 'updateWebhookEndpoint', { id, version, name: 'other', events: ['flow.failed'] }, WHOLE)
    expect(changed.endpoint).toMatchObject({ name: 'other', events: ['flow.failed'], version: version + 1, urlRedacted: endpoint.urlRedacted })
    expect(await command(admin, 'updateWebhookEndpoint', { id, version, name: 'late' }, WHOLE)).toMatchObject({ __typename: 'Conflict', code: 'CONFLICT' })
    const moved = await command<{ endpoint: Endpoint }>(admin, 'updateWebhookEndpoint', { id, url: 'https://93.184.215.15/elsewhere' }, WHOLE)
    expect(moved.endpoint.urlRedacted).toContain('93.184.215.15')
    expect(await command(admin, 'updateWebhookEndpoint', { id, url: 'https://10.0.0.1/' }, WHOLE)).toMatchObject({ __typename: 'UrlNotAllowed', rule: 'private' })
    expect(await command(admin, 'updateWebhookEndpoint', { id, events: [] }, WHOLE)).toMatchObject({ __typename: 'InvalidInput', path: ['events'] })
    expect(await command(admin, 'updateWebhookEndpoint', { id: UNKNOWN, name: 'x' }, WHOLE)).toMatchObject({ __typename: 'NotFound' })
  })

  test('D-41 one that a flow brought along is not changed, and one URL of a principal is one endpoint', async () => {
    const flows = await createFlows(admin, [{ kind: 'work', webhookUrl: HOOK }, { kind: 'work', webhookUrl: HOOK }])
    const own = await Promise.all(flows.map((id) => dataOf(admin.ask<{ flow: { webhookEndpoint: { id: string; origin: string; name: null; principal: { id: string } } } }>(
      'query ($id: ID!) { flow(id: $id) { webhookEndpoint { id origin name principal { id } events } } }', { id }))))
    expect(own[0]?.flow.webhookEndpoint).toEqual(own[1]?.flow.webhookEndpoint)
    expect(own[0]?.flow.webhookEndpoint).toMatchObject({ origin: 'UNNAMED', name: null, principal: { id: admin.id }, events: ['flow.finished', 'flow.failed', 'flow.cancelled', 'flow.skipped'] })
    expect(await command(admin, 'updateWebhookEndpoint', { id: own[0]?.flow.webhookEndpoint.id, name: 'x' }, WHOLE)).toMatchObject({ __typename: 'InvalidInput', path: ['id'] })
  })
})

describe('disable, enable and delete', () => {
  test('what is suppressed while it is disabled can be replayed when it is enabled', async () => {
    const { endpoint: { id } } = await makeEndpoint(admin)
    const disabled = await command<{ endpoint: Endpoint }>(admin, 'disableWebhookEndpoint', { id, reason: 'too loud' }, WHOLE)
    expect(disabled.endpoint).toMatchObject({ state: 'DISABLED', disabledReason: 'too loud' })
    const again = await command<{ endpoint: Endpoint }>(admin, 'disableWebhookEndpoint', { id, reason: 'again' }, WHOLE)
    expect(again.endpoint).toMatchObject({ disabledReason: 'too loud' })
    const [made] = await makeDeliveries(server, { by: admin, endpointId: id })
    expect((await listed(admin, { endpoint: [id], state: ['SUPPRESSED'] })).ids).toEqual([made?.deliveryId])
    const operator = await server.principal('OPERATOR')
    const enabled = await command<{ endpoint: Endpoint; operation: { state: string; matched: number } | null }>(operator, 'enableWebhookEndpoint', { id, replaySuppressed: true }, `${WHOLE} operation { id state matched requestedBy { id } }`)
    expect(enabled).toMatchObject({ endpoint: { state: 'ACTIVE', disabledReason: null, consecutiveFailures: 0 }, operation: { matched: 1, requestedBy: { id: operator.id } } })
    expect(await command(operator, 'enableWebhookEndpoint', { id }, 'operation { id }')).toMatchObject({ operation: null })
  })

  test('INV-38 a token that is narrowed to a lane does not replay what is of others', async () => {
    const { endpoint: { id } } = await makeEndpoint(admin)
    const narrow = await server.principal('OPERATOR', { scopes: ['lane:default'] })
    expect(await command(narrow, 'enableWebhookEndpoint', { id, replaySuppressed: true }, WHOLE)).toMatchObject({ __typename: 'Forbidden' })
    expect(await command(narrow, 'enableWebhookEndpoint', { id }, WHOLE)).toMatchObject({ __typename: 'EnableWebhookEndpointPayload' })
  })

  test('a deleted one leaves the list, and its deliveries still name it', async () => {
    const { endpoint: { id } } = await makeEndpoint(admin)
    const [made] = await makeDeliveries(server, { by: admin, endpointId: id })
    expect(await command(admin, 'deleteWebhookEndpoint', { id }, `deletedId ${WHOLE}`)).toMatchObject({ deletedId: id, endpoint: { state: 'DELETED' } })
    expect((await list(admin, { first: 200 })).edges.map((edge) => edge.node.id)).not.toContain(id)
    expect(await node(admin, made?.deliveryId ?? '', '... on WebhookDelivery { endpoint { id state } canReplay cannotReplayReason }'))
      .toMatchObject({ endpoint: { id, state: 'DELETED' }, canReplay: false, cannotReplayReason: 'ENDPOINT_GONE' })
    for (const name of ['deleteWebhookEndpoint', 'disableWebhookEndpoint', 'enableWebhookEndpoint', 'revealWebhookEndpoint', 'rotateWebhookSecret', 'testWebhookEndpoint']) {
      expect(await command(admin, name, { id }, '__typename'), name).toMatchObject({ __typename: 'NotFound' })
      expect(await command(admin, name, { id: UNKNOWN }, '__typename'), name).toMatchObject({ __typename: 'NotFound' })
    }
  })

  test('the one of the environment is not deleted', async () => {
    await using other = await testServer({ settings: { webhookUrl: HOOK } })
    const by = await other.principal('ADMIN')
    const { edges } = await list(by)
    expect(edges.map((edge) => edge.node)).toEqual([expect.objectContaining({ name: 'FLOW_WEBHOOK_URL', origin: 'ENVIRONMENT' })])
    const id = edges[0]?.node.id
    expect(await command(by, 'deleteWebhookEndpoint', { id }, WHOLE)).toMatchObject({ __typename: 'Conflict' })
    expect(await command(by, 'updateWebhookEndpoint', { id, name: 'x' }, WHOLE)).toMatchObject({ __typename: 'InvalidInput', path: ['id'] })
    expect(await command(by, 'disableWebhookEndpoint', { id }, WHOLE)).toMatchObject({ endpoint: { state: 'DISABLED' } })
  })
})

describe('what is secret', () => {
  test('INV-31 revealing shows the URL and is audited', async () => {
    const { endpoint: { id } } = await makeEndpoint(admin)
    expect(await command(admin, 'revealWebhookEndpoint', { id, reason: 'the receiver moved' }, 'url')).toMatchObject({ url: HOOK })
    await command(admin, 'deleteWebhookEndpoint', { id, reason: 'it is gone' }, 'deletedId')
    expect(await audited(id)).toEqual(['createWebhookEndpoint', 'revealWebhookEndpoint', 'deleteWebhookEndpoint'])
    expect((await server.sql('SELECT reason FROM audit_entry WHERE target = $1 AND reason IS NOT NULL ORDER BY at, id', [id])).map(({ reason }) => reason)).toEqual(['the receiver moved', 'it is gone'])
  })

  test('D-16 while two secrets overlap both are named, and neither is shown', async () => {
    const { endpoint: { id }, secret } = await makeEndpoint(admin)
    const rotated = await command<{ secret: string; formerUntil: string; endpoint: { secrets: { notAfter: string | null }[] } }>(admin, 'rotateWebhookSecret', { id, overlapHours: 2 }, 'secret formerUntil endpoint { secrets { notAfter } }')
    expect(rotated.secret).toMatch(/^whsec_/)
    expect(rotated.secret).not.toBe(secret)
    expect(rotated.endpoint.secrets.map(({ notAfter }) => notAfter)).toEqual([null, rotated.formerUntil])
    const at = await command<{ endpoint: { secrets: unknown[] } }>(admin, 'rotateWebhookSecret', { id, overlapHours: 0 }, 'endpoint { secrets { notAfter } }')
    expect(at.endpoint.secrets).toHaveLength(2 - 1)
    for (const overlapHours of [-1, 10_000]) {
      expect(await command(admin, 'rotateWebhookSecret', { id, overlapHours }, 'secret')).toMatchObject({ __typename: 'InvalidInput', path: ['overlapHours'] })
    }
  })
})

describe('testWebhookEndpoint', () => {
  test('makes a delivery of no flow, which those see who see all', async () => {
    const operator = await server.principal('OPERATOR')
    const submitter = await server.principal('SUBMITTER')
    const narrow = await server.principal('VIEWER', { scopes: ['lane:default'] })
    const { endpoint: { id } } = await makeEndpoint(admin)
    const { delivery } = await command<{ delivery: { id: string } }>(operator, 'testWebhookEndpoint', { id }, 'delivery { id trigger eventType sequence flow { id } requestedBy { id } state body }')
    expect(delivery).toMatchObject({ trigger: 'TEST', eventType: 'webhook.test', sequence: null, flow: null, requestedBy: { id: operator.id }, state: 'PENDING' })
    expect(JSON.parse((delivery as unknown as { body: string }).body)).toMatchObject({ delivery_id: delivery.id, type: 'webhook.test' })
    expect((await listed(admin, { trigger: ['TEST'], endpoint: [id] })).ids).toEqual([delivery.id])
    for (const by of [submitter, narrow]) {
      expect(await node(by, delivery.id, '')).toBeNull()
      expect((await listed(by, { trigger: ['TEST'] })).ids).toEqual([])
    }
  })
})

describe('who reads endpoints', () => {
  test('INV-38 a submitter reads those of its own principal; others look unknown', async () => {
    const submitter = await server.principal('SUBMITTER')
    const { endpoint: everybodys } = await makeEndpoint(admin)
    const { endpoint: own } = await makeEndpoint(admin, { principalId: submitter.id })
    expect((await list(submitter)).edges.map((edge) => edge.node.id)).toEqual([own.id])
    expect(await node(submitter, everybodys.id, '')).toBeNull()
    expect(await node(submitter, UNKNOWN, '')).toBeNull()
    expect(await node(submitter, own.id, '')).toMatchObject({ id: own.id })
    const reveal = await asked(submitter, 'revealWebhookEndpoint', { id: own.id })
    expect(reveal.data).toEqual({ revealWebhookEndpoint: { __typename: 'Forbidden' } })
  })

  test('of a delivery that it may read it reads for whom that is', async () => {
    const submitter = await server.principal('SUBMITTER')
    const { endpoint } = await makeEndpoint(admin, { events: ['flow.cancelled'] })
    const [id] = await createFlows(submitter, [{ kind: 'work' }])
    await dataOf(submitter.ask('mutation ($input: CancelFlowInput!) { cancelFlow(input: $input) { __typename } }', { input: { id } }))
    const { flow } = await dataOf(submitter.ask<{ flow: { deliveries: { edges: { node: { endpoint: { id: string } } }[] } } }>(
      'query ($id: ID!) { flow(id: $id) { deliveries { edges { node { endpoint { id urlRedacted } } } } } }', { id }))
    expect(flow.deliveries.edges.map((edge) => edge.node.endpoint.id)).toContain(endpoint.id)
  })

  test('lists by pages, with those of flows only when asked, and refuses a cursor of another list', async () => {
    await createFlows(admin, [{ kind: 'work', webhookUrl: 'https://93.184.215.16/unnamed' }])
    const all = (await list(admin, { first: 200, unnamed: true })).edges.map((edge) => edge.node)
    expect(all.some(({ origin }) => origin === 'UNNAMED')).toBe(true)
    const named = (await list(admin, { first: 200 })).edges.map((edge) => edge.node.id)
    expect(named).toEqual(all.filter(({ origin }) => origin !== 'UNNAMED').map(({ id }) => id))
    const first = await list(admin, { first: 2 })
    expect(first.pageInfo.hasNextPage).toBe(true)
    const second = await list(admin, { first: 2, after: first.pageInfo.endCursor })
    expect([...first.edges, ...second.edges].map((edge) => edge.node.id)).toEqual(named.slice(0, 4))
    const { errors } = await admin.ask(LIST, { after: (await listed(admin, {}, { first: 1 })).cursors[0] ?? 'x' })
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', path: ['after'] })
  })

  test('says how many of its last deliveries arrived', async () => {
    const { endpoint: { id } } = await makeEndpoint(admin)
    const made = (await makeDeliveries(server, { by: admin, endpointId: id, count: 4 })).map(({ deliveryId }) => deliveryId)
    await settle(server, made.slice(0, 3), 'DELIVERED')
    await settle(server, made.slice(3), 'EXHAUSTED', { error: 'HTTP_500' })
    expect(await node(admin, id, '... on WebhookEndpoint { successRate deliveries(first: 2) { edges { node { id } } pageInfo { hasNextPage } } }'))
      .toMatchObject({ successRate: 0.75, deliveries: { pageInfo: { hasNextPage: true } } })
  })

  test('webhookEventTypes says what can be heard of', async () => {
    const { webhookEventTypes } = await dataOf(admin.ask<{ webhookEventTypes: { name: string; sentence: string }[] }>('{ webhookEventTypes { name sentence } }'))
    expect(webhookEventTypes.map(({ name }) => name)).toContain('flow.finished')
    expect(webhookEventTypes.every(({ sentence }) => sentence.length > 0)).toBe(true)
  })
})
