import type { Tx } from '@sluice/db'
import type { FrameKind, Json, LeaseRef } from '@sluice/protocol'

export interface FrameToWrite { sequence: number; kind: FrameKind; payload: Json; bytes: number }

/** before: the greatest sequence that was there; last: that is there now. first and bytes: what of the attempt is kept. */
export interface WrittenFrames { before: number; last: number; first: number; bytes: number }

/**
 * Frames of one lease whose sequence is beyond its last, if the first of them follows it: in the order of their sequences, which are consecutive. The row of
 * the attempt is locked, so appends of one lease are serial, and none commits after the end of its attempt. undefined: the lease is not current, the
 * flow does not run, or the worker is another principal's.
 */
export async function writeFrames(tx: Tx, p: { lease: LeaseRef; principalId: string | null; frames: FrameToWrite[] }): Promise<WrittenFrames | undefined> {
  const { flowId, attempt, epoch } = p.lease
  const [row] = await tx.rows<WrittenFrames & Record<string, unknown>>('writeFrames', WRITE_FRAMES, [flowId, attempt, epoch, p.principalId, JSON.stringify(p.frames)])
  return row
}

const WRITE_FRAMES = `
WITH held AS MATERIALIZED (
  SELECT a.flow_id, a.index, a.last_frame FROM attempt a JOIN worker w ON w.id = a.worker_id JOIN flow f ON f.id = a.flow_id
   WHERE a.flow_id = $1 AND a.index = $2 AND a.epoch = $3 AND a.ended_at IS NULL AND ($4::text IS NULL OR w.principal_id = $4) AND f.status = 'RUNNING' FOR UPDATE OF a
),
given AS MATERIALIZED (SELECT * FROM json_to_recordset($5::json) AS i(sequence int, kind frame_kind, payload jsonb, bytes int)),
fresh AS (SELECT h.flow_id, h.index, g.* FROM held h JOIN given g ON g.sequence > h.last_frame WHERE (SELECT min(sequence) FROM given) <= h.last_frame + 1),
written AS (
  INSERT INTO output_frame (flow_id, attempt, sequence, kind, payload, bytes, at)
  SELECT n.flow_id, n.index, n.sequence, n.kind, n.payload, n.bytes, c.now FROM fresh n, (SELECT clock_timestamp() AS now) c ORDER BY n.sequence
)
UPDATE attempt a SET last_frame = greatest(h.last_frame, n.last), frame_bytes = a.frame_bytes + coalesce(n.bytes, 0)
  FROM held h, (SELECT max(sequence) AS last, sum(bytes) AS bytes FROM fresh) n WHERE a.flow_id = h.flow_id AND a.index = h.index
RETURNING h.last_frame AS before, a.last_frame AS last, a.first_frame AS first, a.frame_bytes::float8 AS bytes`

/** Deletes the oldest frames of an attempt down to what is kept of it, and says so in its row. The caller holds that row locked. */
export const trimFrames = (tx: Tx, p: { flowId: string; attempt: number; kept: number; bytesKept: number }): Promise<unknown> =>
  tx.rows('trimFrames', TRIM_FRAMES, [p.flowId, p.attempt, p.kept, p.bytesKept])

// The last one stays, however large it is.
const TRIM_FRAMES = `
WITH kept AS MATERIALIZED (
  SELECT min(k.sequence) AS first FROM (
    SELECT sequence, row_number() OVER w AS n, sum(bytes) OVER w AS bytes FROM output_frame WHERE flow_id = $1 AND attempt = $2 WINDOW w AS (ORDER BY sequence DESC)) k
   WHERE k.n <= $3::int AND (k.n = 1 OR k.bytes <= $4::bigint)
),
gone AS (DELETE FROM output_frame f USING kept k WHERE f.flow_id = $1 AND f.attempt = $2 AND f.sequence < k.first RETURNING f.bytes)
UPDATE attempt a SET first_frame = k.first, frame_bytes = a.frame_bytes - (SELECT coalesce(sum(bytes), 0) FROM gone)
  FROM kept k WHERE a.flow_id = $1 AND a.index = $2 AND k.first > a.first_frame`
