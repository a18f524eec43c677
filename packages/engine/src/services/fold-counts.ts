import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'

/** Rows moved at most per call; a full answer means: call again. */
export const FOLD_LIMIT = 50_000

/**
 * Adds ledger rows up into the totals and the minutes, and removes them, in one statement: readers that sum all three see the same figure before and
 * after. A try-lock keeps it single-flight (a second folder would wait on the same totals); without the lock it answers 0.
 * Returns how many rows it folded.
 */
export async function foldCounts(pool: Pool, limit = FOLD_LIMIT): Promise<number> {
  const [row] = await named(pool).rows<{ folded: number }>('foldCounts', FOLD_COUNTS, [limit])
  return row?.folded ?? 0
}

// Rows are written in key order, so that two folders of different versions could at most wait, never deadlock.
const FOLD_COUNTS = `
WITH lock AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtext('sluice.fold_counts')) AS got),
bound AS MATERIALIZED (
  SELECT max(id) AS id FROM (SELECT l.id FROM lock k CROSS JOIN LATERAL (SELECT id FROM flow_count_ledger WHERE k.got ORDER BY id LIMIT $1) l) taken
),
taken AS (DELETE FROM flow_count_ledger l USING bound b WHERE l.id <= b.id RETURNING l.minute, l.lane, l.kind, l.word, l.delta),
totals AS (
  INSERT INTO flow_count_total AS t (lane, kind, word, count)
  SELECT lane, kind, word, sum(delta) FROM taken GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (lane, kind, word) DO UPDATE SET count = t.count + excluded.count
),
minutes AS (
  INSERT INTO flow_count_minute AS m (minute, lane, kind, word, count)
  SELECT minute, lane, kind, word, sum(delta) FROM taken GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  ON CONFLICT (minute, lane, kind, word) DO UPDATE SET count = m.count + excluded.count
)
SELECT count(*)::int AS folded FROM taken`
