import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { COUNTED } from './counted-sql.ts'

/** A handful of rows, whatever has ever registered. Live is what the queue reason NO_WORKER calls so: it asks for work, and was heard in time. */
const ALIVE = `alive AS MATERIALIZED (
  SELECT kinds, coalesce(lanes, '{}') AS lanes FROM worker WHERE state <> 'DEAD' AND state = ANY('{ACTIVE}'::worker_state[]) AND expires_at > clock_timestamp())`

export interface KindFigures { queued: number; liveWorkers: number }

/** How many flows of each of these kinds are queued, and how many live workers handle it: one statement however many kinds. */
export async function kindFigures(pool: Pool, kinds: readonly string[]): Promise<Map<string, KindFigures>> {
  if (kinds.length === 0) return new Map()
  const rows = await named(pool).rows<KindFigures & { kind: string } & Record<string, unknown>>('kindFigures', KIND_FIGURES, [[...new Set(kinds)]])
  return new Map(rows.map(({ kind, ...figures }) => [kind, figures]))
}

const KIND_FIGURES = `
WITH ${ALIVE},
queued AS MATERIALIZED (SELECT kind, sum(count)::int AS queued FROM ${COUNTED} t WHERE word = 'QUEUED' AND kind = ANY($1) GROUP BY kind)
SELECT k.name AS kind, coalesce(q.queued, 0) AS queued, (SELECT count(*) FROM alive a WHERE k.name = ANY(a.kinds))::int AS "liveWorkers"
  FROM unnest($1::text[]) AS k(name) LEFT JOIN queued q ON q.kind = k.name`

export interface UnservedQueueRow { lane: string; kind: string; queued: number }

/** Of which kinds flows are queued in a lane although no live worker handles the kind there; the longest queue first, 100 at most. */
export const unservedQueues = (pool: Pool): Promise<UnservedQueueRow[]> =>
  named(pool).rows<UnservedQueueRow & Record<string, unknown>>('unservedQueues', UNSERVED_QUEUES)

const UNSERVED_QUEUES = `
WITH ${ALIVE},
queued AS MATERIALIZED (SELECT lane, kind, sum(count)::int AS queued FROM ${COUNTED} t WHERE word = 'QUEUED' GROUP BY lane, kind HAVING sum(count) > 0)
SELECT q.lane, q.kind, q.queued FROM queued q
 WHERE NOT EXISTS (SELECT 1 FROM alive a WHERE q.kind = ANY(a.kinds) AND (cardinality(a.lanes) = 0 OR q.lane = ANY(a.lanes)))
 ORDER BY q.queued DESC, q.lane, q.kind LIMIT 100`
