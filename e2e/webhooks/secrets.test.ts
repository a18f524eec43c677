/**
 * INV-31 over a whole run of the started system: addresses that are secrets themselves, receivers that repeat what they were sent, refusals, failures, a
 * rotation, replays, reveals that are and are not allowed. Then everything that a person, a disk or a collector could get to see is searched.
 */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { startReceiver, startWorld, until, type LiveSocket, type Received, type Receiver, type World } from '@sluice/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startVerb } from '../keeping/verbs.ts'
import { startCollector, type Collector } from '../observed/collector.ts'
import { LOCAL, endFlows } from './endpoints.ts'
import { found, teller, token, type Said, type Told } from './secrets-run.ts'

const ENDPOINT = '__typename ... on Error { code message }'
const EVERY_ENDPOINT = `{ webhookEndpoints(unnamed: true) { edges { node { id name origin urlRedacted events state disabledReason consecutiveFailures successRate version
  secrets { id createdAt notAfter } principal { name } createdBy { name } } } } }`
const EVERY_DELIVERY = `query ($after: String) { webhookDeliveries(after: $after) { pageInfo { endCursor hasNextPage } edges { node { id eventType state trigger body lastError cannotReplayReason
  endpoint { urlRedacted name } replayOf { id } requestedBy { name } attempts { n statusCode errorClass address requestHeaders responseHeaders responseExcerpt durationMs } } } } }`
const AUDIT = '{ audit(first: 200) { edges { node { action target reason before after } } } }'
const EVERYTHING_ELSE = `{ bulkOperations(first: 10) { edges { node { id filter reason done refused refusals { edges { node { target code message } } } } } }
  flows(first: 50) { edges { node { id title webhookEndpoint { id urlRedacted name } } } } lanes { name defaults } servers { id roles version } caps { scope maxActive } }`

