import { describe, expect, test } from 'vitest'
import { eventually } from '@sluice/testkit/db'
import {
  abortBulkOperation, changedDeliveries, deleteWebhookEndpoint, deliveryFigures, deliveryHead, disableWebhookEndpoint, enableWebhookEndpoint, listDeliveries, replayDeliveries, replayInBulk, successRates,
  updateWebhookEndpoint,
} from '../../src/index.ts'
import { runBulk } from '../../src/services/run-bulk.ts'
import { sweepRetention } from '../../src/services/sweep-retention.ts'
import { answered, failedWith, webhookBed } from './webhook-bed.ts'
import type { WebhookBed } from './webhook-bed.ts'

async function failed(b: WebhookBed, count: number): Promise<string[]> {
  await b.cancelled(count)
  const deliverer = b.deliver(() => answered(400))
  await b.settled()
  await deliverer.close(1000)
  return (await b.deliveries()).map(row => row.id)
}
const replay = (b: WebhookBed, ids: string[]) => replayDeliveries(b.deps, { caller: b.operator, ids })

describe('replay', () => {
  test('INV-32 a replay is a new row for the same event, to the URL of now; the old row never changes', async () => {
    await using b = await webhookBed({ settings: { webhookDisableAfter: 100 } })
    const endpoint = await b.endpoint()
    const [id = ''] = await failed(b, 1)
    const [before] = await b.deliveries()
    await updateWebhookEndpoint(b.deps, { actor: b.owner, id: endpoint, url: 'https://new.example.com/hook' })
    const [made] = await replay(b, [id])
    b.deliver()
    const rows = await b.settled()
    expect(rows[0]).toEqual(before)
    expect(rows[1]).toMatchObject({
      id: (made as { deliveryId: string }).deliveryId, event_id: before!.event_id, replay_of: id, trigger: 'REPLAY', requested_by: b.owner.principalId, state: 'DELIVERED', revision: 2,
    })
    expect(b.sent.at(-1)).toMatchObject({ url: 'https://new.example.com/hook' })
    expect(JSON.parse(b.sent.at(-1)!.body)).toEqual({ ...(JSON.parse(b.sent[0]!.body) as object), delivery_id: rows[1]!.id })
    expect(await b.sql('SELECT consecutive_failures FROM webhook_endpoint')).toEqual([{ consecutive_failures: 1 }])
  })

  test('a delivered, a rejected and a replayed delivery may be replayed; a pending one and a repeat while one is live may not', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    await b.cancelled(1)
    const [pending] = await b.deliveries()
    expect(await replay(b, [pending!.id])).toMatchObject([{ code: 'DELIVERY_IN_PROGRESS' }])
    const deliverer = b.deliver()
    await b.settled()
    await deliverer.close(1000)
    const [first] = await replay(b, [pending!.id])
    expect(await replay(b, [pending!.id])).toMatchObject([{ code: 'DELIVERY_IN_PROGRESS' }])
    b.deliver()
    await b.settled()
    const again = (first as { deliveryId: string }).deliveryId
    expect(await replay(b, [again])).toMatchObject([{ deliveryId: expect.stringMatching(/^dlv_/) }])
    expect((await b.deliveries()).at(-1)).toMatchObject({ replay_of: again })
  })

  test.each([['EXHAUSTED', () => answered(500)], ['BLOCKED', () => failedWith('URL_NOT_ALLOWED')], ['REJECTED', () => answered(404)], ['DELIVERED', () => answered(200)]] as const)('D-26 one that ended as %s is sent again', async (state, answer) => {
    await using b = await webhookBed({ settings: { webhookMaxAttempts: 1 } })
    await b.endpoint()
    await b.cancelled(1)
    const deliverer = b.deliver(answer)
    expect(await b.settled()).toMatchObject([{ state }])
    await deliverer.close(1000)
    await replay(b, [(await b.deliveries())[0]!.id])
    b.deliver()
    expect((await b.settled()).map(row => row.state)).toEqual([state, 'DELIVERED'])
  })

  test('INV-46 of many replays of one delivery at once, one is made', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    const [id = ''] = await failed(b, 1)
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => replay(b, [id, id])))
    expect(outcomes.flat().filter(o => !(o instanceof Error))).toHaveLength(1)
    expect((await b.deliveries()).filter(row => row.trigger === 'REPLAY')).toHaveLength(1)
  })

  test('a disabled endpoint is sent to, a deleted one is ENDPOINT_GONE, a purged body BODY_PURGED, an unknown one NOT_FOUND', async () => {
    await using b = await webhookBed()
    const endpoint = await b.endpoint()
    const [one = '', two = '', three = ''] = await failed(b, 3)
    await disableWebhookEndpoint(b.deps, { actor: b.owner, id: endpoint })
    await b.sql('UPDATE webhook_event SET body = NULL WHERE id = (SELECT event_id FROM webhook_delivery WHERE id = $1)', [two])
    expect(await replay(b, [one, two, 'dlv_unknown'])).toMatchObject([{ deliveryId: expect.any(String) }, { code: 'BODY_PURGED' }, { code: 'NOT_FOUND' }])
    b.deliver()
    expect((await b.settled()).at(-1)).toMatchObject({ state: 'DELIVERED', trigger: 'REPLAY' })
    await deleteWebhookEndpoint(b.deps, { actor: b.owner, id: endpoint })
    expect(await replay(b, [three])).toMatchObject([{ code: 'ENDPOINT_GONE' }])
  })

  test('INV-38 who may not read the flow hears that there is no such delivery', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    const [id = ''] = await failed(b, 1)
    const stranger = (access: 'hide' | 'forbid') => replayDeliveries(b.deps, { caller: { actor: b.workerActor, access: () => access }, ids: [id] })
    expect(await stranger('hide')).toMatchObject([{ code: 'NOT_FOUND', message: `There is no webhook delivery ${id}.` }])
    expect(await stranger('forbid')).toMatchObject([{ code: 'FORBIDDEN' }])
  })
})

