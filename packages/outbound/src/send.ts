/**
 * One request on a connection of its own. The name is resolved and checked before the request and again by the connection, which goes
 * only to an address of that second answer: what a resolver says in between, or says differently, leads nowhere. Redirects are answers
 * like any other, time and body are bounded, and a failure never tells an address that was not connected to.
 */
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { buildConnector, Client, type Dispatcher } from 'undici'
import { AddressRefused, type Policy } from './policy.ts'

export interface OutboundRequest {
  url: string
  method: string
  headers?: Record<string, string>
  body?: string
  /** For all of it: resolving, connecting, the answer to its last byte. */
  timeoutMs: number
  /** The most of the body that is kept; the rest is not read. */
  maxBytes: number
  /** Aborted: `send` throws its reason. */
  signal?: AbortSignal
}

export interface OutboundAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
  /** There was more than maxBytes. */
  truncated: boolean
  /** Where the connection went. */
  address: string
}

/** UNRESOLVED: the name has no address now. NO_CONNECTION, TLS, TIMEOUT. BROKEN: connected, and no whole answer came. */
export type FailureCode = 'UNRESOLVED' | 'NO_CONNECTION' | 'TLS' | 'TIMEOUT' | 'BROKEN'

/** There was no answer; another time there may be one. */
export class OutboundFailed extends Error {
  override readonly name = 'OutboundFailed'
  readonly code: FailureCode
  /** null when no connection was made. */
  readonly address: string | null

  constructor(code: FailureCode, o: { message: string; address: string | null }) {
    super(o.message)
    this.code = code
    this.address = o.address
  }
}

/** Where a request is, for the sake of its failure. */
interface Journey { policy: Policy; request: OutboundRequest; address: string | null; timedOut: boolean }

/** Throws AddressRefused, OutboundFailed, or the reason of the aborted signal. */
export async function send(policy: Policy, request: OutboundRequest): Promise<OutboundAnswer> {
  const journey: Journey = { policy, request, address: null, timedOut: false }
  const end = new AbortController()
  const onAbort = () => end.abort()
  const timer = setTimeout(() => {
    journey.timedOut = true
    end.abort()
  }, request.timeoutMs)
  request.signal?.addEventListener('abort', onAbort)
  try {
    request.signal?.throwIfAborted()
    await untilAborted(checkUrl(policy, request.url), end.signal)
    return await exchange(journey, end.signal)
  } catch (error) {
    throw failureOf(error, journey)
  } finally {
    clearTimeout(timer)
    request.signal?.removeEventListener('abort', onAbort)
  }
}

/** Throws AddressRefused, and what the resolver throws. */
export async function checkUrl(policy: Policy, text: string): Promise<void> {
  const refused = policy.refuse(text)
  if (refused) throw refused
  const host = new URL(text).hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) === 0) await policy.addressesOf(host)
}

async function exchange(journey: Journey, signal: AbortSignal): Promise<OutboundAnswer> {
  const { request } = journey
  const url = new URL(request.url)
  const client = new Client(url.origin, { connect: guardedConnect(journey), pipelining: 0, headersTimeout: 0, bodyTimeout: 0 })
  try {
    const answer = await client.request({
      path: url.pathname + url.search, method: request.method as Dispatcher.HttpMethod, signal,
      headers: { 'accept-encoding': 'identity', ...request.headers }, body: request.body ?? null,
    })
    const { body, truncated } = await readBody(answer.body, request.maxBytes)
    return { status: answer.statusCode, headers: answer.headers, body, truncated, address: journey.address ?? '' }
  } finally {
    await client.destroy()
  }
}

/** A literal address is connected to without a lookup, a name only through ours; where the socket ended up is looked at once more. */
function guardedConnect(journey: Journey): buildConnector.connector {
  const { policy } = journey
  const lookup: LookupFunction = (name, options, tell) => {
    policy.addressesOf(name).then(
      addresses => {
        const found = addresses.map(address => ({ address, family: isIP(address) }))
        if (options.all) tell(null, found)
        else tell(null, found[0]?.address ?? '', found[0]?.family ?? 0)
      },
      (error: NodeJS.ErrnoException) => tell(error, [])
    )
  }
  const dial = buildConnector({ lookup, timeout: 0, maxCachedSessions: 0, autoSelectFamily: true } as buildConnector.BuildOptions)
  return (options, callback) => {
    const refused = policy.refuseHost(options.hostname)
    if (refused) return callback(refused, null)
    dial(options, (...[error, socket]) => {
      if (error) return callback(error, null)
      journey.address = arrivedAt(socket, { policy, host: options.hostname })
      if (journey.address !== null) return callback(null, socket)
      socket.destroy()
      callback(new AddressRefused(options.hostname, []), null)
    })
  }
}

const arrivedAt = (socket: Socket, o: { policy: Policy; host: string }): string | null =>
  socket.remoteAddress !== undefined && o.policy.admits(o.host, socket.remoteAddress) ? socket.remoteAddress : null

async function readBody(stream: Dispatcher.ResponseData['body'], maxBytes: number): Promise<{ body: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > maxBytes) break
  }
  return { body: Buffer.concat(chunks).subarray(0, maxBytes), truncated: size > maxBytes }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
    work.then(resolve, reject)
  })
}

/** Only codes are passed on: a message of the platform may hold an address. */
function failureOf(error: unknown, { request, address, timedOut }: Journey): unknown {
  if (error instanceof AddressRefused) return error
  if (request.signal?.aborted) return request.signal.reason
  const { host } = new URL(request.url)
  if (timedOut) return new OutboundFailed('TIMEOUT', { message: `${host} did not answer within ${request.timeoutMs} ms`, address })
  const code = codeOf(error)
  const kind = failureCode(code, address)
  return new OutboundFailed(kind, { message: `${host} ${SENTENCES[kind]}${code ? ` (${code})` : ''}`, address })
}

const SENTENCES: Record<FailureCode, string> = {
  UNRESOLVED: 'has no address', NO_CONNECTION: 'could not be connected to', TLS: 'does not prove who it is', TIMEOUT: 'did not answer in time', BROKEN: 'gave no whole answer',
}

function failureCode(code: string, address: string | null): FailureCode {
  if (['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA'].includes(code)) return 'UNRESOLVED'
  if (/^ERR_TLS|^ERR_SSL|CERT|^UNABLE_TO|^EPROTO$/.test(code)) return 'TLS'
  return address === null ? 'NO_CONNECTION' : 'BROKEN'
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '')
