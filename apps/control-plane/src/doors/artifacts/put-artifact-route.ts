import type { IncomingMessage } from 'node:http'
import { Forbidden, InvalidInput, Refusal } from '@sluice/domain'
import { putArtifact } from '@sluice/engine'
import { LIMITS } from '@sluice/protocol'
import { GraphQLString, type GraphQLInputType } from 'graphql'
import { duration, Misread } from '../../config/grammar.ts'
import { shownArtifact } from '../../graphql/artifact.ts'
import { actorOf } from '../../policies/caller.ts'
import { mayRun } from '../../policies/policy.ts'
import { SenderLeft } from '../read-body.ts'
import type { Field } from '../rest/fields.ts'
import { Problem } from '../rest/problem.ts'
import { respondWith, type Call, type Route } from '../rest/route.ts'
import type { JsonSchema } from '../rest/json-schema.ts'
import { digestOf, digestText, etagOf, leaseOf } from './artifact-headers.ts'

const TTL: Field = { type: GraphQLString as GraphQLInputType, description: 'After this time it is gone: 30m, 24h, 7d; absent: it stays as long as its flow.' }
/** Nothing comes for so long: whoever sends it is gone. */
const STALLED_MS = 60_000
const TTL_MAX = 10 * 365 * 86_400_000

/** PUT /flows/{id}/artifacts/{name}: the bytes stream into the database as fast as it takes them, and are no artifact before the last of them was checked. */
export const putArtifactRoute = (artifact: JsonSchema): Route => ({
  method: 'PUT', path: '/flows/{id}/artifacts/{name}', operationId: 'putArtifact', summary: 'Leaves an artifact behind; for the worker that has the lease.',
  description: `At most ${LIMITS.artifactMaxBytes} bytes. The same name and digest again changes nothing; another digest of the same attempt is CONFLICT; what an ` +
    'earlier attempt left under the name is replaced.',
  query: { ttl: TTL },
  headers: {
    'sluice-lease': 'The lease, as attempt.epoch.',
    'content-digest': 'sha-256=:BASE64:, the sha-256 of the bytes (RFC 9530). Without it, or when the bytes are others: INVALID_INPUT.',
    'content-type': 'What it is; application/octet-stream when absent.',
  },
  upload: true,
  successes: {
    201: { description: 'It is stored.', content: { 'application/json': artifact }, headers: { Location: 'Where to read it.', ETag: 'Its digest.' } },
    200: { description: 'It was there already, with this digest.', content: { 'application/json': artifact }, headers: { Location: 'Where to read it.', ETag: 'Its digest.' } },
  },
  refusals: ['NOT_FOUND', 'STALE_LEASE', 'FLOW_ALREADY_TERMINAL', 'CONFLICT', 'LIMIT_EXCEEDED', 'UNSUPPORTED_MEDIA_TYPE'],
  run,
})

async function run(call: Call): Promise<true> {
  const { request, ctx } = call
  if (!mayRun(ctx.viewer, 'door.putArtifact')) throw new Forbidden('Your roles or the scopes of this token do not allow that.')
  const [lease, digest] = [leaseOf(request, call.id), digestOf(request)]
  refuseUnreadable(request)
  const outcome = await putArtifact(ctx.deps, {
    actor: actorOf(ctx.viewer, ctx.address), lease, digest, name: call.name, ttlMs: ttlOf(call.query['ttl']),
    mediaType: request.headers['content-type'] ?? 'application/octet-stream',
  }, bytesOf(request))
  if (outcome instanceof Refusal) throw outcome
  const shown = shownArtifact(outcome.artifact, ctx)
  return respondWith(call, outcome.created ? 201 : 200, shown, { location: shown.url, etag: etagOf(outcome.artifact), 'repr-digest': digestText(outcome.artifact.digest) })
}

function refuseUnreadable({ headers }: IncomingMessage): void {
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw new Problem({ code: 'UNSUPPORTED_MEDIA_TYPE', message: 'Send the bytes as they are, without content-encoding.' })
  if (Number(headers['content-length'] ?? 0) > LIMITS.artifactMaxBytes) {
    throw new Problem({
      code: 'LIMIT_EXCEEDED', status: 413, message: `An artifact has at most ${LIMITS.artifactMaxBytes} bytes.`, details: { limit: LIMITS.artifactMaxBytes }, headers: { connection: 'close' },
    })
  }
}

/** As they come; whoever stops reading them leaves the connection as it is, because the answer goes the same way. */
async function* bytesOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  request.setTimeout(STALLED_MS, () => void request.destroy())
  try {
    for await (const part of request.iterator({ destroyOnReturn: false })) yield part as Uint8Array
  } catch {
    throw new SenderLeft()
  } finally {
    request.setTimeout(0)
  }
}

function ttlOf(given: unknown): number | null {
  const text = typeof given === 'string' ? given : ''
  if (text === '') return null
  try {
    return duration({ min: 1000, max: TTL_MAX }).parse(text)
  } catch (error) {
    throw error instanceof Misread ? new InvalidInput(['ttl'], `ttl is "${text}": ${error.message}.`) : error
  }
}
