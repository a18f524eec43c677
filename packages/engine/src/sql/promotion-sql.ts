import type { Tx } from '@sluice/db'
import type { CapScope, LaneState } from '@sluice/protocol'
import { INSTANT } from '../reads/instant-sql.ts'
import { FLOW_FACTS } from './flow-facts-sql.ts'
import type { FlowFactsRow, LockedFlow } from './flow-facts-sql.ts'

/** The promoter's lock, a statement of its own: whoever counts slots afterwards has a younger snapshot (D-39 a, trap 4). */
export const lockPromotion = (tx: Tx): Promise<unknown> => tx.rows('lockPromotion', `SELECT 1 FROM quota WHERE scope = 'GLOBAL' AND subject = '' FOR UPDATE`)

export interface AskingWorker { id: string; name: string; kinds: string[]; lanes: string[]; codeVersion: string | null; room: number }
export interface Scopes {
  caps: { scope: CapScope; subject: string; maxActive: number }[]
  lanes: { name: string; state: LaneState }[]
  active: { lane: string; principalId: string; slots: number }[]
  workers: AskingWorker[]
  forced: boolean
  /** Some resume kept its slot. */
  kept: boolean
  /** By the database's clock, as text: who is due in this pass is due at this instant, and the next one is due after it. */
  at: string
  nextDueInMs: number | null
}

/**
 * All that a promotion needs to know besides the queue, in one round trip. Slots are counted from the rows that hold them (INV-9).
 * Its plan is kept (ADR 26): of what is queued the first is read in an order that one index has, and no other index can be thought as good.
 */
export async function readScopes(tx: Tx, workerIds: string[]): Promise<Scopes> {
  const [row] = await tx.rows<{ scopes: Omit<Scopes, 'workers'> & { workers: (Omit<AskingWorker, 'room'> & { capacity: number })[]; leases: Record<string, number> } }>(
    'readScopes',
    `SELECT json_build_object(
       'caps', (SELECT coalesce(json_agg(json_build_object('scope', scope, 'subject', subject, 'maxActive', max_active)), '[]') FROM quota WHERE max_active > 0),
       'lanes', (SELECT coalesce(json_agg(json_build_object('name', name, 'state', state)), '[]') FROM lane),
       'active', CASE WHEN EXISTS (SELECT 1 FROM quota WHERE max_active > 0) THEN (SELECT coalesce(json_agg(h), '[]') FROM (
          SELECT lane, principal_id AS "principalId", sum(slot_weight)::int AS slots FROM flow WHERE slot_held GROUP BY lane, principal_id) h) ELSE '[]' END,
       'workers', (SELECT coalesce(json_agg(w), '[]') FROM (
          SELECT id, name, kinds, lanes, code_version AS "codeVersion", capacity FROM worker WHERE id = ANY($1::text[]) AND state = 'ACTIVE') w),
       'leases', (SELECT coalesce(json_object_agg(worker_id, leases), '{}') FROM (
          SELECT worker_id, count(*) AS leases FROM attempt WHERE ended_at IS NULL AND worker_id = ANY($1::text[]) GROUP BY worker_id) l),
       'forced', (SELECT id FROM flow WHERE status = 'QUEUED' AND pin_force ORDER BY order_at, id LIMIT 1) IS NOT NULL,
       'kept', (SELECT id FROM flow WHERE status = 'QUEUED' AND slot_held ORDER BY order_at, id LIMIT 1) IS NOT NULL,
       'at', ${INSTANT('c.now')},
       'nextDueInMs', (SELECT ceil(extract(epoch FROM not_before - c.now) * 1000)
                         FROM flow WHERE status = 'QUEUED' AND not_before IS NOT NULL AND not_before > c.now ORDER BY not_before LIMIT 1)
     ) AS scopes FROM (SELECT clock_timestamp() AS now OFFSET 0) c`,
    [workerIds],
  )
  if (!row) throw new Error('readScopes answered no row')
  const { workers, leases, ...scopes } = row.scopes
  return { ...scopes, workers: workers.map(({ capacity, ...worker }) => ({ ...worker, room: capacity - (leases[worker.id] ?? 0) })) }
}

