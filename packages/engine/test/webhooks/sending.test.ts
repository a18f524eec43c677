import { describe, expect, test } from 'vitest'
import { eventually } from '@sluice/testkit/db'
import { deleteWebhookEndpoint, disableWebhookEndpoint, rotateWebhookSecret, testWebhookEndpoint } from '../../src/index.ts'
import { beginDeliveries } from '../../src/services/begin-deliveries.ts'
import { recordDeliveries, sweepLostDeliveries } from '../../src/services/record-deliveries.ts'
import { answered, failedWith, webhookBed } from './webhook-bed.ts'

const never = (): Promise<never> => new Promise(() => undefined)

describe('sending', () => {
  test('a delivery is sent with its id as the first member, and ends DELIVERED with its attempt on record', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    await b.cancelled(1)
    b.deliver(() => answered(204, { durationMs: 12, address: '192.0.2.7', requestHeaders: { 'webhook-id': 'x' }, responseHeaders: { server: 'test' }, responseExcerpt: 'thanks' }))
    const [row] = await b.settled()
    expect(row).toMatchObject({ state: 'DELIVERED', attempt_count: 1, last_error: null })
    expect(Object.keys(JSON.parse(b.sent[0]!.body) as object)).toEqual(['delivery_id', 'type', 'timestamp', 'event_id', 'sequence', 'data'])
    expect(b.sent[0]!.body.startsWith(`{"delivery_id":"${row!.id}",`)).toBe(true)
    expect(await b.sql('SELECT n, duration_ms, address, status_code, error_class, request_headers, response_headers, response_excerpt FROM delivery_attempt')).toEqual([
      { n: 1, duration_ms: 12, address: '192.0.2.7', status_code: 204, error_class: null, request_headers: { 'webhook-id': 'x' }, response_headers: { server: 'test' }, response_excerpt: 'thanks' },
    ])
  })

  test('INV-28 id, body and event are the same over all retries, and after the last attempt it is EXHAUSTED and the flow untouched', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    const [id = ''] = await b.cancelled(1)
    const before = await b.flow(id)
    b.deliver(() => answered(500))
    const [row] = await b.settled()
    expect(row).toMatchObject({ state: 'EXHAUSTED', attempt_count: 5, last_error: 'HTTP_500' })
    expect(b.sent.map(s => s.n)).toEqual([1, 2, 3, 4, 5])
    expect(new Set(b.sent.map(s => s.body)).size).toBe(1)
    expect(await b.flow(id)).toEqual(before)
  })

  test('INV-29 nothing is sent after DELIVERED, REJECTED or BLOCKED', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    await b.cancelled(3)
    const answers = [answered(200), answered(404), failedWith('URL_NOT_ALLOWED')]
    const deliverer = b.deliver(() => answers.shift()!)
    expect((await b.settled()).map(row => row.state).sort()).toEqual(['BLOCKED', 'DELIVERED', 'REJECTED'])
    deliverer.wake()
    await deliverer.close(1000)
    expect(b.sent).toHaveLength(3)
  })

  test('INV-33 a sender that died between sending and recording is followed by another: sent twice, never lost, and the attempt counts', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    await b.cancelled(1)
    const [due] = await b.deliveries()
    const { toSend } = await beginDeliveries(b.deps, { ids: [due!.id], sentBy: 'srv_dead' })
    expect(toSend).toHaveLength(1)
    expect(await sweepLostDeliveries(b.deps)).toBe(0)
    await b.sql(`UPDATE webhook_delivery SET lease_until = clock_timestamp() - interval '1 s'`)
    expect(await sweepLostDeliveries(b.deps)).toBe(1)
    expect((await b.deliveries())[0]).toMatchObject({ state: 'RETRY_SCHEDULED', attempt_count: 1, last_error: 'SENDER_LOST' })
    b.deliver()
    expect((await b.settled())[0]).toMatchObject({ state: 'DELIVERED', attempt_count: 2 })
    expect(await b.sql('SELECT n, error_class FROM delivery_attempt ORDER BY n')).toEqual([{ n: 1, error_class: 'SENDER_LOST' }, { n: 2, error_class: null }])
    expect(await recordDeliveries(b.deps, { ends: [{ deliveryId: due!.id, n: 1, report: answered(500) }], sentBy: 'srv_dead' })).toBe(0)
    expect((await b.deliveries())[0]).toMatchObject({ state: 'DELIVERED' })
  })

  test('two senders never begin the same delivery', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    await b.cancelled(60)
    b.deliver(() => answered(200), { sentBy: 'srv_one' })
    b.deliver(() => answered(200), { sentBy: 'srv_two' })
    expect((await b.settled()).every(row => row.state === 'DELIVERED' && row.attempt_count === 1)).toBe(true)
    expect(new Set(b.sent.map(s => s.deliveryId)).size).toBe(60)
    expect(b.sent).toHaveLength(60)
  })

  test('D-19 first attempts of a flow go out in sequence, and one in retry holds back none', async () => {
    await using b = await webhookBed({ settings: { webhookScheduleMs: [3_600_000] } })
    await b.endpoint({ events: ['flow.queued', 'flow.starting', 'flow.running', 'flow.finished'] })
    await b.finish()
    const order: number[] = []
    let overlapping = 0
    let most = 0
    b.deliver(async d => {
      order.push((JSON.parse(d.body) as { sequence: number }).sequence)
      most = Math.max(most, ++overlapping)
      await new Promise(resolve => setImmediate(resolve))
      overlapping -= 1
      return order.length === 2 ? answered(500) : answered(200)
    })
    await eventually(async () => (await b.deliveries()).filter(row => row.state === 'DELIVERED').length === 3)
    expect(order).toEqual([1, 2, 3, 4])
    expect(most).toBe(1)
    expect((await b.deliveries()).map(row => row.state)).toEqual(['DELIVERED', 'RETRY_SCHEDULED', 'DELIVERED', 'DELIVERED'])
  })

  test('D-19 with strictOrder one in retry holds the line of its flow, and of no other', async () => {
    await using b = await webhookBed({ settings: { webhookScheduleMs: [1] } })
    await b.endpoint({ events: ['flow.queued', 'flow.cancelled'], strictOrder: true })
    const [first = '', second = ''] = await b.cancelled(2)
    const order: string[] = []
    b.deliver(d => {
      const { sequence, data: { flow: { id } } } = JSON.parse(d.body) as { sequence: number; data: { flow: { id: string } } }
      order.push(`${id === first ? 'first' : 'second'} ${sequence}`)
      return id === first && sequence === 1 && d.n < 3 ? answered(503) : answered(200)
    })
    await b.settled()
    expect(second).not.toBe('')
    expect(order.filter(o => o.startsWith('first'))).toEqual(['first 1', 'first 1', 'first 1', 'first 2'])
    expect(order.filter(o => o.startsWith('second'))).toEqual(['second 1', 'second 2'])
  })

  test('D-27 after so many failed deliveries in a row the endpoint is disabled with a reason, and what waits is suppressed without a request', async () => {
    await using b = await webhookBed({ settings: { webhookDisableAfter: 3, webhookMaxAttempts: 2 } })
    const id = await b.endpoint()
    await b.cancelled(8)
    b.deliver(() => answered(500))
    const rows = await b.settled()
    const failed = rows.filter(row => row.state === 'EXHAUSTED').length
    expect(failed).toBeGreaterThanOrEqual(3)
    expect(rows.filter(row => row.state === 'SUPPRESSED').length).toBe(8 - failed)
    expect(await b.sql('SELECT state, disabled_reason FROM webhook_endpoint')).toEqual([{ state: 'DISABLED', disabled_reason: expect.stringMatching(/^[3-8] deliveries in a row failed\.$/) }])
    expect(await b.sql(`SELECT action, target FROM audit_entry WHERE action = 'webhookEndpointDisabled'`)).toEqual([{ action: 'webhookEndpointDisabled', target: id }])
  })

  test('D-27 a delivery that arrives ends the streak, and attempts do not count, only deliveries', async () => {
    await using b = await webhookBed({ settings: { webhookDisableAfter: 3, webhookMaxAttempts: 4 } })
    await b.endpoint()
    for (const status of [400, 400, 200, 400, 400]) {
      await b.cancelled(1)
      const deliverer = b.deliver(() => answered(status))
      await b.settled()
      await deliverer.close(1000)
    }
    expect(await b.sql('SELECT state, consecutive_failures FROM webhook_endpoint')).toEqual([{ state: 'ACTIVE', consecutive_failures: 2 }])
  })

  test('D-27 an answer 410 disables the endpoint at once', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    await b.cancelled(1)
    b.deliver(() => answered(410))
    expect((await b.settled())[0]).toMatchObject({ state: 'REJECTED', last_error: 'HTTP_410' })
    expect(await b.sql('SELECT state, disabled_reason FROM webhook_endpoint')).toEqual([{ state: 'DISABLED', disabled_reason: 'The receiver answered 410 Gone.' }])
  })

  test.each([['disabled', disableWebhookEndpoint, 'ENDPOINT_DISABLED'], ['deleted', deleteWebhookEndpoint, 'ENDPOINT_DELETED']] as const)('9.3 what is pending when its endpoint is %s becomes SUPPRESSED when its turn comes', async (_, act, error) => {
    await using b = await webhookBed()
    const id = await b.endpoint()
    await b.cancelled(2)
    await act(b.deps, { actor: b.owner, id })
    b.deliver()
    expect((await b.settled()).map(row => [row.state, row.last_error, row.attempt_count])).toEqual([['SUPPRESSED', error, 0], ['SUPPRESSED', error, 0]])
    expect(b.sent).toEqual([])
  })

  test('D-27 hosts that hang delay no other: a thousand due deliveries to fifty endpoints, ten of which hang', async () => {
    await using b = await webhookBed()
    for (let n = 0; n < 50; n++) await b.endpoint({ url: `https://${n < 10 ? 'hang' : 'good'}${n}.example.com/hook`, events: ['flow.cancelled'] })
    await b.cancelled(20)
    expect(await b.deliveries()).toHaveLength(1000)
    b.deliver(d => (d.host.includes('hang') ? never() : answered(200)))
    await eventually(async () => (await b.deliveries()).filter(row => row.state === 'DELIVERED').length === 800, { deadlineMs: 20_000 })
    expect(b.sent.filter(d => d.host.includes('hang')).length).toBeLessThanOrEqual(10)
  }, 30_000)

  test('D-16 every attempt signs with the secrets that are live at that moment: both during a rotation', async () => {
    await using b = await webhookBed({ settings: { webhookScheduleMs: [1] } })
    const id = await b.endpoint()
    await b.cancelled(1)
    b.deliver(async d => {
      if (d.n === 1) await rotateWebhookSecret(b.deps, { actor: b.owner, id, overlapHours: 24 })
      if (d.n === 2) await rotateWebhookSecret(b.deps, { actor: b.owner, id, overlapHours: 0 })
      return d.n < 3 ? answered(503) : answered(200)
    })
    await b.settled()
    expect(b.sent.map(s => s.secrets?.length)).toEqual([1, 2, 1])
    expect(b.sent[1]!.secrets![1]).toBe(b.sent[0]!.secrets![0])
    expect(b.sent[1]!.secrets).not.toContain(b.sent[2]!.secrets![0])
  })

  test('a test goes to a disabled endpoint too, and moves no streak', async () => {
    await using b = await webhookBed()
    const id = await b.endpoint()
    await disableWebhookEndpoint(b.deps, { actor: b.owner, id })
    await testWebhookEndpoint(b.deps, { actor: b.owner, id })
    b.deliver(() => answered(400))
    expect((await b.settled())[0]).toMatchObject({ state: 'REJECTED', trigger: 'TEST', event_type: 'webhook.test', flow_id: null })
    expect(await b.sql('SELECT consecutive_failures FROM webhook_endpoint')).toEqual([{ consecutive_failures: 0 }])
  })

  test('what is under way at a stop is waited for and recorded', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    await b.cancelled(1)
    let answer: (() => void) | undefined
    const deliverer = b.deliver(() => new Promise(resolve => { answer = () => resolve(answered(200)) }))
    await eventually(async () => answer !== undefined)
    const closed = deliverer.close(10_000)
    answer?.()
    await closed
    expect((await b.deliveries())[0]).toMatchObject({ state: 'DELIVERED' })
  })

  test('what hangs beyond the grace of a stop is ended, and another process tries it again without waiting for the lease', async () => {
    await using b = await webhookBed({ settings: { webhookScheduleMs: [3_600_000] } })
    await b.endpoint()
    await b.cancelled(1)
    const deliverer = b.deliver(never)
    await eventually(async () => b.sent.length === 1)
    await deliverer.close(0)
    expect((await b.deliveries())[0]).toMatchObject({ state: 'RETRY_SCHEDULED', attempt_count: 1, last_error: 'SENDER_LOST' })
    expect(await b.sql('SELECT error_class FROM delivery_attempt')).toEqual([{ error_class: 'SENDER_LOST' }])
  })

  test('INV-27 a receiver that hangs holds no transaction: flows go on', async () => {
    await using b = await webhookBed()
    await b.endpoint()
    await b.cancelled(1)
    b.deliver(never)
    await eventually(async () => b.sent.length === 1)
    expect((await b.sql(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`))[0]).toEqual({ n: 0 })
    await b.finish()
  })
})
