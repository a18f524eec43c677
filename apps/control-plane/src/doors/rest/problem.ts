import { randomUUID } from 'node:crypto'
import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Log } from '@sluice/db'
import { InvalidInput, LimitExceeded, Refusal, UrlNotAllowed } from '@sluice/domain'
import type { ErrorCode } from '@sluice/protocol'
import { respond } from '../respond.ts'

/** What each expected refusal is in HTTP. A body above BODY_MAX is LIMIT_EXCEEDED with 413. */
export const STATUS_OF_CODE: Record<ErrorCode, number> = {
  INVALID_INPUT: 400, INVALID_DECISION: 400,
  FORBIDDEN: 403, NOT_FOUND: 404,
  FLOW_ALREADY_TERMINAL: 409, FLOW_NOT_QUEUED: 409, FLOW_NOT_STARTED: 409, STALE_LEASE: 409, NOT_RESUMABLE: 409, DELIVERY_IN_PROGRESS: 409, LANE_CLOSED: 409,
  MEMO_MISMATCH: 409, CONFLICT: 409,
  ENDPOINT_GONE: 410, BODY_PURGED: 410,
  IDEMPOTENCY_KEY_REUSED: 422, URL_NOT_ALLOWED: 422, LIMIT_EXCEEDED: 422,
}

/** What only a door over HTTP can refuse. */
export const STATUS_OF_DOOR_CODE = {
  UNAUTHENTICATED: 401, METHOD_NOT_ALLOWED: 405, RANGE_NOT_SATISFIABLE: 416, UNSUPPORTED_MEDIA_TYPE: 415, INTERNAL_SERVER_ERROR: 503, UNAVAILABLE: 503,
} as const

export type ProblemCode = ErrorCode | keyof typeof STATUS_OF_DOOR_CODE

interface Details { path?: string[]; limit?: number; rule?: string | null; flow?: unknown; requestId?: string }
interface Options { code: ProblemCode; message: string; details?: Details; status?: number; headers?: Record<string, string> }

/** An answer that is not what was asked for, in the shape of RFC 9457. Nothing was changed. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly status: number
  readonly details: Details
  readonly headers: Record<string, string>

  constructor({ code, message, details = {}, status, headers = {} }: Options) {
    super(message)
    this.code = code
    this.status = status ?? statusOf(code)
    this.details = details
    this.headers = headers
  }
}

/** What is no refusal, so a bug, or a database that is away: logged, and told without what it was. */
export function masked(error: unknown, { log, requestId = randomUUID() }: { log: Log; requestId?: string }): Problem {
  const { message, stack } = error as Error
  log({ event: 'request.failed', requestId, message, stack })
  return new Problem({ code: 'INTERNAL_SERVER_ERROR', message: 'The server cannot answer now; try again.', details: { requestId } })
}

export const statusOf = (code: ProblemCode): number => ({ ...STATUS_OF_CODE, ...STATUS_OF_DOOR_CODE })[code]

/** A refusal as the schema answers it: a member of a result union, or the extensions of an error. Any other code is a bug, already masked. */
export function problemOfAnswer(answer: Record<string, unknown>): Problem {
  const { code, message, path, limit, rule, flow, requestId } = answer as unknown as { code: ProblemCode; message: string } & Details
  const known = Object.hasOwn(STATUS_OF_CODE, code) ? code : 'INTERNAL_SERVER_ERROR'
  return new Problem({
    code: known, message,
    details: { ...(path && { path: shortened(path) }), ...(limit !== undefined && { limit }), ...(rule !== undefined && { rule }), ...(flow ? { flow } : {}), ...(requestId && { requestId }) },
  })
}

/** What a door threw; undefined when it is a bug. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error
  return error instanceof Refusal ? problemOfAnswer({ code: error.code, message: error.message, ...detailsOf(error) }) : undefined
}

function detailsOf(error: Refusal): Details {
  if (error instanceof InvalidInput) return { path: error.path }
  if (error instanceof UrlNotAllowed) return { rule: error.rule }
  return error instanceof LimitExceeded ? { limit: error.limit } : {}
}

// A filter's fields are parameters of their own here.
const shortened = (path: string[]): string[] => (path[0] === 'filter' ? path.slice(1) : path)

export function respondProblem(response: ServerResponse, { code, status, message, details, headers }: Problem): true {
  const json = { type: 'about:blank', title: STATUS_CODES[status], status, detail: message, code, ...details }
  const retry: Record<string, string> = status === 503 ? { 'retry-after': '1' } : {}
  return respond(response, {
    status, body: JSON.stringify(json),
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', vary: 'accept, authorization', ...retry, ...headers },
  })
}
