import { InvalidInput } from '@sluice/domain'
import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { COUNTED, countedSince } from './counted-sql.ts'

export interface ThroughputPointRow {
  /** Where the step begins. */
  at: Date
  /** How many stood QUEUED where the step ends (now, for the last). */
  depth: number
  queued: number
  started: number
  finished: number
  failed: number
}

const MINUTES_MAX = 7 * 24 * 60
const POINTS_MAX = 1500

/**
 * What happened per step over the last minutes, oldest first; the last step is the one that runs now. Default 60 minutes, one each.
 * Throws InvalidInput for minutes or a step out of range, or more than 1,500 points.
 */
export async function throughput(pool: Pool, o: { lane?: string | null; minutes?: number; stepMinutes?: number } = {}): Promise<ThroughputPointRow[]> {
  const { minutes = 60, stepMinutes = 1 } = o
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > MINUTES_MAX) throw new InvalidInput(['minutes'], `minutes must be a whole number from 1 to ${MINUTES_MAX}.`)
  if (!Number.isInteger(stepMinutes) || stepMinutes < 1 || stepMinutes > minutes) throw new InvalidInput(['stepMinutes'], 'stepMinutes must be a whole number from 1 to minutes.')
  const points = Math.ceil(minutes / stepMinutes)
  if (points > POINTS_MAX) throw new InvalidInput(['stepMinutes'], `These are ${points} points; at most ${POINTS_MAX} are given.`)
  return named(pool).rows<ThroughputPointRow & Record<string, unknown>>('throughput', THROUGHPUT, [o.lane ?? null, points, stepMinutes])
}

// The depth then is the depth now less what came since: the ledger counts every way into QUEUED and out of it.
const THROUGHPUT = `
WITH span AS MATERIALIZED (
  SELECT $3::int * interval '1 minute' AS step, date_bin($3::int * interval '1 minute', clock_timestamp(), timestamptz '2000-01-01Z') AS last
),
moved AS MATERIALIZED (
  SELECT date_bin(s.step, m.minute, timestamptz '2000-01-01Z') AS at, m.word, sum(m.count) AS count
    FROM span s CROSS JOIN ${countedSince('(SELECT last - ($2::int - 1) * step FROM span)')} m
   WHERE m.word IN ('QUEUED', 'queued', 'started', 'finished', 'failed') AND ($1::text IS NULL OR m.lane = $1) GROUP BY 1, 2
),
point AS (
  SELECT p.at, coalesce(sum(m.count) FILTER (WHERE m.word = 'QUEUED'), 0) AS change, coalesce(sum(m.count) FILTER (WHERE m.word = 'queued'), 0)::int AS queued,
         coalesce(sum(m.count) FILTER (WHERE m.word = 'started'), 0)::int AS started, coalesce(sum(m.count) FILTER (WHERE m.word = 'finished'), 0)::int AS finished,
         coalesce(sum(m.count) FILTER (WHERE m.word = 'failed'), 0)::int AS failed
    FROM span s CROSS JOIN LATERAL (SELECT s.last - n * s.step AS at FROM generate_series(0, $2::int - 1) n) p LEFT JOIN moved m ON m.at = p.at GROUP BY p.at
)
SELECT at, ((SELECT coalesce(sum(count), 0) FROM ${COUNTED} t WHERE word = 'QUEUED' AND ($1::text IS NULL OR lane = $1))
            - coalesce(sum(change) OVER (ORDER BY at ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), 0))::int AS depth,
       queued, started, finished, failed
  FROM point ORDER BY at`
