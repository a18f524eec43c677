/**
 * One request through the GraphQL door. It ends in one of four ways, and the difference is what the caller may do next:
 * an answer; Unreachable (nobody can tell whether it was done: ask again); Unauthorized (the token is not accepted);
 * Rejected (this very request will never be accepted).
 */
import { ERROR_CODES } from '@sluice/protocol'
import type { Addresses } from './addresses.ts'
import { deadlineSignal } from './deadline-signal.ts'

export class Unreachable extends Error {
  override readonly name: string = 'Unreachable'
}

export class Unauthorized extends Unreachable {
  override readonly name = 'Unauthorized'
}

export class Rejected extends Error {
  override readonly name = 'Rejected'
}

export interface Request { query: string; variables: Record<string, unknown>; timeoutMs: number; signal: AbortSignal }

/** Sends one document and gives its `answer` field. */
export type Transport = (request: Request) => Promise<unknown>

interface Body { data?: { answer?: unknown } | null; errors?: { message?: string; extensions?: { code?: string } }[] }

/** Where there are several addresses, a request goes to the one that answered last, and after no answer the next request to the next. */
export function createTransport({ addresses, token }: { addresses: Addresses; token: string }): Transport {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json',
    authorization: `Bearer ${token}`,
  }
  return async ({ query, variables, timeoutMs, signal }) => {
    const deadline = deadlineSignal(signal, timeoutMs)
    const asked = addresses.current()
    try {
      const response = await fetch(new URL('/graphql', asked), { method: 'POST', headers, body: JSON.stringify({ query, variables }), signal: deadline.signal })
      return unwrap(response.status, await response.text())
    } catch (error) {
      if (error instanceof Rejected || error instanceof Unauthorized) throw error
      signal.throwIfAborted()
      addresses.leave(asked)
      throw error instanceof Unreachable ? error : new Unreachable(`no answer from ${asked.origin}: ${reasonOf(error)}`)
    } finally {
      deadline.release()
    }
  }
}

function unwrap(status: number, text: string): unknown {
  const body = parse(text)
  const said = body?.errors?.[0]?.message ?? `HTTP ${status}`
  const code = body?.errors?.[0]?.extensions?.code ?? ''
  if (body?.data?.answer) return body.data.answer
  if (status === 401 || status === 403 || code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') throw new Unauthorized(said)
  if (refusesTheRequest(status) || isAboutTheRequest(code)) throw new Rejected(said)
  throw new Unreachable(said)
}

/** 408 and 429 say "later"; what is 5xx, or no GraphQL answer at all (a proxy, a start page), may be different in a moment. */
const refusesTheRequest = (status: number) => status >= 400 && status < 500 && status !== 408 && status !== 429

const REFUSALS: readonly string[] = ['BAD_USER_INPUT', ...ERROR_CODES]
const isAboutTheRequest = (code: string) => REFUSALS.includes(code) || code.startsWith('GRAPHQL_')

function parse(text: string): Body | null {
  try {
    return JSON.parse(text) as Body
  } catch {
    return null
  }
}

const reasonOf = (error: unknown) => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || error.message : error.message
}
