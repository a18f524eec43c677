import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { AddressRefused, createOutbound, type OutboundFailed, type OutboundOptions, type OutboundRequest } from '../src/index.ts'

const disposals: (() => void)[] = []
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose()
})

/** A server on an address of this machine that counts who connects. */
async function receiver(listener: RequestListener = (_, response) => void response.end('hello'), o: { host?: string; port?: number } = {}) {
  const server: Server = createServer(listener)
  let connections = 0
  server.on('connection', () => void connections++)
  await new Promise<void>(resolve => server.listen(o.port ?? 0, o.host ?? '127.0.0.1', resolve))
  disposals.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

/** Answers one list after the other, the last for ever. */
function resolverOf(...answers: string[][]) {
  const asked: string[] = []
  return { asked, resolve: (name: string) => Promise.resolve(answers[Math.min(asked.push(name), answers.length) - 1] ?? []) }
}

const outbound = (o: Partial<OutboundOptions> = {}) => createOutbound({ allowHosts: '', allowHttp: true, ...o })
const get = (url: string, o: Partial<OutboundRequest> = {}): OutboundRequest => ({ url, method: 'GET', timeoutMs: 5_000, maxBytes: 1_000, ...o })
const failure = (work: Promise<unknown>) => work.then(() => null, (error: unknown) => error)

describe('where a connection goes', () => {
  test('to the address of a name that is allowed, and the answer says which', async () => {
    const { port, connections } = await receiver((request, response) => void response.end(request.headers.host))
    const { asked, resolve } = resolverOf(['127.0.0.1'])
    const answer = await outbound({ allowHosts: 'hooks.test', resolve }).send(get(`http://hooks.test:${port}/`))
    expect(answer).toMatchObject({ status: 200, address: '127.0.0.1', truncated: false })
    expect([answer.body.toString(), connections(), asked]).toEqual([`hooks.test:${port}`, 1, ['hooks.test', 'hooks.test']])
  })

  test('INV-30 a name that changes its address between check and connect reaches nothing', async () => {
    const { port, connections } = await receiver()
    const { asked, resolve } = resolverOf(['93.184.216.34'], ['127.0.0.1'])
    const error = await failure(outbound({ resolve }).send(get(`http://rebind.test:${port}/`)))
    expect(error).toBeInstanceOf(AddressRefused)
    expect((error as Error).message).toBe('rebind.test resolves to an address that is not allowed')
    expect([asked.length, connections()]).toEqual([2, 0])
  })

  test('INV-30 nor does one that adds a forbidden address to an allowed one', async () => {
    const forbidden = await receiver(undefined, { host: '127.0.0.2' })
    const allowed = await receiver(undefined, { port: forbidden.port })
    const { resolve } = resolverOf(['127.0.0.1'], ['127.0.0.1', '127.0.0.2'])
    const error = await failure(outbound({ allowHosts: '127.0.0.1', resolve }).send(get(`http://rebind.test:${forbidden.port}/`)))
    expect(error).toBeInstanceOf(AddressRefused)
    expect([forbidden.connections(), allowed.connections()]).toEqual([0, 0])
  })

  test('INV-30 a redirect is an answer and is not followed', async () => {
    const target = await receiver()
    const { port } = await receiver((_, response) => void response.writeHead(302, { location: `http://127.0.0.1:${target.port}/` }).end())
    const answer = await outbound({ allowHosts: '127.0.0.1' }).send(get(`http://127.0.0.1:${port}/`))
    expect([answer.status, target.connections()]).toEqual([302, 0])
  })

  test('each request has a connection of its own', async () => {
    const { port, connections } = await receiver()
    const { send } = outbound({ allowHosts: '127.0.0.1' })
    await send(get(`http://127.0.0.1:${port}/`))
    await send(get(`http://127.0.0.1:${port}/`))
    expect(connections()).toBe(2)
  })
})

describe('what comes back', () => {
  const { send } = outbound({ allowHosts: '127.0.0.0/8' })

  test('method, path, headers and body arrive, a fragment does not', async () => {
    const { port } = await receiver((request, response) => {
      request.setEncoding('utf8')
      request.once('data', (body: string) => response.end(JSON.stringify([request.method, request.url, request.headers['x-mine'], body])))
    })
    const { body } = await send(get(`http://127.0.0.1:${port}/a%20b?c=d#e`, { method: 'PUT', headers: { 'x-mine': '1' }, body: '{}' }))
    expect(JSON.parse(body.toString())).toEqual(['PUT', '/a%20b?c=d', '1', '{}'])
  })

  test('a body above the limit is cut off, and nothing more is read', async () => {
    let written = 0
    const { port } = await receiver((_, response) => {
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) written += 65_536
      }
      response.on('drain', write)
      write()
    })
    const answer = await send(get(`http://127.0.0.1:${port}/`))
    expect([answer.truncated, answer.body.length]).toEqual([true, 1_000])
    expect(written).toBeLessThan(64 * 1024 ** 2)
  })

  test.each([
    ['no headers', () => {}],
    ['a body that never ends', (_: unknown, response: { write(text: string): void }) => response.write('a')],
  ])('%s: the time is up', async (_title, listener) => {
    const { port } = await receiver(listener as RequestListener)
    expect(await failure(send(get(`http://127.0.0.1:${port}/`, { timeoutMs: 50 })))).toMatchObject({ code: 'TIMEOUT', address: '127.0.0.1' })
  })

  test('a resolver that does not answer is a timeout, and nothing was connected to', async () => {
    const error = await failure(outbound({ resolve: () => new Promise(() => {}) }).send(get('http://slow.test/', { timeoutMs: 20 })))
    expect(error).toMatchObject({ code: 'TIMEOUT', address: null })
  })

  test('an aborted signal ends it with its reason', async () => {
    const { port } = await receiver(() => {})
    const abort = new AbortController()
    const sent = failure(send(get(`http://127.0.0.1:${port}/`, { signal: abort.signal })))
    abort.abort(new Error('enough'))
    expect(await sent).toMatchObject({ message: 'enough' })
    expect(await failure(send(get(`http://127.0.0.1:${port}/`, { signal: abort.signal })))).toMatchObject({ message: 'enough' })
  })

  test('a closed port, a name without an address, a server that hangs up, one that speaks no TLS: each has its code and tells no address', async () => {
    const rude = createTcpServer(socket => void socket.destroy())
    await new Promise<void>(resolve => rude.listen(0, '127.0.0.1', resolve))
    disposals.push(() => void rude.close())
    const { port } = rude.address() as AddressInfo
    const plain = await receiver()
    const nowhere = outbound({ resolve: () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })) })
    const errors = await Promise.all([
      failure(send(get('http://127.0.0.1:1/'))), failure(nowhere.send(get('http://gone.test/'))),
      failure(send(get(`http://127.0.0.1:${port}/`))), failure(send(get(`https://127.0.0.1:${plain.port}/`))),
    ]) as OutboundFailed[]
    expect(errors.map(error => error.code)).toEqual(['NO_CONNECTION', 'UNRESOLVED', 'BROKEN', 'TLS'])
    expect(errors.map(error => error.address)).toEqual([null, null, '127.0.0.1', null])
    expect(errors[1]?.message).toBe('gone.test has no address (ENOTFOUND)')
  })
})
