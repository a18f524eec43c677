import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Resources } from '../graphql/context.ts'
import { contextFor, type GraphqlServer } from '../graphql/server.ts'
import { addressOf } from './address.ts'
import { credentialsOf, whyNot } from './credentials.ts'
import { isOpen, keepAlive } from './events/event-stream.ts'
import type { Origins } from './origins.ts'
import { BodyTooLarge, readBody } from './read-body.ts'
import { noteFacts } from './request-log.ts'
import { pathOf, respondRefused, type Door } from './respond.ts'
import { parentOf } from './trace-header.ts'
import { waitsUntil } from './waits-until.ts'

interface Options { resources: Resources; server: GraphqlServer; origins: Origins; stopping: AbortSignal; settings: { bodyMaxBytes: number; keepaliveMs: number } }

/** POST /graphql: always with a credential, never larger than BODY_MAX. */
export const graphqlDoor = (options: Options): Door => async (request, response) => {
  if (pathOf(request) !== '/graphql') return false
  if (options.stopping.aborted) return stopped(response)
  const credentials = await credentialsOf(options.resources.deps.pool, request)
  if (credentials === null) return unauthenticated(request, response)
  if (request.method !== 'POST') return otherMethod(response)
  if (credentials.byCookie && !options.origins(request)) return otherPage(response)
  const body = await bodyOf(request, options.settings.bodyMaxBytes)
  if (body === null) return tooLarge(response, options.settings.bodyMaxBytes)
  const requestId = randomUUID()
  const signal = waitsUntil(response, options.stopping)
  const context = contextFor(options.resources, { viewer: credentials.viewer, address: addressOf(request), signal, requestId, parent: parentOf(request) })
  response.setHeader('x-request-id', requestId)
  noteFacts(response, context.facts)
  const asked = { method: 'POST', headers: headersOf(request), body: new Uint8Array(body) }
  await send(await options.server.fetch('http://localhost/graphql', asked, context), response, options.settings)
  return true
}

const stopped = (response: ServerResponse): true => respondRefused(response, {
  status: 503, code: 'UNAVAILABLE', message: 'This server stops; try again.', headers: { connection: 'close', 'retry-after': '1' },
})

const unauthenticated = (request: IncomingMessage, response: ServerResponse): true => respondRefused(response, {
  status: 401, code: 'UNAUTHENTICATED', message: whyNot(request), headers: { 'www-authenticate': 'Bearer' },
})

const otherMethod = (response: ServerResponse): true =>
  respondRefused(response, { status: 405, code: 'BAD_USER_INPUT', message: 'Send documents with POST.', headers: { allow: 'POST' } })

const otherPage = (response: ServerResponse): true =>
  respondRefused(response, { status: 403, code: 'FORBIDDEN', message: 'This page may not speak in the name of who is signed in.' })

// What was not read stays in the connection, so it cannot carry another request.
const tooLarge = (response: ServerResponse, limit: number): true => respondRefused(response, {
  status: 413, code: 'LIMIT_EXCEEDED', message: `A request has at most ${limit} bytes (BODY_MAX).`, headers: { connection: 'close' },
})

async function bodyOf(request: IncomingMessage, max: number): Promise<Buffer | null> {
  try {
    return await readBody(request, max)
  } catch (error) {
    if (error instanceof BodyTooLarge) return null
    throw error
  }
}

const headersOf = ({ headers }: IncomingMessage): Record<string, string> => ({
  'content-type': headers['content-type'] ?? 'application/json', accept: headers.accept ?? 'application/json',
})

/** Whole answers at once; a stream (server-sent events) as it comes. */
async function send(answer: Response, response: ServerResponse, { keepaliveMs }: { keepaliveMs: number }): Promise<void> {
  const streams = answer.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  if (!streams || !answer.body) return void response.end(Buffer.from(await answer.arrayBuffer()))
  // Who left while it began will not close once more.
  if (!isOpen(response)) return cancelled(answer.body)
  // One line and not a whole event: it may come between the lines of one.
  const timer = keepAlive(response, { keepaliveMs, comment: ':\n' })
  // A reader that goes away ends the stream; that is no failure.
  await pipeline(Readable.from(answer.body as unknown as AsyncIterable<Uint8Array>), response).catch(() => undefined)
  timer.stop()
}

/** The stream takes its subscription up when it is first read: cancelled before, it would leave that open. */
async function cancelled(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader()
  await reader.read()
  await reader.cancel()
}
