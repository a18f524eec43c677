/** How far an attempt is (D-30): not a milestone, a narrow row beside the flow. */
import { StaleLease, refuseText } from '@sluice/domain'
import type { Actor , Refusal} from '@sluice/domain'
import { transact } from '@sluice/db'
import type { LeaseRef } from '@sluice/protocol'
import type { Deps, Outcome } from '../deps.ts'
import { writeProgress } from '../sql/worker-sql.ts'

export interface ProgressItem { lease: LeaseRef; percent?: number | null | undefined; message?: string | null | undefined }

/** percent is clamped to 0 … 100. A lease that is not current changes nothing. */
export async function reportProgress(deps: Deps, cmd: { actor: Actor; items: ProgressItem[] }): Promise<Outcome<{ flowId: string }>[]> {
  const refusals = cmd.items.map(item => refuseText(['message'], item.message, 500))
  const fine = cmd.items.filter((_, at) => !refusals[at])
  // Two items of one flow in a batch: the later is the progress.
  const last = [...new Map(fine.map(item => [item.lease.flowId, item])).values()]
  const written = new Set(last.length === 0 ? [] : await transact(deps.pool, async tx => {
    const ids = await writeProgress(tx, last.map(i => ({ lease: i.lease, percent: clamp(i.percent), message: i.message ?? null })), cmd.actor.principalId)
    tx.afterCommit(() => deps.wake.hint({ progress: ids }))
    return ids
  }))
  return cmd.items.map((item, at): Outcome<{ flowId: string }> =>
    refusals[at] ?? (written.has(item.lease.flowId) ? { flowId: item.lease.flowId } : stale(item.lease)))
}

const clamp = (percent: number | null | undefined): number | null => (percent == null ? null : Math.round(Math.min(100, Math.max(0, percent))))

const stale = (lease: LeaseRef): Refusal => new StaleLease(`The lease (attempt ${lease.attempt}, epoch ${lease.epoch}) of flow ${lease.flowId} is not the current one.`)
