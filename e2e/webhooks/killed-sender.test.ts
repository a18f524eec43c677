/** kill -9 between what a receiver took and what was recorded of it, and in the middle of a replay of many. */
import { startFleet, startReceiver, until, type ControlPlane, type Fleet, type FleetActor, type Receiver } from '@sluice/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LOCAL, createEndpoint, deliveriesOf, endFlows, endLeases, states } from './endpoints.ts'

const OK = { status: 200 }
const OPERATION = `mutation ($filter: WebhookDeliveryFilter) { answer: replayWebhookDeliveries(input: { filter: $filter }) {
  ... on ReplayWebhookDeliveriesPayload { matched operation { id } } ... on Error { message } } }`

describe('a control plane that is killed while it sends', () => {
  let fleet: Fleet
  let plane: ControlPlane
  let admin: FleetActor
  const receivers: Receiver[] = []
  const receiver = async (o: Parameters<typeof startReceiver>[0] = {}): Promise<Receiver> => {
    const made = await startReceiver(o)
    receivers.push(made)
    return made
  }

  beforeAll(async () => {
    fleet = await startFleet({ size: 1, env: { ...LOCAL, WEBHOOK_SCHEDULE: '10ms', WEBHOOK_PER_HOST: '32', SWEEP_DELIVERIES: '100ms' } })
    ;[plane] = fleet.controlPlanes as [ControlPlane]
    admin = await fleet.actor('ADMIN', 'webhook-admin')
  })
  afterAll(async () => {
    await Promise.all(receivers.map(one => one.close()))
    await fleet[Symbol.asyncDispose]()
  })
  const as = () => admin.at(plane)
  const stored = (flow: string): Promise<unknown[]> =>
    fleet.query('SELECT f::text, (SELECT array_agg(e::text ORDER BY e.sequence) FROM flow_event e WHERE e.flow_id = f.id) AS events FROM flow f WHERE f.id = $1', [flow])

  test('INV-27 INV-28 INV-29 INV-33 it is sent again with the same id and body, the lost attempt counts, and the flow is as it was', async () => {
    const secrets: string[] = []
    const { next, url, answerWith } = await receiver({ secrets: () => secrets })
    const { id: endpoint, secret } = await createEndpoint(as(), { name: 'killed', url: `${url}killed` })
    secrets.push(secret)
    answerWith(async () => { await plane.kill(); return OK }, { times: 1 })
    const [flow = ''] = await endFlows(as(), 1)
    const first = await next()
    await until(() => !plane.isRunning(), { withinMs: 20_000, what: () => 'the kill' })
    const before = await stored(flow)
    expect(await states(fleet)).toEqual({ SENDING: 1 })

    await plane.start()
    // While the lease lives nobody knows that the sender does not: another delivery passes it by.
    await as().ask('mutation ($id: ID!) { testWebhookEndpoint(input: { id: $id }) { __typename } }', { id: endpoint })
    expect((await next()).event?.type).toBe('webhook.test')
    expect(await deliveriesOf(as(), flow)).toMatchObject([{ state: 'SENDING', attemptCount: 1 }])

    await endLeases(fleet)
    const second = await next()
    expect([first.unverified, second.unverified, first.time, second.time]).toEqual([null, null, 1, 2])
    expect(second.deliveryId).toBe(first.deliveryId)
    expect(second.body.equals(first.body)).toBe(true)
    await until(async () => (await deliveriesOf(as(), flow))[0]?.state === 'DELIVERED', { withinMs: 20_000, what: () => 'it to be recorded' })
    expect(await deliveriesOf(as(), flow)).toEqual([{
      id: first.deliveryId, state: 'DELIVERED', attemptCount: 2, attempts: [{ n: 1, statusCode: null, errorClass: 'SENDER_LOST' }, { n: 2, statusCode: 200, errorClass: null }],
    }])
    expect(await stored(flow)).toEqual(before)
  })

  test('INV-32 INV-33 INV-46 a replay of many that is killed again and again goes on where it was: each is replayed once, none is left out', async () => {
    const [endpoints, flows, kills] = [20, 50, 2]
    const { url, received } = await receiver()
    const all = endpoints * flows
    for (let n = 0; n < endpoints; n++) {
      const { id } = await createEndpoint(as(), { name: `bulk ${n}`, url: `${url}bulk/${n}` })
      await as().ask('mutation ($id: ID!) { disableWebhookEndpoint(input: { id: $id }) { __typename } }', { id })
    }
    await endFlows(as(), flows)
    const old = await fleet.query<{ row: string }>(`SELECT d::text AS row FROM webhook_delivery d WHERE state = 'SUPPRESSED' ORDER BY id`)
    const { answer } = await as().ask<{ answer: { matched: number; operation: { id: string } } }>(OPERATION, { filter: { state: ['SUPPRESSED'] } })
    expect(answer.matched).toBe(all)
    const progress = async (): Promise<{ state: string; done: number; refused: number }> =>
      (await fleet.query<{ state: string; done: number; refused: number }>('SELECT state::text AS state, done, refused FROM bulk_operation WHERE id = $1', [answer.operation.id]))[0] ?? { state: '', done: 0, refused: 0 }

    for (let kill = 0, done = 0; kill < kills; kill++) {
      await until(async () => (await progress()).done > done, { withinMs: 30_000, what: () => 'a batch' })
      await plane.kill()
      ;({ done } = await progress())
      expect(await progress(), `kill ${kill}`).toMatchObject({ state: 'RUNNING' })
      await plane.start()
    }
    await until(async () => (await progress()).state === 'DONE', { withinMs: 60_000, what: () => 'the operation to end' })
    expect(await progress()).toEqual({ state: 'DONE', done: all, refused: 0 })
    await endLeases(fleet)
    await until(async () => Object.keys(await states(fleet)).every(state => state === 'DELIVERED' || state === 'SUPPRESSED'), { withinMs: 60_000, what: () => 'the replays to arrive' })
    const [made] = await fleet.query(`SELECT count(*)::int AS replays, count(DISTINCT replay_of)::int AS replayed FROM webhook_delivery WHERE trigger = 'REPLAY'`)
    expect(made).toEqual({ replays: all, replayed: all })
    const ids = new Set(received.map(({ deliveryId }) => deliveryId))
    expect(ids.size, 'every replay was heard of').toBe(all)
    expect(await fleet.query(`SELECT d::text AS row FROM webhook_delivery d WHERE state = 'SUPPRESSED' ORDER BY id`)).toEqual(old)
  })
})
