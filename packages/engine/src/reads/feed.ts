/**
 * The live feed across flows (D-37): milestones in the order (xid, position), each read only when no transaction that could still add an earlier one is
 * open. A position is the pair of a committed item, never "the present": after a crash PostgreSQL may give ids again that it had handed out but not yet
 * written, and what is written under those must still come after every cursor.
 */
import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import type { FlowEventType, FlowPhase, FlowStatus, Json } from '@sluice/protocol'

/** xid and position are decimal strings: they outgrow what a JavaScript number holds exactly. */
export interface FeedCursor { generation: string; xid: string; position: string }

export interface FlowEventRow {
  flowId: string
  sequence: number
  type: FlowEventType
  status: FlowStatus | null
  phase: FlowPhase | null
  actor: string
  at: Date
  payload: { [key: string]: Json }
}
export interface FeedItem extends FlowEventRow { xid: string; position: string }

export interface FeedRead {
  items: FeedItem[]
  /** Where to go on. */
  head: FeedCursor
  /** What followed the cursor can no longer be told (deleted by retention, or another generation): read everything again; head is the present. */
  gap: boolean
  /** There may be more: read again at once. */
  more: boolean
  /** For how long the oldest committed item has been waiting for an open transaction; 0 when nothing does. */
  lagMs: number
}

export const encodeFeedCursor = (c: FeedCursor): string => `${c.generation}.${c.xid}.${c.position}`

/** undefined when it is no feed cursor. */
export function decodeFeedCursor(text: string): FeedCursor | undefined {
  const [, generation, xid, position] = /^([0-9a-z]{1,64})\.(\d{1,18})\.(\d{1,18})$/.exec(text) ?? []
  return generation && xid && position ? { generation, xid, position } : undefined
}

/** The cursor of the present: whatever is read from the tables after this call holds at least all that came before it. */
export async function feedHead(pool: Pool): Promise<FeedCursor> {
  const [row] = await named(pool).rows<FeedCursor & Record<string, unknown>>('feedHead', FEED_HEAD)
  if (!row) throw new Error('feedHead answered no row')
  return row
}

export const FEED_MAX = 1000

/** What follows the cursor, at most limit items (default and most 1,000). */
export async function readFeed(pool: Pool, cursor: FeedCursor, limit = FEED_MAX): Promise<FeedRead> {
  const most = Math.min(limit, FEED_MAX)
  const rows = await named(pool).rows<FeedRow>('readFeed', READ_FEED, [cursor.generation, cursor.xid, cursor.position, most])
  const [first] = rows
  if (!first) throw new Error('readFeed answered no row')
  if (first.gap) return { items: [], head: await feedHead(pool), gap: true, more: false, lagMs: 0 }
  const items = rows.flatMap(toItem)
  const last = items.at(-1)
  const head = last ? { generation: cursor.generation, xid: last.xid, position: last.position } : cursor
  return { items, head, gap: false, more: items.length === most, lagMs: Math.max(0, Math.round(first.lagMs ?? 0)) }
}

/** One flow's milestones after a sequence, oldest first, at most limit (default and most 1,000). */
export const flowEventsAfter = (pool: Pool, flowId: string, afterSequence: number, limit = FEED_MAX): Promise<FlowEventRow[]> =>
  named(pool).rows<FlowEventRow & Record<string, unknown>>('flowEventsAfter', FLOW_EVENTS_AFTER, [flowId, afterSequence, Math.min(limit, FEED_MAX)])

type FeedRow = Record<string, unknown> & { gap: boolean; lagMs: number | null } & ({ flowId: null } | FeedItem)

function toItem(row: FeedRow): FeedItem[] {
  if (row.flowId === null) return []
  const { gap: _, lagMs: __, ...item } = row
  return [item as FeedItem]
}

const COLUMNS = `e.flow_id AS "flowId", e.sequence, e.type, e.status, e.phase, e.actor, e.at, e.payload`

// Item by item below the horizon of what is decided, so the index gives them in order and stops at the limit.
const READ_FEED = `
WITH edge AS MATERIALIZED (
  SELECT s.generation <> $1 OR ($2::bigint, $3::bigint) < (s.horizon_xid, s.horizon_position) OR $2::bigint >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS gap,
         pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS decided
    FROM system_state s WHERE s.id = 1
)
SELECT g.gap,
       extract(epoch FROM clock_timestamp() - (SELECT w.at FROM flow_event w WHERE w.xid >= g.decided ORDER BY w.xid, w.position LIMIT 1))::float8 * 1000 AS "lagMs",
       e.*
  FROM edge g LEFT JOIN LATERAL (
    SELECT ${COLUMNS}, e.xid, e.position FROM flow_event e
     WHERE NOT g.gap AND (e.xid, e.position) > ($2::bigint, $3::bigint) AND e.xid < g.decided
     ORDER BY e.xid, e.position LIMIT $4) e ON true
 ORDER BY e.xid, e.position`

// Retention may have deleted the very last item: no cursor may lie below what it deleted.
const FEED_HEAD = `
WITH edge AS MATERIALIZED (SELECT s.*, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS decided FROM system_state s WHERE s.id = 1)
SELECT g.generation, CASE WHEN g.beyond THEN e.xid ELSE g.horizon_xid END AS xid, CASE WHEN g.beyond THEN e.position ELSE g.horizon_position END AS position
  FROM edge d LEFT JOIN LATERAL (SELECT xid, position FROM flow_event WHERE xid < d.decided ORDER BY xid DESC, position DESC LIMIT 1) e ON true
 CROSS JOIN LATERAL (SELECT d.*, coalesce((e.xid, e.position) > (d.horizon_xid, d.horizon_position), false) AS beyond) g`

const FLOW_EVENTS_AFTER = `SELECT ${COLUMNS} FROM flow_event e WHERE e.flow_id = $1 AND e.sequence > $2 ORDER BY e.sequence LIMIT $3`
