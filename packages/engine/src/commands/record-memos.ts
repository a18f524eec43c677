/** D-32: the result of a step, once for each flow and key. Many in one statement; the first write of a key is what every later one is answered with. */
import { FlowAlreadyTerminal, InvalidInput, LimitExceeded, MemoMismatch, NotFound, refuseJson, refuseText } from '@sluice/domain'
import type { Actor, Refusal } from '@sluice/domain'
import { named, transact } from '@sluice/db'
import { LIMITS, isTerminal } from '@sluice/protocol'
import type { FlowStatus, Json, LeaseRef, MemoKind, TerminalReason } from '@sluice/protocol'
import type { Deps, Outcome } from '../deps.ts'
import { insertMemos, memosByKey, memosOfFlows } from '../sql/memo-sql.ts'
import { staleLease } from './worker-lease.ts'

export interface Memo { key: string; kind: MemoKind; value: Json }
interface Item { lease: LeaseRef; key: string; value?: Json | undefined }

export async function recordMemos(deps: Deps, cmd: { actor: Actor; items: Item[] }): Promise<Outcome<Memo>[]> {
  if (cmd.items.length > LIMITS.itemsMax) return cmd.items.map(() => new LimitExceeded(LIMITS.itemsMax, `A request takes at most ${LIMITS.itemsMax} items.`))
  const refusals = cmd.items.map(refuse)
  const items = cmd.items.flatMap((item, at) => (refusals[at] ? [] : [{ ...item, at }]))
  const memos = items.map(({ lease, key, value }) => ({ lease, key, value: value ?? null, bytes: Buffer.byteLength(JSON.stringify(value ?? null)) }))
  if (memos.length === 0) return refusals as Refusal[]
  return transact(deps.pool, async tx => {
    const insert = () => insertMemos(tx, { memos, principalId: cmd.actor.principalId, most: LIMITS.memosMax, mostBytes: LIMITS.memosMaxBytes })
    const first = await insert()
    // What another call wrote while this one waited for it, it did not see: not written and not there looks full, and the second look tells.
    const rows = first.some(row => row.full) ? await insert() : first
    const ended = rows.some(row => row.stale) ? await flowsOf(tx, rows.filter(row => row.stale).map(row => row.flowId), cmd.actor) : new Map<string, Ended>()
    const outcomes = new Map(rows.map(row => [items[row.nth]?.at, outcomeOf(row, { lease: items[row.nth]?.lease as LeaseRef, ended })]))
    return cmd.items.map((item, at) => refusals[at] ?? outcomes.get(at) ?? NotFound.of('lease of flow', item.lease.flowId))
  })
}

type Row = Awaited<ReturnType<typeof insertMemos>>[number]
interface Ended { id: string; status: FlowStatus; terminalReason: TerminalReason | null }

function outcomeOf(row: Row, { lease, ended }: { lease: LeaseRef; ended: Map<string, Ended> }): Outcome<Memo> {
  if (row.stale) {
    const flow = ended.get(row.flowId)
    if (!flow) return NotFound.of('lease of flow', row.flowId)
    return isTerminal(flow.status) ? new FlowAlreadyTerminal(flow.id, flow.status, flow.terminalReason) : staleLease(flow, lease)
  }
  if (row.full) return new LimitExceeded(LIMITS.memosMax, `A flow remembers at most ${LIMITS.memosMax} steps and answers, ${LIMITS.memosMaxBytes} bytes in all.`)
  if (row.kind !== 'STEP') return new MemoMismatch(`The key ${row.key} is that of a question, and written as a step.`)
  return { key: row.key, kind: row.kind, value: row.value }
}

/** Of a lease that is not current, only for whom it was: nobody else may learn of the flow (INV-38). */
async function flowsOf(tx: Parameters<typeof insertMemos>[0], ids: string[], actor: Actor): Promise<Map<string, Ended>> {
  const rows = await tx.rows<Ended & Record<string, unknown>>(
    'flowsOfFormerLeases',
    `SELECT f.id, f.status, f.terminal_reason AS "terminalReason" FROM flow f WHERE f.id = ANY($1::text[])
        AND ($2::text IS NULL OR EXISTS (SELECT 1 FROM attempt a JOIN worker w ON w.id = a.worker_id WHERE a.flow_id = f.id AND w.principal_id = $2))`, [ids, actor.principalId])
  return new Map(rows.map(row => [row.id, row]))
}

const refuse = ({ key, value }: Item): Refusal | undefined =>
  (key === '' ? new InvalidInput(['key'], 'key must not be empty.') : refuseText(['key'], key, LIMITS.waitKeyMax)) ??
  refuseJson(['value'], value ?? null, { maxBytes: LIMITS.memoMaxBytes, what: 'value' })

/** What all leases of one claim bring along: a thousand resumes with a full memory each would be a gigabyte. */
const CLAIM_MAX_BYTES = 16 * LIMITS.memosWithLeaseMaxBytes

/** What goes with the leases of these flows: of each up to 1 MiB, of more than 16 its share of 16 MiB, and whether that is all of it. */
export async function memosWithLeases(deps: Pick<Deps, 'pool'>, flowIds: string[]): Promise<Map<string, { memos: Memo[]; complete: boolean }>> {
  const mostBytes = Math.floor(Math.min(LIMITS.memosWithLeaseMaxBytes, CLAIM_MAX_BYTES / Math.max(1, flowIds.length)))
  const rows = flowIds.length === 0 ? [] : await memosOfFlows(named(deps.pool), { flowIds, mostBytes })
  const of = (id: string) => rows.filter(row => row.flowId === id)
  // Of a flow whose first memo alone is beyond the limit there is no row: it remembers something that does not go along.
  return new Map(flowIds.map(id => [id, { memos: of(id).map(({ key, kind, value }) => ({ key, kind, value })), complete: of(id).length === (of(id)[0]?.total ?? 0) }]))
}

/** For whoever holds the lease of that epoch; of anybody else's there is none. */
export const memosOf = async (deps: Pick<Deps, 'pool'>, q: { actor: Actor; flowId: string; epoch: number; keys: string[] }): Promise<Memo[]> =>
  (await memosByKey(named(deps.pool), { ...q, principalId: q.actor.principalId })).map(({ key, kind, value }) => ({ key, kind, value }))