describe('a run with addresses and secrets that nobody may see', () => {
  const said: Said[] = []
  /** Name → what must be found nowhere. */
  const hidden: Record<string, string> = {}
  let dir: string
  let collector: Collector
  let receiver: Receiver
  let world: World
  let as: Told
  let socket: LiveSocket
  let streams: { items: unknown[] }[] = []

  /** An address with a token in its path and another in its query. */
  const address = (name: string): string => {
    const [path, query] = [token(), token()]
    Object.assign(hidden, { [`path of ${name}`]: path, [`query of ${name}`]: query })
    return `${receiver.url}${name}/${path}?key=${query}`
  }
  const secretOf = (name: string, secret: string | undefined): string => (hidden[name] = secret ?? '')

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-secrets-'))
    ;[collector, receiver] = await Promise.all([startCollector(), startReceiver({ answer: answerOf })])
    world = await startWorld({ env: {
      ...LOCAL, FLOW_WEBHOOK_URL: address('environment'), WEBHOOK_SCHEDULE: '10ms', WEBHOOK_MAX_ATTEMPTS: '2', WEBHOOK_DISABLE_AFTER: '3',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_BSP_SCHEDULE_DELAY: '50',
    } })
    as = teller(world, said)
    for (const name of ['webhook-secret', 'data-encryption-key']) secretOf(name, (await readFile(join(world.dataDir, name), 'utf8')).trim())
    secretOf('admin-token', world.admin.token)
    socket = world.admin.open()
    streams = [
      socket.subscribe('subscription { webhookDeliveryChanged { kind delivery { id state body lastError endpoint { urlRedacted } attempts { requestHeaders responseHeaders responseExcerpt } } } }'),
      socket.subscribe('subscription { flowsChanged { kind flow { id webhookEndpoint { urlRedacted } } } }'),
    ]
  })
  afterAll(async () => {
    await socket?.close()
    await world?.[Symbol.asyncDispose]()
    await Promise.all([receiver?.close(), collector?.[Symbol.asyncDispose](), rm(dir, { recursive: true, force: true })])
  })

  /** One that repeats all it knows, its secret too; one that is gone; and good ones. */
  function answerOf({ path, headers, body }: Received) {
    const whole = `${receiver.url.slice(0, -1)}${path}`
    const known = { url: whole, path, secret: hidden['secret of echo'], headers, body: body.toString() }
    if (path.startsWith('/echo')) return { status: 503, headers: { location: whole, 'x-asked': path, 'x-encoded': encodeURIComponent(whole), 'set-cookie': `t=${path.split('=')[1] ?? ''}` }, body: JSON.stringify(known) }
    return path.startsWith('/gone') ? { status: 410, body: `no ${whole}` } : { status: 200, body: `thanks for ${whole}` }
  }

  const create = async (name: string): Promise<string> => {
    const { answer } = await as.ask<{ answer: { endpoint: { id: string }; secret: string } }>(
      'mutation ($input: CreateWebhookEndpointInput!) { answer: createWebhookEndpoint(input: $input) { ... on CreateWebhookEndpointPayload { endpoint { id } secret } } }',
      { input: { name, url: address(name), events: ['flow.cancelled', 'flow.queued'] } }, { isSecret: true })
    secretOf(`secret of ${name}`, answer.secret)
    return answer.endpoint.id
  }
  const act = (field: string, input: Record<string, unknown>, o: { as?: string; isSecret?: boolean } = {}) =>
    as.ask<{ answer: { __typename: string; code?: string } & Record<string, unknown> }>(
      `mutation ($input: ${field[0]?.toUpperCase()}${field.slice(1)}Input!) { answer: ${field}(input: $input) { ${ENDPOINT} } }`, { input }, o).then(({ answer }) => answer)
  const settled = (): Promise<void> => until(async () =>
    (await world.query('SELECT 1 FROM webhook_delivery WHERE ended_at IS NULL')).length === 0, { withinMs: 60_000, what: () => 'every delivery to end' })

  const endpoints: Record<string, string> = {}

  test('INV-31 is a run in which each of them is used, repeated, refused and failed with', async () => {
    for (const name of ['good', 'echo', 'gone']) endpoints[name] = await create(name)
    const { rotated } = await as.ask<{ rotated: { secret: string } }>(
      'mutation ($id: ID!) { rotated: rotateWebhookSecret(input: { id: $id }) { ... on RotateWebhookSecretPayload { secret } } }', { id: endpoints['good'] }, { isSecret: true })
    secretOf('new secret of good', rotated.secret)
    await endFlows(world.admin, 4)
    await act('createFlow', { kind: 'webhooks.told', webhookUrl: address('unnamed') })
    await act('createFlow', { kind: 'webhooks.told', webhookEndpointId: endpoints['good'] })
    for (const { id } of await world.query<{ id: string }>(`SELECT id FROM flow WHERE kind = 'webhooks.told'`)) await act('cancelFlow', { id })
    await act('updateWebhookEndpoint', { id: endpoints['good'], url: address('edited') })
    await act('testWebhookEndpoint', { id: endpoints['echo'] })
    await settled()
    const states = await world.query<{ name: string; state: string }>('SELECT name, state::text AS state FROM webhook_endpoint WHERE name IS NOT NULL')
    expect(Object.fromEntries(states.map(({ name, state }) => [name, state]))).toMatchObject({ good: 'ACTIVE', echo: 'DISABLED', gone: 'DISABLED' })
    const { started } = await as.ask<{ started: { operation: { id: string } } }>(
      'mutation { started: replayWebhookDeliveries(input: { filter: {} }) { ... on ReplayWebhookDeliveriesPayload { operation { id } } } }')
    streams.push(socket.subscribe('subscription ($id: ID!) { bulkOperationChanged(id: $id) { kind operation { filter refused } } }', { id: started.operation.id }))
    await until(async () => (await world.query(`SELECT 1 FROM bulk_operation WHERE state = 'RUNNING'`)).length === 0, { withinMs: 60_000, what: () => 'the replay to end' })
    await settled()
  })

  test('INV-31 refusals of addresses, and documents that GraphQL refuses, repeat none of their secrets', async () => {
    for (const [name, url] of [['a private address', 'http://10.0.0.1/'], ['a metadata host', 'http://169.254.169.254/'], ['another scheme', 'ftp://hooks.example.com/'], ['a name without address', 'https://nobody.invalid/'], ['nothing', 'x'], ['credentials', 'https://u:p@hooks.example.com/']] as const) {
      const secret = hidden[`token behind ${name}`] = token()
      expect(await act('createWebhookEndpoint', { name, url: `${url}${secret}?key=${secret}`, events: ['flow.finished'] }), name).toMatchObject({ code: expect.stringMatching(/^(URL_NOT_ALLOWED|INVALID_INPUT)$/) as string })
      expect(await act('updateWebhookEndpoint', { id: endpoints['good'], url: url + secret }), name).toMatchObject({ code: expect.any(String) as string })
      // A name that does not resolve refuses no flow: the attempt tells it.
      const created = await act('createFlow', { kind: 'webhooks.nobody', webhookUrl: url + secret })
      if (name !== 'a name without address') expect(created, name).toMatchObject({ code: expect.any(String) as string })
      await as.post('/flows', { kind: 'webhooks.nobody', webhookUrl: url + secret })
    }
    const [variable, literal] = [token(), token()]
    Object.assign(hidden, { 'token in a variable': variable, 'token in a document': literal })
    const mutation = 'mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { __typename } }'
    for (const wrong of [{ events: 'x', url: `https://hooks.example.com/${variable}`, name: 1 }, { url: { of: variable } }, { url: `https://hooks.example.com/${variable}`, nothing: true }, variable]) {
      expect(await as.post('/graphql', { query: mutation, variables: { input: wrong } })).toContain('BAD_USER_INPUT')
    }
    for (const query of [`mutation { createWebhookEndpoint(input: { url: "https://hooks.example.com/${literal}", name: 1 }) { __typename } }`, `mutation { createWebhookEndpoint(input: { url: "https://hooks.example.com/${literal} }) { __typename } }`]) {
      expect(await as.post('/graphql', { query })).toContain('BAD_USER_INPUT')
    }
    for (const [field, role] of [['viewer', 'VIEWER'], ['submitter', 'SUBMITTER'], ['operator', 'OPERATOR']] as const) {
      const { token: theirs } = await world.actor(role, `secrets-${field}`)
      secretOf(`token of ${field}`, theirs)
      const { revealed } = await as.ask<{ revealed: { code?: string } }>(
        'mutation ($id: ID!) { revealed: revealWebhookEndpoint(input: { id: $id }) { ... on RevealWebhookEndpointPayload { url } ... on Error { code message } } }', { id: endpoints['good'] }, { as: theirs })
      expect(revealed, role).toEqual({ code: expect.stringMatching(/^(FORBIDDEN|NOT_FOUND)$/) as string, message: expect.any(String) as string })
      await as.ask(EVERY_ENDPOINT, {}, { as: theirs })
      await as.ask(EVERY_DELIVERY, {}, { as: theirs })
    }
  })

  test('INV-31 an admin is shown the whole address, which is found by this way of looking', async () => {
    const { revealed } = await as.ask<{ revealed: { url: string } }>(
      'mutation ($id: ID!) { revealed: revealWebhookEndpoint(input: { id: $id }) { ... on RevealWebhookEndpointPayload { url } } }', { id: endpoints['echo'] }, { isSecret: true })
    expect(found([{ what: 'the reveal', text: revealed.url }], hidden)).toEqual(['path of echo in the reveal', 'query of echo in the reveal'])
    const heard = receiver.received.map(({ path }) => path).join('\n')
    for (const name of ['environment', 'unnamed', 'good', 'echo', 'gone', 'edited']) expect(heard, name).toContain(hidden[`path of ${name}`])
  })

  test('INV-31 no answer, page, door, metric, row, backup, log or span holds an address or a secret', async () => {
    await as.ask(EVERY_ENDPOINT)
    await as.ask(AUDIT)
    await as.ask(EVERYTHING_ELSE)
    for (let after: string | null = null, more = true; more;) {
      const page: { webhookDeliveries: { pageInfo: { endCursor: string; hasNextPage: boolean } } } = await as.ask(EVERY_DELIVERY, { after })
      ;({ endCursor: after, hasNextPage: more } = page.webhookDeliveries.pageInfo)
    }
    for (const path of ['/', '/deliveries', '/endpoints', '/queue', `/endpoints/${endpoints['echo']}`]) await as.get(path, { accept: 'text/html' })
    const { paths } = JSON.parse(await as.get('/openapi.json')) as { paths: Record<string, unknown> }
    for (const path of Object.keys(paths).filter(one => !one.includes('{'))) await as.get(path)
    for (const { id } of await world.query<{ id: string }>('SELECT id FROM flow')) for (const path of [`/export/flows/${id}`, `/flows/${id}`]) await as.get(path)
    await as.get('/metrics')
    said.push({ what: 'subscriptions', text: JSON.stringify(streams.map(({ items }) => items)) })
    const backup = join(dir, 'sluice.backup')
    const { code, said: printed } = await startVerb('backup', { file: backup, env: { SLUICE_DATA_DIR: world.dataDir } }).ended
    expect(code, printed).toBe(0)
    said.push({ what: 'the verb', text: printed }, { what: 'the backup', text: gunzipSync(await readFile(backup)).toString() })
    for (const { name } of await world.query<{ name: string }>(`SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`)) {
      const rows = await world.query<{ row: string }>(`SELECT t::text AS row FROM "${name}" t`)
      said.push({ what: `table ${name}`, text: rows.map(({ row }) => row).join('\n') })
    }
    await socket.close()
    await world.stop()
    said.push({ what: 'the terminal', text: world.printed() }, { what: 'spans', text: JSON.stringify(collector.spans) })
    for (const file of await readdir(join(world.dataDir, 'logs'))) said.push({ what: file, text: await readFile(join(world.dataDir, 'logs', file), 'utf8') })

    expect(said.length).toBeGreaterThan(100)
    for (const [what, word] of [['the backup', 'webhookEndpointDisabled'], ['table webhook_endpoint', 'echo'], ['table delivery_attempt', '[redacted]'], ['subscriptions', 'DELIVERED'], ['spans', 'command createWebhookEndpoint'], ['control-plane.log', 'webhook.endpoint_disabled']] as const) {
      expect(said.find(one => one.what === what)?.text, `${what} was looked at`).toContain(word)
    }
    expect(found(said, hidden)).toEqual([])
  })

  test('INV-31 nor does the disk of the database hold one, write-ahead log included', async () => {
    const postgres = join(world.dataDir, 'postgres')
    const files = (await readdir(postgres, { recursive: true, withFileTypes: true })).filter(one => one.isFile()).map(one => join(one.parentPath, one.name))
    const holding = async (words: string[]): Promise<string[]> => {
      const held = await Promise.all(files.map(async file => { const bytes = await readFile(file); return words.some(word => bytes.includes(word)) }))
      return files.filter((_, at) => held[at])
    }
    expect((await holding(['webhooks.told'])).length, 'where what may be seen is found').toBeGreaterThan(1)
    expect(await holding(Object.values(hidden).map(secret => secret.replace('whsec_', '')))).toEqual([])
  })
})
