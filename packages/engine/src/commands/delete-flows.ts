/** D-48: an ended flow leaves every list at once; its rows go with retention. */
import { Conflict, Refusal, markDeleted, refuseText } from '@sluice/domain'
import { LIMITS, isTerminal } from '@sluice/protocol'
import { moveFlows } from '../apply-moves.ts'
import { accessRefusal } from '../deps.ts'
import type { Caller, Deps, Outcome } from '../deps.ts'

export async function deleteFlows(deps: Deps, cmd: { caller: Caller; items: { id: string; reason?: string | null | undefined }[] }): Promise<Outcome<{ flowId: string }>[]> {
  const ids = cmd.items.map(i => i.id)
  const by = cmd.caller.actor.principalId ?? 'system'
  const decisions = await moveFlows(deps, {
    ids, actor: cmd.caller.actor, audit: 'deleteFlow',
    decide: (flow, at) => {
      const reason = cmd.items[at]?.reason ?? null
      const refusal = accessRefusal(cmd.caller, ids[at] ?? '', flow) ?? refuseText(['reason'], reason, LIMITS.reasonMax)
      if (refusal || !flow) return refusal ?? 'unchanged'
      return isTerminal(flow.status) ? markDeleted(flow, { by, reason }) : new Conflict(`Flow ${flow.id} has not ended (${flow.status}); cancel it first.`)
    },
  })
  return decisions.map((d, at) => (d instanceof Refusal ? d : { flowId: ids[at] ?? '' }))
}
