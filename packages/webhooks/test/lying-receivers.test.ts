import { createServer, type AddressInfo, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { afterwards, sender } from './sending.ts'

/** Speaks to each connection as the test says, once a request has come. */
async function liar(speak: (socket: Socket) => unknown) {
  const server = createServer(socket => {
    socket.on('error', () => {}).once('data', () => void speak(socket))
    afterwards(() => socket.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  afterwards(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const HEAD = 'HTTP/1.1 200 OK\r\n'
const says = (text: string | Buffer) => (socket: Socket) => socket.write(text)
const saysAndEnds = (text: string | Buffer) => (socket: Socket) => socket.end(text)

describe('an answer that is none is a value', () => {
  test.each<[string, (socket: Socket) => unknown, object]>([
    ['text that is no HTTP', saysAndEnds('hello\r\n\r\n'), { errorClass: 'BROKEN', statusCode: null }],
    ['random bytes', saysAndEnds(Buffer.from(Array.from({ length: 4_096 }, (_, n) => (n * 73) % 256))), { errorClass: 'BROKEN', statusCode: null }],
    ['a greeting of SMTP', saysAndEnds('220 mail.example.com ESMTP\r\n'), { errorClass: 'BROKEN', statusCode: null }],
    ['a TLS record', saysAndEnds(Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3])), { errorClass: 'BROKEN', statusCode: null }],
    ['HTTP/2', saysAndEnds('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), { errorClass: 'BROKEN', statusCode: null }],
    ['nothing, and the end', saysAndEnds(''), { errorClass: 'BROKEN', statusCode: null }],
    ['a status that is none', saysAndEnds('HTTP/1.1 banana\r\n\r\n'), { errorClass: 'BROKEN', statusCode: null }],
    ['a status beyond all', saysAndEnds('HTTP/1.1 99999 OK\r\nContent-Length: 0\r\n\r\n'), { errorClass: 'BROKEN', statusCode: null }],
    ['an upgrade that nobody asked for', says('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'), { errorClass: 'BROKEN', statusCode: null }],
    ['a header without a colon', saysAndEnds(`${HEAD}nonsense\r\nContent-Length: 0\r\n\r\n`), { errorClass: 'BROKEN', statusCode: null }],
    ['a folded header that smuggles', saysAndEnds(`${HEAD}X: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`), { errorClass: 'BROKEN' }],
    ['two lengths', saysAndEnds(`${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`), { errorClass: 'BROKEN', statusCode: null }],
    ['a length that is none', saysAndEnds(`${HEAD}Content-Length: -1\r\n\r\n`), { errorClass: 'BROKEN', statusCode: null }],
    ['a body shorter than its length', saysAndEnds(`${HEAD}Content-Length: 100\r\n\r\nshort`), { errorClass: 'BROKEN', statusCode: 200, responseExcerpt: 'short' }],
    ['a chunk size that is none', saysAndEnds(`${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n`), { errorClass: 'BROKEN', statusCode: 200, responseExcerpt: '' }],
    ['a chunk that ends too soon', saysAndEnds(`${HEAD}Transfer-Encoding: chunked\r\n\r\n10\r\nab`), { errorClass: 'BROKEN', statusCode: 200, responseExcerpt: 'ab' }],
    ['a chunk longer than it says', saysAndEnds(`${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n`), { errorClass: 'BROKEN', statusCode: 200 }],
    ['a reset within the body', socket => socket.write(`${HEAD}Content-Length: 100\r\n\r\nhalf`, () => setImmediate(() => socket.resetAndDestroy())), { errorClass: 'BROKEN' }],
    ['headers of 64 KiB', says(`${HEAD}X-Long: ${'x'.repeat(65_536)}\r\n\r\n`), { errorClass: 'BROKEN', statusCode: null }],
    ['headers in thousands', says(HEAD + Array.from({ length: 5_000 }, (_, n) => `X-${n}: y\r\n`).join('')), { errorClass: 'BROKEN', statusCode: null }],
    ['headers without an end', says(`${HEAD}X: y\r\n`), { errorClass: 'TIMEOUT', statusCode: null }],
    ['a line without an end', says('HTTP/1.1 200 OK'), { errorClass: 'TIMEOUT', statusCode: null }],
    ['one early hint, and no more', says('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'), { errorClass: 'TIMEOUT', statusCode: null }],
    ['a continuation that was not asked for', says('HTTP/1.1 100 Continue\r\n\r\n'), { errorClass: 'BROKEN', statusCode: null }],
  ])('%s', async (_what, speak, expected) => {
    const report = await sender({ timeoutMs: 300 }).attempt(await liar(speak))
    expect(report).toMatchObject({ address: '127.0.0.1', ...expected })
  })

  test.each<[string, string | Buffer, object]>([
    ['an early hint before it', `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${HEAD}Content-Length: 2\r\n\r\nok`, { statusCode: 200, responseExcerpt: 'ok' }],
    ['more than its length behind it', `${HEAD}Content-Length: 2\r\n\r\nok and more`, { statusCode: 200, responseExcerpt: 'ok' }],
    ['no length, and the end of the connection', 'HTTP/1.0 500 Oops\r\n\r\noops', { statusCode: 500, responseExcerpt: 'oops' }],
    ['trailers', `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n`, { statusCode: 200, responseExcerpt: 'ok' }],
    ['a status nobody knows', 'HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n', { statusCode: 799 }],
    ['a header named as a prototype', `${HEAD}__proto__: x\r\nconstructor: y\r\nContent-Length: 0\r\n\r\n`, { statusCode: 200, responseHeaders: { constructor: 'y' } }],
    ['the same header twice', `${HEAD}X: a\r\nX: b\r\nContent-Length: 0\r\n\r\n`, { responseHeaders: { x: 'a, b' } }],
    ['headers that are no ASCII', Buffer.from(`${HEAD}X: a\u00ffb\r\nContent-Length: 0\r\n\r\n`, 'latin1'), { responseHeaders: { x: 'a\u00ffb' } }],
  ])('an answer with %s is an answer', async (_what, text, expected) => {
    expect(await sender().attempt(await liar(saysAndEnds(text)))).toMatchObject({ errorClass: null, ...expected })
  })
})

/** Writes again and again, as fast as it is read. Resolves with how much left this side when the other hung up. */
function endless(first: string, again: string | Buffer) {
  let written = 0
  let hungUp: (written: number) => void = () => {}
  const ended = new Promise<number>(resolve => (hungUp = resolve))
  const speak = (socket: Socket) => {
    const write = () => {
      while (!socket.destroyed && socket.write(again)) written += again.length
    }
    socket.on('drain', write).on('close', () => hungUp(written)).write(first)
    write()
  }
  return { speak, ended }
}

describe('an answer without an end costs little', () => {
  const MUCH = 16 * 1024 ** 2

  test.each<[string, string, string | Buffer, object]>([
    ['a body', `${HEAD}\r\n`, 'x'.repeat(65_536), { errorClass: null, statusCode: 200, responseExcerpt: 'x'.repeat(2_048) }],
    ['a body of a great length', `${HEAD}Content-Length: 99999999999\r\n\r\n`, 'x'.repeat(65_536), { errorClass: null, statusCode: 200 }],
    ['a body of a great chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\nffffffff\r\n`, 'x'.repeat(65_536), { errorClass: null, statusCode: 200 }],
    ['a body of small chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'.repeat(10_000), { errorClass: null, statusCode: 200 }],
    ['a bomb that unpacks itself', `${HEAD}Content-Encoding: gzip\r\n\r\n`, gzipSync(Buffer.alloc(10_000_000)), { errorClass: null, responseExcerpt: expect.stringContaining('compressed') }],
    ['an extension of a chunk', `${HEAD}Transfer-Encoding: chunked\r\n\r\n1`, ';a=b'.repeat(10_000), { errorClass: 'BROKEN', statusCode: 200 }],
    ['trailers', `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n`, 'X: y\r\n'.repeat(10_000), { errorClass: 'BROKEN', statusCode: 200 }],
    ['headers', HEAD, 'X: y\r\n'.repeat(10_000), { errorClass: 'BROKEN', statusCode: null }],
    ['one header', `${HEAD}X: `, 'y'.repeat(65_536), { errorClass: 'BROKEN', statusCode: null }],
    ['a reason', 'HTTP/1.1 200 ', 'y'.repeat(65_536), { errorClass: 'BROKEN', statusCode: null }],
    ['interim answers', '', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(2_000), { errorClass: 'BROKEN', statusCode: null }],
    ['interim answers with headers', '', 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n'.repeat(2_000), { errorClass: 'BROKEN', statusCode: null }],
    ['empty lines', '', '\r\n'.repeat(30_000), { errorClass: 'BROKEN', statusCode: null }],
  ])('%s', async (_what, first, again, expected) => {
    const { speak, ended } = endless(first, again)
    expect(await sender().attempt(await liar(speak))).toMatchObject({ address: '127.0.0.1', ...expected })
    expect(await ended).toBeLessThan(MUCH)
  })

  test('a byte now and then does not hold the slot longer than the time for all of it', async () => {
    let dripped = 0
    const url = await liar(socket => {
      socket.write(`${HEAD}Content-Length: 1000\r\n\r\n`)
      const drip = setInterval(() => socket.write(String(dripped++ % 10)), 5)
      socket.on('close', () => clearInterval(drip))
    })
    const report = await sender({ timeoutMs: 200 }).attempt(url)
    expect(report).toMatchObject({ errorClass: 'TIMEOUT', statusCode: 200, responseExcerpt: expect.stringMatching(/^0123/) })
    expect(report.durationMs).toBeLessThan(1_000)
  })
})
