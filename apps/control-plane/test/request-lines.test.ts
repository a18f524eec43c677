import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { contained } from '../src/doors/contained.ts'
import { testServer, type TestServer } from './server.ts'

let server: TestServer
const uncaught: unknown[] = []
const note = (error: unknown): void => void uncaught.push(error)

beforeAll(async () => {
  server = await testServer()
  process.on('uncaughtException', note)
})
afterAll(async () => {
  process.off('uncaughtException', note)
  await server.close()
})
afterEach(() => void uncaught.splice(0))

const PLAIN = 'Host: x\r\nConnection: close\r\n\r\n'
const UPGRADE = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n' +
  'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n'

/** What the server answers to these very bytes before it closes. */
async function say(line: string, headers: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  let answer = ''
  socket.on('data', (part) => (answer += part.toString('latin1')))
  // Some lines are answered by cutting the connection.
  socket.on('error', () => undefined)
  socket.write(Buffer.from(`${line}\r\n${headers}`, 'latin1'))
  await once(socket, 'close')
  return answer
}

const TARGETS = [
  '//', '///', '//?', '//#', '/\\', '\\\\', '//:', '//:0', '//[', '//[::', '//@', '//user:pass@', '//%', '//%00', '/%', '/%zz', '/%c0%af', '/?%', '/#', '/?', '?', '#', '*',
  'http://', 'http:///', 'http://[', 'http://x:99999/', 'http://%/', 'ftp://x', 'javascript:x', 'x', ':', '..', '/..//..', '/.//', '/graphql//', '//graphql', '/\xff\xfe',
  '/session//', '//session', '/sign-in?code=%', '/sign-in?code=%ff&code', `/${'a'.repeat(8000)}`, `/${'/'.repeat(4000)}`,
]
const LINES = [...['GET', 'POST', 'HEAD', 'OPTIONS', 'DELETE'].flatMap((method) => TARGETS.map((target) => `${method} ${target} HTTP/1.1`)),
  'CONNECT // HTTP/1.1', 'CONNECT x:1 HTTP/1.1', 'GET', 'GET  HTTP/1.1', 'GET / HTTP/9.9', '\x00', 'GET /\x00 HTTP/1.1', 'BREW // HTTP/1.1', 'GET // HTTP/1.0']

describe('a request line of any sort', () => {
  test.each([['plain', PLAIN], ['as an upgrade', UPGRADE]])('%s ends at most its own connection', async (_how, headers) => {
    for (const line of LINES) await say(line, headers)
    expect(uncaught).toEqual([])
    expect(server.logged.filter(({ event }) => event === 'upgrade.failed' || event === 'request.failed')).toEqual([])
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  test('is answered where it makes sense, and logged without its query', async () => {
    expect(await say('GET // HTTP/1.1', PLAIN)).toMatch(/^HTTP\/1\.1 \d{3} /)
    expect(await say('GET // HTTP/1.1', UPGRADE)).toMatch(/^HTTP\/1\.1 404 /)
    expect(await say('GET http://elsewhere.example/healthz?secret HTTP/1.1', PLAIN)).toMatch(/^HTTP\/1\.1 200 /)
    expect(JSON.stringify(server.logged)).not.toContain('secret')
  })

  test('a bug in a listener costs its connection, and is logged', () => {
    const logged: Record<string, unknown>[] = []
    let dropped = false
    contained((entry) => logged.push(entry), 'upgrade.failed', { run: () => { throw new Error('bug') }, drop: () => { dropped = true } })
    expect([dropped, logged]).toEqual([true, [{ event: 'upgrade.failed', message: 'bug', stack: expect.stringContaining('bug') }]])
  })
})
