/**
 * Artifacts: what a flow leaves behind as bytes with a name. The digest travels before the bytes, so a source that can be read only once goes through a
 * file of its own first; then every source can be read again, and a lost connection is another try.
 */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { LIMITS } from '@sluice/protocol'
import { FlowFailure } from '../outcome.ts'
import type { Artifact, UploadBody } from '../wire/upload.ts'
import type { Talk } from './talk.ts'

/** A text, bytes, a file by its path, or a stream. */
export type ArtifactData = string | Uint8Array | { file: string } | AsyncIterable<Uint8Array | string>

export interface ArtifactOptions {
  /** Default: text/plain for a text, else application/octet-stream. */
  mediaType?: string
}

/** What was stored. */
export interface StoredArtifact { name: string; mediaType: string; size: number; digest: string }

export type PutArtifact = (name: string, data: ArtifactData, options?: ArtifactOptions) => Promise<StoredArtifact>

export function createArtifacts({ talk, signal }: { talk: Pick<Talk, 'upload'>; signal: AbortSignal }): PutArtifact {
  return async (name, data, { mediaType = typeof data === 'string' ? 'text/plain; charset=utf-8' : 'application/octet-stream' } = {}) => {
    signal.throwIfAborted()
    refuseBad(name)
    const source = await sourceOf(data)
    try {
      const artifact: Artifact = { name, mediaType, ...await measure(source.body(), name) }
      signal.throwIfAborted()
      await talk.upload(artifact, source.body)
      return { name, mediaType, size: artifact.size, digest: `sha-256=:${artifact.sha256}:` }
    } finally {
      await source.release()
    }
  }
}

/** What an earlier attempt left under the name, or this one; null where nothing is. Its bytes come as they are read. */
export type ReadArtifact = (name: string) => Promise<Response | null>

export const createArtifactReader = ({ talk, signal }: { talk: Pick<Talk, 'download'>; signal: AbortSignal }): ReadArtifact => async name => {
  signal.throwIfAborted()
  refuseBad(name)
  return await talk.download(name)
}

interface Source { body: UploadBody; release(): Promise<void> }

const keep = (body: UploadBody): Source => ({ body, release: async () => {} })

async function sourceOf(data: ArtifactData): Promise<Source> {
  if (typeof data === 'string') return keep(() => Readable.from([Buffer.from(data)]))
  if (data instanceof Uint8Array) return keep(() => Readable.from([Buffer.from(data.buffer, data.byteOffset, data.byteLength)]))
  if ('file' in data) {
    const { file } = data
    await stat(file)
    return keep(() => createReadStream(file))
  }
  return await spooled(data)
}

async function spooled(stream: AsyncIterable<Uint8Array | string>): Promise<Source> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-artifact-'))
  const release = () => rm(folder, { recursive: true, force: true })
  const file = join(folder, 'bytes')
  try {
    await pipeline(Readable.from(stream, { objectMode: true }), createWriteStream(file, { mode: 0o600 }))
    return { body: () => createReadStream(file), release }
  } catch (error) {
    await release()
    throw error
  }
}

async function measure(stream: Readable, name: string): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk)
    size += chunk.length
    if (size > LIMITS.artifactMaxBytes) {
      const message = `Artifact "${name}" has more than the ${LIMITS.artifactMaxBytes} bytes that one may have`
      throw new FlowFailure({ code: 'ARTIFACT_TOO_LARGE', message, retryable: false })
    }
  }
  return { size, sha256: hash.digest('base64') }
}

function refuseBad(name: string) {
  if (typeof name === 'string' && name !== '' && name.length <= LIMITS.artifactNameMax) return
  throw new FlowFailure({ code: 'INVALID_ARTIFACT', message: `An artifact's name is a text of 1 to ${LIMITS.artifactNameMax} characters`, retryable: false })
}
