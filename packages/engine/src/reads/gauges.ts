/** How the whole system stands, for a monitor: one statement, whatever there is, and an answer whose size is bounded. */
import type { Pool } from '@sluice/db'
import type { CountWord, WorkerState } from '@sluice/protocol'
import { boundedRead } from './bounded-read.ts'
import { COUNTED } from './counted-sql.ts'

/** Lanes and kinds beyond the busiest so many are told together, under a name that none of them can have. */
export const NAMED_PLACES = 100
export const OTHER_PLACES = '_other'

export interface PlaceGauges { name: string; queued: number; running: number; waiting: number }
/** cap: 0 = none, and 0 for the others together. oldestQueuedSeconds: 0 = nothing is queued. */
export interface LaneGauges extends PlaceGauges { oldestQueuedSeconds: number; slots: number; cap: number }

export interface Gauges {
  /** By word of the ledger: flows that stand so, and what has ever happened. */
  words: Partial<Record<CountWord, number>>
  lanes: LaneGauges[]
  kinds: PlaceGauges[]
  slots: { held: number; heldByWaiting: number; cap: number }
  /** Workers that are not gone, with the flows they could take at once. */
  workers: { state: Exclude<WorkerState, 'DEAD'>; count: number; capacity: number }[]
  leases: number
  /** How long the oldest open wait has stood; 0 = none is open. */
  oldestWaitSeconds: number
  /** Processes that signed themselves alive within 15 s; one with two roles counts in both. */
  processes: { role: string; count: number }[]
}

/** @throws LimitExceeded when the database cannot say it within 2 s. */
export function readGauges(pool: Pool, places = NAMED_PLACES): Promise<Gauges> {
  return boundedRead(pool, async tx => {
    const [row] = await tx.rows<{ gauges: Gauges }>('readGauges', READ_GAUGES, [places])
    if (!row) throw new Error('readGauges answered no row')
    return row.gauges
  })
}

const STANDING = (word: string): string => `coalesce(sum(count) FILTER (WHERE word = '${word}'), 0) AS ${word.toLowerCase()}`
const LIVE = `${STANDING('QUEUED')}, ${STANDING('RUNNING')}, ${STANDING('WAITING')}`
const NAMED = `CASE WHEN row_number() OVER (ORDER BY queued + running + waiting DESC, name) <= $1 THEN name ELSE '${OTHER_PLACES}' END`

// A place that exists is told with 0, so that its series does not end where its queue does.
const READ_GAUGES = `
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
counted AS MATERIALIZED (SELECT lane, kind, word, sum(count) AS count FROM ${COUNTED} c GROUP BY 1, 2, 3),
held AS MATERIALIZED (
  SELECT lane, sum(slot_weight) AS slots, coalesce(sum(slot_weight) FILTER (WHERE status = 'WAITING'), 0) AS by_waiting FROM flow WHERE slot_held GROUP BY lane
),
lane_standing AS (
  SELECT name, ${LIVE} FROM (SELECT name, NULL AS word, 0 AS count FROM lane UNION ALL SELECT lane, word, count FROM counted) l GROUP BY name
),
lanes AS (
  SELECT ${NAMED} AS name, s.queued, s.running, s.waiting, coalesce(h.slots, 0) AS slots,
         coalesce((SELECT q.max_active FROM quota q WHERE q.scope = 'LANE' AND q.subject = s.name), 0) AS cap,
         CASE WHEN s.queued > 0 THEN (SELECT f.queued_at FROM flow f WHERE f.status = 'QUEUED' AND f.lane = s.name ORDER BY f.queued_at LIMIT 1) END AS oldest
    FROM lane_standing s LEFT JOIN held h ON h.lane = s.name
),
kind_standing AS (
  SELECT name, ${LIVE} FROM (SELECT name, NULL AS word, 0 AS count FROM flow_kind UNION ALL SELECT kind, word, count FROM counted) k GROUP BY name
),
kinds AS (SELECT ${NAMED} AS name, queued, running, waiting FROM kind_standing)
SELECT json_build_object(
  'words', (SELECT coalesce(json_object_agg(word, count), '{}') FROM (SELECT word, sum(count) AS count FROM counted GROUP BY word) w),
  'lanes', (SELECT coalesce(json_agg(l ORDER BY l.name), '[]') FROM (
     SELECT name, sum(queued) AS queued, sum(running) AS running, sum(waiting) AS waiting, sum(slots) AS slots,
            CASE WHEN name = '${OTHER_PLACES}' THEN 0 ELSE sum(cap) END AS cap,
            coalesce(greatest(0, extract(epoch FROM max(c.now - oldest))), 0)::float8 AS "oldestQueuedSeconds"
       FROM lanes CROSS JOIN clock c GROUP BY name) l),
  'kinds', (SELECT coalesce(json_agg(k ORDER BY k.name), '[]') FROM (
     SELECT name, sum(queued) AS queued, sum(running) AS running, sum(waiting) AS waiting FROM kinds GROUP BY name) k),
  'slots', (SELECT json_build_object('held', coalesce(sum(slots), 0), 'heldByWaiting', coalesce(sum(by_waiting), 0),
     'cap', coalesce((SELECT max_active FROM quota WHERE scope = 'GLOBAL' AND subject = ''), 0)) FROM held),
  'workers', (SELECT coalesce(json_agg(w ORDER BY w.state), '[]') FROM (
     SELECT state, count(*) AS count, sum(capacity) AS capacity FROM worker, clock c WHERE state <> 'DEAD' AND expires_at > c.now GROUP BY state) w),
  'leases', (SELECT count(*) FROM attempt WHERE ended_at IS NULL),
  'oldestWaitSeconds', coalesce((SELECT greatest(0, extract(epoch FROM c.now - w.opened_at)) FROM waitpoint w, clock c WHERE w.state = 'OPEN' ORDER BY w.opened_at, w.id LIMIT 1), 0)::float8,
  'processes', (SELECT coalesce(json_agg(p ORDER BY p.role), '[]') FROM (
     SELECT r.role, count(*) AS count FROM server_process s CROSS JOIN unnest(s.roles) AS r(role), clock c WHERE s.alive_at > c.now - interval '15 seconds' GROUP BY r.role) p)
) AS gauges`
