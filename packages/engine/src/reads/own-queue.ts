import type { Named } from '@sluice/db'
import { INSTANT } from './instant-sql.ts'

/** Sections are numbered in the order in which a page shows them. */
export interface OwnPlace { section: 0 | 1 | 2; rank: number; at: string; id: string }

interface After { section: number; rank: number; at: string; id: string }

export interface OwnQueueRequest { principalId: string; lane: string | null | undefined; asOf: string; after: After | undefined; limit: number }

/** So many rows of one owner are read and sorted for a page. */
const OWN_MAX = 5000

/**
 * One principal's part of the queue in the order of the whole (flow-queue.ts): their queued rows by the index on their owner, sorted. What others have
 * queued costs nothing. undefined when they have more than 5,000 queued: then their rows are thick enough for a walk along the queue.
 */
export async function readOwnQueue(db: Named, r: OwnQueueRequest): Promise<OwnPlace[] | undefined> {
  const after = r.after ?? { section: -1, rank: 0, at: '-infinity', id: '' }
  const values = [r.principalId, r.lane ?? null, r.asOf, r.limit, after.section, rankIn(after), after.at, after.id]
  const [row] = await db.rows<{ found: number; places: OwnPlace[] }>('ownQueue', OWN_QUEUE, values)
  if (!row) throw new Error('ownQueue answered no row')
  return row.found > OWN_MAX ? undefined : row.places
}

/** What is delayed is sorted by its time alone. */
const rankIn = ({ section, rank }: After): number => (section === 1 ? 0 : rank)

// The status comes from a row and not as a constant, so that no index of queued rows only, which knows no owner, offers itself.
const OWN_QUEUE = `
WITH own AS MATERIALIZED (
  SELECT q.* FROM (SELECT 'QUEUED'::flow_status AS status OFFSET 0) s CROSS JOIN LATERAL (
    SELECT q.id, q.lane, q.rank, q.order_at, q.not_before, q.queued_at, q.blocked FROM flow q
     WHERE q.principal_id = $1 AND q.status = s.status AND q.deleted_at IS NULL
     ORDER BY q.created_at, q.id LIMIT ${OWN_MAX + 1}) q
),
placed AS (
  SELECT id, 0 AS section, rank, order_at AS at, lane FROM own WHERE NOT blocked AND order_at <= $3::timestamptz AND (not_before IS NULL OR not_before <= $3::timestamptz)
  UNION ALL SELECT id, 1, 0, not_before, lane FROM own WHERE NOT blocked AND not_before > queued_at AND not_before > $3::timestamptz
  UNION ALL SELECT id, 2, rank, order_at, lane FROM own WHERE blocked
)
SELECT (SELECT count(*)::int FROM own) AS found, (
  SELECT coalesce(json_agg(json_build_object('section', section, 'rank', rank, 'at', ${INSTANT('at')}, 'id', id) ORDER BY section, rank, at, id), '[]') FROM (
    SELECT * FROM placed WHERE ($2::text IS NULL OR lane = $2) AND (section, rank, at, id) > ($5::int, $6::int, $7::timestamptz, $8::text)
     ORDER BY section, rank, at, id LIMIT $4::int) p) AS places`
