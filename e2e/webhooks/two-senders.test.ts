/** Control planes that share a database share its deliveries: what one wrote another sends, and nothing twice. */
import { startFleet, startReceiver, until, type Answer, type ControlPlane, type Fleet, type FleetActor, type Receiver } from '@sluice/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LOCAL, createEndpoint, endFlows, states } from './endpoints.ts'

const OK: Answer = { status: 200 }

describe('two senders on one database', () => {
  let fleet: Fleet
  let api: ControlPlane
  let admin: FleetActor
  let receiver: Receiver

  beforeAll(async () => {
    receiver = await startReceiver()
    // The sweep comes once in a minute: what is sent sooner was sent because of a wake-up.
    fleet = await startFleet({ size: 0, env: { ...LOCAL, SWEEP_DELIVERIES: '60s' } })
    api = await fleet.add({ env: { ROLES: 'api' } })
    await fleet.add({ env: { ROLES: 'dispatcher' } })
    admin = await fleet.actor('ADMIN', 'senders-admin')
    await createEndpoint(admin.at(api), { name: 'first', url: `${receiver.url}first` })
  })
  afterAll(async () => {
    await receiver.close()
    await fleet[Symbol.asyncDispose]()
  })

  test('what a control plane wrote that sends nothing itself, another sends, woken by it', async () => {
    const [flow] = await endFlows(admin.at(api), 1)
    expect((await receiver.next()).event?.data?.flow?.id).toBe(flow)
  })

  test('INV-26 INV-46 both send at the same time, and nothing is sent twice', async () => {
    await fleet.add()
    const [flows, endpoints] = [60, 5]
    for (let n = 1; n < endpoints; n++) await createEndpoint(admin.at(api), { name: `endpoint ${n}`, url: `${receiver.url}${n}` })
    // One process has four requests to a host under way at most (WEBHOOK_PER_HOST), so a fifth at the same time is another's.
    const held: (() => void)[] = []
    let most = 0
    receiver.answerWith(() => {
      if (most > 4) return OK
      return new Promise(resolve => {
        held.push(() => resolve(OK))
        most = Math.max(most, held.length)
        // The first of each process come one by one.
        if (receiver.received.length < 20 || most > 4) held.splice(0).forEach(answer => answer())
      })
    })
    const before = receiver.received.length
    const ids = new Set(await endFlows(admin.at(api), flows))
    await until(async () => (await states(fleet))['DELIVERED'] === 1 + flows * endpoints, { withinMs: 60_000, what: () => 'all to be delivered' })
    const heard = receiver.received.slice(before)
    expect(most, 'at the same time').toBeGreaterThan(4)
    expect(heard.length).toBe(flows * endpoints)
    expect(new Set(heard.map(({ deliveryId }) => deliveryId)).size).toBe(flows * endpoints)
    expect(heard.every(({ event }) => ids.has(event?.data?.flow?.id ?? ''))).toBe(true)
    expect(await fleet.query('SELECT DISTINCT attempt_count FROM webhook_delivery')).toEqual([{ attempt_count: 1 }])
  })
})
