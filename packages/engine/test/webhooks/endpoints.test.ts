import { describe, expect, test } from 'vitest'
import {
  createWebhookEndpoint, deleteWebhookEndpoint, disableWebhookEndpoint, enableWebhookEndpoint, openKeyring, revealWebhookEndpoint, rotateWebhookSecret, storedKeyIds, testWebhookEndpoint,
  updateWebhookEndpoint,
} from '../../src/index.ts'
import { reseal } from '../../src/services/reseal.ts'
import { webhookBed } from './webhook-bed.ts'

const URL = 'https://hooks.example.com/T0/secret'

describe('endpoints', () => {
  test('INV-31 neither the URL nor a secret stands in any row as it was given, audit and events included', async () => {
    await using b = await webhookBed()
    const made = await createWebhookEndpoint(b.deps, { actor: b.owner, name: 'ci', url: URL, events: ['flow.finished'] })
    if (made instanceof Error) throw made
    expect(made.secret).toMatch(/^whsec_/)
    await rotateWebhookSecret(b.deps, { actor: b.owner, id: made.endpointId, overlapHours: 1 })
    await revealWebhookEndpoint(b.deps, { actor: b.owner, id: made.endpointId })
    await b.finish()
    const tables = await b.sql(`SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`)
    for (const { name } of tables) {
      const text = JSON.stringify(await b.sql(`SELECT t::text FROM "${String(name)}" t`))
      expect([name, text.includes('T0/secret'), text.includes(made.secret)]).toEqual([name, false, false])
    }
  })

  test('a reveal answers the whole URL and is audited', async () => {
    await using b = await webhookBed()
    const id = await b.endpoint()
    expect(await revealWebhookEndpoint(b.deps, { actor: b.owner, id })).toEqual({ endpointId: id, url: URL })
    expect(await b.sql(`SELECT target, principal_id FROM audit_entry WHERE action = 'revealWebhookEndpoint'`)).toEqual([{ target: id, principal_id: b.owner.principalId }])
  })

  test('an edit with the version that was read lands, one with another is a CONFLICT and changes nothing', async () => {
    await using b = await webhookBed()
    const id = await b.endpoint()
    expect(await updateWebhookEndpoint(b.deps, { actor: b.owner, id, version: 1, name: 'renamed' })).toEqual({ endpointId: id })
    expect(await updateWebhookEndpoint(b.deps, { actor: b.owner, id, version: 1, name: 'late' })).toMatchObject({ code: 'CONFLICT' })
    expect(await b.sql('SELECT name, version, revision FROM webhook_endpoint')).toEqual([{ name: 'renamed', version: 2, revision: 1 }])
    await updateWebhookEndpoint(b.deps, { actor: b.owner, id, inlineArtifacts: true })
    expect(await b.sql('SELECT version, revision FROM webhook_endpoint')).toEqual([{ version: 3, revision: 2 }])
    expect(await revealWebhookEndpoint(b.deps, { actor: b.owner, id })).toMatchObject({ url: URL })
  })

  test('two edits of the same version at once: one lands', async () => {
    await using b = await webhookBed()
    const id = await b.endpoint()
    const outcomes = await Promise.all(['one', 'two', 'three'].map(name => updateWebhookEndpoint(b.deps, { actor: b.owner, id, version: 1, name })))
    expect(outcomes.filter(o => o instanceof Error)).toHaveLength(2)
  })

  test.each([
    [{ name: '' }, ['name']], [{ name: 'x'.repeat(101) }, undefined], [{ events: [] }, ['events']], [{ events: ['flow.exploded'] }, ['events']], [{ principalId: 'prn_nobody' }, ['principalId']], [{ url: `https://a.example/${'x'.repeat(2048)}` }, undefined],
  ])('bad input %o names the argument', async (change, path) => {
    await using b = await webhookBed()
    const refused = await createWebhookEndpoint(b.deps, { actor: b.owner, name: 'ok', url: URL, events: ['flow.finished'], ...change })
    expect(refused).toMatchObject(path ? { code: 'INVALID_INPUT', path } : { code: 'LIMIT_EXCEEDED' })
    expect(await b.sql('SELECT 1 FROM webhook_endpoint')).toEqual([])
  })

  test('an unnamed endpoint and the environment’s are edited where they come from', async () => {
    await using b = await webhookBed({ settings: { webhookUrl: 'https://global.example.com/x' } })
    await b.create(1, { webhookUrl: 'https://hooks.example.com/mine' })
    const ids = (await b.sql('SELECT id FROM webhook_endpoint ORDER BY origin')).map(row => String(row['id']))
    for (const id of ids) {
      expect(await updateWebhookEndpoint(b.deps, { actor: b.owner, id, name: 'mine' })).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('FLOW_WEBHOOK_SECRET') })
      expect(await rotateWebhookSecret(b.deps, { actor: b.owner, id, overlapHours: 1 })).toMatchObject({ code: 'INVALID_INPUT' })
      expect(await revealWebhookEndpoint(b.deps, { actor: b.owner, id })).toMatchObject({ endpointId: id })
    }
  })

  test('what is unknown or deleted is NOT_FOUND for every act', async () => {
    await using b = await webhookBed()
    const id = await b.endpoint()
    await deleteWebhookEndpoint(b.deps, { actor: b.owner, id })
    for (const act of [deleteWebhookEndpoint, disableWebhookEndpoint, revealWebhookEndpoint, testWebhookEndpoint]) expect(await act(b.deps, { actor: b.owner, id })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await enableWebhookEndpoint(b.deps, { actor: b.owner, id: 'ep_unknown', replaySuppressed: false })).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('enabling begins the streak anew', async () => {
    await using b = await webhookBed()
    const id = await b.endpoint()
    await b.sql('UPDATE webhook_endpoint SET consecutive_failures = 19')
    await disableWebhookEndpoint(b.deps, { actor: b.owner, id })
    await enableWebhookEndpoint(b.deps, { actor: b.owner, id, replaySuppressed: false })
    expect(await b.sql('SELECT state, consecutive_failures, disabled_reason FROM webhook_endpoint')).toEqual([{ state: 'ACTIVE', consecutive_failures: 0, disabled_reason: null }])
  })

  test('a new DATA_ENCRYPTION_KEY before the former one seals everything anew, and the same webhookUrl still finds its endpoint', async () => {
    await using b = await webhookBed()
    const [former, next] = [Buffer.alloc(32, 7), Buffer.alloc(32, 9)]
    const id = await b.endpoint()
    await b.create(1, { webhookUrl: 'https://hooks.example.com/mine' })
    Object.assign(b.deps.webhooks, { keys: openKeyring([next, former]) })
    await b.create(1, { webhookUrl: 'https://hooks.example.com/mine' })
    expect(await reseal(b.deps)).toBe(3)
    Object.assign(b.deps.webhooks, { keys: openKeyring([next]) })
    expect(await storedKeyIds(b.db)).toEqual([openKeyring([next]).currentId])
    await b.create(1, { webhookUrl: 'https://hooks.example.com/mine' })
    expect(await b.sql('SELECT count(*)::int AS n FROM webhook_endpoint')).toEqual([{ n: 2 }])
    expect(await revealWebhookEndpoint(b.deps, { actor: b.owner, id })).toMatchObject({ url: URL })
    Object.assign(b.deps.webhooks, { keys: openKeyring([Buffer.alloc(32, 1)]) })
    expect(await revealWebhookEndpoint(b.deps, { actor: b.owner, id })).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('DATA_ENCRYPTION_KEY') })
  })
})
