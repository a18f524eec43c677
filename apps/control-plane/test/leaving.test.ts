import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { eventually } from '@sluice/testkit/db'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { rest } from './rest-client.ts'
import { createFlows, testServer, type Principal, type TestServer } from './server.ts'

/** Readers that speak an old HTTP, take nothing, or leave in the middle: each costs its own connection and nothing more. */
let server: TestServer
let admin: Principal
const uncaught: unknown[] = []
/** The server's side of what was asked, newest last, so that a test can hold its socket back. */
const answering: ServerResponse[] = []
let onRequest: (response: ServerResponse) => void = () => undefined
const listen = (message: unknown): void => {
  const { response } = message as { response: ServerResponse }
  answering.push(response)
  onRequest(response)
}
/** As if the reader's window were full: nothing more leaves. */
const holdBack = ({ req }: ServerResponse): void => void Object.assign(req.socket, { _write: () => undefined, _writev: () => undefined })
/** Held back by its own end, and not before: a stall that comes first would end it for another reason. */
function holdBackTheEnd(response: ServerResponse): void {
  const end = response.end.bind(response) as (...of: unknown[]) => ServerResponse
  response.end = ((...of: unknown[]) => (holdBack(response), end(...of))) as ServerResponse['end']
}
const closed = (response: ServerResponse): Promise<unknown> => new Promise((resolve) => (response.closed ? resolve(null) : response.once('close', resolve)))
const note = (error: unknown): void => void uncaught.push(error)

beforeAll(async () => {
  server = await testServer({ settings: { keepaliveMs: 50 } })
  admin = await server.principal('ADMIN')
  subscribe('http.server.request.start', listen)
  process.on('uncaughtException', note).on('unhandledRejection', note)
})
afterAll(async () => {
  unsubscribe('http.server.request.start', listen)
  process.off('uncaughtException', note).off('unhandledRejection', note)
  await server.close()
})
afterEach(() => {
  expect(uncaught.splice(0)).toEqual([])
})

const FOLLOW = 'subscription ($id: ID!) { flowEvents(id: $id) { kind end } }'
const headersOf = (more: string[] = []): string => ['Host: x', `Authorization: Bearer ${admin.token}`, ...more].map((line) => `${line}\r\n`).join('')
const getOf = (path: string, version = '1.1'): string => `GET ${path} HTTP/${version}\r\n${headersOf(['Accept: text/event-stream'])}\r\n`

function postOf(id: string, version = '1.1'): string {
  const body = JSON.stringify({ query: FOLLOW, variables: { id } })
  return `POST /graphql HTTP/${version}\r\n${headersOf(['Accept: text/event-stream', 'Content-Type: application/json', `Content-Length: ${body.length}`])}\r\n${body}`
}

function open(text: string): { socket: Socket; read(): string } {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  let came = ''
  socket.on('data', (part) => (came += part.toString('utf8'))).on('error', () => undefined)
  socket.write(text)
  return { socket, read: () => came }
}

/** All that is answered to these bytes before the server closes. */
async function say(text: string): Promise<string> {
  const { socket, read } = open(text)
  await once(socket, 'close')
  return read()
}

const cancel = (id: string) => rest(server, `POST /flows/${id}/cancel`, { by: admin })
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
const subscriptions = async (): Promise<string | undefined> => /^sluice_subscriptions (\d+)$/m.exec(await server.observing.metrics.registry.metrics())?.[1]

describe('over HTTP/1.0', () => {
  test.each(['/export/kinds', '/export/flows?format=csv', '/export/flows/ID'])('%s is refused, because a cut could not be told, and the server goes on', async (path) => {
    const [id] = await createFlows(admin, [{ kind: 'old' }])
    const answer = await say(getOf(path.replace('ID', id!), '1.0'))
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*application\/problem\+json.*"code":"INVALID_INPUT".*/s)
    expect(answer).toContain('HTTP/1.1')
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    expect(server.logged.filter(({ event }) => event === 'request.failed')).toEqual([])
  })

  test.each([['REST', (id: string) => getOf(`/flows/${id}/events`, '1.0')], ['GraphQL', (id: string) => postOf(id, '1.0')]])('a flow can be followed to its typed end by %s', async (_how, bytes) => {
    const [id] = await createFlows(admin, [{ kind: 'old' }])
    const { socket, read } = open(bytes(id!))
    await eventually(() => expect(read()).toContain('"SNAPSHOT"'), { deadlineMs: 5000 })
    await cancel(id!)
    await once(socket, 'close')
    expect(read()).toContain('"end":"TERMINAL"')
  })
})

