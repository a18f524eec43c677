/**
 * What people add to a flow while it is queued (answer 8): persisted, listed, and removable until the next lease, with which it is handed over. Whoever runs the
 * flow again gets what earlier attempts got, and what was added since.
 */
import { Conflict, FlowAlreadyTerminal, FlowNotQueued, InvalidInput, LimitExceeded, NotFound, addInput, newId, refuseJson, removeInput } from '@sluice/domain'
import type { FlowFacts, FlowMove, Refusal } from '@sluice/domain'
import { named, transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { LIMITS, isTerminal } from '@sluice/protocol'
import type { Json } from '@sluice/protocol'
import { applyMoves } from '../apply-moves.ts'
import { accessRefusal } from '../deps.ts'
import type { Caller, Deps, Outcome } from '../deps.ts'
import { writeAudit } from '../sql/audit-sql.ts'
import { findInput, insertInput, removeInputRow, weighInputs } from '../sql/input-sql.ts'
import type { FlowInputRow, InputWeight } from '../sql/input-sql.ts'
import { lockFlows } from '../sql/lock-sql.ts'

/** QUEUED only; at most 32 that wait to be handed over, and 1 MiB in all. */
export async function addFlowInput(deps: Deps, cmd: { caller: Caller; flowId: string; content: Json }): Promise<Outcome<FlowInputRow>> {
  const refusal = cmd.content == null ? new InvalidInput(['content'], 'An input has a content.') : refuseJson(['content'], cmd.content, { maxBytes: deps.settings.inputMaxBytes, what: 'content' })
  if (refusal) return refusal
  return transact(deps.pool, async tx => {
    const flow = (await lockFlows(tx, [cmd.flowId])).get(cmd.flowId)
    const refused = accessRefusal(cmd.caller, cmd.flowId, flow) ?? (flow && refuseState(flow))
    if (refused || !flow) return refused ?? NotFound.of('flow', cmd.flowId)
    const bytes = Buffer.byteLength(JSON.stringify(cmd.content))
    const full = refuseMore(await weighInputs(tx, flow.id), bytes)
    if (full) return full
    const by = cmd.caller.actor.principalId ?? 'system'
    const input = await insertInput(tx, { id: newId('flowInput'), flowId: flow.id, author: by, content: cmd.content, bytes })
    await tell(tx, deps, cmd.caller, { action: 'addFlowInput', move: addInput(flow, { id: input.id, by, bytes }) })
    return input
  })
}

/** Until it was handed over. One that was taken back already: nothing. */
export async function removeFlowInput(deps: Deps, cmd: { caller: Caller; id: string }): Promise<Outcome<FlowInputRow>> {
  const known = await findInput(named(deps.pool), cmd.id)
  if (!known) return NotFound.of('flow input', cmd.id)
  return transact(deps.pool, async tx => {
    const flow = (await lockFlows(tx, [known.flowId])).get(known.flowId)
    const refused = accessRefusal(cmd.caller, known.flowId, flow)
    // Whose input it is nobody else may learn (INV-38).
    if (refused instanceof NotFound || !flow) return NotFound.of('flow input', cmd.id)
    if (refused) return refused
    const now = await findInput(tx, cmd.id)
    if (now?.state === 'REMOVED') return now
    if (isTerminal(flow.status)) return new FlowAlreadyTerminal(flow.id, flow.status, flow.terminalReason)
    const removed = await removeInputRow(tx, cmd.id)
    if (!removed) return new Conflict(`Input ${cmd.id} was handed over already.`)
    await tell(tx, deps, cmd.caller, { action: 'removeFlowInput', move: removeInput(flow, { id: removed.id, by: cmd.caller.actor.principalId ?? 'system' }) })
    return removed
  })
}

function refuseState(flow: FlowFacts): Refusal | undefined {
  if (isTerminal(flow.status)) return new FlowAlreadyTerminal(flow.id, flow.status, flow.terminalReason)
  return flow.status === 'QUEUED' ? undefined : new FlowNotQueued(`Flow ${flow.id} is ${flow.status}: what is added to it must be there before its lease.`)
}

async function tell(tx: Tx, deps: Deps, { actor }: Caller, { action, move }: { action: string; move: FlowMove }): Promise<void> {
  await applyMoves(tx, deps, actor.principalId ?? 'system', [move])
  // The promoter passed over the flow while it was locked.
  tx.afterCommit(() => deps.wake.hint({ queue: true }))
  await writeAudit(tx, actor, [{ action, target: move.flow.id, reason: null, before: null, after: move.payload }])
}

/** All that was ever added and not taken back goes with each lease, and what was taken back is kept, so both are bounded over the life of the flow. */
function refuseMore(there: InputWeight, bytes: number): LimitExceeded | undefined {
  if (there.pending >= LIMITS.inputsMax) return new LimitExceeded(LIMITS.inputsMax, `At most ${LIMITS.inputsMax} inputs wait to be handed over.`)
  if (there.ever >= LIMITS.inputsEverMax) return new LimitExceeded(LIMITS.inputsEverMax, `A flow is given at most ${LIMITS.inputsEverMax} inputs, those that were taken back included.`)
  if (there.everBytes + bytes > LIMITS.inputsEverMaxBytes) return new LimitExceeded(LIMITS.inputsEverMaxBytes, `A flow is given at most ${LIMITS.inputsEverMaxBytes} bytes, inputs that were taken back included; it has ${there.everBytes}.`)
  if (there.bytes + bytes > LIMITS.inputsMaxBytes) return new LimitExceeded(LIMITS.inputsMaxBytes, `The inputs of a flow are at most ${LIMITS.inputsMaxBytes} bytes together; it has ${there.bytes}.`)
  return undefined
}
