import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { receiver, SECRET, sender, spelled } from './sending.ts'

describe('what is sent', () => {
  test('is a signed POST of exactly the given bytes', async () => {
    const { url, next } = await receiver()
    const body = '{ "title": "Größe 🚀",\n"n": 1 }'
    const report = await sender().attempt(`${url}hooks?a=b#c`, { body })
    const { method, path, headers, body: arrived, unverified } = await next()
    expect([method, path, arrived.toString(), unverified]).toEqual(['POST', '/hooks?a=b', body, null])
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'Sluice-Webhooks/1.2.3', 'webhook-id': 'dlv_1', 'content-length': String(Buffer.byteLength(body)) })
    expect(new Webhook(spelled(SECRET)).verify(arrived, headers as Record<string, string>)).toEqual({ title: 'Größe 🚀', n: 1 })
    expect(headers).toMatchObject({ ...report.requestHeaders, 'webhook-signature': expect.stringMatching(/^v1,\S+$/) as string })
  })

  test('INV-28 the id and the bytes are the same in every attempt, timestamp and signature are of the attempt', async () => {
    const { url, next } = await receiver()
    const { attempt } = sender()
    const times = [new Date(), new Date(Date.now() + 5_000)]
    for (const at of times) await attempt(url, { at })
    const [first, second] = [await next(), await next()]
    expect([first.body.equals(second.body), first.deliveryId === second.deliveryId]).toEqual([true, true])
    expect([first, second].map(({ headers }) => headers['webhook-timestamp'])).toEqual(times.map(at => String(Math.floor(at.getTime() / 1000))))
    expect(first.headers['webhook-signature']).not.toBe(second.headers['webhook-signature'])
    expect([first.unverified, second.unverified]).toEqual([null, null])
  })

  test('during a rotation receivers with the old and with the new secret both verify', async () => {
    const newest = Buffer.alloc(24, 6)
    const [old, fresh] = [await receiver(), await receiver({ secrets: [spelled(newest)] })]
    for (const { url } of [old, fresh]) await sender().attempt(url, { secrets: [newest, SECRET] })
    expect([(await old.next()).unverified, (await fresh.next()).unverified]).toEqual([null, null])
  })

  test('without a secret nothing is sent, and it is said', async () => {
    const { url, connections } = await receiver()
    const report = await sender().attempt(url, { secrets: [] })
    expect(report).toMatchObject({ errorClass: 'UNSIGNED', statusCode: null, address: null, durationMs: 0, responseHeaders: null, responseExcerpt: null, retryAfterMs: null })
    expect(connections()).toBe(0)
  })

  test('without a secret and where that is allowed it is sent unsigned', async () => {
    const { url, next } = await receiver()
    expect(await sender().attempt(url, { secrets: [], unsignedAllowed: true })).toMatchObject({ statusCode: 200, errorClass: null })
    expect((await next()).unverified).toBe('not signed')
  })

  test('attempts to one receiver share a connection', async () => {
    const { url, connections } = await receiver()
    const { attempt } = sender()
    for (let i = 0; i < 5; i++) await attempt(url)
    expect(connections()).toBe(1)
  })
})

describe('what came of it', () => {
  test.each([
    ['ok', 200], ['204', 204], ['fail/500', 500], ['404', 404], ['410', 410], ['redirect', 302],
  ])('%s: the status is told, and it is no error of ours', async (path, statusCode) => {
    const { url } = await receiver()
    const report = await sender().attempt(url + path)
    expect(report).toMatchObject({ statusCode, errorClass: null, address: '127.0.0.1', retryAfterMs: null })
    expect(report.durationMs).toBeGreaterThanOrEqual(0)
  })

  test('INV-30 a redirect is told, its target hidden, and it is not followed', async () => {
    const { url, received } = await receiver({ answer: { status: 307, headers: { location: '/redirected' } } })
    expect(await sender().attempt(url)).toMatchObject({ statusCode: 307, responseHeaders: { location: '/redirected' } })
    expect(received.map(({ path }) => path)).toEqual(['/'])
  })

  test.each<[string, number | null]>([
    ['3', 3_000], ['0', 0], [' 120 ', 120_000], ['99999999999999999999', Number.MAX_SAFE_INTEGER], ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
    ['-1', null], ['1.5', null], ['soon', null], ['', null], ['2099', 2_099_000], ['Thu, 01 Jan 1970 00:00:00 GMT', 0], ['2099-01-01', null], ['Sunday, 06-Nov-50 08:49:37 GMT', null], ['Sun Nov  6 08:49:37 2050', null], ['Sun, 99 Nov 2099 08:49:37 GMT', null],
  ])('Retry-After %j is %s ms', async (value, retryAfterMs) => {
    const { url } = await receiver({ answer: { status: 429, headers: { 'retry-after': value } } })
    expect((await sender().attempt(url)).retryAfterMs).toBe(retryAfterMs)
  })

  test('Retry-After as a date counts from the corrected clock', async () => {
    const { url } = await receiver({ answer: { status: 503, headers: { 'retry-after': 'Sun, 06 Nov 2050 08:49:37 GMT' } } })
    const { retryAfterMs, durationMs } = await sender().attempt(url, { at: new Date(Date.UTC(2050, 10, 6, 8, 49, 7)) })
    expect(retryAfterMs).toBe(30_000 - durationMs)
  })

  test.each([
    ['a closed port', 'http://127.0.0.1:1/', 'NO_CONNECTION', null], ['no TLS', 'https', 'TLS', null], ['a name without an address', 'http://gone.test/', 'UNRESOLVED', null],
    ['no answer', 'stall', 'TIMEOUT', '127.0.0.1'], ['half an answer', 'stall-body', 'TIMEOUT', '127.0.0.1'], ['a closed connection', 'drop', 'BROKEN', '127.0.0.1'],
    ['a reset', 'reset', 'BROKEN', '127.0.0.1'], ['garbage', 'garbage', 'BROKEN', '127.0.0.1'], ['a forbidden address', 'http://10.0.0.1/', 'URL_NOT_ALLOWED', null],
    ['what is no URL', 'nonsense', 'URL_NOT_ALLOWED', null],
  ])('%s is a value', async (_what, target, errorClass, address) => {
    const { url } = await receiver()
    const resolve = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }))
    const to = target === 'https' ? url.replace('http:', 'https:') : target.includes(':') || target === 'nonsense' ? target : url + target
    expect(await sender({ timeoutMs: 200, resolve }).attempt(to)).toMatchObject({ errorClass, address, requestHeaders: { 'webhook-id': 'dlv_1' } })
  })

  test('of half an answer, what had come is told', async () => {
    const { url } = await receiver()
    expect(await sender({ timeoutMs: 100 }).attempt(`${url}stall-body`)).toMatchObject({
      errorClass: 'TIMEOUT', statusCode: 200, responseHeaders: { 'content-length': '1000' }, responseExcerpt: 'half of ',
    })
  })

  test('an abort throws its reason, before and during an attempt', async () => {
    const { url, next } = await receiver({ answer: 'stall' })
    const abort = new AbortController()
    const sent = sender().attempt(url, { signal: abort.signal }).catch((error: unknown) => error)
    await next()
    abort.abort(new Error('the lease is over'))
    expect(await sent).toMatchObject({ message: 'the lease is over' })
    await expect(sender().attempt(url, { signal: abort.signal })).rejects.toThrow('the lease is over')
  })
})
