import { named } from '@sluice/db'
import type { Named, Pool } from '@sluice/db'
import { ARTIFACT_COLUMNS, CHUNK_BYTES, UNEXPIRED, findArtifact } from '../sql/artifact-sql.ts'
import type { ArtifactRow } from '../sql/artifact-sql.ts'

export type { ArtifactRow } from '../sql/artifact-sql.ts'

export const artifactOf = (pool: Pool, p: { flowId: string; name: string }): Promise<ArtifactRow | undefined> => findArtifact(named(pool), p)

/** Those of these flows, each in the order of names. */
export const artifactsOfFlows = (db: Named, flowIds: readonly string[]): Promise<ArtifactRow[]> =>
  db.rows<ArtifactRow & Record<string, unknown>>('artifactsOfFlows', ARTIFACTS_OF_FLOWS, [[...new Set(flowIds)]])

export const artifactsByIds = (pool: Pool, ids: readonly string[]): Promise<ArtifactRow[]> =>
  named(pool).rows<ArtifactRow & Record<string, unknown>>('artifactsByIds', `SELECT ${ARTIFACT_COLUMNS} FROM artifact a WHERE a.id = ANY($1::text[]) AND ${UNEXPIRED}`, [ids])

const ARTIFACTS_OF_FLOWS = `
SELECT ${ARTIFACT_COLUMNS} FROM unnest($1::text[]) AS f(id) JOIN artifact a ON a.flow_id = f.id WHERE ${UNEXPIRED} ORDER BY a.flow_id, a.name`

/** The artifact was replaced or deleted while it was read: what was read of it cannot be ended. */
export class ArtifactGone extends Error {
  override readonly name = 'ArtifactGone'
}

/**
 * A piece of a chunk, which is stored so that it can be read from anywhere in it. The driver makes text of it first, twice as long, and that fits into one read of
 * its socket: of 256 KiB a process grew by 45 MiB, of 28 KiB by 8, and no slower.
 */
const PIECE_BYTES = 28 * 1024

/** The bytes from a place up to another (not included), piece by piece as they are taken. @throws ArtifactGone */
export async function* artifactBytes(pool: Pool, { artifact, from, to }: { artifact: Pick<ArtifactRow, 'id'>; from: number; to: number }): AsyncGenerator<Buffer, void> {
  for (let at = from; at < to;) {
    const [n, offset] = [Math.floor(at / CHUNK_BYTES), at % CHUNK_BYTES]
    const length = Math.min(PIECE_BYTES, CHUNK_BYTES - offset, to - at)
    const [row] = await named(pool).rows<{ bytes: Buffer }>('readChunk', READ_CHUNK, [artifact.id, n, offset + 1, length])
    if (row?.bytes.length !== length) throw new ArtifactGone(`Artifact ${artifact.id} is no longer there.`)
    yield row.bytes
    at += length
  }
}

const READ_CHUNK = 'SELECT substring(bytes FROM $3::int FOR $4::int) AS bytes FROM artifact_chunk WHERE artifact_id = $1 AND n = $2'