/** A lane that starts, and a kind that an asking worker handles. */
export interface Head { lane: string; kind: string }
export interface Room { lane: string; slots: number }
export interface PrincipalRoom { principalId: string; slots: number }

/** Where a flow stands in the order of D-34; the time as text, which has the microseconds and sorts like it. */
export interface Place { rank: number; orderAt: string; id: string }
export interface Ahead extends Place { ctid: string; nth: number; lane: string; kind: string; capGroup: string; principalId: string }
/** Reads what is due at that instant and stands behind each place, so many rows of each at most, and nothing behind the edge. */
export interface Reading<T> { from: (T & { after: Place })[]; at: string; limit: number; edge: Place | null }

const PROMOTABLE = `q.status = 'QUEUED' AND NOT q.blocked`

/**
 * The rows behind c that may start, rank by rank: rows that are not due yet stand behind the due ones of their rank and are never walked over. Only as many
 * ranks are looked at as the limit needs.
 * The plan is kept (ADR 26): each read begins at a place, has the order of one index and ends by its limit. No other index can look as good, because the
 * order's first column is compared in a row, and not by equality, which would leave an order that another index has too; and no bound is set from above,
 * because only the first column of a row ends a scan.
 */
const walk = (o: { of: string; by: string; at: string }): string => `(
  WITH RECURSIVE step AS (
    SELECT c.rank, c.order_at, c.id, true AS due
    UNION ALL
    SELECT n.rank, '-infinity', '', n.due FROM (SELECT s.rank FROM step s WHERE s.rank < $1) s CROSS JOIN LATERAL (
      SELECT q.rank, q.order_at <= $4 AS due FROM flow q
       WHERE ${PROMOTABLE} AND ${o.of} AND (${o.by}q.rank) > (${o.at}s.rank) ORDER BY ${o.by}q.rank, q.order_at, q.id LIMIT 1) n
     WHERE n.rank <= $1
  )
  SELECT r.row AS ctid, r.lane, r.kind, r."capGroup", r."principalId", r.rank, ${INSTANT('r.order_at')} AS "orderAt", r.id FROM step s CROSS JOIN LATERAL (
    SELECT q.ctid AS row, q.lane, q.kind, q.cap_group AS "capGroup", q.principal_id AS "principalId", q.rank, q.order_at, q.id FROM flow q
     WHERE s.due AND ${PROMOTABLE} AND ${o.of} AND (${o.by}q.rank, q.order_at, q.id) > (${o.at}s.rank, s.order_at, s.id)
       AND NOT q.pin_force AND (q.not_before IS NULL OR q.not_before <= $4 OR q.order_at > $4)
     ORDER BY ${o.by}q.rank, q.order_at, q.id LIMIT $3) r
   WHERE r.order_at <= $4 AND (r.rank, r.order_at) <= ($1, $2)
   LIMIT $3)`

const places = ({ from, at, limit, edge }: Reading<{ lane: string }>): unknown[] => [
  edge?.rank ?? 2_147_483_647, edge?.orderAt ?? 'infinity', limit, at,
  from.map(f => f.lane), from.map(f => f.after.rank), from.map(f => f.after.orderAt), from.map(f => f.after.id),
]
const PLACES = `$5::text[], $6::int[], $7::timestamptz[], $8::text[]`

/** The queue of lanes as it stands, whatever the kinds. */
export const readLanesAhead = (tx: Tx, r: Reading<{ lane: string }>): Promise<Ahead[]> =>
  tx.rows<Ahead & Record<string, unknown>>(
    'readLanesAhead',
    `SELECT c.nth::int, r.* FROM unnest(${PLACES}) WITH ORDINALITY AS c(lane, rank, order_at, id, nth)
      CROSS JOIN LATERAL ${walk({ of: 'q.lane = c.lane', by: '', at: '' })} r`,
    places(r),
  )

