/**
 * An artifact on its way up: PUT with its digest, streamed from a source that can be read again, so that memory stays small and a lost connection
 * costs another try. Node's own client and not fetch, which cannot say the length of what it streams.
 */
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import type { LeaseRef } from '@sluice/protocol'
import type { Addresses } from './addresses.ts'
import { artifactPath, leaseHeaders, refusalIn } from './artifact-door.ts'
import type { Refused } from './control-plane.ts'
import { Rejected, Unreachable } from './transport.ts'

export interface Artifact {
  name: string
  mediaType: string
  size: number
  /** SHA-256, base64. */
  sha256: string
}
/** Begins at the first byte each time. */
export type UploadBody = () => Readable

export interface Upload { lease: LeaseRef; artifact: Artifact; body: UploadBody; signal: AbortSignal }
export type Uploader = (upload: Upload) => Promise<object | Refused>

/** Neither a byte taken nor an answer for this long: the connection is dead. */
const SILENT_MS = 60_000
const ANSWER_MAX = 64 * 1024

/** Ends like a request through the transport: an answer, a refusal, or Unreachable, Unauthorized, Rejected. */
export function createUploader({ addresses, token }: { addresses: Addresses; token: string }): Uploader {
  return async upload => {
    const asked = addresses.current()
    try {
      const { status, body } = await put(new URL(artifactPath({ lease: upload.lease, name: upload.artifact.name }), asked), { ...upload, token })
      return status >= 200 && status < 300 ? {} : refusalIn(status, body)
    } catch (error) {
      if (error instanceof Rejected || error instanceof Unreachable) throw error
      upload.signal.throwIfAborted()
      addresses.leave(asked)
      throw new Unreachable(`no answer from ${asked.origin}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

async function put(url: URL, { lease, artifact, body, signal, token }: Upload & { token: string }): Promise<{ status: number; body: string }> {
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method: 'PUT', signal, timeout: SILENT_MS, agent: false,
    headers: {
      ...leaseHeaders({ lease, token }), 'content-type': artifact.mediaType, 'content-length': artifact.size,
      'content-digest': `sha-256=:${artifact.sha256}:`, accept: 'application/json, application/problem+json',
    },
  })
  request.on('timeout', () => request.destroy(new Error(`nothing was taken for ${SILENT_MS} ms`)))
  const answered = new Promise<IncomingMessage>((resolve, reject) => request.once('response', resolve).once('error', reject).once('close', () => reject(new Error('the connection was closed'))))
  const sent = pipeline(body(), request)
  // A refusal comes before the last byte, and the connection ends with it.
  sent.catch(() => {})
  const response = await answered
  const said = await text(limited(response))
  request.destroy()
  return { status: response.statusCode ?? 0, body: said }
}

async function* limited(response: IncomingMessage): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > ANSWER_MAX) return
    yield chunk
  }
}
