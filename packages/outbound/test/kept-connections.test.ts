import { once } from 'node:events'
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net'
import { createServer, type RequestListener } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { AddressRefused, createOutbound, type KeepOptions, type OutboundOptions } from '../src/index.ts'

const disposals: (() => unknown)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

const KEEP: KeepOptions = { max: 8, perOrigin: 4, idleMs: 30_000 }

/** Keeps its connections, and is closed after the test. */
function outbound(o: Partial<OutboundOptions> = {}) {
  const made = createOutbound({ allowHosts: '127.0.0.0/8', allowHttp: true, keep: KEEP, ...o })
  disposals.push(() => made.close())
  const post = (url: string, maxBytes = 1_000) => made.send({ url, method: 'POST', body: '{}', timeoutMs: 5_000, maxBytes })
  return { ...made, post }
}

/** Every connection that somebody made to it. */
async function receiver(listener: RequestListener = (_, response) => void response.end('ok'), o: { host?: string; port?: number } = {}) {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener)
  const sockets: Socket[] = []
  server.on('connection', socket => void sockets.push(socket))
  await new Promise<void>(resolve => server.listen(o.port ?? 0, o.host ?? '127.0.0.1', resolve))
  disposals.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sockets }
}

/** Writes on a connection what the test likes. */
async function rawReceiver(onRequest: (o: { socket: Socket; connection: number; request: number }) => void) {
  const seen = { connections: 0, requests: 0, sockets: [] as Socket[] }
  const server = createTcpServer(socket => {
    const connection = ++seen.connections
    seen.sockets.push(socket)
    socket.on('error', () => {}).on('data', () => onRequest({ socket, connection, request: ++seen.requests }))
    disposals.push(() => socket.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  disposals.push(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen }
}

const closed = (socket: Socket | undefined) => (socket?.destroyed ? Promise.resolve() : once(socket!, 'close'))
/** Resolves when that many of them are closed. */
const closings = (sockets: Socket[], count: number) => new Promise<void>(resolve => {
  let left = count
  for (const socket of sockets) void closed(socket).then(() => (--left === 0 ? resolve() : undefined))
})
const failure = (work: Promise<unknown>) => work.then(() => null, (error: unknown) => error)
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

describe('a connection is used again', () => {
  test('for the next request to the same origin, and the answer says where it goes', async () => {
    const { port, sockets } = await receiver()
    const { post } = outbound()
    const answers = [await post(`http://127.0.0.1:${port}/a`), await post(`http://127.0.0.1:${port}/b`)]
    expect([sockets.length, answers.map(answer => answer.address)]).toEqual([1, ['127.0.0.1', '127.0.0.1']])
  })

  test('but not for another port or another name', async () => {
    const [one, other] = [await receiver(), await receiver()]
    const { post } = outbound({ allowHosts: '127.0.0.1', resolve: () => Promise.resolve(['127.0.0.1']) })
    for (const url of [`http://127.0.0.1:${one.port}/`, `http://127.0.0.1:${other.port}/`, `http://a.test:${one.port}/`, `http://b.test:${one.port}/`]) await post(url)
    expect([one.sockets.length, other.sockets.length]).toEqual([3, 1])
  })

  test('not when the receiver asks for its end, and not when its answer was cut off', async () => {
    const { port, sockets } = await receiver((request, response) => {
      if (request.url === '/close') response.setHeader('connection', 'close')
      response.end(request.url === '/long' ? 'x'.repeat(5_000) : 'ok')
    })
    const { post } = outbound()
    for (const path of ['close', 'long', 'short']) await post(`http://127.0.0.1:${port}/${path}`)
    expect(sockets.length).toBe(3)
    await Promise.all(sockets.slice(0, 2).map(closed))
  })
})

describe('a kept connection is held to the policy', () => {
  /** Answers one list after the other, the last for ever. */
  const resolving = (...answers: string[][]) => {
    let asked = 0
    return () => Promise.resolve(answers[Math.min(asked++, answers.length - 1)] ?? [])
  }

  test('INV-30 when its name leads to a forbidden address now, it is closed and nothing is sent on it', async () => {
    let requests = 0
    const { port, sockets } = await receiver((_, response) => void response.end(String(++requests)))
    const { post } = outbound({ allowHosts: '127.0.0.1', resolve: resolving(['127.0.0.1'], ['127.0.0.1'], ['127.0.0.1', '10.0.0.1']) })
    await post(`http://hooks.test:${port}/`)
    expect(await failure(post(`http://hooks.test:${port}/`))).toBeInstanceOf(AddressRefused)
    await closed(sockets[0])
    expect([requests, sockets.length]).toEqual([1, 1])
  })

  test('INV-30 when its name leads elsewhere now, it is closed and the request goes elsewhere', async () => {
    const before = await receiver((_, response) => void response.end('before'))
    await receiver((_, response) => void response.end('now'), { host: '127.0.0.2', port: before.port })
    const { post } = outbound({ resolve: resolving(['127.0.0.1'], ['127.0.0.1'], ['127.0.0.2']) })
    const url = `http://hooks.test:${before.port}/`
    const answers = [await post(url), await post(url)]
    expect(answers.map(({ address, body }) => [address, body.toString()])).toEqual([['127.0.0.1', 'before'], ['127.0.0.2', 'now']])
    await closed(before.sockets[0])
  })

  test('INV-30 when it must be made again, its name is asked again', async () => {
    const { url, seen } = await rawReceiver(({ socket, request }) => (request === 1 ? socket.write(OK) : socket.destroy()))
    const { post } = outbound({ allowHosts: '127.0.0.1', resolve: resolving(['127.0.0.1'], ['127.0.0.1'], ['127.0.0.1'], ['10.0.0.1']) })
    const named = url.replace('127.0.0.1', 'hooks.test')
    await post(named)
    expect(await failure(post(named))).toBeInstanceOf(AddressRefused)
    expect(seen).toMatchObject({ connections: 1, requests: 2 })
  })

  test('two spellings of one address are one', async () => {
    const { port, sockets } = await receiver()
    const { post } = outbound({ resolve: resolving(['127.0.0.1'], ['127.0.0.1'], ['::ffff:127.0.0.1']) })
    await post(`http://hooks.test:${port}/`)
    await post(`http://hooks.test:${port}/`)
    expect(sockets.length).toBe(1)
  })
})

describe('a receiver that ends a kept connection', () => {
  test('at the moment when it is used again is asked once more, on a new one', async () => {
    const { url, seen } = await rawReceiver(({ socket, request }) => (request === 2 ? socket.destroy() : socket.write(OK)))
    const { post } = outbound()
    await post(url)
    expect((await post(url)).status).toBe(200)
    expect(seen).toMatchObject({ connections: 2, requests: 3 })
  })

  test('and the new one too is not asked a third time', async () => {
    const { url, seen } = await rawReceiver(({ socket, request }) => (request === 1 ? socket.write(OK) : socket.destroy()))
    const { post } = outbound()
    await post(url)
    expect(await failure(post(url))).toMatchObject({ code: 'BROKEN', address: '127.0.0.1' })
    expect(seen).toMatchObject({ connections: 2, requests: 3 })
  })

  test('within its answer is not asked again', async () => {
    const { url, seen } = await rawReceiver(({ socket, request }) => (request === 1 ? socket.write(OK) : socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok')))
    const { post } = outbound()
    await post(url)
    const error = await failure(post(url))
    expect(error).toMatchObject({ code: 'BROKEN', answer: { status: 200 } })
    expect(seen.requests).toBe(2)
  })

  test('that answers what nobody asked loses its connection', async () => {
    const { url, seen } = await rawReceiver(({ socket }) => socket.write(OK + OK.replace('ok', 'no')))
    const { post } = outbound()
    expect([(await post(url)).body.toString(), (await post(url)).body.toString()]).toEqual(['ok', 'ok'])
    expect(seen.connections).toBe(2)
  })
})

describe('how many wait, and how long', () => {
  test('no more than allowed for one origin', async () => {
    const { port, sockets } = await receiver()
    const { post } = outbound({ keep: { ...KEEP, perOrigin: 2 } })
    await Promise.all(Array.from({ length: 5 }, () => post(`http://127.0.0.1:${port}/`)))
    expect(sockets.length).toBe(5)
    await closings(sockets, 3)
    await Promise.all([post(`http://127.0.0.1:${port}/`), post(`http://127.0.0.1:${port}/`)])
    expect(sockets.length).toBe(5)
  })

  test('no more than allowed over all: the one unused for longest goes', async () => {
    const receivers = [await receiver(), await receiver(), await receiver()]
    const { post } = outbound({ keep: { ...KEEP, max: 2 } })
    for (const { port } of receivers) await post(`http://127.0.0.1:${port}/`)
    await closed(receivers[0]!.sockets[0])
    for (const { port } of receivers.slice(1)) await post(`http://127.0.0.1:${port}/`)
    expect(receivers.map(({ sockets }) => sockets.length)).toEqual([1, 1, 1])
  })

  test('one that is unused for its time is closed, and is not missed', async () => {
    const { url, seen } = await rawReceiver(({ socket }) => socket.write(OK))
    const { post } = outbound({ keep: { ...KEEP, idleMs: 5 } })
    await post(url)
    await closed(seen.sockets[0])
    expect((await post(url)).status).toBe(200)
    expect([seen.connections, seen.requests]).toEqual([2, 2])
  })

  test('less long where the receiver says so', async () => {
    const { url, seen } = await rawReceiver(({ socket }) => socket.write(OK.replace('\r\n', '\r\nKeep-Alive: timeout=1\r\n')))
    const { post } = outbound()
    await post(url)
    await closed(seen.sockets[0])
  })

  test('none after the end', async () => {
    const { port, sockets } = await receiver()
    const { post, close } = outbound()
    await post(`http://127.0.0.1:${port}/`)
    await close()
    await closed(sockets[0])
    await post(`http://127.0.0.1:${port}/`)
    await closed(sockets[1])
  })
})
