import type { Named } from '@sluice/db'
import { LIMITS } from '@sluice/protocol'
import type { CapScope, LaneState, QueueClass } from '@sluice/protocol'
import { lineSql } from './queue-line-sql.ts'

/** What a queued flow's row says about its place. Names stand for principals, as people read them. */
export interface QueuedRow {
  id: string
  lane: string
  kind: string
  principalId: string
  principalName: string
  queueClass: QueueClass
  slotHeld: boolean
  pinned: boolean
  forced: boolean
  notBefore: Date | null
  retriesUsed: number
  lostStarts: number
  heldAt: Date | null
  heldBy: string | null
  heldReason: string | null
  laneState: LaneState
  laneBy: string | null
  laneReason: string | null
  position: number | null
  now: Date
}

/** The QUEUED ones of these flows, each with its position: one walk along each lane that is asked for, as far as its last flow, 1,000 at most. */
export const readQueued = (db: Named, p: { ids: string[]; now: Date | null }): Promise<QueuedRow[]> =>
  db.rows<QueuedRow & Record<string, unknown>>('readQueued', READ_QUEUED, [p.ids, p.now])

const READ_QUEUED = `
WITH clock AS MATERIALIZED (SELECT coalesce($2::timestamptz, clock_timestamp()) AS now),
asked AS MATERIALIZED (
  SELECT id, lane, kind, principal_id, queue_class, slot_held, pinned_at, pin_force, not_before, retries_used, lost_starts, held_at, held_by, held_reason, blocked, rank
    FROM flow WHERE id = ANY($1::text[]) AND status = ANY('{QUEUED}'::flow_status[])
),
lanes AS MATERIALIZED (SELECT lane, max(rank) AS last_rank FROM asked WHERE NOT blocked GROUP BY lane),
line AS MATERIALIZED (
  SELECT q.id, row_number() OVER (PARTITION BY l.lane ORDER BY q.rank, q.order_at, q.id)::int AS position
    FROM clock c CROSS JOIN lanes l CROSS JOIN LATERAL ${lineSql({ lane: 'l.lane', now: 'c.now', lastRank: 'l.last_rank', limit: String(LIMITS.positionMax) })} q
)
SELECT a.id, a.lane, a.kind, a.principal_id AS "principalId", coalesce(p.name, a.principal_id) AS "principalName", a.queue_class AS "queueClass",
       a.slot_held AS "slotHeld", a.pinned_at IS NOT NULL AS pinned, a.pin_force AS forced, a.not_before AS "notBefore", a.retries_used AS "retriesUsed",
       a.lost_starts AS "lostStarts", a.held_at AS "heldAt", coalesce(h.name, a.held_by) AS "heldBy", a.held_reason AS "heldReason",
       coalesce(l.state, 'OPEN') AS "laneState", coalesce(s.name, l.state_by) AS "laneBy", l.state_reason AS "laneReason", q.position, c.now
  FROM clock c CROSS JOIN asked a
  LEFT JOIN line q ON q.id = a.id
  LEFT JOIN lane l ON l.name = a.lane
  LEFT JOIN principal p ON p.id = a.principal_id
  LEFT JOIN principal h ON h.id = a.held_by
  LEFT JOIN principal s ON s.id = l.state_by`

export interface ScopeFacts {
  caps: { scope: CapScope; subject: string; maxActive: number; active: number }[]
  workers: { lane: string; kind: string; live: number; full: number; capacity: number; leased: number }[]
  /** sinceMs: how long ago the first of them was, by the minute. */
  starts: { lane: string; starts: number; sinceMs: number }[]
}

/** All that reasons depend on besides the rows: caps with what is in use, live workers for each (lane, kind), starts of the last ten minutes by lane. */
export async function readScopeFacts(db: Named, p: { places: { lane: string; kind: string }[]; now: Date }): Promise<ScopeFacts> {
  const [row] = await db.rows<{ facts: ScopeFacts }>('readScopeFacts', READ_SCOPE_FACTS, [p.places.map(x => x.lane), p.places.map(x => x.kind), p.now])
  if (!row) throw new Error('readScopeFacts answered no row')
  return row.facts
}

