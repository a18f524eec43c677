import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { cancelFlows, createFlows, deleteWebhookEndpoint, disableWebhookEndpoint, finishFlows, putArtifact, retryFlows, updateWebhookEndpoint, upsertLane } from '../../src/index.ts'
import { webhookBed } from './webhook-bed.ts'

interface Artifact { name: string; inline?: string }
interface Body { type: string; timestamp: string; data: { flow: { id: string }; output: object; artifacts: Artifact[] } }

const bodyOf = async (b: Awaited<ReturnType<typeof webhookBed>>, column = 'body') =>
  (await b.sql(`SELECT ${column} AS body FROM webhook_event ORDER BY id DESC`)).map(row => JSON.parse(String(row['body'])) as Body)

describe('the outbox', () => {
  test('INV-26 a terminal move commits with one event and one automatic delivery for each endpoint that asks for it', async () => {
    await using b = await webhookBed()
    const [all, own, other] = [await b.endpoint(), await b.endpoint({ principalId: b.owner.principalId }), await b.endpoint({ principalId: b.workerActor.principalId })]
    await b.endpoint({ events: ['flow.queued'] })
    const id = await b.finish()
    const rows = (await b.deliveries()).filter(row => row.event_type === 'flow.finished')
    expect(rows.map(row => row.endpoint_id).sort()).toEqual([all, own].sort())
    expect(rows.every(row => row.state === 'PENDING' && row.trigger === 'AUTO' && row.flow_id === id)).toBe(true)
    expect(new Set(rows.map(row => row.event_id)).size).toBe(1)
    expect(rows.map(row => row.endpoint_id)).not.toContain(other)
  })

  test('INV-26 a move that fails leaves neither event nor delivery', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    const [id = ''] = await b.create(1)
    await b.sql(`ALTER TABLE webhook_delivery ADD CONSTRAINT no_more CHECK (false) NOT VALID`)
    await expect(cancelFlows(b.deps, { caller: b.caller, items: [{ id }] })).rejects.toThrow('no_more')
    expect((await b.flow(id)).status).toBe('QUEUED')
    expect(await b.sql('SELECT 1 FROM webhook_event')).toEqual([])
  })

  test('every chosen transition is told, in one row each, the creation and the start included', async () => {
    await using b = await webhookBed()
    await b.endpoint({ events: ['flow.queued', 'flow.starting', 'flow.running', 'flow.finished'] })
    await b.finish()
    expect((await b.deliveries()).map(row => [row.event_type, row.sequence])).toEqual([['flow.queued', 1], ['flow.starting', 2], ['flow.running', 3], ['flow.finished', 4]])
  })

  test('the body has the members of product.md 9.5 in their order, and no delivery_id while it is stored', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    const id = await b.finish('the answer')
    const [body] = await bodyOf(b)
    expect(Object.keys(body!)).toEqual(['type', 'timestamp', 'event_id', 'sequence', 'data'])
    expect(Object.keys(body!.data.flow)).toEqual([
      'id', 'kind', 'title', 'lane', 'labels', 'status', 'phase', 'terminal_reason', 'owner_id', 'attempt', 'retry_of', 'created_at', 'queued_at', 'started_at', 'finished_at', 'url',
    ])
    expect(body).toMatchObject({
      type: 'flow.finished', sequence: 4, event_id: expect.stringMatching(/^evt_[0-9a-z]{26}$/),
      data: { flow: { id, status: 'FINISHED', terminal_reason: 'completed', attempt: 0, url: `http://sluice.test/flows/${id}` }, output: { reason: 'SINGLE', source: 'result', available: true }, artifacts: [{ name: 'completion', media_type: 'text/plain; charset=utf-8', size: 10, url: `http://sluice.test/flows/${id}/artifacts/completion` }] },
    })
    expect(body!.data.output).not.toHaveProperty('text')
    expect(new Date(body!.timestamp).toISOString()).toBe(body!.timestamp)
  })

  test('D-20 an endpoint with inlineArtifacts gets the text, one without does not, and a text above 256 KiB is left out', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    await b.endpoint({ inlineArtifacts: true })
    await b.finish('short')
    expect((await bodyOf(b, 'body_inline'))[0]).toMatchObject({ data: { output: { text: 'short' } } })
    expect((await bodyOf(b))[0]?.data.output).not.toHaveProperty('text')
    await b.finish('x'.repeat(262_145))
    expect((await bodyOf(b, 'body_inline'))[0]?.data.output).toEqual({ reason: 'SINGLE', source: 'result', available: true })
  })

  test('D-20 artifacts are told with every event, and small ones with their bytes to endpoints that asked for them', async () => {
    await using b = await webhookBed()
    await b.endpoint({ inlineArtifacts: true, events: ['flow.running', 'flow.finished'] })
    await b.create(2)
    const leases = await b.work(2)
    const left = [['small.txt', 'hello'], ['large.bin', 'x'.repeat(262_145)], ['empty', '']] as const
    for (const lease of leases) {
      for (const [name, text] of left) {
        const digest = createHash('sha256').update(text).digest('hex')
        const stored = await putArtifact(b.deps, { actor: b.workerActor, lease, name, digest, mediaType: 'text/plain', ttlMs: null }, (async function* () { yield Buffer.from(text) })())
        expect(stored).toMatchObject({ created: true })
      }
    }
    await finishFlows(b.deps, { actor: b.workerActor, items: leases.map(lease => ({ lease, result: 1 })) })
    const finished = async (column: string) => (await bodyOf(b, column)).filter(({ type }) => type === 'flow.finished')
    for (const { data } of await finished('body_inline')) {
      expect(data.artifacts.map(one => [one.name, one.inline])).toEqual([['empty', ''], ['large.bin', undefined], ['small.txt', 'hello']])
      expect(data.artifacts[2]).toMatchObject({ size: 5, media_type: 'text/plain', encoding: 'utf-8', url: `http://sluice.test/flows/${data.flow.id}/artifacts/small.txt` })
    }
    for (const { data } of await finished('body')) expect(data.artifacts.map(one => 'inline' in one)).toEqual([false, false, false])
    expect((await bodyOf(b)).filter(({ type }) => type === 'flow.running').map(({ data }) => data.artifacts)).toEqual([[], []])
  })

  test('D-41 a webhookUrl finds or makes one unnamed endpoint for each principal and URL, and gets terminal events only', async () => {
    await using b = await webhookBed()
    await Promise.all(Array.from({ length: 8 }, () => b.create(3, { webhookUrl: 'https://hooks.example.com/mine' })))
    await b.create(1, { webhookUrl: 'https://hooks.example.com/other' })
    const endpoints = await b.sql('SELECT origin, name, principal_id, url_redacted, events FROM webhook_endpoint')
    expect(endpoints).toHaveLength(2)
    expect(endpoints[0]).toEqual({
      origin: 'UNNAMED', name: null, principal_id: b.owner.principalId, url_redacted: 'https://hooks.example.com/…', events: ['flow.finished', 'flow.failed', 'flow.cancelled', 'flow.skipped'],
    })
    expect(JSON.stringify(await b.sql('SELECT * FROM webhook_endpoint_version'))).not.toContain('mine')
    const leases = await b.work(100)
    await finishFlows(b.deps, { actor: b.workerActor, items: leases.map(lease => ({ lease })) })
    expect((await b.deliveries()).map(row => row.event_type)).toEqual(Array.from({ length: 25 }, () => 'flow.finished'))
  })

  test('D-41 the flow’s own endpoint comes before its lane’s, and that before the environment’s; each endpoint hears once', async () => {
    await using b = await webhookBed({ settings: { webhookUrl: 'https://global.example.com/hook' } })
    const [named, laned] = [await b.endpoint({ events: ['flow.cancelled'], principalId: b.owner.principalId }), await b.endpoint({ events: ['flow.cancelled'], principalId: b.owner.principalId })]
    await upsertLane(b.deps, { actor: b.owner, name: 'with-hook', defaults: { webhookEndpointId: laned } })
    const [environment] = await b.sql(`SELECT id FROM webhook_endpoint WHERE origin = 'ENVIRONMENT'`)
    await b.sql(`UPDATE webhook_endpoint SET principal_id = $1 WHERE id = ANY($2)`, [b.workerActor.principalId, [named, laned]])
    const heard = async (item: object): Promise<string[]> => {
      await b.sql('DELETE FROM webhook_delivery')
      const [id = ''] = await b.create(1, item)
      await b.sql('UPDATE flow SET webhook_endpoint_id = $2 WHERE id = $1', [id, 'own' in item ? named : null])
      await cancelFlows(b.deps, { caller: b.caller, items: [{ id }] })
      return (await b.deliveries()).map(row => row.endpoint_id)
    }
    expect(await heard({})).toEqual([environment!['id']])
    expect(await heard({ lane: 'with-hook' })).toEqual([laned])
    expect(await heard({ lane: 'with-hook', own: true })).toEqual([named])
  })

  test('the environment’s endpoint follows the variable, and is disabled and records nothing when that goes away', async () => {
    await using b = await webhookBed({ settings: { webhookUrl: 'https://global.example.com/one' } })
    {
      await using again = await webhookBed({ url: b.url, settings: { webhookUrl: 'https://global.example.com/two' } })
      await again.cancelled(1)
      expect(await again.sql(`SELECT state, revision FROM webhook_endpoint`)).toEqual([{ state: 'ACTIVE', revision: 2 }])
      expect((await again.deliveries()).map(row => [row.state, row.revision])).toEqual([['PENDING', 2]])
    }
    await using without = await webhookBed({ url: b.url })
    await without.cancelled(1)
    expect(await without.sql(`SELECT state FROM webhook_endpoint`)).toEqual([{ state: 'DISABLED' }])
    expect(await without.deliveries()).toHaveLength(1)
  })

  test('9.3 an event for a disabled endpoint is recorded as suppressed, and one for a deleted endpoint is not recorded', async () => {
    await using b = await webhookBed()
    const [disabled, deleted] = [await b.endpoint(), await b.endpoint()]
    await disableWebhookEndpoint(b.deps, { actor: b.owner, id: disabled, reason: 'being moved' })
    await deleteWebhookEndpoint(b.deps, { actor: b.owner, id: deleted })
    await b.cancelled(1)
    expect((await b.deliveries()).map(row => [row.endpoint_id, row.state, row.last_error])).toEqual([[disabled, 'SUPPRESSED', 'ENDPOINT_DISABLED']])
  })

  test('12 a later edit of URL or flags does not change what pending deliveries captured', async () => {
    await using b = await webhookBed()
    const id = await b.endpoint()
    await b.cancelled(1)
    await updateWebhookEndpoint(b.deps, { actor: b.owner, id, url: 'https://elsewhere.example.com/new' })
    await b.cancelled(1)
    b.deliver()
    await b.settled()
    expect(b.sent.map(s => s.url).sort()).toEqual(['https://elsewhere.example.com/new', 'https://hooks.example.com/T0/secret'])
  })

  test('a retried flow tells the endpoint of the old one', async () => {
    await using b = await webhookBed()
    const [id = ''] = await b.create(1, { webhookUrl: 'https://hooks.example.com/mine' })
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id }] })
    const [again] = await retryFlows(b.deps, { caller: b.caller, items: [{ id }] })
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id: (again as { flowId: string }).flowId }] })
    expect(new Set((await b.deliveries()).map(row => row.endpoint_id)).size).toBe(1)
    expect(await b.deliveries()).toHaveLength(2)
  })

  test('bad addresses and endpoints are refused with the argument that is wrong; a resolver that is away refuses no flow', async () => {
    await using b = await webhookBed()
    await using refusing = Object.assign(await webhookBed({ url: b.url }), {})
    Object.assign(refusing.deps.webhooks, { refuseUrl: async () => ({ rule: 'loopback', message: 'localhost is this machine' }) })
    const create = async (bed: typeof b, item: object) => (await createFlows(bed.deps, { actor: bed.owner, mayPrioritize: true, mayCreate: () => true, items: [{ kind: 'work', ...item }] }))[0]
    expect(await create(refusing, { webhookUrl: 'https://localhost/' })).toMatchObject({ code: 'URL_NOT_ALLOWED', rule: 'loopback' })
    expect(await create(b, { webhookEndpointId: 'ep_unknown' })).toMatchObject({ code: 'INVALID_INPUT', path: ['webhookEndpointId'] })
    expect(await create(b, { webhookEndpointId: 'ep_1', webhookUrl: 'https://a.example' })).toMatchObject({ code: 'INVALID_INPUT', path: ['webhookEndpointId'] })
    Object.assign(refusing.deps.webhooks, { refuseUrl: async () => ({ rule: null, unresolved: true, message: 'a.example has no address now' }) })
    expect(await create(refusing, { webhookUrl: 'https://a.example' })).toMatchObject({ created: true })
    await b.sql('DELETE FROM flow')
    Object.assign(refusing.deps.webhooks, { ownSecrets: [] })
    expect(await create(refusing, { webhookUrl: 'https://a.example' })).toMatchObject({ code: 'INVALID_INPUT', path: ['webhookUrl'], message: expect.stringContaining('FLOW_WEBHOOK_SECRET') })
    expect(await b.sql('SELECT 1 FROM flow')).toEqual([])
  })
})
