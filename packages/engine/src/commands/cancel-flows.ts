/** T4, T15 and T16. First committed write wins (D-10); a cancel of what has ended says so and changes nothing (D-12). */
import { cancelQueued, cancelWait, requestCancel, Refusal, refuseText } from '@sluice/domain'
import type { FlowFacts, FlowMove } from '@sluice/domain'
import { LIMITS, isTerminal } from '@sluice/protocol'
import { isMove, moveFlows } from '../apply-moves.ts'
import type { Decision } from '../apply-moves.ts'
import { accessRefusal } from '../deps.ts'
import type { Caller, Deps, Outcome } from '../deps.ts'

export interface CancelledFlow { flowId: string; alreadyTerminal: boolean }

export async function cancelFlows(deps: Deps, cmd: { caller: Caller; items: { id: string; reason?: string | null | undefined }[] }): Promise<Outcome<CancelledFlow>[]> {
  const already = new Set<string>()
  const by = cmd.caller.actor.principalId ?? 'system'
  const decide = (flow: FlowFacts | undefined, at: number): Decision => {
    const item = cmd.items[at]
    const refusal = accessRefusal(cmd.caller, item?.id ?? '', flow) ?? refuseText(['reason'], item?.reason, LIMITS.reasonMax)
    if (refusal || !flow) return refusal ?? 'unchanged'
    if (isTerminal(flow.status)) already.add(flow.id)
    if (isTerminal(flow.status) || flow.cancelRequested) return 'unchanged'
    return moveFor(flow, { by, reason: item?.reason ?? null })
  }
  const ids = cmd.items.map(i => i.id)
  const decisions = await moveFlows(deps, { ids, actor: cmd.caller.actor, decide, audit: 'cancelFlow' })
  return decisions.map((d, at) => (d instanceof Refusal ? d : { flowId: ids[at] ?? '', alreadyTerminal: !isMove(d) && already.has(ids[at] ?? '') }))
}

/** What runs is told and gets its grace; what is queued or waits ends at once (D-11). */
function moveFor(flow: FlowFacts, c: { by: string; reason: string | null }): FlowMove {
  if (flow.status === 'QUEUED') return cancelQueued(flow, c)
  return flow.status === 'WAITING' ? cancelWait(flow, c) : requestCancel(flow, c)
}
