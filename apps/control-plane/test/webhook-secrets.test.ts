import { createServer, type Server } from 'node:http'
import { createWebhookSender } from '@sluice/webhooks'
import { eventually } from '@sluice/testkit/db'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sendDelivery } from '../src/roles/send-delivery.ts'
import { everyField } from './every-field.ts'
import { createFlows, dataOf, testServer, type Principal, type TestServer } from './server.ts'
import { openSocket } from './socket.ts'
import { command, makeEndpoint, node } from './webhooks.ts'

const PATH = 'T0KEN-in-the-path'
const QUERY = 'QUERY-SECRET'

let receiver: Server
let url: string
let server: TestServer
let admin: Principal
/** What no answer may hold. */
let secrets: string[]
let ids: { endpoint: string; unnamed: string; delivery: string; event: string; flow: string; operation: string }

/** A receiver that tells everything it was told, in every way it can. */
beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const all = `${request.url} ${JSON.stringify(request.headers)} ${url}`
      response.writeHead(400, { 'content-type': 'text/plain', 'x-echo': all, 'set-cookie': 'session=COOKIE', location: url }).end(`${all} ${body}`)
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(receiver.address() as { port: number }).port}/${PATH}?key=${QUERY}`
  const knobs = { webhookAllowHosts: '127.0.0.1', webhookAllowHttp: true }
  const sender = createWebhookSender({ allowHosts: '127.0.0.1', allowHttp: true, timeoutMs: 5000, version: 'test' })
  server = await testServer({ settings: { ...knobs, queryCost: 10_000_000, webhookUrl: url }, send: sendDelivery({ sender, now: () => Promise.resolve(new Date()), unsignedAllowed: false }) })
  admin = await server.principal('ADMIN')
  ids = await fullRun()
}, 60_000)
afterAll(async () => {
  await server.close()
  receiver.close()
})

async function fullRun() {
  const { endpoint, secret } = await makeEndpoint(admin, { url, events: ['flow.queued', 'flow.cancelled'] })
  const rotated = await command<{ secret: string }>(admin, 'rotateWebhookSecret', { id: endpoint.id }, 'secret')
  const [own, ring] = [server.deps.webhooks.ownSecrets[0] ?? '', Buffer.alloc(32, 'a key of the tests ').toString('base64')]
  secrets = [PATH, QUERY, 'COOKIE', ...[secret, rotated.secret, own].flatMap((one) => [one, one.slice('whsec_'.length)]), ring]
  const [flow] = await createFlows(admin, [{ kind: 'work', webhookUrl: url }])
  await dataOf(admin.ask('mutation ($input: CancelFlowInput!) { cancelFlow(input: $input) { __typename } }', { input: { id: flow } }))
  await command(admin, 'testWebhookEndpoint', { id: endpoint.id }, '__typename')
  await eventually(async () => expect(await server.sql("SELECT 1 FROM webhook_delivery WHERE state = 'REJECTED'")).toHaveLength(4))
  await command(admin, 'updateWebhookEndpoint', { id: endpoint.id, url: `${url}&again=1` }, '__typename')
  await command(admin, 'disableWebhookEndpoint', { id: endpoint.id }, '__typename')
  await command(admin, 'createWebhookEndpoint', { name: 'no', url: `ftp://127.0.0.1/${PATH}`, events: ['flow.queued'] }, '__typename')
  await command(admin, 'revealWebhookEndpoint', { id: endpoint.id }, '__typename')
  await createFlows(admin, [{ kind: 'work' }])
  const { operation } = await command<{ operation: { id: string } }>(admin, 'enableWebhookEndpoint', { id: endpoint.id, replaySuppressed: true }, 'operation { id }')
  const [delivery] = await server.sql("SELECT id, event_id FROM webhook_delivery WHERE endpoint_id = $1 AND event_type = 'flow.queued'", [endpoint.id])
  const [unnamed] = await server.sql("SELECT id FROM webhook_endpoint WHERE origin = 'UNNAMED'")
  return { endpoint: endpoint.id, unnamed: String(unnamed?.['id']), delivery: String(delivery?.['id']), event: String(delivery?.['event_id']), flow: flow ?? '', operation: operation.id }
}

const holds = (text: string): string[] => secrets.filter((secret) => text.includes(secret))

describe('INV-31 no secret and no whole URL', () => {
  test.each([
    ['endpoint', 'WebhookEndpoint'], ['unnamed', 'WebhookEndpoint'], ['delivery', 'WebhookDelivery'], ['event', 'WebhookEvent'], ['flow', 'Flow'], ['operation', 'BulkOperation'],
  ] as const)('is in any field of the %s', async (which, type) => {
    const found = await node(admin, ids[which], `... on ${type} ${everyField(type, 3)}`)
    expect(found).not.toBeNull()
    expect(holds(JSON.stringify(found))).toEqual([])
  })

  test('is in the audit, in an export, in what a subscription tells, or in the log', async () => {
    const audit = await dataOf(admin.ask('{ audit(first: 200) { edges { node { action target reason before after } } } }'))
    expect(JSON.stringify(audit)).toContain('revealWebhookEndpoint')
    const get = async (path: string): Promise<string> => (await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${admin.token}` } })).text()
    const exported = await Promise.all([`/export/flows/${ids.flow}`, '/export/audit', '/export/deliveries?attempts=true&body=true', '/export/endpoints?unnamed=true', '/export/operations', '/metrics', `/flows/${ids.flow}`].map(get))
    await using socket = await openSocket(server.url, admin)
    const stream = socket.subscribe<{ kind: string }>(`subscription { webhookDeliveryChanged { kind delivery ${everyField('WebhookDelivery', 1)} } }`)
    await stream.first()
    await command(admin, 'testWebhookEndpoint', { id: ids.endpoint }, '__typename')
    await stream.first(({ kind }) => kind === 'CHANGE')
    for (const text of [audit, ...exported, stream.items(), server.logged]) expect(holds(JSON.stringify(text))).toEqual([])
  })

  test('is stored where it can be read', async () => {
    const tables = await server.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    for (const { table_name: table } of tables) {
      const rows = await server.sql(`SELECT to_jsonb(t)::text AS row FROM "${table}" t`)
      expect(holds(rows.map(({ row }) => row).join('\n')), String(table)).toEqual([])
    }
  })

  test('reaches who may not have it: revealing is for admins', async () => {
    for (const role of ['VIEWER', 'SUBMITTER', 'OPERATOR'] as const) {
      const by = await server.principal(role)
      expect(await command(by, 'revealWebhookEndpoint', { id: ids.endpoint }, 'url')).toMatchObject({ __typename: 'Forbidden' })
    }
    expect(await command(admin, 'revealWebhookEndpoint', { id: ids.endpoint }, 'url')).toMatchObject({ url: `${url}&again=1` })
  })
})
