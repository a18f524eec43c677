/**
 * Deliveries that changed, in the order in which it was committed, with only their latest state (D-37): each row carries the transaction of its last change, and
 * is told when every older transaction is over. One that changes again meanwhile moves to its new place.
 */
import { InvalidInput } from '@sluice/domain'
import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { decodeCursor, encodeCursor } from './page-cursor.ts'

/** xid as text: it is a 64-bit number. */
export interface DeliveryCursor { generation: string; xid: string; id: string }
export interface DeliveryChanges { items: { id: string; xid: string }[]; head: DeliveryCursor; gap: boolean; more: boolean }

const MOST = 1000

/**
 * The last change that is decided: everything before it is in the past. Not the present itself: a transaction id that was given out and never written may be
 * given out again after a crash of the database, and a cursor must not lie above it.
 */
export async function deliveryHead(pool: Pool): Promise<DeliveryCursor> {
  const [row] = await named(pool).rows<{ generation: string; xid: string; id: string }>(
    'deliveryHead',
    `SELECT s.generation, coalesce(d.xid, 0)::text AS xid, coalesce(d.id, 'dlv_') AS id FROM system_state s LEFT JOIN LATERAL (
       SELECT xid, id FROM webhook_delivery WHERE xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY xid DESC, id DESC LIMIT 1) d ON true
      WHERE s.id = 1`)
  if (!row) throw new Error('there is no system_state')
  return row
}

/** gap: the cursor is of another generation (a restore), or of a cluster that had come further; head is then where to go on. */
export async function changedDeliveries(pool: Pool, cursor: DeliveryCursor, limit = MOST): Promise<DeliveryChanges> {
  const most = Math.min(limit, MOST)
  const rows = await named(pool).rows<{ gap: boolean; id: string | null; xid: string | null }>('changedDeliveries', CHANGED, [cursor.generation, cursor.xid, cursor.id, most])
  if (rows[0]?.gap ?? true) return { items: [], head: await deliveryHead(pool), gap: true, more: false }
  const items = rows.flatMap(({ id, xid }) => (id !== null && xid !== null ? [{ id, xid }] : []))
  const last = items.at(-1)
  return { items, head: last ? { ...cursor, ...last } : cursor, gap: false, more: items.length === most }
}

const CHANGED = `
WITH edge AS MATERIALIZED (
  SELECT s.generation <> $1 OR $2::bigint >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS gap, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS decided
    FROM system_state s WHERE s.id = 1
)
SELECT g.gap, d.id, d.xid::text FROM edge g LEFT JOIN LATERAL (
  SELECT d.id, d.xid FROM webhook_delivery d WHERE NOT g.gap AND (d.xid, d.id) > ($2::bigint, $3::text) AND d.xid < g.decided ORDER BY d.xid, d.id LIMIT $4) d ON true
 ORDER BY d.xid, d.id`

export const encodeDeliveryCursor = ({ generation, xid, id }: DeliveryCursor): string => encodeCursor(['d', generation, xid, id])

/** Throws InvalidInput naming the argument. */
export const decodeDeliveryCursor = (text: string): DeliveryCursor => {
  const cursor = decodeCursor(text, { argument: 'after', parse: parts => (parts[0] === 'd' ? parts.slice(1) : undefined) })
  const [generation, xid, id] = cursor
  if (typeof generation === 'string' && typeof xid === 'string' && /^\d{1,18}$/.test(xid) && typeof id === 'string' && id.startsWith('dlv_')) return { generation, xid, id }
  throw new InvalidInput(['after'], 'after is not a cursor of this subscription.')
}
