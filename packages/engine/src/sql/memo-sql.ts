import type { Named, Tx } from '@sluice/db'
import type { Json, LeaseRef, MemoKind } from '@sluice/protocol'

export interface MemoRow { flowId: string; key: string; kind: MemoKind; value: Json; bytes: number }
type Row = MemoRow & Record<string, unknown>

export interface NewMemo { lease: LeaseRef; key: string; value: Json; bytes: number }

/**
 * The first write of a key wins and is what every later one is answered with. Only while the lease is current: the attempt's row is locked against its end.
 * stale: it is not. full: the flow remembers as much as it may.
 */
export async function insertMemos(tx: Tx, p: { memos: NewMemo[]; principalId: string | null; most: number; mostBytes: number }): Promise<(MemoRow & { nth: number; stale: boolean; full: boolean })[]> {
  return tx.rows<Row & { nth: number; stale: boolean; full: boolean }>('insertMemos', INSERT_MEMOS, [
    JSON.stringify(p.memos.map((m, nth) => ({ nth, flow_id: m.lease.flowId, attempt: m.lease.attempt, epoch: m.lease.epoch, key: m.key, value: m.value, bytes: m.bytes }))), p.principalId, p.most, p.mostBytes,
  ])
}

const INSERT_MEMOS = `
WITH item AS MATERIALIZED (
  SELECT i.nth, i.flow_id, i.attempt, i.epoch, i.key, coalesce(i.value, 'null'::jsonb) AS value, i.bytes
    FROM json_to_recordset($1::json) AS i(nth int, flow_id text, attempt int, epoch int, key text, value jsonb, bytes int)
),
held AS MATERIALIZED (
  SELECT a.flow_id, a.index, a.epoch FROM (SELECT DISTINCT flow_id, attempt, epoch FROM item) i JOIN attempt a ON a.flow_id = i.flow_id AND a.index = i.attempt AND a.epoch = i.epoch
    JOIN worker w ON w.id = a.worker_id WHERE a.ended_at IS NULL AND ($2::text IS NULL OR w.principal_id = $2) ORDER BY a.flow_id FOR SHARE OF a
),
room AS MATERIALIZED (
  SELECT h.flow_id, h.index, h.epoch, $3 - (SELECT count(*) FROM memo m WHERE m.flow_id = h.flow_id) AS memos,
         $4 - coalesce((SELECT sum(m.bytes) FROM memo m WHERE m.flow_id = h.flow_id), 0) AS bytes FROM held h
),
-- The memo of its answer will stand under that key.
asked AS MATERIALIZED (SELECT i.nth FROM item i WHERE EXISTS (SELECT 1 FROM waitpoint q WHERE q.flow_id = i.flow_id AND q.key = i.key)),
fresh AS (
  SELECT DISTINCT ON (i.flow_id, i.key) i.nth, i.flow_id, i.key, i.value, i.bytes, i.attempt, r.memos AS most, r.bytes AS most_bytes
    FROM item i JOIN room r ON r.flow_id = i.flow_id AND r.index = i.attempt AND r.epoch = i.epoch
   WHERE NOT EXISTS (SELECT 1 FROM memo m WHERE m.flow_id = i.flow_id AND m.key = i.key) AND NOT EXISTS (SELECT 1 FROM asked q WHERE q.nth = i.nth) ORDER BY i.flow_id, i.key, i.nth
),
counted AS (SELECT f.*, row_number() OVER w AS memos, sum(f.bytes) OVER w AS reached FROM fresh f WINDOW w AS (PARTITION BY f.flow_id ORDER BY f.nth)),
written AS (
  INSERT INTO memo (flow_id, key, kind, value, bytes, attempt, created_at)
  SELECT c.flow_id, c.key, 'STEP', c.value, c.bytes, c.attempt, clock_timestamp() FROM counted c WHERE c.memos <= c.most AND c.reached <= c.most_bytes ORDER BY c.flow_id, c.key
  ON CONFLICT (flow_id, key) DO NOTHING RETURNING flow_id, key, kind, value, bytes
)
SELECT i.nth, i.flow_id AS "flowId", i.key, coalesce(w.kind, m.kind, CASE WHEN q.nth IS NOT NULL THEN 'ANSWER'::memo_kind END) AS kind, CASE WHEN w.key IS NOT NULL THEN w.value ELSE m.value END AS value, coalesce(w.bytes, m.bytes) AS bytes,
       r.flow_id IS NULL AS stale, r.flow_id IS NOT NULL AND w.key IS NULL AND m.key IS NULL AND q.nth IS NULL AS full
  FROM item i LEFT JOIN room r ON r.flow_id = i.flow_id AND r.index = i.attempt AND r.epoch = i.epoch
  LEFT JOIN written w ON w.flow_id = i.flow_id AND w.key = i.key LEFT JOIN memo m ON m.flow_id = i.flow_id AND m.key = i.key LEFT JOIN asked q ON q.nth = i.nth
 ORDER BY i.nth`

/** What these flows remember, oldest first, so many bytes of each at most; total: how many there are. */
export const memosOfFlows = (db: Named | Tx, p: { flowIds: string[]; mostBytes: number }): Promise<(MemoRow & { total: number })[]> =>
  db.rows<Row & { total: number }>(
    'memosOfFlows',
    `SELECT "flowId", key, kind, value, bytes, total FROM (
       SELECT m.flow_id AS "flowId", m.key, m.kind, m.value, m.bytes, m.created_at, sum(m.bytes) OVER (PARTITION BY m.flow_id ORDER BY m.created_at, m.key) AS reached,
              (count(*) OVER (PARTITION BY m.flow_id))::int AS total
         FROM memo m WHERE m.flow_id = ANY($1::text[])) m
      WHERE reached <= $2 ORDER BY "flowId", created_at, key`, [p.flowIds, p.mostBytes])

/** By key, for whoever holds the lease of that epoch. */
export const memosByKey = (db: Named, p: { flowId: string; epoch: number; keys: string[]; principalId: string | null }): Promise<MemoRow[]> =>
  db.rows<Row>(
    'memosByKey',
    `SELECT m.flow_id AS "flowId", m.key, m.kind, m.value, m.bytes FROM memo m
      WHERE m.flow_id = $1 AND m.key = ANY($3::text[]) AND EXISTS (
        SELECT 1 FROM attempt a JOIN worker w ON w.id = a.worker_id WHERE a.flow_id = $1 AND a.epoch = $2 AND a.ended_at IS NULL AND ($4::text IS NULL OR w.principal_id = $4))`,
    [p.flowId, p.epoch, p.keys, p.principalId])

/** Beside the statement that closes the attempt, whose row this transaction holds: few attempts have any, and those that have none pay nothing. */
export async function writeUnusedMemos(tx: Tx, items: { lease: LeaseRef; unusedMemos?: readonly string[] | null | undefined }[]): Promise<void> {
  if (items.length === 0) return
  await tx.rows(
    'writeUnusedMemos',
    `UPDATE attempt a SET unused_memos = i.keys FROM json_to_recordset($1::json) AS i(flow_id text, attempt int, epoch int, keys text[])
      WHERE a.flow_id = i.flow_id AND a.index = i.attempt AND a.epoch = i.epoch`,
    [JSON.stringify(items.map(({ lease, unusedMemos }) => ({ flow_id: lease.flowId, attempt: lease.attempt, epoch: lease.epoch, keys: [...new Set(unusedMemos ?? [])] })))])
}
