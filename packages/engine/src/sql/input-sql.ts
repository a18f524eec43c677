import type { Named, Tx } from '@sluice/db'
import type { FlowInputState, Json } from '@sluice/protocol'

export interface FlowInputRow { id: string; flowId: string; author: string; content: Json; state: FlowInputState; attempt: number | null; createdAt: Date }

const COLUMNS = 'i.id, i.flow_id AS "flowId", i.author, i.content, i.state, i.attempt, i.created_at AS "createdAt"'
type Row = FlowInputRow & Record<string, unknown>

/** Those of these flows, oldest first; also those that were taken back. */
export const inputsOfFlows = (db: Named, flowIds: readonly string[]): Promise<FlowInputRow[]> =>
  db.rows<Row>('inputsOfFlows', `SELECT ${COLUMNS} FROM unnest($1::text[]) AS f(id) JOIN flow_input i ON i.flow_id = f.id ORDER BY i.flow_id, i.created_at, i.id`, [[...new Set(flowIds)]])

/** What goes with a lease of these flows: what was taken back is not even read. */
export const inputsOfLeases = (db: Named, flowIds: readonly string[]): Promise<FlowInputRow[]> =>
  db.rows<Row>('inputsOfLeases', `SELECT ${COLUMNS} FROM unnest($1::text[]) AS f(id) JOIN flow_input i ON i.flow_id = f.id AND i.state <> 'REMOVED' ORDER BY i.flow_id, i.created_at, i.id`, [[...new Set(flowIds)]])

/** Those of one flow beyond one of them, oldest first: contents are up to 8 MiB with what was taken back. */
export const inputsFrom = (db: Named, p: { flowId: string; after: string | null; limit: number }): Promise<FlowInputRow[]> =>
  db.rows<Row>('inputsFrom', INPUTS_FROM, [p.flowId, p.after, p.limit])

const INPUTS_FROM = `
SELECT ${COLUMNS} FROM flow_input i
 WHERE i.flow_id = $1 AND ($2::text IS NULL OR (i.created_at, i.id) > (SELECT b.created_at, b.id FROM flow_input b WHERE b.id = $2))
 ORDER BY i.created_at, i.id LIMIT $3`

export async function findInput(db: Named, id: string): Promise<FlowInputRow | undefined> {
  const [row] = await db.rows<Row>('findInput', `SELECT ${COLUMNS} FROM flow_input i WHERE i.id = $1`, [id])
  return row
}

/** How many wait to be handed over, how many there ever were with how many bytes, and the bytes of all that go with the next lease. */
export interface InputWeight { pending: number; ever: number; everBytes: number; bytes: number }

export async function weighInputs(tx: Tx, flowId: string): Promise<InputWeight> {
  const [row] = await tx.rows<InputWeight & Record<string, unknown>>(
    'weighInputs',
    `SELECT count(*) FILTER (WHERE state = 'PENDING')::int AS pending, count(*)::int AS ever, coalesce(sum(bytes), 0)::int AS "everBytes", coalesce(sum(bytes) FILTER (WHERE state <> 'REMOVED'), 0)::int AS bytes
       FROM flow_input WHERE flow_id = $1`,
    [flowId],
  )
  return row ?? { pending: 0, ever: 0, everBytes: 0, bytes: 0 }
}

export async function insertInput(tx: Tx, i: { id: string; flowId: string; author: string; content: Json; bytes: number }): Promise<FlowInputRow> {
  const [row] = await tx.rows<Row>(
    'insertInput',
    `INSERT INTO flow_input AS i (id, flow_id, author, content, bytes, created_at) VALUES ($1, $2, $3, $4::jsonb, $5, clock_timestamp()) RETURNING ${COLUMNS}`,
    [i.id, i.flowId, i.author, JSON.stringify(i.content), i.bytes],
  )
  if (!row) throw new Error(`input ${i.id} was not inserted`)
  return row
}

/** undefined: it was handed over or taken back before. */
export async function removeInputRow(tx: Tx, id: string): Promise<FlowInputRow | undefined> {
  const [row] = await tx.rows<Row>('removeInput', `UPDATE flow_input i SET state = 'REMOVED' WHERE i.id = $1 AND i.state = 'PENDING' RETURNING ${COLUMNS}`, [id])
  return row
}

/**
 * What was added to these flows is handed over with these leases. Called in the transaction that opens them, which has the flows locked: nobody adds or takes
 * back between. The rows are read where claims are answered, so a claim that is repeated hands over the same.
 */
export const deliverInputs = (tx: Tx, leases: { flowId: string; attempt: number }[]): Promise<unknown> =>
  tx.rows(
    'deliverInputs',
    `UPDATE flow_input i SET state = 'DELIVERED', attempt = l.index FROM unnest($1::text[], $2::int[]) AS l(flow_id, index) WHERE i.flow_id = l.flow_id AND i.state = 'PENDING'`,
    [leases.map(l => l.flowId), leases.map(l => l.attempt)],
  )
