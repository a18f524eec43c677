import type { FlowFacts } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import type { CapScope, LaneState } from '@sluice/protocol'
import { FLOW_FACTS } from './flow-facts-sql.ts'

/** The promoter's lock, a statement of its own: whoever counts slots afterwards has a younger snapshot (D-39 a, trap 4). */
export const lockPromotion = (tx: Tx): Promise<unknown> => tx.rows('lockPromotion', `SELECT 1 FROM quota WHERE scope = 'GLOBAL' AND subject = '' FOR UPDATE`)

export interface AskingWorker { id: string; name: string; kinds: string[]; lanes: string[]; codeVersion: string | null; room: number }
export interface Scopes {
  caps: { scope: CapScope; subject: string; maxActive: number }[]
  lanes: { name: string; state: LaneState }[]
  active: { lane: string; principalId: string; slots: number }[]
  workers: AskingWorker[]
  forced: boolean
  nextDueInMs: number | null
}

/** All that a promotion needs to know besides the queue, in one round trip. Slots are counted from the rows that hold them (INV-9). */
export async function readScopes(tx: Tx, workerIds: string[]): Promise<Scopes> {
  const [row] = await tx.rows<{ scopes: Scopes }>(
    'readScopes',
    `SELECT json_build_object(
       'caps', (SELECT coalesce(json_agg(json_build_object('scope', scope, 'subject', subject, 'maxActive', max_active)), '[]') FROM quota WHERE max_active > 0),
       'lanes', (SELECT coalesce(json_agg(json_build_object('name', name, 'state', state)), '[]') FROM lane),
       'active', CASE WHEN EXISTS (SELECT 1 FROM quota WHERE max_active > 0) THEN (SELECT coalesce(json_agg(h), '[]') FROM (
          SELECT lane, principal_id AS "principalId", sum(slot_weight)::int AS slots FROM flow WHERE slot_held GROUP BY lane, principal_id) h) ELSE '[]' END,
       'workers', (SELECT coalesce(json_agg(w), '[]') FROM (
          SELECT w.id, w.name, w.kinds, w.lanes, w.code_version AS "codeVersion",
                 w.capacity - coalesce(l.leases, 0) AS room
            FROM worker w LEFT JOIN (SELECT worker_id, count(*)::int AS leases FROM attempt WHERE ended_at IS NULL AND worker_id = ANY($1::text[]) GROUP BY worker_id) l
              ON l.worker_id = w.id
           WHERE w.id = ANY($1::text[]) AND w.state = 'ACTIVE') w),
       'forced', EXISTS (SELECT 1 FROM flow WHERE status = 'QUEUED' AND pin_force),
       'nextDueInMs', (SELECT ceil(extract(epoch FROM min(not_before) - clock_timestamp()) * 1000)
                         FROM flow WHERE status = 'QUEUED' AND not_before IS NOT NULL AND not_before > (SELECT clock_timestamp()))
     ) AS scopes`,
    [workerIds],
  )
  if (!row) throw new Error('readScopes answered no row')
  return row.scopes
}

/** One place to look for flows: a lane that starts, a kind that an asking worker handles; and how many are wanted from it. */
export interface Head { lane: string; kind: string; wanted: number }
export interface Room { lane: string; slots: number }
export interface PrincipalRoom { principalId: string; slots: number }

const SET = `h AS MATERIALIZED (SELECT * FROM unnest($1::text[], $2::text[], $3::int[]) AS h(lane, kind, wanted))`
const PLACE_ROWS = `q.status = 'QUEUED' AND NOT q.blocked AND q.lane = s.lane AND q.kind = s.kind`
const HEAD_ROWS = `${PLACE_ROWS} AND q.cap_group = s.cap_group`

/**
 * The next flows in the order of D-34, cut by principal, by lane and over all, and locked; one that somebody is changing is left out (D-39 d).
 * One short index probe per head, cap group and rank that exists in the queue (found there, not in the quotas: a flow keeps its group when the cap goes), of rows that are due: the work grows neither with the queue nor with how many cannot run
 * (INV-47). Probes are read without locks; only the rows that are taken are locked and looked at again.
 * Forced ones are takeForced's. Rooms absent for a lane or principal mean no cap there; globalRoom null means no global cap.
 */
