import { InvalidInput, LimitExceeded, Refusal, UrlNotAllowed } from '@sluice/domain'
import type { Log } from '@sluice/db'
import { GraphQLError } from 'graphql'
import { withoutValue } from './without-value.ts'

const BAD_INPUT = { code: 'BAD_USER_INPUT' }
const BAD_DOCUMENT = { ...BAD_INPUT, http: { status: 400 } }

/**
 * What a client is told of an error. A refusal keeps its words, what GraphQL itself refuses is BAD_USER_INPUT (HTTP 400),
 * and anything else is a bug: masked, and logged under the request id that the client is given.
 */
export function presentError(error: GraphQLError, { requestId, log }: { requestId: string; log: Log }): GraphQLError {
  const cause = rootOf(error)
  if (cause instanceof Refusal) return shown(error, { message: cause.message, extensions: { code: cause.code, ...detailOf(cause) } })
  // Without a path it is the document itself, or a variable of it, that was refused.
  if (cause instanceof GraphQLError) return shown(error, { message: withoutValue(error), extensions: error.path === undefined ? BAD_DOCUMENT : BAD_INPUT })
  log({ event: 'request.bug', requestId, path: error.path?.join('.'), message: cause.message, stack: cause.stack })
  return shown(error, { message: `Something went wrong here. Request ${requestId}`, extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } })
}

function rootOf(error: Error): Error {
  const inner = error instanceof GraphQLError ? error.originalError : undefined
  return inner ? rootOf(inner) : error
}

function detailOf(refusal: Refusal): Record<string, unknown> {
  if (refusal instanceof InvalidInput) return { path: refusal.path }
  if (refusal instanceof UrlNotAllowed) return { rule: refusal.rule }
  return refusal instanceof LimitExceeded ? { limit: refusal.limit } : {}
}

interface Shown { message: string; extensions: Record<string, unknown> }

const shown = ({ nodes, source, positions, path }: GraphQLError, { message, extensions }: Shown): GraphQLError =>
  new GraphQLError(message, { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null, path: path ?? null, extensions })
