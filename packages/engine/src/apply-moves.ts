/**
 * The door (INV-3): the only code that moves a flow. Lock the rows in id order, decide purely from what they then say, write all moves by one
 * statement in the same transaction, and after the commit hint to whoever may care. A crash between any two lines leaves either nothing or everything.
 */
import { MOVES, Refusal, actorName } from '@sluice/domain'
import type { Actor, FlowFacts, FlowMove } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import type { Deps } from './deps.ts'
import { writeOutbox } from './outbox.ts'
import { writeAudit } from './sql/audit-sql.ts'
import type { Audited } from './sql/audit-sql.ts'
import { lockFlows } from './sql/lock-sql.ts'
import { settleWaits } from './waits/settle-waits.ts'
import { writeMoves } from './sql/move-sql.ts'
import type { Moved } from './sql/move-sql.ts'
import type { OutboxFact } from './sql/outbox-sql.ts'

/** A move to write, a refusal to answer, or nothing to do (the caller's wish already holds). */
export type Decision = FlowMove | Refusal | 'unchanged'

export const isMove = (d: Decision): d is FlowMove => d !== 'unchanged' && !(d instanceof Refusal)

export interface MoveFlows {
  ids: string[]
  actor: Actor
  /** An unknown id is the decision's business (flow undefined). */
  decide(flow: FlowFacts | undefined, at: number): Decision
  /** The action's name in the audit trail, for what people and tokens do. */
  audit?: string
}

/** Many flows, one decision each, in the order given. */
export function moveFlows(deps: Deps, o: MoveFlows): Promise<Decision[]> {
  return transact(deps.pool, async tx => {
    const flows = await lockFlows(tx, o.ids)
    const decisions = inOrder(o.ids, flows, o.decide)
    const moves = decisions.filter(isMove)
    await applyMoves(tx, deps, actorName(o.actor), moves)
    if (o.audit) await writeAudit(tx, o.actor, moves.map(move => auditOf(o.audit ?? '', move)))
    return decisions
  }, { plans: 'kept' })
}

const auditOf = (action: string, { flow, payload }: FlowMove): Audited => ({
  action, target: flow.id, reason: typeof payload['reason'] === 'string' ? payload['reason'] : null,
  before: { status: flow.status, phase: flow.phase, priority: flow.priority }, after: payload,
})

/** The same id twice in one batch: only its first item decides on the row as locked, the others must not be written on top of it. */
function inOrder(ids: string[], flows: Map<string, FlowFacts>, decide: (flow: FlowFacts | undefined, at: number) => Decision): Decision[] {
  const moved = new Set<string>()
  return ids.map((id, at) => {
    if (moved.has(id)) return 'unchanged'
    const decision = decide(flows.get(id), at)
    if (isMove(decision)) moved.add(id)
    return decision
  })
}

/** Who is told after the commit, and how webhooks name a flow. */
export type Told = Pick<Deps, 'wake' | 'observe'> & { webhooks: Pick<Deps['webhooks'], 'publicUrl'> }

/** The rows are locked by this transaction, so every guard must hold; one that does not is a bug and undoes all. */
export async function applyMoves(tx: Tx, deps: Told, actor: string | ((move: FlowMove) => string), moves: FlowMove[]): Promise<Moved[]> {
  if (moves.length === 0) return []
  const moved = await writeMoves(tx, moves, typeof actor === 'string' ? () => actor : actor)
  if (moved.length !== moves.length) throw new Error(`${moves.length - moved.length} of ${moves.length} moves did not meet the rows they were decided on`)
  await settleWaits(tx, moves)
  await writeOutbox(tx, deps, { facts: factsOf(moves, moved), wanted: moved[0]?.wanted ?? [] })
  tx.afterCommit(() => {
    deps.wake.hint(hintsOf(moves))
    deps.observe.moved(moves, moved)
  })
  return moved
}

function factsOf(moves: FlowMove[], moved: Moved[]): OutboxFact[] {
  const types = new Map(moves.map(move => [move.flow.id, MOVES[move.name].event]))
  return moved.map(({ id, sequence, at }) => ({ flowId: id, sequence, at, type: types.get(id) ?? '' }))
}

/** Which sleepers a set of moves may concern. Hints only: everyone re-reads (INV-12 holds with all of them lost). */
function hintsOf(moves: FlowMove[]): { queue: boolean; workers: boolean } {
  const queue = moves.some(m => m.set.status !== undefined || m.name === 'pin' || m.name === 'release' || m.name === 'setPriority')
  const workers = moves.some(m => m.name === 'requestCancel' || m.name === 'resumeHeld' || (m.attempt?.do === 'close' && m.attempt.call === null))
  return { queue, workers }
}
