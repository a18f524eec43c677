import type { Named, Tx } from '@sluice/db'

export interface ArtifactRow { id: string; flowId: string; name: string; mediaType: string; size: number; digest: string; attempt: number; createdAt: Date; expiresAt: Date | null }

/** The columns of ArtifactRow, once. */
export const ARTIFACT_COLUMNS = `a.id, a.flow_id AS "flowId", a.name, a.media_type AS "mediaType", a.size::float8 AS size, a.digest, a.attempt, a.created_at AS "createdAt", a.expires_at AS "expiresAt"`

type Row = ArtifactRow & Record<string, unknown>

/** Chunks are numbered from 0; each but the last is as large as all others. */
export const CHUNK_BYTES = 1024 * 1024

export const insertChunk = (db: Named, p: { artifactId: string; n: number; bytes: Buffer }): Promise<unknown> =>
  db.rows('insertChunk', 'INSERT INTO artifact_chunk (artifact_id, n, bytes, written_at) VALUES ($1, $2, $3, clock_timestamp())', [p.artifactId, p.n, p.bytes])

/** What is there of an upload. The sizes of stored bytes are known without reading them. */
export async function storedBytes(tx: Tx, artifactId: string): Promise<number> {
  const [row] = await tx.rows<{ bytes: number }>(
    'storedBytes', 'SELECT coalesce(sum(octet_length(bytes)), 0)::float8 AS bytes FROM artifact_chunk WHERE artifact_id = $1', [artifactId])
  return row?.bytes ?? 0
}

/** One whose time is over is gone, swept or not. */
export const UNEXPIRED = '(a.expires_at IS NULL OR a.expires_at > clock_timestamp())'

export async function findArtifact(db: Named, p: { flowId: string; name: string }): Promise<ArtifactRow | undefined> {
  const [row] = await db.rows<Row>(
    'findArtifact', `SELECT ${ARTIFACT_COLUMNS} FROM artifact a WHERE a.flow_id = $1 AND a.name = $2 AND ${UNEXPIRED}`, [p.flowId, p.name])
  return row
}

export const countArtifacts = async (tx: Tx, flowId: string): Promise<number> =>
  (await tx.rows<{ n: number }>('countArtifacts', 'SELECT count(*)::int AS n FROM artifact WHERE flow_id = $1', [flowId]))[0]?.n ?? 0

export interface ArtifactToInsert { id: string; flowId: string; name: string; mediaType: string; size: number; digest: string; attempt: number; ttlMs: number | null }

/** The caller holds the flow locked, so that no other of this name comes between. Takes the place of `replaced`, whose bytes are left behind. */
export async function insertArtifact(tx: Tx, a: ArtifactToInsert): Promise<ArtifactRow & { replaced: string | null }> {
  const [row] = await tx.rows<Row & { replaced: string | null }>('insertArtifact', INSERT_ARTIFACT, [a.id, a.flowId, a.name, a.mediaType, a.size, a.digest, a.attempt, a.ttlMs])
  if (!row) throw new Error(`artifact ${a.name} of flow ${a.flowId} was not inserted`)
  return row
}

const INSERT_ARTIFACT = `
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
old AS MATERIALIZED (SELECT id FROM artifact WHERE flow_id = $2 AND name = $3)
INSERT INTO artifact AS a (id, flow_id, name, media_type, size, digest, attempt, created_at, expires_at)
SELECT $1, $2, $3, $4, $5::bigint, $6, $7, c.now, c.now + $8::bigint * interval '1 ms' FROM clock c
ON CONFLICT (flow_id, name) DO UPDATE SET id = excluded.id, media_type = excluded.media_type, size = excluded.size, digest = excluded.digest,
  attempt = excluded.attempt, created_at = excluded.created_at, expires_at = excluded.expires_at
RETURNING ${ARTIFACT_COLUMNS}, (SELECT id FROM old) AS replaced`

export const deleteChunks = (db: Named, artifactId: string): Promise<unknown> =>
  db.rows('deleteChunks', 'DELETE FROM artifact_chunk WHERE artifact_id = $1', [artifactId])

export interface Completion { id: string; flowId: string; attempt: number; size: number; digest: string; chunks: Buffer[] }

/** An artifact of the system's, with its bytes: one statement for many flows, whose rows are locked. One that is there already stays (INV-20). */
export const insertCompletions = (tx: Tx, completions: Completion[], p: { name: string; mediaType: string }): Promise<unknown> => {
  const chunks = completions.flatMap(({ id, chunks: parts }) => parts.map((bytes, n) => ({ id, n, bytes })))
  return tx.rows('insertCompletions', INSERT_COMPLETIONS, [
    JSON.stringify(completions.map(c => ({ id: c.id, flow_id: c.flowId, attempt: c.attempt, size: c.size, digest: c.digest }))), p.name, p.mediaType,
    chunks.map(c => c.id), chunks.map(c => c.n), chunks.map(c => c.bytes),
  ])
}

