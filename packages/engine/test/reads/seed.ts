import type { Pool } from '@sluice/db'

/** Columns of a flow with what a status implies; a test names only what it is about. */
export interface SeedFlow {
  id: string
  lane?: string
  kind?: string
  principalId?: string
  status?: 'QUEUED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'CANCELLED'
  priority?: number
  rank?: number
  /** Minutes from now; negative = in the past. */
  queuedIn?: number
  notBeforeIn?: number
  finishedIn?: number
  held?: string
  pinned?: boolean
  forced?: boolean
  retries?: number
  lostStarts?: number
  worker?: string
  /** Default: the id. */
  title?: string
  labels?: Record<string, string>
}

/** Writes flows as they would stand after their moves, with attempts of the running ones and the ledger rows. */
export async function seedFlows(pool: Pool, flows: SeedFlow[]): Promise<void> {
  await pool.query(SEED_FLOWS, [JSON.stringify(flows)])
}

const SEED_FLOWS = `
WITH c AS MATERIALIZED (SELECT clock_timestamp() AS now),
i AS MATERIALIZED (
  SELECT *, coalesce(status, 'QUEUED') AS st, c.now + coalesce("queuedIn", -10) * interval '1 minute' AS queued, c.now + "notBeforeIn" * interval '1 minute' AS due,
         coalesce(status, 'QUEUED') NOT IN ('QUEUED', 'RUNNING') AS ended, coalesce(lane, 'default') AS in_lane, coalesce(kind, 'k') AS of_kind
    FROM c, jsonb_to_recordset($1::jsonb) AS r(id text, lane text, kind text, "principalId" text, status text, priority int, rank int, "queuedIn" float, "notBeforeIn" float,
      "finishedIn" float, held text, pinned boolean, forced boolean, retries int, "lostStarts" int, worker text, title text, labels jsonb)
),
f AS (
  INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, phase, terminal_reason, priority, queue_class, rank, order_at, blocked, held_at, held_by,
                    held_reason, pinned_at, pin_force, not_before, slot_held, on_lease_lost, max_attempts, retries_used, lost_starts, epoch, current_attempt,
                    created_at, queued_at, started_at, finished_at, last_sequence, last_event_at)
  SELECT id, of_kind, coalesce(title, id), in_lane, coalesce("principalId", 'prn_owner'), '{}', coalesce(labels, '{}'), st::flow_status, CASE WHEN st = 'RUNNING' THEN 'WORKING'::flow_phase END,
         CASE WHEN ended THEN 'completed' END, coalesce(priority, 0), CASE WHEN st = 'QUEUED' THEN CASE WHEN retries > 0 THEN 'RETRY' ELSE 'NEW' END::queue_class END,
         CASE WHEN pinned THEN 0 ELSE coalesce(rank, 9002 - coalesce(priority, 0)) END,
         CASE WHEN pinned THEN timestamptz '2000-01-01Z' - (queued - timestamptz '2000-01-01Z') ELSE greatest(queued, due) END,
         held IS NOT NULL, CASE WHEN held IS NOT NULL THEN now END, held, held, CASE WHEN pinned THEN queued END, coalesce(forced, false), due, st = 'RUNNING',
         'FAIL', 100, coalesce(retries, 0), coalesce("lostStarts", 0), 1, CASE WHEN st = 'RUNNING' THEN 0 END, queued, queued, CASE WHEN st <> 'QUEUED' THEN queued END,
         CASE WHEN ended THEN now + coalesce("finishedIn", 0) * interval '1 minute' END, 1, now
    FROM i
),
a AS (
  INSERT INTO attempt (flow_id, index, type, worker_id, epoch, started_at, renewed_at, expires_at)
  SELECT id, 0, 'INITIAL', coalesce(worker, 'wrk_none'), 1, queued, now, now + interval '1 minute' FROM i WHERE st = 'RUNNING'
)
INSERT INTO flow_count_ledger (minute, lane, kind, word, delta) SELECT date_trunc('minute', now), in_lane, of_kind, st, count(*) FROM i GROUP BY 1, 2, 3, 4`

export interface SeedWorker { id: string; kinds: string[]; lanes?: string[]; capacity: number; state?: 'ACTIVE' | 'DRAINING' | 'DEAD'; expiresIn?: number }

export const seedWorkers = async (pool: Pool, workers: SeedWorker[]): Promise<void> => void (await pool.query(
  `INSERT INTO worker (id, instance_id, name, principal_id, kinds, lanes, capacity, state, registered_at, heartbeat_at, expires_at)
   SELECT id, id, id, 'prn_worker', kinds, coalesce(lanes, '{}'), capacity, coalesce(state, 'ACTIVE')::worker_state, now(), now(), now() + coalesce("expiresIn", 1) * interval '1 minute'
     FROM jsonb_to_recordset($1::jsonb) AS w(id text, kinds text[], lanes text[], capacity int, state text, "expiresIn" float)`,
  [JSON.stringify(workers)]))

export const seedLanes = async (pool: Pool, names: string[]): Promise<void> =>
  void (await pool.query(`INSERT INTO lane (id, name, created_at) SELECT 'lane_' || n, n, now() FROM unnest($1::text[]) n ON CONFLICT DO NOTHING`, [names]))

/** subject absent = the global cap. */
export const seedCap = async (pool: Pool, scope: 'GLOBAL' | 'LANE' | 'PRINCIPAL', maxActive: number, subject = ''): Promise<void> => void (await pool.query(
  `INSERT INTO quota (scope, subject, max_active, set_at) VALUES ($1, $2, $3, now()) ON CONFLICT (scope, subject) DO UPDATE SET max_active = excluded.max_active`,
  [scope, subject, maxActive]))