/** Holders by scope are summed from the rows that hold slots, once (INV-9). */
const HELD_SLOTS = `held AS MATERIALIZED (SELECT lane, principal_id, sum(slot_weight)::int AS slots FROM flow WHERE slot_held GROUP BY lane, principal_id)`

const CAPS_WITH_USE = `
  SELECT q.scope, q.subject, q.max_active AS "maxActive",
         (SELECT coalesce(sum(h.slots), 0)::int FROM held h WHERE CASE q.scope WHEN 'LANE' THEN h.lane = q.subject WHEN 'PRINCIPAL' THEN h.principal_id = q.subject ELSE true END) AS active
    FROM quota q`

const READ_SCOPE_FACTS = `
WITH ${HELD_SLOTS},
place AS MATERIALIZED (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS p(lane, kind)),
leases AS MATERIALIZED (SELECT worker_id, count(*)::int AS leased FROM attempt WHERE ended_at IS NULL GROUP BY worker_id),
-- A handful of rows, whatever has ever registered.
alive AS MATERIALIZED (
  SELECT w.kinds, coalesce(w.lanes, '{}') AS lanes, w.capacity, coalesce(l.leased, 0) AS leased
    FROM worker w LEFT JOIN leases l ON l.worker_id = w.id WHERE w.state <> 'DEAD' AND w.state = ANY('{ACTIVE}'::worker_state[]) AND w.expires_at > $3
)
SELECT json_build_object(
  'caps', (SELECT coalesce(json_agg(c), '[]') FROM (${CAPS_WITH_USE} WHERE q.max_active > 0 ORDER BY q.scope, q.subject) c),
  'workers', (SELECT coalesce(json_agg(w), '[]') FROM (
     SELECT p.lane, p.kind, count(*)::int AS live, (count(*) FILTER (WHERE a.leased >= a.capacity))::int AS full,
            sum(a.capacity)::int AS capacity, sum(a.leased)::int AS leased
       FROM place p JOIN alive a ON p.kind = ANY(a.kinds) AND (cardinality(a.lanes) = 0 OR p.lane = ANY(a.lanes)) GROUP BY p.lane, p.kind) w),
  'starts', (SELECT coalesce(json_agg(s), '[]') FROM (
     SELECT lane, sum(count)::int AS starts, (extract(epoch FROM $3::timestamptz - min(minute)) * 1000)::float8 AS "sinceMs" FROM (
       SELECT lane, minute, count FROM flow_count_minute WHERE word = 'started' AND minute > $3::timestamptz - interval '10 minutes'
       UNION ALL SELECT lane, minute, delta FROM flow_count_ledger WHERE word = 'started' AND minute > $3::timestamptz - interval '10 minutes') m
      WHERE lane IN (SELECT lane FROM place) GROUP BY lane) s)
) AS facts`

export interface CapsRow { scope: CapScope; subject: string; maxActive: number; active: number; fromEnvironment: boolean; environmentValue: number | null; setBy: string | null; setAt: Date | null; reason: string | null }

/** Every cap that is set, the global one always, with the slots held under it now. 0 = none. Slots are summed from the rows (INV-9). */
export const readCaps = (db: Named): Promise<CapsRow[]> => db.rows<CapsRow & Record<string, unknown>>('readCaps', READ_CAPS)

const READ_CAPS = `
WITH ${HELD_SLOTS}
SELECT u.scope, u.subject, u."maxActive", u.active, q.from_environment AS "fromEnvironment", q.environment_value AS "environmentValue",
       q.set_by AS "setBy", q.set_at AS "setAt", q.reason
  FROM (${CAPS_WITH_USE}) u JOIN quota q ON q.scope = u.scope AND q.subject = u.subject
 ORDER BY q.scope, q.subject`