const INSERT_COMPLETIONS = `
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
made AS (
  INSERT INTO artifact (id, flow_id, name, media_type, size, digest, attempt, created_at)
  SELECT i.id, i.flow_id, $2, $3, i.size, i.digest, i.attempt, c.now FROM json_to_recordset($1::json) AS i(id text, flow_id text, attempt int, size bigint, digest text), clock c
   ORDER BY i.flow_id
  ON CONFLICT (flow_id, name) DO NOTHING RETURNING id
)
INSERT INTO artifact_chunk (artifact_id, n, bytes, written_at)
SELECT p.id, p.n, p.bytes, c.now FROM unnest($4::text[], $5::int[], $6::bytea[]) AS p(id, n, bytes) JOIN made m ON m.id = p.id, clock c`

/** Artifacts whose time is over. Their bytes go with those that have no artifact. */
export async function expireArtifacts(tx: Tx, p: { limit: number }): Promise<number> {
  const rows = await tx.rows('expireArtifacts', `
    DELETE FROM artifact a USING (SELECT id FROM artifact WHERE expires_at < (SELECT clock_timestamp()) ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED) old
     WHERE a.id = old.id RETURNING 1`, [p.limit])
  return rows.length
}

/** Bytes that no artifact has and to which nothing was added for restMs: of uploads that were broken off, of flows that were purged. */
export async function purgeOrphanChunks(tx: Tx, p: { restMs: number; limit: number }): Promise<number> {
  const rows = await tx.rows('purgeOrphanChunks', PURGE_ORPHANS, [p.restMs, p.limit])
  return rows.length
}

const PURGE_ORPHANS = `
DELETE FROM artifact_chunk c USING (
  SELECT o.artifact_id, o.n FROM artifact_chunk o
   WHERE o.written_at < (SELECT clock_timestamp() - $1 * interval '1 ms')
     AND NOT EXISTS (SELECT 1 FROM artifact a WHERE a.id = o.artifact_id)
     AND NOT EXISTS (SELECT 1 FROM artifact_chunk l WHERE l.artifact_id = o.artifact_id AND l.written_at >= (SELECT clock_timestamp() - $1 * interval '1 ms'))
   ORDER BY o.written_at LIMIT $2) old
 WHERE c.artifact_id = old.artifact_id AND c.n = old.n RETURNING 1`

export interface ToldArtifact { flowId: string; name: string; mediaType: string; size: number; digest: string; bytes: Buffer | null }

/** A body has no room for more. */
const BODY_BYTES = 512 * 1024
/** Of one transaction, however many flows it moves: those beyond it are told by their address. */
const TOLD_BYTES = 32 * 1024 * 1024

/** Of flows that are told, by name; of those with inline the bytes too, of the smallest up to what a body has room for. */
export const artifactsToTell = (tx: Tx, p: { flows: { id: string; inline: boolean }[]; inlineMaxBytes: number }): Promise<ToldArtifact[]> =>
  tx.rows<ToldArtifact & Record<string, unknown>>('artifactsToTell', ARTIFACTS_TO_TELL, [p.flows.map(f => f.id), p.flows.map(f => f.inline), p.inlineMaxBytes])

const ARTIFACTS_TO_TELL = `
WITH told AS MATERIALIZED (
  SELECT a.id, a.flow_id, a.name, a.media_type, a.size, a.digest, f.inline AND a.size <= $3::bigint AS short
    FROM unnest($1::text[], $2::boolean[]) AS f(id, inline) JOIN artifact a ON a.flow_id = f.id WHERE ${UNEXPIRED}
),
fitting AS MATERIALIZED (
  SELECT t.*, t.short AND sum(t.size) FILTER (WHERE t.short) OVER (PARTITION BY t.flow_id ORDER BY t.size, t.name) <= ${BODY_BYTES}
           AND sum(t.size) FILTER (WHERE t.short) OVER (ORDER BY t.flow_id, t.size, t.name) <= ${TOLD_BYTES} AS whole FROM told t
)
SELECT t.flow_id AS "flowId", t.name, t.media_type AS "mediaType", t.size::float8 AS size, t.digest, CASE WHEN t.whole AND t.size = 0 THEN ''::bytea ELSE c.bytes END AS bytes
  FROM fitting t LEFT JOIN artifact_chunk c ON t.whole AND c.artifact_id = t.id AND c.n = 0 ORDER BY t.flow_id, t.name`
