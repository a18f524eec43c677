/** How far an attempt is (D-30): not a milestone, a narrow row beside the flow. */
import { FlowAlreadyTerminal, NotFound, StaleLease, refuseText } from '@sluice/domain'
import type { Actor, Refusal } from '@sluice/domain'
import { transact } from '@sluice/db'
import { isTerminal } from '@sluice/protocol'
import type { LeaseRef } from '@sluice/protocol'
import type { Deps, Outcome } from '../deps.ts'
import { leaseKey, lockLeasedFlows } from '../sql/lock-sql.ts'
import { writeProgress } from '../sql/worker-sql.ts'

export interface ProgressItem { lease: LeaseRef; percent?: number | null | undefined; message?: string | null | undefined }

/** percent is clamped to 0 … 100. A lease that is not current changes nothing. */
export async function reportProgress(deps: Deps, cmd: { actor: Actor; items: ProgressItem[] }): Promise<Outcome<{ flowId: string }>[]> {
  const refusals = cmd.items.map(item => refuseText(['message'], item.message, 500))
  const fine = cmd.items.filter((_, at) => !refusals[at])
  // Two items of one lease in a batch: the later is the progress.
  const last = [...new Map(fine.map(item => [item.lease.flowId, item])).values()]
  const written = await write(deps, cmd.actor, last)
  const missed = await whyNot(deps, cmd.actor, fine.filter(item => !written.has(item.lease.flowId)).map(item => item.lease))
  return cmd.items.map((item, at) => refusals[at] ?? missed.get(leaseKey(item.lease)) ?? { flowId: item.lease.flowId })
}

async function write(deps: Deps, actor: Actor, items: ProgressItem[]): Promise<Set<string>> {
  if (items.length === 0) return new Set()
  return transact(deps.pool, async tx => {
    const ids = await writeProgress(tx, items.map(i => ({ lease: i.lease, percent: clamp(i.percent), message: i.message ?? null })), actor.principalId)
    tx.afterCommit(() => deps.wake.hint({ progress: ids }))
    return new Set(ids)
  })
}

/** The refusals of what was not written: an ended flow, a lease that is not current, or one that is not the caller's to know of. */
async function whyNot(deps: Deps, actor: Actor, leases: LeaseRef[]): Promise<Map<string, Refusal>> {
  if (leases.length === 0) return new Map()
  const { flows, holders } = await transact(deps.pool, tx => lockLeasedFlows(tx, leases))
  return new Map(leases.map((lease): [string, Refusal] => {
    const flow = flows.get(lease.flowId)
    const mine = actor.kind === 'system' || holders.get(leaseKey(lease))?.principalId === actor.principalId
    if (!flow || !mine) return [leaseKey(lease), NotFound.of('lease of flow', lease.flowId)]
    const stale = new StaleLease(`The lease (attempt ${lease.attempt}, epoch ${lease.epoch}) of flow ${lease.flowId} is not the current one.`)
    return [leaseKey(lease), isTerminal(flow.status) ? new FlowAlreadyTerminal(flow.id, flow.status, flow.terminalReason) : stale]
  }))
}

const clamp = (percent: number | null | undefined): number | null => (percent == null ? null : Math.round(Math.min(100, Math.max(0, percent))))
