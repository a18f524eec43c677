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
const LANE_ROOMS = `unnest($4::text[], $5::int[])`
const PRINCIPAL_ROOMS = `unnest($6::text[], $7::int[])`

/**
 * The next flows in the order of D-34, cut by principal, by lane and over all, and locked; one that somebody is changing is left out (D-39 d).
 * A place is a head and a cap group that exists in the queue (found there, not in the quotas: a flow keeps its group when the cap goes) and has room. Of each
 * place first its share of the limit is read; where the last of all that is wanted then stands, no place has to be read any further. So the work is that of
 * the places and of the limit: it grows neither with the queue nor with how many cannot run (INV-47), and hardly with one times the other.
 * Where room is tight the edge may leave some out: they are the next pass's, which follows any that promoted something.
 * Probes are read without locks; only the rows that are taken are locked and looked at again.
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

const rowsOf = (place: string): string => `q.status = 'QUEUED' AND NOT q.blocked AND q.lane = ${place}.lane AND q.kind = ${place}.kind`

/** The first row of the next cap group of a head: the group, and the first rank in it. */
const groupOf = (place: string, beyond = ''): string =>
  `(SELECT q.cap_group, q.rank FROM flow q WHERE ${rowsOf(place)} ${beyond} ORDER BY q.cap_group, q.rank LIMIT 1)`

/**
 * The rows of a place that may start, from its rank on, rank by rank: rows that are not due yet stand behind the due ones of their rank and are never walked
 * over. Only as many ranks are looked at as the limit needs.
 */
const walk = (place: string, o: { limit: string; lastRank?: string; between?: string }): string => `(
  WITH RECURSIVE step AS (
    SELECT ${place}.rank AS rank
    UNION ALL
    SELECT (SELECT q.rank FROM flow q WHERE ${rowsOf(place)} AND q.cap_group = ${place}.cap_group AND q.rank > s.rank ${o.lastRank ? `AND q.rank <= ${o.lastRank}` : ''}
             ORDER BY q.rank LIMIT 1) FROM step s WHERE s.rank IS NOT NULL
  )
  SELECT c.* FROM step s CROSS JOIN LATERAL (
    SELECT q.id, q.principal_id, q.rank, q.order_at FROM flow q
     WHERE ${rowsOf(place)} AND q.cap_group = ${place}.cap_group AND NOT q.pin_force AND q.rank = s.rank
       AND q.order_at <= (SELECT clock_timestamp()) AND (q.not_before IS NULL OR q.not_before <= clock_timestamp()) ${o.between ?? ''}
     ORDER BY q.order_at, q.id LIMIT ${o.limit}) c
   LIMIT ${o.limit})`

/** What the rooms leave of rows, which have no room of their own: the first of each principal, of those the first of each lane. */
const cut = (rows: string): string => `
  SELECT id, rank, order_at FROM (
    SELECT p.id, p.rank, p.order_at, r.slots, row_number() OVER (PARTITION BY p.lane ORDER BY p.rank, p.order_at, p.id) AS n FROM (
      SELECT p.*, r.slots, row_number() OVER (PARTITION BY p.principal_id ORDER BY p.rank, p.order_at, p.id) AS n
        FROM ${rows} p LEFT JOIN ${PRINCIPAL_ROOMS} AS r(principal_id, slots) USING (principal_id)) p
      LEFT JOIN ${LANE_ROOMS} AS r(lane, slots) USING (lane) WHERE p.slots IS NULL OR p.n <= p.slots) p
   WHERE slots IS NULL OR n <= slots`

export const TAKE_PROMOTABLE = `
WITH RECURSIVE ${SET},
groups AS (
  SELECT h.*, g.* FROM h CROSS JOIN LATERAL ${groupOf('h')} g
  UNION ALL
  SELECT s.lane, s.kind, s.wanted, g.* FROM groups s CROSS JOIN LATERAL ${groupOf('s', 'AND q.cap_group > s.cap_group')} g
),
place AS MATERIALIZED (
  SELECT g.lane, g.kind, g.cap_group, g.rank, least(g.wanted, l.slots, c.slots) AS most, least(g.wanted, l.slots, c.slots, (1 + $8::int / count(*) OVER ())::int) AS share
    FROM groups g LEFT JOIN ${LANE_ROOMS} AS l(lane, slots) USING (lane) LEFT JOIN ${PRINCIPAL_ROOMS} AS c(cap_group, slots) USING (cap_group)
   WHERE least(g.wanted, l.slots, c.slots) > 0
),
near AS MATERIALIZED (
  SELECT p.lane, p.kind, p.cap_group, p.most, p.share, c.* FROM place p CROSS JOIN LATERAL ${walk('p', { limit: 'p.share' })} c
),
edge AS MATERIALIZED (
  SELECT coalesce(max(rank), 2147483647) AS rank, coalesce(max(order_at), 'infinity') AS order_at, coalesce(max(id), '') AS id
    FROM (${cut('near')} ORDER BY rank, order_at, id OFFSET $8::int - 1 LIMIT 1) last
),
reached AS MATERIALIZED (
  SELECT DISTINCT ON (lane, kind, cap_group) lane, kind, cap_group, rank, order_at, id, most - share AS more, count(*) OVER (PARTITION BY lane, kind, cap_group) = share AND share < most AS goes_on
    FROM near ORDER BY lane, kind, cap_group, rank DESC, order_at DESC, id DESC
),
far AS MATERIALIZED (
  SELECT r.lane, c.* FROM edge e CROSS JOIN reached r CROSS JOIN LATERAL ${walk('r', {
    limit: 'r.more', lastRank: 'e.rank',
    between: `AND (q.order_at, q.id) > (CASE WHEN s.rank = r.rank THEN r.order_at ELSE '-infinity' END, CASE WHEN s.rank = r.rank THEN r.id ELSE '' END)
       AND (q.order_at, q.id) <= (CASE WHEN s.rank = e.rank THEN e.order_at ELSE 'infinity' END, CASE WHEN s.rank = e.rank THEN e.id ELSE '' END)`,
  })} c
   WHERE r.goes_on AND (r.rank, r.order_at, r.id) < (e.rank, e.order_at, e.id)
),
within AS MATERIALIZED (
  SELECT lane, id, principal_id, rank, order_at FROM near n WHERE (n.rank, n.order_at, n.id) <= (SELECT e.rank, e.order_at, e.id FROM edge e)
  UNION ALL SELECT lane, id, principal_id, rank, order_at FROM far
),
next AS MATERIALIZED (${cut('within')} ORDER BY rank, order_at, id LIMIT $8::int)
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
