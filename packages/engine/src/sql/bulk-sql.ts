import type { Tx } from '@sluice/db'
import type { BulkAction, Json } from '@sluice/protocol'

export interface BulkRow { id: string; action: BulkAction; filter: Json; ids: string[] | null; bound: Date; done: number; refused: number; reached: Json; requestedBy: string }

export interface NewBulk { id: string; action: BulkAction; filter: Json; ids: string[] | null; bound: Date; matched: number; requestedBy: string; reason: string | null }

export const insertBulk = (tx: Tx, b: NewBulk): Promise<unknown> =>
  tx.rows(
    'insertBulk',
    `INSERT INTO bulk_operation (id, action, filter, ids, bound, matched, requested_by, reason, created_at) VALUES ($1, $2::bulk_action, $3, $4, $5, $6, $7, $8, clock_timestamp())`,
    [b.id, b.action, b.filter === null ? null : JSON.stringify(b.filter), b.ids, b.bound, b.matched, b.requestedBy, b.reason],
  )

/** One that runs and that nobody works on at this moment, the oldest first. */
export async function lockRunningBulk(tx: Tx): Promise<BulkRow | undefined> {
  const [row] = await tx.rows<BulkRow & Record<string, unknown>>(
    'lockRunningBulk',
    `SELECT id, action, filter, ids, bound, done, refused, reached, requested_by AS "requestedBy" FROM bulk_operation
      WHERE state = 'RUNNING' ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED`)
  return row
}

export interface BulkProgress { id: string; done: number; refused: { target: string; code: string; message: string }[]; reached: Json; over: boolean }

/** What a batch did, and how far it came, in the batch's own transaction: after a crash the next batch begins behind it. */
export const writeBulkProgress = (tx: Tx, p: BulkProgress): Promise<unknown> =>
  tx.rows(
    'writeBulkProgress',
    `WITH refusal AS (
       INSERT INTO bulk_refusal (operation_id, target, code, message) SELECT $1, r.target, r.code, r.message FROM json_to_recordset($3::json) AS r(target text, code text, message text)
       ON CONFLICT DO NOTHING
     )
     UPDATE bulk_operation SET done = done + $2, refused = refused + $4, reached = $5, state = CASE WHEN $6 THEN 'DONE'::bulk_state ELSE state END,
            ended_at = CASE WHEN $6 THEN clock_timestamp() END WHERE id = $1`,
    [p.id, p.done, JSON.stringify(p.refused), p.refused.length, JSON.stringify(p.reached), p.over],
  )

/** Answers whether there is such an operation. One that has ended stays as it is. */
export async function writeBulkAborted(tx: Tx, id: string): Promise<{ known: boolean; aborted: boolean }> {
  const [row] = await tx.rows<{ known: boolean; aborted: boolean }>(
    'writeBulkAborted',
    `WITH aborted AS (UPDATE bulk_operation SET state = 'ABORTED', ended_at = clock_timestamp() WHERE id = $1 AND state = 'RUNNING' RETURNING 1)
     SELECT EXISTS (SELECT 1 FROM bulk_operation WHERE id = $1) AS known, EXISTS (SELECT 1 FROM aborted) AS aborted`, [id])
  return row ?? { known: false, aborted: false }
}
