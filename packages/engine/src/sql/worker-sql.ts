import type { Named, Tx } from '@sluice/db'
import type { FlowPhase, Json, LeaseRef, WorkerState } from '@sluice/protocol'

export interface WorkerRow { id: string; principalId: string; state: WorkerState; replacedBy: string | null }

export async function readWorker(db: Named, id: string): Promise<WorkerRow | undefined> {
  const [row] = await db.rows<WorkerRow & Record<string, unknown>>(
    'readWorker', 'SELECT id, principal_id AS "principalId", state, replaced_by AS "replacedBy" FROM worker WHERE id = $1', [id])
  return row
}

export interface Leased extends LeaseRef { expiresAt: Date }

/** answerUnread: an answer waits for its holder (T12). */
export interface LeaseRow extends Leased { phase: FlowPhase | null; answerUnread: boolean }

/** A claim is a sign of life too. Leases that one with this requestId was given and that still stand are the answer to a claim whose answer was lost. */
export async function leasesOfRequest(db: Named, p: { workerId: string; requestId: string; ttlMs: number }): Promise<Leased[]> {
  return db.rows<Leased & Record<string, unknown>>(
    'leasesOfRequest',
    `WITH seen AS (UPDATE worker w SET heartbeat_at = c.now, expires_at = greatest(w.expires_at, c.now + $3 * interval '1 ms')
                     FROM (SELECT clock_timestamp() AS now) c WHERE w.id = $1 AND w.state <> 'DEAD')
     SELECT flow_id AS "flowId", index AS attempt, epoch, expires_at AS "expiresAt" FROM attempt
      WHERE worker_id = $1 AND claim_request_id = $2 AND ended_at IS NULL ORDER BY started_at, flow_id`,
    [p.workerId, p.requestId, p.ttlMs],
  )
}

const LEASES = `l AS MATERIALIZED (SELECT * FROM unnest($2::text[], $3::int[], $4::int[]) AS l(flow_id, index, epoch))`
const leaseArrays = (leases: LeaseRef[]): unknown[] => [leases.map(l => l.flowId), leases.map(l => l.attempt), leases.map(l => l.epoch)]

/** One statement renews the worker and all its leases, in flow order; what does not come back is lost. The flow rows are only read. */
export async function renewLeases(db: Named, p: { workerId: string; leases: LeaseRef[]; ttlMs: number; draining: boolean }): Promise<LeaseRow[]> {
  return db.rows<LeaseRow & Record<string, unknown>>(
    'renewLeases',
    `WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now), ${LEASES},
     seen AS (UPDATE worker w SET heartbeat_at = c.now, expires_at = c.now + $5 * interval '1 ms',
                state = CASE WHEN $6 THEN 'DRAINING'::worker_state ELSE w.state END FROM clock c WHERE w.id = $1 AND w.state <> 'DEAD'),
     held AS (SELECT a.flow_id, a.index FROM l JOIN attempt a ON a.flow_id = l.flow_id AND a.index = l.index
               WHERE a.worker_id = $1 AND a.epoch = l.epoch AND a.ended_at IS NULL ORDER BY a.flow_id FOR UPDATE OF a),
     renewed AS (UPDATE attempt a SET renewed_at = c.now, expires_at = c.now + $5 * interval '1 ms' FROM held h, clock c
                  WHERE a.flow_id = h.flow_id AND a.index = h.index RETURNING a.flow_id, a.index, a.epoch, a.expires_at)
     SELECT r.flow_id AS "flowId", r.index AS attempt, r.epoch, r.expires_at AS "expiresAt", f.phase, f.answer_unread AS "answerUnread" FROM renewed r JOIN flow f ON f.id = r.flow_id`,
    [p.workerId, ...leaseArrays(p.leases), p.ttlMs, p.draining],
  )
}

/** How the leases stand, without renewing them. */
export async function readLeases(db: Named, p: { workerId: string; leases: LeaseRef[] }): Promise<LeaseRow[]> {
  return db.rows<LeaseRow & Record<string, unknown>>(
    'readLeases',
    `WITH ${LEASES}
     SELECT a.flow_id AS "flowId", a.index AS attempt, a.epoch, a.expires_at AS "expiresAt", f.phase, f.answer_unread AS "answerUnread"
       FROM l JOIN attempt a ON a.flow_id = l.flow_id AND a.index = l.index JOIN flow f ON f.id = l.flow_id
      WHERE a.worker_id = $1 AND a.epoch = l.epoch AND a.ended_at IS NULL`,
    [p.workerId, ...leaseArrays(p.leases)],
  )
}