describe('replays in bulk', () => {
  const FAILED = { state: ['REJECTED'] as const }
  const callerOf = (b: WebhookBed) => async () => b.operator
  const operation = async (b: WebhookBed) => (await b.sql('SELECT state, matched, done, refused FROM bulk_operation'))[0]

  test('a dry run counts and starts nothing', async () => {
    await using b = await webhookBed({ settings: { webhookDisableAfter: 1000 } })
    await b.endpoint()
    await failed(b, 7)
    expect(await replayInBulk(b.deps, { actor: b.owner, filter: FAILED, dryRun: true })).toEqual({ matched: 7, exact: true, operationId: null })
    expect(await replayInBulk(b.deps, { actor: b.owner, filter: { ...FAILED, createdBefore: new Date(0) }, dryRun: true })).toMatchObject({ matched: 0 })
    expect(await replayInBulk(b.deps, { actor: b.owner, ids: ['dlv_unknown'], dryRun: true })).toMatchObject({ matched: 0 })
    expect(await b.sql('SELECT 1 FROM bulk_operation')).toEqual([])
  })

  test('D-43 the set is what matched at the start; each is replayed once, and what was replayed since is not sent once more', async () => {
    await using b = await webhookBed({ settings: { webhookDisableAfter: 1000 } })
    await b.endpoint()
    const ids = await failed(b, 450)
    await replay(b, ids.slice(0, 1))
    const started = await replayInBulk(b.deps, { actor: b.owner, filter: FAILED, dryRun: false, reason: 'the receiver is back' })
    expect(started).toMatchObject({ matched: 449 })
    await failed(b, 1)
    expect(await runBulk(b.deps, callerOf(b))).toBe(449)
    expect(await operation(b)).toEqual({ state: 'DONE', matched: 449, done: 449, refused: 0 })
    expect((await b.deliveries()).filter(row => row.trigger === 'REPLAY')).toHaveLength(450)
    expect(await runBulk(b.deps, callerOf(b))).toBe(0)
  })

  test('an operation whose process died goes on behind the last batch that committed, elsewhere', async () => {
    await using b = await webhookBed({ settings: { webhookDisableAfter: 1000 } })
    await b.endpoint()
    await failed(b, 450)
    await replayInBulk(b.deps, { actor: b.owner, filter: FAILED, dryRun: false })
    let batches = 0
    const dying = async () => {
      if (batches++ === 1) throw new Error('killed')
      return b.operator
    }
    await expect(runBulk(b.deps, dying)).rejects.toThrow('killed')
    expect(await operation(b)).toMatchObject({ state: 'RUNNING', done: 200 })
    await runBulk(b.deps, callerOf(b))
    expect(await operation(b)).toMatchObject({ state: 'DONE', done: 450, refused: 0 })
    expect((await b.deliveries()).filter(row => row.trigger === 'REPLAY')).toHaveLength(450)
  })

  test('an abort stops behind the batch under way, and what ended stays as it is', async () => {
    await using b = await webhookBed({ settings: { webhookDisableAfter: 1000 } })
    await b.endpoint()
    await failed(b, 450)
    const { operationId } = (await replayInBulk(b.deps, { actor: b.owner, filter: FAILED, dryRun: false })) as { operationId: string }
    let aborting: Promise<unknown> | undefined
    const abortNow = async () => { aborting ??= abortBulkOperation(b.deps, { actor: b.owner, id: operationId }); return b.operator }
    await runBulk(b.deps, abortNow)
    await aborting
    const after = await operation(b)
    expect(after).toMatchObject({ state: 'ABORTED' })
    expect(Number(after!['done'])).toBeLessThan(450)
    expect(await abortBulkOperation(b.deps, { actor: b.owner, id: operationId })).toEqual({ operationId })
    expect(await abortBulkOperation(b.deps, { actor: b.owner, id: 'blk_unknown' })).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('each item is refused by itself, with its reason; lost rights refuse all', async () => {
    await using b = await webhookBed({ settings: { webhookDisableAfter: 1000 } })
    const [gone] = [await b.endpoint(), await b.endpoint()]
    await failed(b, 2)
    await replayInBulk(b.deps, { actor: b.owner, filter: FAILED, dryRun: false })
    await deleteWebhookEndpoint(b.deps, { actor: b.owner, id: gone! })
    await runBulk(b.deps, callerOf(b))
    expect(await operation(b)).toMatchObject({ matched: 4, done: 2, refused: 2 })
    expect(await b.sql('SELECT DISTINCT code FROM bulk_refusal')).toEqual([{ code: 'ENDPOINT_GONE' }])
    await b.sql('DELETE FROM bulk_refusal')
    await replayInBulk(b.deps, { actor: b.owner, ids: (await b.deliveries()).slice(0, 3).map(row => row.id), dryRun: false })
    await runBulk(b.deps, async () => null)
    expect(await b.sql('SELECT code, count(*)::int AS n FROM bulk_refusal GROUP BY code')).toEqual([{ code: 'FORBIDDEN', n: 3 }])
  })

  test('enabling an endpoint replays what was suppressed while it was disabled, what had been pending included', async () => {
    await using b = await webhookBed()
    const id = await b.endpoint()
    await b.cancelled(1)
    await disableWebhookEndpoint(b.deps, { actor: b.owner, id })
    await b.cancelled(2)
    b.deliver()
    expect((await b.settled()).map(row => row.state)).toEqual(['SUPPRESSED', 'SUPPRESSED', 'SUPPRESSED'])
    const enabled = await enableWebhookEndpoint(b.deps, { actor: b.owner, id, replaySuppressed: true })
    expect(enabled).toMatchObject({ operationId: expect.stringMatching(/^blk_/) })
    await runBulk(b.deps, callerOf(b))
    await eventually(async () => (await b.deliveries()).filter(row => row.state === 'DELIVERED').length === 3)
  })
})

describe('reads', () => {
  test('lists are newest first, by every filter, and go on from a cursor', async () => {
    await using b = await webhookBed({ settings: { webhookDisableAfter: 1000 } })
    const [one, two] = [await b.endpoint(), await b.endpoint({ events: ['flow.queued'] })]
    const [flow = ''] = await b.cancelled(3)
    await failed(b, 1)
    const list = async (filter: object, limit = 50) => (await listDeliveries(b.deps.pool, { filter, after: null, limit })).map(row => row.id)
    const all = (await b.deliveries()).reverse()
    const expected = (of: (row: (typeof all)[number]) => boolean) => all.filter(of).map(row => row.id)
    const sorted = (ids: string[]) => [...ids].sort()
    expect(await list({})).toHaveLength(8)
    expect(sorted(await list({ endpoint: [one] }))).toEqual(sorted(expected(row => row.endpoint_id === one)))
    expect(sorted(await list({ endpoint: [one, two], state: ['REJECTED'] }))).toEqual(sorted(expected(row => row.state === 'REJECTED')))
    expect(sorted(await list({ flow }))).toEqual(sorted(expected(row => row.flow_id === flow)))
    expect(sorted(await list({ eventType: ['flow.queued'], trigger: ['AUTO'] }))).toEqual(sorted(expected(row => row.event_type === 'flow.queued')))
    expect(await list({ owner: b.workerActor.principalId })).toEqual([])
    expect(await list({ owner: b.owner.principalId, lanes: ['default'], kinds: ['work'] })).toHaveLength(8)
    expect(await list({ lanes: ['elsewhere'] })).toEqual([])
    expect(await list({ createdBefore: new Date(0) })).toEqual([])
    const pages: string[] = []
    for (let after: string | null = null; ;) {
      const page: { id: string; cursor: string }[] = await listDeliveries(b.deps.pool, { filter: {}, after, limit: 3 })
      pages.push(...page.map(row => row.id))
      after = page.at(-1)?.cursor ?? null
      if (page.length < 3) break
    }
    expect(pages).toEqual(await list({}))
    await expect(listDeliveries(b.deps.pool, { filter: {}, after: 'nonsense', limit: 3 })).rejects.toMatchObject({ path: ['after'] })
  })

  test('INV-34 changes since a cursor come once each with the latest state, and another generation is a gap', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    const head = await deliveryHead(b.deps.pool)
    await b.cancelled(2)
    // What was written shows once nobody in the whole server writes who began before: tests of other databases run beside this one.
    const changedFrom = async (from: typeof head) => {
      await eventually(async () => (await changedDeliveries(b.deps.pool, from)).items.length === 2)
      return changedDeliveries(b.deps.pool, from)
    }
    const first = await changedFrom(head)
    expect(first.items).toHaveLength(2)
    expect((await changedDeliveries(b.deps.pool, first.head)).items).toEqual([])
    b.deliver()
    await b.settled()
    expect(new Set((await changedFrom(first.head)).items.map(i => i.id)).size).toBe(2)
    expect(await changedDeliveries(b.deps.pool, { ...head, generation: 'another' })).toMatchObject({ gap: true, items: [] })
  })

  test('figures: what is alive, what failed for good, how well an endpoint answers', async () => {
    await using b = await webhookBed({ settings: { webhookMaxAttempts: 1 } })
    const id = await b.endpoint()
    await b.cancelled(3)
    expect(await deliveryFigures(b.deps.pool)).toMatchObject({ live: 3, exhaustedLastHour: 0, disabledEndpoints: 0 })
    const answers = [200, 500, 200]
    b.deliver(() => answered(answers.shift() ?? 200))
    await b.settled()
    expect(await deliveryFigures(b.deps.pool)).toMatchObject({ live: 0, exhaustedLastHour: 1, oldestDueMs: null })
    expect((await successRates(b.deps.pool, [id, 'ep_unknown'])).get(id)).toBeCloseTo(2 / 3)
  })
})

describe('retention of deliveries', () => {
  const age = (b: WebhookBed, days: number) => b.sql(`UPDATE webhook_delivery SET created_at = created_at - $1 * interval '1 day', ended_at = ended_at - $1 * interval '1 day'`, [days])

  test('D-21 deliveries go with attempts and bodies after their days, never one that is alive, and a flow outlives them', async () => {
    await using b = await webhookBed({ settings: { flowRetentionDays: 1, webhookRetentionDays: 30, webhookDisableAfter: 100 } })
    await b.endpoint()
    const [gone = ''] = await b.cancelled(1)
    const deliverer = b.deliver(() => answered(400))
    await b.settled()
    await deliverer.close(1000)
    await b.cancelled(1)
    await b.sql(`UPDATE flow SET finished_at = finished_at - interval '3 days', created_at = created_at - interval '3 days'`)
    await sweepRetention(b.deps)
    expect((await b.sql('SELECT 1 FROM flow WHERE deleted_at IS NULL'))).toHaveLength(2)
    await age(b, 31)
    expect(await sweepRetention(b.deps)).toMatchObject({ deliveries: 1, hidden: 1 })
    expect((await b.flow(gone)).deleted_at).not.toBeNull()
    expect((await b.deliveries()).map(row => row.state)).toEqual(['PENDING'])
    expect(await b.sql('SELECT 1 FROM delivery_attempt')).toEqual([])
    expect(await b.sql('SELECT 1 FROM webhook_event WHERE body IS NOT NULL')).toHaveLength(1)
  })

  test('D-48 a deleted flow is purged with its deliveries once none of them is alive', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    await b.cancelled(1)
    await b.sql(`UPDATE flow SET deleted_at = clock_timestamp() - interval '2 hours'`)
    expect(await sweepRetention(b.deps)).toMatchObject({ purged: 0 })
    b.deliver()
    await b.settled()
    expect(await sweepRetention(b.deps)).toMatchObject({ purged: 1 })
    for (const table of ['flow', 'webhook_delivery', 'delivery_attempt', 'webhook_event']) expect(await b.sql(`SELECT 1 FROM ${table}`)).toEqual([])
  })

  test('a body is kept while a later replay of it is kept alive, and then goes at its own age', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    const [id = ''] = await failed(b, 1)
    await age(b, 31)
    await b.sql(`UPDATE webhook_event SET created_at = created_at - interval '31 days'`)
    await replay(b, [id])
    await sweepRetention(b.deps)
    expect(await b.sql('SELECT body IS NULL AS purged FROM webhook_event')).toEqual([{ purged: false }])
    b.deliver()
    await b.settled()
    await sweepRetention(b.deps)
    expect(await b.sql('SELECT body IS NULL AS purged FROM webhook_event')).toEqual([{ purged: true }])
    expect(await replay(b, [(await b.deliveries())[0]!.id])).toMatchObject([{ code: 'BODY_PURGED' }])
  })
})
