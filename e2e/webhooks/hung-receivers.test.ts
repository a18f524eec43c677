/** D-27 with real sockets: receivers that accept and never answer take nobody else's time. */
import { startFleet, startReceiver, until, type Fleet, type Receiver } from '@sluice/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LOCAL, createEndpoint, endFlows } from './endpoints.ts'

const [ENDPOINTS, HUNG, FLOWS] = [50, 10, 20]

describe('fifty receivers, ten of which hang', () => {
  let fleet: Fleet
  let receivers: Receiver[] = []

  beforeAll(async () => {
    receivers = await Promise.all(Array.from({ length: ENDPOINTS }, (_, n) => startReceiver(n < HUNG ? { answer: 'stall' } : {})))
    fleet = await startFleet({ size: 0, env: LOCAL })
  })
  afterAll(async () => {
    await Promise.all(receivers.map(one => one.close()))
    await fleet[Symbol.asyncDispose]()
  })

  test('INV-27 of 1,000 deliveries that are due at once, those of the forty are all recorded before the first of the ten times out', async () => {
    const api = await fleet.add({ env: { ROLES: 'api' } })
    const admin = (await fleet.actor('ADMIN', 'hung-admin')).at(api)
    for (const [n, { url }] of receivers.entries()) await createEndpoint(admin, { name: `receiver ${n}`, url })
    const flows = new Set(await endFlows(admin, FLOWS))
    expect(await fleet.query(`SELECT count(*)::int AS due FROM webhook_delivery WHERE next_attempt_at <= clock_timestamp()`)).toEqual([{ due: ENDPOINTS * FLOWS }])

    await fleet.add({ env: { ROLES: 'dispatcher' } })
    const delivered = async (): Promise<number> => (await fleet.query<{ n: number }>(`SELECT count(*)::int AS n FROM webhook_delivery WHERE state = 'DELIVERED'`))[0]?.n ?? 0
    await until(async () => (await delivered()) === (ENDPOINTS - HUNG) * FLOWS, { withinMs: 60_000, what: () => 'the forty' })
    expect(await fleet.query('SELECT count(*)::int AS over FROM delivery_attempt WHERE error_class IS NOT NULL')).toEqual([{ over: 0 }])
    expect(receivers.slice(0, HUNG).filter(({ received }) => received.length > 0).length, 'the ten were asked meanwhile').toBe(HUNG)
    // Ports are used again: what some other program of this machine still sends to one is not ours.
    const heard = receivers.slice(HUNG).map(({ received }) => received.flatMap(({ event, deliveryId }) => (flows.has(event?.data?.flow?.id ?? '') ? [deliveryId] : [])))
    expect(heard.map(ids => [ids.length, new Set(ids).size])).toEqual(Array.from({ length: ENDPOINTS - HUNG }, () => [FLOWS, FLOWS]))
  })
})
