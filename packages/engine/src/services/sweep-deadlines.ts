/** Ends flows whose deadline or time in the queue is over (T5, T9, T14, T17). Points in time count through outages too (INV-43). */
import { decideDeadline, expire } from '@sluice/domain'
import type { FlowFacts, FlowMove } from '@sluice/domain'
import { transact } from '@sluice/db'
import { applyMoves } from '../apply-moves.ts'
import type { Deps } from '../deps.ts'
import { lockFlows } from '../sql/lock-sql.ts'
import { findOverdue, readOverdue, trySweepLock } from '../sql/sweep-sql.ts'
import type { Due } from '../sql/sweep-sql.ts'
import { inBatches } from './in-batches.ts'

const BATCH = 500

/** How many flows were ended. */
export const sweepDeadlines = (deps: Deps): Promise<number> => inBatches(deps, BATCH, () => sweepBatch(deps))

const sweepBatch = (deps: Deps): Promise<number> =>
  transact(deps.pool, async tx => {
    if (!(await trySweepLock(tx, 'deadlines'))) return 0
    const ids = await findOverdue(tx, BATCH)
    if (ids.length === 0) return 0
    const flows = await lockFlows(tx, ids)
    const due = await readOverdue(tx, ids)
    const moves = [...due].flatMap(([id, word]) => decideOverdue(flows.get(id), word))
    await applyMoves(tx, deps, 'system', moves)
    return moves.length
  })

function decideOverdue(flow: FlowFacts | undefined, due: Due): FlowMove[] {
  if (flow?.status === 'QUEUED') return [expire(flow, due)]
  return flow && ['RUNNING', 'WAITING'].includes(flow.status) && due === 'deadline_exceeded' ? [decideDeadline(flow)] : []
}
