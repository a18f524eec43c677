import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createOutbound, type Resolve } from '@sluice/outbound'
import { runHandler } from '@sluice/worker/testing'
import { urlKind, type UrlKind } from '../src/url-kind.ts'

const disposals: (() => void)[] = []
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose()
})

async function receiver(listener: RequestListener) {
  const heard: { method: string | undefined; url: string | undefined; headers: Record<string, unknown>; body: string }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      heard.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() })
      listener(request, response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  disposals.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { at: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard, connections: () => heard.length }
}

interface Given { input?: unknown; allowHosts?: string; resolve?: Resolve; maxBytes?: number }

const call = (spec: Partial<UrlKind> & { url: string }, { input = {}, allowHosts = '127.0.0.1', resolve, maxBytes = 10_000 }: Given = {}) =>
  runHandler(
    urlKind({ method: 'POST', headers: {}, timeoutMs: null, ...spec }, {
      outbound: createOutbound({ allowHosts, allowHttp: true, ...(resolve && { resolve }) }), resultMaxBytes: maxBytes,
    }),
    { input },
  )
const answering = (status: number, body: string) => receiver((_, response) => void response.writeHead(status).end(body))

describe('a URL that is called', () => {
  test('gets the input as JSON and the headers of the file, at the path that was filled in', async () => {
    const { at, heard } = await answering(200, '{"ok":true}')
    const input = { id: 'a/b', q: 'x&y' }
    expect(await call({ url: `${at}/v1/{input.id}?q={input.q}`, headers: { Authorization: 'Bearer s' } }, { input }).outcome).toEqual({ status: 'FINISHED', result: { ok: true } })
    expect(heard).toMatchObject([{ method: 'POST', url: '/v1/a%2Fb?q=x%26y', headers: { authorization: 'Bearer s', 'content-type': 'application/json' }, body: JSON.stringify(input) }])
  })

  test.each(['GET', 'HEAD'])('%s carries no body', async method => {
    const { at, heard } = await answering(200, 'plain')
    expect(await call({ url: at, method }).outcome).toEqual({ status: 'FINISHED', result: method === 'GET' ? 'plain' : '' })
    expect(heard).toMatchObject([{ method, body: '' }])
  })

  test('and answers more than a result may have: fails, whatever it goes on to say', async () => {
    const { at } = await receiver((_, response) => {
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        response.once('drain', write)
      }
      write()
    })
    expect(await call({ url: at }).outcome).toMatchObject({ status: 'FAILED', error: { code: 'RESULT_TOO_LARGE', retryable: false, detail: { status: 200 } } })
  })

  test.each([[400, false], [404, false], [408, true], [429, true], [500, true], [503, true]])('and answers %i: fails, retryable %s, with the first 4 KiB', async (status, retryable) => {
    const { at } = await answering(status, `${'x'.repeat(4096)}rest`)
    expect(await call({ url: at }).outcome).toEqual({
      status: 'FAILED', error: { code: 'HTTP_STATUS', message: `test was answered with HTTP ${status}`, retryable, detail: { status, body: 'x'.repeat(4096) } },
    })
  })

  test('INV-30 a redirect is not followed and no retry helps', async () => {
    const target = await answering(200, 'secret')
    const { at } = await receiver((_, response) => void response.writeHead(307, { location: target.at }).end())
    expect(await call({ url: at }).outcome).toMatchObject({ status: 'FAILED', error: { retryable: false, message: 'test was answered with HTTP 307; redirects are not followed' } })
    expect(target.heard).toEqual([])
  })

  test('a timeout is a failure that may be retried, a closed port too', async () => {
    const { at } = await receiver(() => {})
    expect(await call({ url: at, timeoutMs: 50 }).outcome).toMatchObject({ status: 'FAILED', error: { code: 'HTTP_TIMED_OUT', retryable: true } })
    expect(await call({ url: 'http://127.0.0.1:1' }).outcome).toMatchObject({ status: 'FAILED', error: { code: 'HTTP_FAILED', retryable: true, detail: { cause: 'NO_CONNECTION' } } })
  })

  test.each([['cancel', 'CANCELLED'], ['interrupt', 'INTERRUPTED']] as const)('%s gives the request up: %s', async (act, status) => {
    let hungUp: () => void = () => {}
    const closed = new Promise<void>(resolve => (hungUp = resolve))
    let arrived: () => void = () => {}
    const arrival = new Promise<void>(resolve => (arrived = resolve))
    const { at } = await receiver(request => {
      request.socket.once('close', hungUp)
      arrived()
    })
    const started = call({ url: at })
    await arrival
    started[act]()
    expect(await started.outcome).toEqual({ status })
    await closed
  })

  test('INV-30 an address that is not allowed is refused when the flow runs, and nothing is told of it', async () => {
    const { heard } = await answering(200, 'secret')
    const answers = [['93.184.216.34'], ['127.0.0.1']]
    const outcome = await call({ url: 'http://rebind.test:80/' }, { allowHosts: '', resolve: () => Promise.resolve(answers.shift() ?? ['127.0.0.1']) }).outcome
    expect(outcome).toEqual({
      status: 'FAILED', error: { code: 'URL_NOT_ALLOWED', message: 'rebind.test resolves to an address that is not allowed', retryable: false, detail: { rule: null } },
    })
    expect(heard).toEqual([])
  })

  test('input that does not fit is a failure that no retry helps', async () => {
    expect(await call({ url: 'http://127.0.0.1:1/{input.id}' }).outcome).toMatchObject({ status: 'FAILED', error: { code: 'INPUT_DOES_NOT_FIT', retryable: false } })
  })
})
