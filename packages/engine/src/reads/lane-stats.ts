import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { COUNTED, countedSince } from './counted-sql.ts'
import { ENDED_COUNTED, endedSince } from './queue-stats.ts'
import type { QueueStatsRow } from './queue-stats.ts'

/** queueStats of each of these lanes, by name: one statement however many there are, so they agree with each other too (INV-37). */
export async function laneStats(pool: Pool, lanes: readonly string[]): Promise<Map<string, QueueStatsRow>> {
  if (lanes.length === 0) return new Map()
  const rows = await named(pool).rows<QueueStatsRow & { lane: string } & Record<string, unknown>>('laneStats', LANE_STATS, [[...new Set(lanes)]])
  return new Map(rows.map(({ lane, ...stats }) => [lane, stats]))
}

const lastMinute = (word: 'finished' | 'failed'): string => `
  (SELECT CASE WHEN a.counted <= ${ENDED_COUNTED} THEN coalesce((SELECT e.count FROM ended e WHERE e.word = a.word AND e.lane = l.name), 0) ELSE
     (SELECT round(coalesce(sum(m.count * CASE WHEN m.minute = date_trunc('minute', c.now) THEN 1 ELSE 1 - extract(second FROM c.now) / 60 END), 0))
        FROM minutes m WHERE m.word = a.word AND m.lane = l.name) END
     FROM all_ended a WHERE a.word = '${word}')::int`

const LANE_STATS = `
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
lanes AS MATERIALIZED (SELECT name FROM unnest($1::text[]) AS u(name)),
standing AS MATERIALIZED (
  SELECT t.lane, coalesce(sum(count) FILTER (WHERE word = 'QUEUED'), 0)::int AS queued, coalesce(sum(count) FILTER (WHERE word = 'RUNNING'), 0)::int AS running,
         coalesce(sum(count) FILTER (WHERE word = 'WAITING'), 0)::int AS waiting
    FROM ${COUNTED} t WHERE t.lane = ANY($1) GROUP BY t.lane
),
slots AS MATERIALIZED (
  SELECT lane, coalesce(sum(slot_weight), 0)::int AS held, coalesce(sum(slot_weight) FILTER (WHERE status = 'WAITING'), 0)::int AS by_waiting
    FROM flow WHERE slot_held AND lane = ANY($1) GROUP BY lane
),
minutes AS MATERIALIZED (
  SELECT lane, minute, word, sum(count) AS count FROM ${countedSince(`date_trunc('minute', (SELECT now FROM clock) - interval '1 minute')`)} m
   WHERE word IN ('finished', 'failed') AND lane = ANY($1) GROUP BY lane, minute, word
),
ended AS MATERIALIZED (
  SELECT 'finished' AS word, f.lane, count(*) AS count FROM clock c CROSS JOIN LATERAL ${endedSince('FINISHED')} f GROUP BY f.lane
  UNION ALL SELECT 'failed', f.lane, count(*) FROM clock c CROSS JOIN LATERAL ${endedSince('FAILED')} f GROUP BY f.lane
),
all_ended AS MATERIALIZED (SELECT w.word, coalesce((SELECT sum(e.count) FROM ended e WHERE e.word = w.word), 0) AS counted FROM (VALUES ('finished'), ('failed')) AS w(word))
SELECT l.name AS lane, coalesce(s.queued, 0) AS queued, coalesce(s.running, 0) AS running, coalesce(s.waiting, 0) AS waiting,
       coalesce(h.held, 0) AS "slotsHeld", coalesce(h.by_waiting, 0) AS "slotsHeldByWaiting",
       coalesce((SELECT q.max_active FROM quota q WHERE q.scope = 'LANE' AND q.subject = l.name), 0) AS cap,
       (SELECT f.queued_at FROM flow f WHERE f.status = 'QUEUED' AND f.lane = l.name ORDER BY f.queued_at LIMIT 1) AS "oldestQueuedAt",
       ${lastMinute('finished')} AS "finishedLastMinute", ${lastMinute('failed')} AS "failedLastMinute"
  FROM clock c CROSS JOIN lanes l LEFT JOIN standing s ON s.lane = l.name LEFT JOIN slots h ON h.lane = l.name`