/** The last cap group of a head, or the last before one. Flows without a group have the first, so where that is the last nothing more is looked for. */
const lastGroup = (of: string, before = ''): string =>
  `(SELECT q.cap_group FROM flow q WHERE ${PROMOTABLE} AND q.lane = ${of}.lane AND q.kind = ${of}.kind ${before} ORDER BY q.cap_group DESC LIMIT 1)`

/** One kind of a lane, so many rows of each cap group that is in the queue (found there, not in the quotas: a flow keeps its group when the cap goes) and is not full. */
export const readKindsAhead = (tx: Tx, r: Reading<Head> & { full: string[] }): Promise<Ahead[]> =>
  tx.rows<Ahead & Record<string, unknown>>(
    'readKindsAhead',
    `WITH RECURSIVE c AS (
       SELECT h.*, g.* FROM unnest(${PLACES}, $9::text[]) WITH ORDINALITY AS h(lane, rank, order_at, id, kind, nth) CROSS JOIN LATERAL ${lastGroup('h')} g
       UNION ALL
       SELECT h.lane, h.rank, h.order_at, h.id, h.kind, h.nth, g.* FROM (SELECT * FROM c WHERE cap_group > '') h CROSS JOIN LATERAL ${lastGroup('h', 'AND q.cap_group < h.cap_group')} g
     )
     SELECT c.nth::int, r.* FROM c
      CROSS JOIN LATERAL ${walk({ of: 'q.lane = c.lane AND q.kind = c.kind AND q.cap_group <= c.cap_group', by: 'q.cap_group, ', at: 'c.cap_group, ' })} r
      WHERE c.cap_group <> ALL($10::text[])`,
    [...places(r), r.from.map(f => f.kind), r.full],
  )

/** Locks what was chosen, in its order. What somebody is changing, or has changed since it was read, is left out (D-39 d): it lies elsewhere, and there lies none or another. */
export const takePromotable = (tx: Tx, chosen: Ahead[]): Promise<LockedFlow[]> =>
  tx.rows<FlowFactsRow>(
    'takePromotable',
    `SELECT ${FLOW_FACTS} FROM unnest($1::tid[], $2::text[], $3::int[], $4::timestamptz[]) WITH ORDINALITY AS n(row, id, rank, order_at, nth) JOIN flow f ON f.ctid = n.row
      WHERE f.status::text = 'QUEUED' AND NOT f.blocked AND f.id || '' = n.id AND f.rank = n.rank AND f.order_at = n.order_at
      ORDER BY n.nth FOR UPDATE OF f SKIP LOCKED`,
    [chosen.map(c => c.ctid), chosen.map(c => c.id), chosen.map(c => c.rank), chosen.map(c => c.orderAt)],
  )

/** Flows that an operator forced past the caps, first pinned last. Everything else about them must hold as for any other. */
export async function takeForced(tx: Tx, heads: Head[], limit: number): Promise<LockedFlow[]> {
  return tx.rows<FlowFactsRow>(
    'takeForced',
    `SELECT ${FLOW_FACTS} FROM flow f
      WHERE f.status = 'QUEUED' AND f.pin_force AND NOT f.blocked AND (f.not_before IS NULL OR f.not_before <= clock_timestamp())
        AND EXISTS (SELECT 1 FROM unnest($1::text[], $2::text[]) AS h(lane, kind) WHERE h.lane = f.lane AND h.kind = f.kind OFFSET 0)
      ORDER BY f.order_at, f.id LIMIT $3 FOR UPDATE OF f SKIP LOCKED`,
    [heads.map(h => h.lane), heads.map(h => h.kind), limit],
  )
}
