import type { Pool, Tx } from '@sluice/db'
import { boundedRead } from './bounded-read.ts'
import { deliveryScan } from './delivery-filter.ts'
import type { DeliveryFilter } from './delivery-filter.ts'
import { INSTANT, isInstant } from './instant-sql.ts'
import { decodeCursor, encodeCursor } from './page-cursor.ts'

interface Place { at: string; id: string }

/** Ids of up to limit deliveries, newest first, each with the cursor to go on from. Throws InvalidInput for a cursor that is none, LimitExceeded after 2 s. */
export async function listDeliveries(pool: Pool, { filter, after, limit }: { filter: DeliveryFilter; after: string | null; limit: number }): Promise<{ id: string; cursor: string }[]> {
  const beyond = after ? decodeCursor(after, { argument: 'after', parse: parsePlace }) : null
  const { text, values } = deliveryScan({ filter, columns: COLUMNS, order: 'DESC', beyond, limit })
  const rows = await boundedRead(pool, tx => tx.rows<Place & Record<string, unknown>>('listDeliveries', text, values, { prepared: false }))
  return rows.map(({ at, id }) => ({ id, cursor: encodeCursor([at, id]) }))
}

const COLUMNS = `d.id, ${INSTANT('d.created_at')} AS at`

const parsePlace = ([at, id]: unknown[]): Place | undefined => (isInstant(at) && typeof id === 'string' && id.startsWith('dlv_') ? { at, id } : undefined)

/** How many there are, at most limit + 1: who asks for a dry run is told "or more" (D-43). */
export async function countDeliveries(tx: Tx, { filter, limit }: { filter: DeliveryFilter; limit: number }): Promise<number> {
  const { text, values } = deliveryScan({ filter, columns: '1', order: 'DESC', beyond: null, limit: limit + 1, latestOnly: true })
  const [row] = await tx.rows<{ count: number }>('countDeliveries', `SELECT count(*)::int AS count FROM (${text}) counted`, values, { prepared: false })
  return row?.count ?? 0
}

/** How many of these there are. */
export async function countKnown(tx: Tx, ids: readonly string[]): Promise<number> {
  const [row] = await tx.rows<{ count: number }>('countKnownDeliveries', 'SELECT count(*)::int AS count FROM webhook_delivery WHERE id = ANY($1::text[])', [ids])
  return row?.count ?? 0
}

/** The next of a fixed set, oldest first; the place to go on from comes with each. */
export async function nextDeliveries(tx: Tx, p: { filter: DeliveryFilter; beyond: Place | null; limit: number }): Promise<Place[]> {
  const { text, values } = deliveryScan({ ...p, columns: COLUMNS, order: 'ASC', latestOnly: true })
  return tx.rows<Place & Record<string, unknown>>('nextDeliveries', text, values, { prepared: false })
}
