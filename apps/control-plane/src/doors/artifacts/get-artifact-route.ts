import type { ServerResponse } from 'node:http'
import { NotFound, Refusal } from '@sluice/domain'
import { artifactBytes, ArtifactGone, artifactOf, artifactOfLease, type ArtifactRow } from '@sluice/engine'
import { actorOf } from '../../policies/caller.ts'
import { mayRun } from '../../policies/policy.ts'
import { endWhenStalled, isOpen, taken } from '../events/event-stream.ts'
import { Problem } from '../rest/problem.ts'
import type { Call, Route } from '../rest/route.ts'
import { digestText, etagOf, hasTag, LEASE_HEADER, leaseOf } from './artifact-headers.ts'
import { byteRange, type ByteRange } from './byte-range.ts'
import { safeType } from './safe-type.ts'

/** GET /flows/{id}/artifacts/{name}: the bytes, or a range of them, as fast as they are taken. To a browser they are always a file to save. */
export const getArtifactRoute: Route = {
  method: 'GET', path: '/flows/{id}/artifacts/{name}', operationId: 'getArtifact', summary: 'The bytes of an artifact, or one range of them.',
  description: 'A browser saves them and never shows them as a page of this server: what could run comes as application/octet-stream.',
  query: {},
  headers: {
    'sluice-lease': 'Of a worker, which reads what is left behind in its own flow: the lease, as attempt.epoch.',
    Range: 'bytes=FROM-TO, one range.', 'If-Range': 'Only if this is still its ETag; else all of it.', 'If-None-Match': 'Answer 304 if this is still its ETag.',
  },
  successes: {
    200: { description: 'All of it; as its own type where a browser does not run it.', content: { 'application/octet-stream': { type: 'string', format: 'binary' } }, headers: { ETag: 'Its digest.', 'Repr-Digest': 'sha-256=:BASE64:, the sha-256 of all of it.' } },
    206: { description: 'The range.', content: { 'application/octet-stream': { type: 'string', format: 'binary' } }, headers: { 'Content-Range': 'Which part of how much.' } },
    304: { description: 'It is still the same.' },
  },
  refusals: ['NOT_FOUND', 'STALE_LEASE', 'FLOW_ALREADY_TERMINAL', 'RANGE_NOT_SATISFIABLE'],
  run,
}

async function run(call: Call): Promise<void> {
  const { request, response } = call
  const artifact = await find(call)
  if (artifact === undefined) throw NotFound.of('artifact', call.name)
  const tag = etagOf(artifact)
  if (hasTag(request.headers['if-none-match'], tag)) return void response.writeHead(304, shared(artifact)).end()
  const current = request.headers['if-range'] === undefined || request.headers['if-range'] === tag
  const range = current ? byteRange(request.headers.range, artifact.size) : null
  if (range === 'unsatisfiable') throw beyond(artifact)
  const { from, to } = range ?? { from: 0, to: artifact.size }
  response.writeHead(range ? 206 : 200, headersOf(artifact, { from, to, partial: range !== null }))
  if (request.method === 'HEAD') return void response.end()
  await send(call, artifact, { from, to })
}

/** Of a flow that the caller may read, or whose lease it has: its worker reads nothing else of any flow (INV-38). */
async function find({ request, ctx, id, name }: Call): Promise<ArtifactRow | undefined> {
  if ((await ctx.flows.visible(id)) !== null) return artifactOf(ctx.deps.pool, { flowId: id, name })
  if (request.headers[LEASE_HEADER] === undefined || !mayRun(ctx.viewer, 'door.getArtifact')) throw NotFound.of('flow', id)
  const found = await artifactOfLease(ctx.deps, { actor: actorOf(ctx.viewer, ctx.address), lease: leaseOf(request, id), name })
  if (found instanceof Refusal) throw found
  return found
}

const beyond = ({ size }: ArtifactRow): Problem => new Problem({
  code: 'RANGE_NOT_SATISFIABLE', message: `There are ${size} bytes.`, headers: { 'content-range': `bytes */${size}` },
})

const shared = (artifact: ArtifactRow): Record<string, string> => ({
  'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY', 'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Whoever opens it in spite of all that gets a page that may do nothing.
  'content-security-policy': "sandbox; default-src 'none'",
  etag: etagOf(artifact), 'repr-digest': digestText(artifact.digest),
  // Asked again each time: the right to read it may have ended, and a later attempt may have replaced it.
  'cache-control': 'private, no-cache', vary: 'authorization, cookie',
})

const headersOf = (artifact: ArtifactRow, { from, to, partial }: ByteRange & { partial: boolean }): Record<string, string | number> => ({
  ...shared(artifact), 'content-type': safeType(artifact.mediaType), 'content-disposition': `attachment; filename="${artifact.name}"`, 'accept-ranges': 'bytes',
  'content-length': to - from, ...(partial ? { 'content-range': `bytes ${from}-${to - 1}/${artifact.size}` } : {}),
})

async function send({ response, ctx, keepaliveMs }: Call, artifact: ArtifactRow, range: ByteRange): Promise<void> {
  endWhenStalled(response, keepaliveMs)
  try {
    for await (const piece of artifactBytes(ctx.deps.pool, { artifact, ...range })) {
      if (!(await taken(response, piece))) return
      ctx.observing.metrics.artifactTaken(piece.length)
    }
    response.end()
  } catch (error) {
    if (!(error instanceof ArtifactGone)) throw error
    cut(response)
  }
}

/** What was promised cannot be kept: a connection that breaks says so. */
const cut = (response: ServerResponse): void => void (isOpen(response) && response.destroy())
