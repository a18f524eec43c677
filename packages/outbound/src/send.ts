/**
 * One request. The name is resolved and checked before it and again by the connection, which goes only to an address of that second
 * answer: what a resolver says in between, or says differently, leads nowhere. A kept connection is used where the first answer still
 * names the address it goes to. Redirects are answers like any other, time and body are bounded.
 */
import { isIP } from 'node:net'
import { parseAddress } from './address-rules.ts'
import { Connection } from './connection.ts'
import { codeOf, failureOf, type OutboundAnswer, type Progress } from './failure.ts'
import type { KeepOptions, KeptConnections } from './kept-connections.ts'
import type { Policy } from './policy.ts'

export interface OutboundRequest {
  url: string
  method: string
  headers?: Record<string, string>
  body?: string | Buffer
  /** For all of it: resolving, connecting, the answer to its last byte. */
  timeoutMs: number
  /** The most of the body that is kept; the rest is not read. */
  maxBytes: number
  /** Aborted: `send` throws its reason. */
  signal?: AbortSignal
}

/** What sends; `kept` is null where each request has a connection of its own. */
export interface Means {
  policy: Policy
  kept: { connections: KeptConnections; options: KeepOptions } | null
}

/** Throws AddressRefused, OutboundFailed, or the reason of the aborted signal. */
export async function send(means: Means, request: OutboundRequest): Promise<OutboundAnswer> {
  const progress: Progress = { url: request.url, timeoutMs: request.timeoutMs, timedOut: false, address: null, answer: null }
  const end = new AbortController()
  const onAbort = () => end.abort()
  const timer = setTimeout(() => {
    progress.timedOut = true
    end.abort()
  }, request.timeoutMs)
  request.signal?.addEventListener('abort', onAbort)
  try {
    request.signal?.throwIfAborted()
    return await checkAndExchange({ means, request, progress, signal: end.signal })
  } catch (error) {
    request.signal?.throwIfAborted()
    throw failureOf(error, progress)
  } finally {
    clearTimeout(timer)
    request.signal?.removeEventListener('abort', onAbort)
  }
}

/** The addresses that it may be sent to now. Throws AddressRefused, and what the resolver throws. */
export async function checkUrl(policy: Policy, text: string): Promise<readonly string[]> {
  const refused = policy.refuse(text)
  if (refused) throw refused
  const host = new URL(text).hostname.replace(/^\[|\]$/g, '')
  return isIP(host) === 0 ? policy.addressesOf(host) : [host]
}

interface Journey { means: Means; request: OutboundRequest; progress: Progress; signal: AbortSignal }

async function checkAndExchange(journey: Journey): Promise<OutboundAnswer> {
  const { means: { policy, kept }, request } = journey
  const addresses = await checkNow(journey)
  const { origin } = new URL(request.url)
  const waiting = kept?.connections.take(origin, address => addresses.some(each => isSame(each, address)))
  if (waiting) {
    try {
      return await exchange(waiting, journey)
    } catch (error) {
      if (!wasClosedUnused(error, journey)) throw error
    }
  }
  const onClosed = (connection: Connection) => kept?.connections.forget(connection)
  return exchange(new Connection({ policy, origin, idleMs: kept?.options.idleMs ?? 0, onClosed }), journey)
}

/** Whatever is wrong with the address now, no connection to it is kept any longer. */
async function checkNow({ means: { policy, kept }, request: { url }, signal }: Journey): Promise<readonly string[]> {
  try {
    return await untilAborted(checkUrl(policy, url), signal)
  } catch (error) {
    if (URL.canParse(url)) kept?.connections.take(new URL(url).origin, () => false)
    throw error
  }
}

/**
 * A receiver may close a connection at the very moment it is used again. That says nothing about the receiver, so it is asked once more,
 * on a connection of its own. It may have read the first request; who sends this way must bear being heard twice.
 */
const wasClosedUnused = (error: unknown, { progress, signal }: Journey): boolean =>
  progress.answer === null && !signal.aborted && ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error))

async function exchange(connection: Connection, { means, request, progress, signal }: Journey): Promise<OutboundAnswer> {
  const { pathname, search } = new URL(request.url)
  try {
    const answer = await connection.exchange({
      path: pathname + search, method: request.method, headers: request.headers ?? {}, body: request.body ?? null, maxBytes: request.maxBytes, signal,
      onAnswer: each => void (progress.answer = each),
    })
    if (means.kept && !answer.truncated) means.kept.connections.give(connection)
    else await connection.destroy()
    return answer
  } catch (error) {
    progress.address = connection.address
    await connection.destroy()
    throw error
  }
}

/** Two spellings of one address are the same. */
const isSame = (one: string, other: string): boolean => parseAddress(one)?.toNormalizedString() === parseAddress(other)?.toNormalizedString()

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
    work.then(resolve, reject)
  })
}
