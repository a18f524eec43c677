import { describe, expect, test } from 'vitest'
import type { Received } from '../src/receiver/index.ts'
import { receiver, SECRET, sender, spelled } from './sending.ts'

const PATH = 'services/T0/B0/very-secret-token?key=another%20secret&flag-as-a-token'
/** Parts of the address that nobody but its owner may read. */
const HIDDEN = ['very-secret-token', 'another secret', 'another%20secret', 'another+secret', 'flag-as-a-token', SECRET.toString('base64').slice(0, 12), SECRET.toString('hex').slice(0, 12)]

/** Sends there, is answered with what the echo makes of it, and gets the report. */
async function reportOf(echo: (o: { received: Received; full: string }) => { body?: string; headers?: Record<string, string> }) {
  const { url } = await receiver({ answer: received => ({ status: 404, ...echo({ received, full: url + PATH }) }) })
  return { report: await sender().attempt(url + PATH), url }
}

const hiddenIn = (value: unknown): string[] => HIDDEN.filter(each => JSON.stringify(value).toLowerCase().includes(each.toLowerCase()))

describe('INV-31 what a receiver repeats of its address or of a secret is not kept', () => {
  test.each<[string, (o: { received: Received; full: string }) => string]>([
    ['the line of Express', ({ received }) => `Cannot POST ${received.path}`],
    ['the same in HTML', ({ received }) => `<pre>Cannot POST ${received.path.replaceAll('&', '&amp;')}</pre>`],
    ['the full URL', ({ full }) => `no route for ${full} here`],
    ['the full URL in JSON that escapes slashes', ({ full }) => JSON.stringify({ url: full }).replaceAll('/', '\\/')],
    ['the URL decoded', ({ full }) => decodeURIComponent(full)],
    ['the URL encoded once more', ({ full }) => `next=${encodeURIComponent(full)}`],
    ['the path in capitals', ({ received }) => received.path.toUpperCase()],
    ['its segments apart', ({ received }) => received.path.split('/').join(' | ')],
    ['its parameters', ({ received }) => JSON.stringify(Object.fromEntries(new URL(received.path, 'http://x').searchParams))],
    ['a secret', () => `expected a signature by ${spelled(SECRET)}`],
    ['a secret in hexadecimal', () => SECRET.toString('hex')],
    ['a secret as URLs have it', () => SECRET.toString('base64url')],
  ])('%s', async (_what, bodyOf) => {
    const { report } = await reportOf(o => ({ body: bodyOf(o) }))
    expect(report.responseExcerpt).toContain('[redacted]')
    expect(hiddenIn(report)).toEqual([])
  })

  test('in a header, also where it is longer than what is kept of one', async () => {
    const { report } = await reportOf(({ received, full }) => ({ headers: { location: full, 'x-path': received.path, 'x-long': 'x'.repeat(1_020) + received.path } }))
    expect(report.responseHeaders).toMatchObject({ location: '[redacted]', 'x-path': '[redacted]' })
    expect(hiddenIn(report)).toEqual([])
  })

  test.each(Array.from({ length: 12 }, (_, index) => index * 5 + 4))('where the end of the excerpt divides it, after %d characters', async kept => {
    const { report } = await reportOf(({ received }) => ({ body: 'x'.repeat(2_048 - kept) + received.path }))
    expect(report.responseExcerpt?.replace(/^x+/, '')).toBe('')
    expect(report.responseExcerpt).toHaveLength(2_048 - kept)
  })

  test('headers that let somebody in are named and not told', async () => {
    const { report } = await reportOf(() => ({ headers: {
      'set-cookie': 'session=1', authorization: 'Bearer 1', 'www-authenticate': 'Basic', 'x-api-key': '1', 'x-csrf-token': '1', 'x-session-id': '1', 'x-request-id': '1',
    } }))
    expect(report.responseHeaders).toMatchObject({
      'set-cookie': '[redacted]', authorization: '[redacted]', 'x-api-key': '[redacted]', 'x-csrf-token': '[redacted]', 'x-session-id': '[redacted]',
      'x-request-id': '1', 'www-authenticate': 'Basic',
    })
  })

  test('what was sent shows neither, and of each signature only that it was there', async () => {
    const { report } = await reportOf(() => ({}))
    expect(hiddenIn(report.requestHeaders)).toEqual([])
    const { url } = await receiver()
    const { requestHeaders } = await sender().attempt(url, { secrets: [Buffer.alloc(32, 7), SECRET] })
    expect(requestHeaders).toMatchObject({ 'webhook-id': 'dlv_1', 'webhook-signature': 'v1,[redacted] v1,[redacted]' })
  })

  test('an address without parts has nothing to hide, and an answer is not made unreadable', async () => {
    const { url } = await receiver({ answer: { status: 200, body: 'a/b http://127.0.0.1/ ok' } })
    expect((await sender().attempt(url)).responseExcerpt).toBe('a/b http://127.0.0.1/ ok')
    expect((await sender().attempt(`${url}a?b=c`)).responseExcerpt).toBe('a/b http://127.0.0.1/ ok')
  })
})

describe('an excerpt is bounded, and PostgreSQL takes it', () => {
  const excerptOf = async (body: Buffer | string, headers: Record<string, string> = {}) => {
    const { url } = await receiver({ answer: { status: 200, body: body as string, headers } })
    return (await sender().attempt(url)).responseExcerpt ?? ''
  }

  test.each<[string, Buffer | string, string]>([
    ['nothing', '', ''], ['text of all alphabets', 'Größe 測試 🚀\n\ttab', 'Größe 測試 🚀\n\ttab'], ['NUL', 'a\0b', 'a\ufffdb'], ['terminal codes', '\u001b[31mred\u009b', '\ufffd[31mred\ufffd'],
    ['what is no UTF-8', Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x62]), 'a\ufffd\ufffd(b'], ['half a surrogate', Buffer.from([0xed, 0xa0, 0x80, 0x61]), '\ufffd\ufffd\ufffda'],
    ['a byte order mark', '\ufeffa', 'a'],
  ])('%s', async (_what, body, excerpt) => {
    expect(await excerptOf(body)).toBe(excerpt)
  })

  test('a character that the cut divides is left out', async () => {
    expect(await excerptOf(`x${'🚀'.repeat(1_000)}`)).toBe(`x${'🚀'.repeat(511)}`)
  })

  test('it has no more than 2 KiB, also where each byte became three', async () => {
    const excerpt = await excerptOf(Buffer.alloc(10_000, 0xff))
    expect(Buffer.byteLength(excerpt)).toBeLessThanOrEqual(2_048)
    expect(excerpt).toBe('\ufffd'.repeat(682))
  })

  test('a compressed body is not unpacked', async () => {
    expect(await excerptOf('anything', { 'content-encoding': 'gzip' })).toBe('(compressed, although that was not asked for; not shown)')
    expect(await excerptOf('plain', { 'content-encoding': 'Identity' })).toBe('plain')
  })

  test('headers are no more than 32, each of no more than 1 KiB', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`x-${n}`, 'ü'.repeat(60)]))
    const { url } = await receiver({ answer: { status: 200, headers: { 'x-long': 'x'.repeat(5_000), ...many } } })
    const { responseHeaders } = await sender().attempt(url)
    expect(Object.keys(responseHeaders ?? {})).toHaveLength(32)
    expect(responseHeaders?.['x-long']).toBe('x'.repeat(1_024))
  })
})
