import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from '@sluice/db'
import { AddressRefused } from '@sluice/outbound'
import type { Attempt } from '@sluice/webhooks'
import { describe, expect, test, vi } from 'vitest'
import { openOutbound, webhookDeps } from '../src/engine-options.ts'
import { databaseClock } from '../src/roles/database-clock.ts'
import { sendDelivery } from '../src/roles/send-delivery.ts'
import { readConfig } from '../src/config.ts'
import { answered } from './webhooks.ts'

const SECRET = Buffer.alloc(32, 7)
const TO_SEND = { deliveryId: 'dlv_1', n: 1, host: 'https://a:443', url: 'https://a/', body: '{}', secrets: [`whsec_${SECRET.toString('base64')}`] }
const AT = new Date('2026-01-01T00:00:00Z')

describe('one attempt as the engine asks for it', () => {
  const signal = new AbortController().signal

  test('is stamped by the database, and signed with what its endpoint has', async () => {
    const asked: Attempt[] = []
    const send = sendDelivery({ sender: { send: (attempt) => (asked.push(attempt), Promise.resolve(answered(204))) }, now: () => Promise.resolve(AT), unsignedAllowed: true })
    expect(await send(TO_SEND, { signal })).toMatchObject({ statusCode: 204 })
    expect(asked).toEqual([{ deliveryId: 'dlv_1', url: 'https://a/', body: '{}', secrets: [SECRET], unsignedAllowed: true, at: AT, signal }])
  })

  test.each([['its URL', { url: null }], ['its secret', { secrets: null }]])('fails where %s cannot be decrypted, and nothing is sent', async (_what, shut) => {
    const send = sendDelivery({ sender: { send: () => Promise.reject(new Error('sent')) }, now: () => Promise.resolve(AT), unsignedAllowed: false })
    expect(await send({ ...TO_SEND, ...shut }, { signal })).toMatchObject({ errorClass: 'KEY_UNKNOWN', statusCode: null, address: null, requestHeaders: {} })
  })
})

describe('the clock of the database', () => {
  const told = (times: (Date | Error)[]) => {
    const query = vi.fn<() => Promise<{ rows: { now: Date }[] }>>(() => {
      const next = times.shift()
      return next instanceof Date ? Promise.resolve({ rows: [{ now: next }] }) : Promise.reject(next ?? new Error('asked too often'))
    })
    return { query, pool: { query } as unknown as Pool }
  }
  const after = (ms: number): Date => new Date(AT.getTime() + ms)

  test('is asked once for many looks, and counts what passes between', async () => {
    let at = 1000
    const { pool, query } = told([AT, after(50_000)])
    const now = databaseClock({ pool, passed: () => at })
    expect(await Promise.all([now(), now()])).toEqual([AT, AT])
    at += 20_000
    expect(await now()).toEqual(after(20_000))
    expect(query).toHaveBeenCalledTimes(1)
    at += 20_000
    expect(await now()).toEqual(after(50_000))
  })

  test('goes on where the database does not answer, and cannot begin without it', async () => {
    let at = 0
    const { pool } = told([new Error('away'), AT, new Error('away')])
    const now = databaseClock({ pool, passed: () => at })
    await expect(now()).rejects.toThrow('away')
    expect(await now()).toEqual(AT)
    at = 60_000
    expect(await now()).toEqual(after(60_000))
  })
})

describe('what the engine is given', () => {
  const config = readConfig({ WEBHOOK_ALLOW_HOSTS: '10.0.0.0/8', WEBHOOK_ALLOW_HTTP: 'true' })
  const deps = (check: (url: string) => Promise<void>) => webhookDeps(config, { outbound: { check }, address: () => 'http://here' })

  test('D-17 the policy of the environment, by its rules', async () => {
    const { refuseUrl, publicUrl } = webhookDeps(config, { outbound: openOutbound(config), address: () => 'http://here' })
    expect([await refuseUrl('http://10.1.2.3/'), await refuseUrl('http://127.0.0.1/'), publicUrl()]).toEqual([null, { rule: 'loopback', message: expect.stringContaining('WEBHOOK_ALLOW_HOSTS') }, 'http://here'])
  })

  test('D-17 a name that resolves to a forbidden address, or to none, or not in time, has no rule and shows none', async () => {
    const refused = deps(() => Promise.reject(new AddressRefused('inside.example', [])))
    expect(await refused.refuseUrl('https://inside.example/secret')).toEqual({ rule: null, message: 'inside.example resolves to an address that is not allowed.' })
    const unknown = deps(() => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND 10.0.0.9'), { code: 'ENOTFOUND' })))
    expect(await unknown.refuseUrl('https://inside.example/secret')).toEqual({ rule: null, unresolved: true, message: 'inside.example has no address now.' })
    vi.useFakeTimers()
    const silent = deps(() => new Promise(() => undefined)).refuseUrl('https://inside.example/secret')
    await vi.advanceTimersByTimeAsync(5000)
    vi.useRealTimers()
    expect(await Promise.race([silent, sleep(1000, 'late')])).toEqual({ rule: null, unresolved: true, message: 'inside.example has no address now.' })
  })
})