export async function takePromotable(tx: Tx, p: { heads: Head[]; lanes: Room[]; principals: PrincipalRoom[]; globalRoom: number | null; limit: number }): Promise<FlowFacts[]> {
  return tx.rows<FlowFacts & Record<string, unknown>>('takePromotable', TAKE_PROMOTABLE, [
    p.heads.map(h => h.lane), p.heads.map(h => h.kind), p.heads.map(h => h.wanted),
    p.lanes.map(r => r.lane), p.lanes.map(r => r.slots),
    p.principals.map(r => r.principalId), p.principals.map(r => r.slots),
    Math.min(p.limit, p.globalRoom ?? p.limit),
  ])
}

export const TAKE_PROMOTABLE = `
WITH RECURSIVE ${SET},
groups AS (
  SELECT s.*, (SELECT q.cap_group FROM flow q WHERE ${PLACE_ROWS} ORDER BY q.cap_group LIMIT 1) AS cap_group FROM h s
  UNION ALL
  SELECT s.lane, s.kind, s.wanted, (SELECT q.cap_group FROM flow q WHERE ${PLACE_ROWS} AND q.cap_group > s.cap_group ORDER BY q.cap_group LIMIT 1)
    FROM groups s WHERE s.cap_group IS NOT NULL
),
step AS (
  SELECT s.lane, s.kind, s.cap_group, s.wanted, (SELECT q.rank FROM flow q WHERE ${HEAD_ROWS} ORDER BY q.rank LIMIT 1) AS rank
    FROM groups s WHERE s.cap_group IS NOT NULL
  UNION ALL
  SELECT s.lane, s.kind, s.cap_group, s.wanted, (SELECT q.rank FROM flow q WHERE ${HEAD_ROWS} AND q.rank > s.rank ORDER BY q.rank LIMIT 1)
    FROM step s WHERE s.rank IS NOT NULL
),
probe AS MATERIALIZED (
  SELECT c.* FROM step s CROSS JOIN LATERAL (
    SELECT q.id, q.lane, q.principal_id, q.rank, q.order_at FROM flow q
     WHERE ${HEAD_ROWS} AND NOT q.pin_force AND q.rank = s.rank AND q.order_at <= (SELECT clock_timestamp()) AND (q.not_before IS NULL OR q.not_before <= clock_timestamp())
     ORDER BY q.order_at, q.id LIMIT s.wanted) c
),
by_principal AS (
  SELECT p.*, r.slots, row_number() OVER (PARTITION BY p.principal_id ORDER BY p.rank, p.order_at, p.id) AS n
    FROM probe p LEFT JOIN unnest($6::text[], $7::int[]) AS r(principal_id, slots) USING (principal_id)
),
by_lane AS (
  SELECT p.id, p.lane, p.rank, p.order_at, r.slots, row_number() OVER (PARTITION BY p.lane ORDER BY p.rank, p.order_at, p.id) AS n
    FROM by_principal p LEFT JOIN unnest($4::text[], $5::int[]) AS r(lane, slots) USING (lane)
   WHERE p.slots IS NULL OR p.n <= p.slots
),
next AS MATERIALIZED (
  SELECT id, rank, order_at FROM by_lane WHERE slots IS NULL OR n <= slots ORDER BY rank, order_at, id LIMIT $8
)
SELECT ${FLOW_FACTS} FROM next n JOIN flow f ON f.id = n.id
 WHERE f.status = ANY('{QUEUED}'::flow_status[]) AND NOT f.blocked
 ORDER BY n.rank, n.order_at, n.id FOR UPDATE OF f SKIP LOCKED`

/** Flows that an operator forced past the caps, first pinned last. Everything else about them must hold as for any other. */
export async function takeForced(tx: Tx, heads: Head[], limit: number): Promise<FlowFacts[]> {
  return tx.rows<FlowFacts & Record<string, unknown>>(
    'takeForced',
    `WITH ${SET}
     SELECT ${FLOW_FACTS} FROM flow f
      WHERE f.status = 'QUEUED' AND f.pin_force AND NOT f.blocked AND (f.not_before IS NULL OR f.not_before <= clock_timestamp())
        AND EXISTS (SELECT 1 FROM h WHERE h.lane = f.lane AND h.kind = f.kind)
      ORDER BY f.order_at, f.id LIMIT $4 FOR UPDATE OF f SKIP LOCKED`,
    [heads.map(h => h.lane), heads.map(h => h.kind), heads.map(h => h.wanted), limit],
  )
}
