import type { Tx } from '@sluice/db'

/** Single flight over all processes: another one is at it when false. Held to the end of the transaction. */
export async function trySweepLock(tx: Tx, sweep: 'leases' | 'deadlines' | 'waitpoints' | 'retention'): Promise<boolean> {
  const [row] = await tx.rows<{ mine: boolean }>('trySweepLock', 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 4400)) AS mine', [`sweep ${sweep}`])
  return row?.mine ?? false
}

export type LeaseFate = 'grace_over' | 'lease_expired' | 'start_timeout' | 'attempt_timeout'
export interface DoomedLease { flowId: string; index: number; fate: LeaseFate }

const FATE = `CASE WHEN f.phase = 'CANCELLING' AND f.cancel_requested_at < clock_timestamp() - $1 * interval '1 ms' THEN 'grace_over'
  WHEN a.expires_at < clock_timestamp() THEN 'lease_expired'
  WHEN f.phase = 'STARTING' AND a.started_at < clock_timestamp() - $2 * interval '1 ms' THEN 'start_timeout'
  WHEN f.phase = 'WORKING' AND a.reported_at + f.attempt_timeout_seconds * interval '1 s' + a.waited_ms * interval '1 ms' < clock_timestamp() THEN 'attempt_timeout' END`

/** Flows whose lease may be taken away. A look only: what is decided is read again under the locks. */
export async function findDoomed(tx: Tx, p: { graceMs: number; startTimeoutMs: number; limit: number }): Promise<string[]> {
  const rows = await tx.rows<{ flowId: string }>(
    'findDoomed',
    `SELECT a.flow_id AS "flowId" FROM attempt a JOIN flow f ON f.id = a.flow_id WHERE a.ended_at IS NULL AND ${FATE} IS NOT NULL ORDER BY a.flow_id LIMIT $3`,
    [p.graceMs, p.startTimeoutMs, p.limit],
  )
  return rows.map(r => r.flowId)
}

/** After the flows are locked: the leases themselves, locked, and still doomed. One that is being renewed at this instant is left alone (INV-18). */
export async function lockDoomed(tx: Tx, p: { graceMs: number; startTimeoutMs: number; ids: string[] }): Promise<DoomedLease[]> {
  return tx.rows<DoomedLease & Record<string, unknown>>(
    'lockDoomed',
    `SELECT a.flow_id AS "flowId", a.index, ${FATE} AS fate FROM attempt a JOIN flow f ON f.id = a.flow_id
      WHERE a.flow_id = ANY($3::text[]) AND a.ended_at IS NULL AND ${FATE} IS NOT NULL ORDER BY a.flow_id FOR UPDATE OF a SKIP LOCKED`,
    [p.graceMs, p.startTimeoutMs, p.ids],
  )
}

export type Due = 'deadline_exceeded' | 'queue_ttl_expired'

/** The clock is read in a subquery: compared directly it would be a filter, and the sweep would walk all that is not due. */
export async function findOverdue(tx: Tx, limit: number): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(
    'findOverdue',
    `(SELECT id FROM flow WHERE finished_at IS NULL AND deadline_at IS NOT NULL AND deadline_at < (SELECT clock_timestamp()) ORDER BY deadline_at LIMIT $1)
     UNION
     (SELECT id FROM flow WHERE status = 'QUEUED' AND queue_expires_at IS NOT NULL AND queue_expires_at < (SELECT clock_timestamp())
       ORDER BY queue_expires_at LIMIT $1)`,
    [limit],
  )
  return rows.map(r => r.id)
}

/** After the lock: which of the two is over, as the rows are now. */
export async function readOverdue(tx: Tx, ids: string[]): Promise<Map<string, Due>> {
  const rows = await tx.rows<{ id: string; due: Due }>(
    'readOverdue',
    `SELECT id, CASE WHEN deadline_at < clock_timestamp() THEN 'deadline_exceeded' ELSE 'queue_ttl_expired' END AS due FROM flow
      WHERE id = ANY($1::text[]) AND (deadline_at < clock_timestamp() OR status = 'QUEUED' AND queue_expires_at < clock_timestamp())`,
    [ids],
  )
  return new Map(rows.map(r => [r.id, r.due]))
}

/** Workers that fell silent and hold nothing any more. */
export const buryWorkers = (tx: Tx): Promise<unknown> =>
  tx.rows(
    'buryWorkers',
    `UPDATE worker w SET state = 'DEAD' WHERE w.state <> 'DEAD' AND w.expires_at < clock_timestamp()
        AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.worker_id = w.id AND a.ended_at IS NULL)`,
  )