describe('a reader that takes nothing', () => {
  test.each([['REST', (id: string) => getOf(`/flows/${id}/events`)], ['GraphQL', (id: string) => postOf(id)]])('is ended after the end of its flow, by %s', async (_how, bytes) => {
    const [id] = await createFlows(admin, [{ kind: 'stalled' }])
    const { socket, read } = open(bytes(id!))
    await eventually(() => expect(read()).toContain('"SNAPSHOT"'), { deadlineMs: 5000 })
    const response = answering.at(-1)!
    holdBackTheEnd(response)
    await cancel(id!)
    await closed(response)
    expect([response.writableEnded, response.writableFinished]).toEqual([true, false])
    socket.destroy()
  }, 15_000)

  test.each(['flows?kind=wide', 'flows?kind=wide&format=csv'])('of the export %s is ended', async (list) => {
    const labels = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`k${n}`, 'v'.repeat(250)]))
    await createFlows(admin, Array.from({ length: 10 }, () => ({ kind: 'wide', labels })))
    onRequest = holdBack
    const { socket } = open(getOf(`/export/${list}`))
    await once(socket, 'connect')
    await eventually(() => expect(answering.at(-1)?.req.url).toBe(`/export/${list}`), { deadlineMs: 5000 })
    onRequest = () => undefined
    await closed(answering.at(-1)!)
    expect(answering.at(-1)!.writableFinished).toBe(false)
    socket.destroy()
  }, 15_000)
})

describe('a reader that leaves', () => {
  test.each([['REST', (id: string) => getOf(`/flows/${id}/events`)], ['GraphQL', (id: string) => postOf(id)]])('at any moment leaves no subscription and no timer, by %s', async (_how, bytes) => {
    const [id] = await createFlows(admin, [{ kind: 'left' }])
    const opened = open(bytes(id!))
    await eventually(() => expect(opened.read()).toContain('"SNAPSHOT"'), { deadlineMs: 5000 })
    opened.socket.destroy()
    await eventually(async () => expect(await subscriptions()).toBe('0'), { deadlineMs: 5000 })
    const before = timers()
    await Promise.all(Array.from({ length: 200 }, async (_, n) => {
      const { socket } = open(bytes(id!))
      await once(socket, 'connect')
      // Some before they are let in, some while it begins, some after.
      setTimeout(() => socket.destroy(), n % 40)
      await once(socket, 'close')
    }))
    await eventually(async () => {
      expect(await subscriptions()).toBe('0')
      expect(timers()).toBeLessThanOrEqual(before + 5)
    }, { deadlineMs: 8000 })
  }, 20_000)

  test('before its body has come is no failure of ours', async () => {
    for (const [path, door] of [['/graphql', 'graphql'], ['/flows', 'rest'], ['/session', 'session']]) {
      const cuts = async (): Promise<number> =>
        Number(new RegExp(`^sluice_http_request_duration_seconds_count\\{door="${door}",status="cut"\\} (\\d+)$`, 'm').exec(await server.observing.metrics.registry.metrics())?.[1] ?? 0)
      const before = await cuts()
      for (let n = 0; n < 20; n += 1) {
        const { socket } = open(`POST ${path} HTTP/1.1\r\n${headersOf(['Content-Type: application/json', 'Content-Length: 100'])}\r\n{"query":`)
        await once(socket, 'connect')
        setTimeout(() => socket.destroy(), 3 * n)
      }
      await eventually(async () => expect(await cuts()).toBeGreaterThan(before + 5), { deadlineMs: 5000 })
    }
    expect(server.logged.filter(({ event }) => event === 'request.failed')).toEqual([])
  })
})
