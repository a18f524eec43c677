/** What an operator or owner does to flows that wait: priority, hold, release. None of them changes a status. */
import { FlowAlreadyTerminal, FlowNotQueued, Forbidden, InvalidInput, Refusal, clampPriority, hold, refuseText, release, setPriority } from '@sluice/domain'
import type { FlowFacts } from '@sluice/domain'
import { LIMITS, isTerminal } from '@sluice/protocol'
import { moveFlows } from '../apply-moves.ts'
import type { Decision } from '../apply-moves.ts'
import { accessRefusal } from '../deps.ts'
import type { Caller, Deps, Outcome } from '../deps.ts'

export interface ChangedFlow { flowId: string }
type Decide<I> = (flow: FlowFacts, item: I, by: string) => Decision
interface Change<I> { caller: Caller; items: I[]; audit: string }

async function change<I extends { id: string }>(deps: Deps, cmd: Change<I>, decide: Decide<I>): Promise<Outcome<ChangedFlow>[]> {
  const by = cmd.caller.actor.principalId ?? 'system'
  const ids = cmd.items.map(i => i.id)
  const decisions = await moveFlows(deps, {
    ids, actor: cmd.caller.actor, audit: cmd.audit,
    decide: (flow, at) => {
      const item = cmd.items[at]
      const refusal = accessRefusal(cmd.caller, ids[at] ?? '', flow)
      return refusal ?? (flow && item ? decide(flow, item, by) : 'unchanged')
    },
  })
  return decisions.map((d, at) => (d instanceof Refusal ? d : { flowId: ids[at] ?? '' }))
}

const notQueued = (flow: FlowFacts): Refusal => new FlowNotQueued(`Flow ${flow.id} is ${flow.status}, not QUEUED.`)

/** Clamped to 0 … 9000. Above 0 needs mayPrioritize. Ended flows have no place any more. */
export const setPriorities = (deps: Deps, cmd: { caller: Caller; mayPrioritize: boolean; items: { id: string; priority: number }[] }): Promise<Outcome<ChangedFlow>[]> =>
  change(deps, { ...cmd, audit: 'setFlowPriority' }, (flow, item, by) => {
    const priority = clampPriority(item.priority)
    if (!Number.isFinite(item.priority)) return new InvalidInput(['priority'], 'priority must be a number.')
    if (priority > 0 && !cmd.mayPrioritize) return new Forbidden('A priority above 0 needs the operator role.')
    if (isTerminal(flow.status)) return new FlowAlreadyTerminal(flow.id, flow.status, flow.terminalReason)
    return priority === flow.priority ? 'unchanged' : setPriority(flow, { by, priority })
  })

/** QUEUED only. Takes a pin away. A second hold changes nothing. */
export const holdFlows = (deps: Deps, cmd: { caller: Caller; items: { id: string; reason?: string | null | undefined }[] }): Promise<Outcome<ChangedFlow>[]> =>
  change(deps, { ...cmd, audit: 'holdFlow' }, (flow, item, by) => {
    const refusal = refuseText(['reason'], item.reason, LIMITS.reasonMax)
    if (refusal) return refusal
    if (flow.status !== 'QUEUED') return notQueued(flow)
    return flow.held ? 'unchanged' : hold(flow, { by, reason: item.reason ?? null })
  })

/** Lifts a hold. Of a flow that is not held: nothing. */
export const releaseFlows = (deps: Deps, cmd: { caller: Caller; items: { id: string }[] }): Promise<Outcome<ChangedFlow>[]> =>
  change(deps, { ...cmd, audit: 'releaseFlow' }, (flow, _item, by) => {
    if (flow.status !== 'QUEUED') return notQueued(flow)
    return flow.held ? release(flow, by) : 'unchanged'
  })
