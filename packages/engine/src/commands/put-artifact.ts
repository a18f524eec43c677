/**
 * Bytes that a worker leaves behind. They stream into rows of 1 MiB, each committed on its own, so that neither memory nor a transaction holds them all; only at
 * the end the artifact itself is written, in a transaction that looks at the lease again. Until then nobody sees them, and what was broken off goes by a sweep.
 */
import { createHash } from 'node:crypto'
import { Conflict, InvalidInput, LimitExceeded, Refusal, addArtifact, newId } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import { named, transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { COMPLETION_ARTIFACT, LIMITS } from '@sluice/protocol'
import type { LeaseRef } from '@sluice/protocol'
import { applyMoves } from '../apply-moves.ts'
import type { Deps, Outcome } from '../deps.ts'
import { CHUNK_BYTES, countArtifacts, deleteChunks, findArtifact, insertArtifact, insertChunk, storedBytes } from '../sql/artifact-sql.ts'
import type { ArtifactRow } from '../sql/artifact-sql.ts'
import { lockLease } from './worker-lease.ts'
import type { HeldFlow } from './worker-lease.ts'

export interface PutArtifact {
  actor: Actor
  lease: LeaseRef
  name: string
  mediaType: string
  /** sha-256 in hex: what the bytes must come to. */
  digest: string
  /** After which it goes; null: with its flow. */
  ttlMs: number | null
}

export interface PutArtifactDone { artifact: ArtifactRow; created: boolean }

/**
 * The bytes are read only when the artifact can be had, and never faster than they are stored. created: false when it was there with this digest.
 * Another digest of the same attempt is a Conflict; what an earlier attempt left under the name is replaced. @throws what the reading of the bytes throws.
 */
export async function putArtifact(deps: Deps, cmd: PutArtifact, bytes: AsyncIterable<Uint8Array>): Promise<Outcome<PutArtifactDone>> {
  const before = refusePut(cmd) ?? (await transact(deps.pool, tx => standing(tx, cmd)))
  if (before instanceof Refusal) return before
  if (before.there) return { artifact: before.there, created: false }
  const id = newId('artifact')
  let unwanted: string | null = id
  try {
    const received = await receive(deps, { id, digest: cmd.digest }, bytes)
    if (received instanceof Refusal) return received
    const stored = await transact(deps.pool, tx => store(tx, deps, { ...cmd, id, size: received }))
    if (stored instanceof Refusal) return stored
    if (stored.created) unwanted = stored.replaced
    return { artifact: stored.artifact, created: stored.created }
  } finally {
    // What of it does not succeed is for the sweep.
    if (unwanted !== null) await deleteChunks(named(deps.pool), unwanted).catch(() => undefined)
  }
}

/** How many bytes there were. */
async function receive(deps: Deps, upload: { id: string; digest: string }, bytes: AsyncIterable<Uint8Array>): Promise<number | Refusal> {
  const hash = createHash('sha256')
  // One buffer for all of it: it is free again when its chunk was answered.
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  let [size, filled, n] = [0, 0, 0]
  const flush = async (): Promise<void> => {
    await insertChunk(named(deps.pool), { artifactId: upload.id, n, bytes: chunk.subarray(0, filled) })
    n += 1
    filled = 0
  }
  for await (const part of bytes) {
    size += part.length
    if (size > LIMITS.artifactMaxBytes) return new LimitExceeded(LIMITS.artifactMaxBytes, `An artifact has at most ${LIMITS.artifactMaxBytes} bytes.`)
    hash.update(part)
    for (let at = 0; at < part.length;) {
      const taken = Math.min(part.length - at, CHUNK_BYTES - filled)
      chunk.set(part.subarray(at, at + taken), filled)
      filled += taken
      at += taken
      if (filled === CHUNK_BYTES) await flush()
    }
  }
  if (filled > 0) await flush()
  const digest = hash.digest('hex')
  return digest === upload.digest ? size : new InvalidInput(['content-digest'], `The bytes that came have the sha-256 ${digest}.`)
}

/** there: as it should be. flow is locked from here on, and workerId has its lease. */
type Standing = { there: ArtifactRow } | ({ there: undefined } & HeldFlow)

async function standing(tx: Tx, { actor, lease, name, digest }: PutArtifact): Promise<Refusal | Standing> {
  const held = await lockLease(tx, { actor, lease })
  if (held instanceof Refusal) return held
  const there = await findArtifact(tx, { flowId: lease.flowId, name })
  if (there?.digest === digest) return { there }
  if (there?.attempt === lease.attempt) return new Conflict(`Artifact ${name} of flow ${lease.flowId} has another content in this attempt already.`)
  if (!there && (await countArtifacts(tx, lease.flowId)) >= LIMITS.artifactsMax) return new LimitExceeded(LIMITS.artifactsMax, `A flow has at most ${LIMITS.artifactsMax} artifacts.`)
  return { there: undefined, ...held }
}

async function store(tx: Tx, deps: Deps, cmd: PutArtifact & { id: string; size: number }): Promise<Outcome<PutArtifactDone & { replaced: string | null }>> {
  const stand = await standing(tx, cmd)
  if (stand instanceof Refusal) return stand
  if (stand.there) return { artifact: stand.there, created: false, replaced: null }
  const bytes = await storedBytes(tx, cmd.id)
  if (bytes !== cmd.size) throw new Error(`of ${cmd.size} bytes of artifact ${cmd.name} of flow ${cmd.lease.flowId} ${bytes} are there`)
  const { id, name, mediaType, size, digest, ttlMs, lease: { flowId, attempt } } = cmd
  const { replaced, ...artifact } = await insertArtifact(tx, { id, flowId, name, mediaType, size, digest, attempt, ttlMs })
  await applyMoves(tx, deps, stand.workerId, [addArtifact(stand.flow, artifact)])
  return { artifact, created: true, replaced }
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*(\s*;\s*[a-z0-9-]+=("[^"\\\r\n]*"|[^\s";,]+))*$/i
const MEDIA_TYPE_MAX = 255

function refusePut({ name, mediaType, digest, ttlMs }: PutArtifact): Refusal | undefined {
  if (name.length > LIMITS.artifactNameMax) return new LimitExceeded(LIMITS.artifactNameMax, `The name of an artifact has at most ${LIMITS.artifactNameMax} characters.`)
  if (!NAME.test(name)) return new InvalidInput(['name'], 'The name of an artifact is letters, digits, and . _ - after the first character.')
  if (name === COMPLETION_ARTIFACT) return new InvalidInput(['name'], `${COMPLETION_ARTIFACT} is the text that a flow finishes with: its result makes it.`)
  if (mediaType.length > MEDIA_TYPE_MAX || !MEDIA_TYPE.test(mediaType)) return new InvalidInput(['content-type'], 'content-type is no media type.')
  if (!/^[0-9a-f]{64}$/.test(digest)) return new InvalidInput(['content-digest'], 'The digest is a sha-256.')
  return ttlMs !== null && !(Number.isInteger(ttlMs) && ttlMs > 0) ? new InvalidInput(['ttl'], 'ttl is a time that is not over.') : undefined
}
