import { Webhook as StandardWebhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { describe, expect, test } from 'vitest'
import { signatureHeaders } from '../src/index.ts'

const key = (bytes: number, fill: number) => Buffer.alloc(bytes, fill)
const spelled = (secret: Buffer) => `whsec_${secret.toString('base64')}`

/** What receivers use. */
const LIBRARIES: [name: string, verify: (o: { secret: Buffer; body: string; headers: Record<string, string> }) => unknown][] = [
  ['standardwebhooks', ({ secret, body, headers }) => new StandardWebhook(spelled(secret)).verify(body, headers)],
  ['svix', ({ secret, body, headers }) => new SvixWebhook(spelled(secret)).verify(body, headers)],
]

const sign = (o: { body?: string; secrets?: Buffer[]; at?: Date } = {}) =>
  signatureHeaders({ deliveryId: 'dlv_01kaj5v6m3', at: o.at ?? new Date(), body: Buffer.from(o.body ?? '{"a":1}'), secrets: o.secrets ?? [key(32, 7)] })

test("the specification's own vector", () => {
  const headers = signatureHeaders({
    deliveryId: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at: new Date(1_614_265_330_000), body: Buffer.from('{"test": 2432232314}'),
    secrets: [Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')],
  })
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'webhook-timestamp': '1614265330', 'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

describe.each(LIBRARIES)('%s', (_name, verify) => {
  test.each([
    ['plain', '{"a":1}'], ['of all alphabets', JSON.stringify({ title: 'Größe 測試 🚀 \u0000 é' })], ['with spaces as they are', '{ "a" :\n1 }'], ['long', JSON.stringify({ a: 'x'.repeat(300_000) })],
  ])('verifies a body that is %s', (_what, body) => {
    expect(verify({ secret: key(32, 7), body, headers: sign({ body }) })).toEqual(JSON.parse(body))
  })

  test.each([24, 32, 64])('verifies under a secret of %d bytes', bytes => {
    expect(verify({ secret: key(bytes, 9), body: '{"a":1}', headers: sign({ secrets: [key(bytes, 9)] }) })).toEqual({ a: 1 })
  })

  test('verifies under each of two live secrets, and under no other', () => {
    const headers = sign({ secrets: [key(32, 1), key(24, 2)] })
    for (const secret of [key(32, 1), key(24, 2)]) expect(verify({ secret, body: '{"a":1}', headers })).toEqual({ a: 1 })
    expect(() => verify({ secret: key(32, 3), body: '{"a":1}', headers })).toThrow('No matching signature')
  })

  test.each([
    ['another body', { body: '{"a":2}' }], ['another id', { headers: { 'webhook-id': 'dlv_2' } }],
    ['another time', { headers: { 'webhook-timestamp': String(Math.floor(Date.now() / 1000) + 2) } }],
  ])('refuses %s', (_what, { body = '{"a":1}', headers }: { body?: string; headers?: Record<string, string> }) => {
    expect(() => verify({ secret: key(32, 7), body, headers: { ...sign(), ...headers } })).toThrow('No matching signature')
  })

  test('refuses what was signed six minutes ago', () => {
    expect(() => verify({ secret: key(32, 7), body: '{"a":1}', headers: sign({ at: new Date(Date.now() - 360_000) }) })).toThrow('too old')
  })
})

test('the newest secret signs first, and without secrets there is no signature', () => {
  const both = sign({ secrets: [key(32, 1), key(32, 2)], at: new Date(0) })['webhook-signature']
  const [newest, older] = [key(32, 1), key(32, 2)].map(secret => sign({ secrets: [secret], at: new Date(0) })['webhook-signature'])
  expect(both).toBe(`${newest} ${older}`)
  expect(Object.keys(sign({ secrets: [] }))).toEqual(['webhook-id', 'webhook-timestamp'])
})

test.each(['', 'a.b', 'a b', 'a\r\nx: y', 'ä', 'x'.repeat(129)])('an id such as %j is not signed: it could be read as something else', deliveryId => {
  expect(() => signatureHeaders({ deliveryId, at: new Date(), body: Buffer.from(''), secrets: [] })).toThrow(RangeError)
})
