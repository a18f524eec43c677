import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { COUNTED, countedSince } from './counted-sql.ts'

export interface QueueStatsRow {
  queued: number
  running: number
  waiting: number
  /** Summed from the rows that hold slots (INV-9). */
  slotsHeld: number
  slotsHeldByWaiting: number
  /** The lane's cap where a lane is asked for, else the global one; 0 = none. */
  cap: number
  oldestQueuedAt: Date | null
  finishedLastMinute: number
  failedLastMinute: number
}

/** Figures of one lane, or of all. One statement, so they agree with each other and with the rows at a commit (INV-37). */
export async function queueStats(pool: Pool, lane: string | null = null): Promise<QueueStatsRow> {
  const [row] = await named(pool).rows<QueueStatsRow & Record<string, unknown>>('queueStats', QUEUE_STATS, [lane])
  if (!row) throw new Error('queueStats answered no row')
  return row
}

// What ended in the last minute is counted from the rows as far as a thousand of each outcome. Busier than that it is the ledger's minutes, the one
// before now weighted by how much of it still lies within sixty seconds.
export const ENDED_COUNTED = 1000

export const endedSince = (status: 'FINISHED' | 'FAILED'): string => `
  (SELECT f.lane FROM flow f WHERE f.status = '${status}' AND f.finished_at > c.now - interval '1 minute' AND f.finished_at IS NOT NULL AND f.deleted_at IS NULL
    ORDER BY f.finished_at DESC, f.id DESC LIMIT ${ENDED_COUNTED + 1})`

const lastMinute = (word: 'finished' | 'failed', status: 'FINISHED' | 'FAILED'): string => `
  (SELECT CASE WHEN count(*) <= ${ENDED_COUNTED} THEN count(*) FILTER (WHERE $1::text IS NULL OR e.lane = $1) ELSE
     (SELECT round(coalesce(sum(m.count * CASE WHEN m.minute = date_trunc('minute', c.now) THEN 1 ELSE 1 - extract(second FROM c.now) / 60 END), 0))
        FROM minutes m WHERE m.word = '${word}') END
     FROM ${endedSince(status)} e)::int`

const QUEUE_STATS = `
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
standing AS MATERIALIZED (
  SELECT coalesce(sum(count) FILTER (WHERE word = 'QUEUED'), 0)::int AS queued, coalesce(sum(count) FILTER (WHERE word = 'RUNNING'), 0)::int AS running,
         coalesce(sum(count) FILTER (WHERE word = 'WAITING'), 0)::int AS waiting
    FROM ${COUNTED} t WHERE $1::text IS NULL OR t.lane = $1
),
slots AS MATERIALIZED (
  SELECT coalesce(sum(slot_weight), 0)::int AS held, coalesce(sum(slot_weight) FILTER (WHERE status = 'WAITING'), 0)::int AS by_waiting
    FROM flow WHERE slot_held AND ($1::text IS NULL OR lane = $1)
),
minutes AS MATERIALIZED (
  SELECT minute, word, sum(count) AS count FROM ${countedSince(`date_trunc('minute', (SELECT now FROM clock) - interval '1 minute')`)} m
   WHERE word IN ('finished', 'failed') AND ($1::text IS NULL OR lane = $1) GROUP BY minute, word
)
SELECT s.queued, s.running, s.waiting, h.held AS "slotsHeld", h.by_waiting AS "slotsHeldByWaiting",
       coalesce((SELECT q.max_active FROM quota q WHERE q.scope = CASE WHEN $1::text IS NULL THEN 'GLOBAL' ELSE 'LANE' END::cap_scope AND q.subject = coalesce($1, '')), 0) AS cap,
       (SELECT min(o.queued_at) FROM (SELECT name FROM lane WHERE $1::text IS NULL OR name = $1) l CROSS JOIN LATERAL
          (SELECT f.queued_at FROM flow f WHERE f.status = 'QUEUED' AND f.lane = l.name ORDER BY f.queued_at LIMIT 1) o) AS "oldestQueuedAt",
       ${lastMinute('finished', 'FINISHED')} AS "finishedLastMinute", ${lastMinute('failed', 'FAILED')} AS "failedLastMinute"
  FROM clock c CROSS JOIN standing s CROSS JOIN slots h`