/** Registrations of one instance are serial: two processes that claim to be it must not both be current. */
export const lockInstance = (tx: Tx, p: { principalId: string; instanceId: string }): Promise<unknown> =>
  tx.rows('lockInstance', `SELECT pg_advisory_xact_lock(hashtextextended($1, 4400))`, [`${p.principalId}/${p.instanceId}`])

/** Ends earlier registrations of the instance (D-47); answers which. */
export async function replaceWorkers(tx: Tx, p: { principalId: string; instanceId: string; by: string }): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(
    'replaceWorkers',
    `UPDATE worker SET state = 'DEAD', replaced_by = $3 WHERE principal_id = $1 AND instance_id = $2 AND state <> 'DEAD' RETURNING id`,
    [p.principalId, p.instanceId, p.by],
  )
  return rows.map(r => r.id)
}

/** The live leases of these workers, as they are now. */
export async function leasesOfWorkers(tx: Tx, workerIds: string[]): Promise<{ flowId: string; index: number }[]> {
  return tx.rows<{ flowId: string; index: number }>(
    'leasesOfWorkers', `SELECT flow_id AS "flowId", index FROM attempt WHERE worker_id = ANY($1::text[]) AND ended_at IS NULL`, [workerIds])
}

export interface NewWorker {
  id: string; instanceId: string; name: string; principalId: string; kinds: string[]; lanes: string[]; capacity: number; codeVersion: string | null; ttlMs: number
}

export const insertWorker = (tx: Tx, w: NewWorker): Promise<unknown> =>
  tx.rows(
    'insertWorker',
    `INSERT INTO worker (id, instance_id, name, principal_id, kinds, lanes, capacity, code_version, registered_at, heartbeat_at, expires_at)
     SELECT $1, $2, $3, $4, $5::text[], $6::text[], $7, $8, c.now, c.now, c.now + $9 * interval '1 ms' FROM (SELECT clock_timestamp() AS now) c`,
    [w.id, w.instanceId, w.name, w.principalId, w.kinds, w.lanes, w.capacity, w.codeVersion, w.ttlMs],
  )

/** The latest registration of a kind wins (D-31). In name order, so that two registrations cannot wait for each other. */
export const upsertKinds = (tx: Tx, p: { workerId: string; kinds: { name: string; title: string | null; inputSchema: Json; defaults: Json }[] }): Promise<unknown> =>
  tx.rows(
    'upsertKinds',
    `INSERT INTO flow_kind (name, title, input_schema, defaults, registered_by, registered_at)
     SELECT k.name, k.title, k.input_schema, coalesce(k.defaults, '{}'::jsonb), $2, clock_timestamp()
       FROM json_to_recordset($1::json) AS k(name text, title text, input_schema json, defaults jsonb) ORDER BY k.name
     ON CONFLICT (name) DO UPDATE SET title = excluded.title, input_schema = excluded.input_schema, defaults = excluded.defaults,
       registered_by = excluded.registered_by, registered_at = excluded.registered_at`,
    [JSON.stringify(p.kinds.map(k => ({ name: k.name, title: k.title, input_schema: k.inputSchema, defaults: k.defaults }))), p.workerId],
  )

export async function writeProgress(tx: Tx, items: { lease: LeaseRef; percent: number | null; message: string | null }[], principalId: string | null): Promise<string[]> {
  const rows = await tx.rows<{ flowId: string }>(
    'writeProgress',
    `INSERT INTO flow_progress AS p (flow_id, attempt, percent, message, at)
     SELECT i.flow_id, i.attempt, i.percent, i.message, clock_timestamp()
       FROM json_to_recordset($1::json) AS i(flow_id text, attempt int, epoch int, percent int, message text)
       JOIN attempt a ON a.flow_id = i.flow_id AND a.index = i.attempt AND a.epoch = i.epoch AND a.ended_at IS NULL
       JOIN worker w ON w.id = a.worker_id AND ($2::text IS NULL OR w.principal_id = $2)
      ORDER BY i.flow_id
     ON CONFLICT (flow_id) DO UPDATE SET attempt = excluded.attempt, percent = excluded.percent, message = excluded.message, at = excluded.at
     RETURNING p.flow_id AS "flowId"`,
    [JSON.stringify(items.map(i => ({ flow_id: i.lease.flowId, attempt: i.lease.attempt, epoch: i.lease.epoch, percent: i.percent, message: i.message }))), principalId],
  )
  return rows.map(r => r.flowId)
}
