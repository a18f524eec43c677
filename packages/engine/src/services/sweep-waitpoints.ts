/** Waits that nobody answered in time (T14, or the answer that stands for one), and waitpoints that their flow never asked for. A timeout is a point in time: an outage does not move it. */
import { expireWait, failWait, newId, resume } from '@sluice/domain'
import type { FlowFacts, FlowMove } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { applyMoves } from '../apply-moves.ts'
import type { Deps } from '../deps.ts'
import { lockFlows } from '../sql/lock-sql.ts'
import { trySweepLock } from '../sql/sweep-sql.ts'
import { closeForgotten, findTimedOut, lockOpen, timedOutAmong, writeAnswers } from '../sql/wait-sql.ts'
import type { WaitpointRow } from '../sql/wait-sql.ts'
import { inBatches } from './in-batches.ts'

const BATCH = 500

/** How many waits were over. */
export async function sweepWaitpoints(deps: Deps): Promise<number> {
  const over = await inBatches(deps, BATCH, () => sweepBatch(deps))
  await inBatches(deps, BATCH, () => transact(deps.pool, async tx => ((await trySweepLock(tx, 'waitpoints')) ? closeForgotten(tx, BATCH) : 0)))
  return over
}

const sweepBatch = (deps: Deps): Promise<number> =>
  transact(deps.pool, async tx => {
    if (!(await trySweepLock(tx, 'waitpoints'))) return 0
    const ids = await findTimedOut(tx, BATCH)
    if (ids.length === 0) return 0
    const flows = await lockFlows(tx, ids)
    const open = await lockOpen(tx, ids)
    const over = await timedOutAmong(tx, open.map(w => w.id))
    const waits = open.flatMap(waitpoint => {
      const flow = flows.get(waitpoint.flowId)
      return over.has(waitpoint.id) && flow?.status === 'WAITING' ? [{ flow, waitpoint }] : []
    })
    await answerThose(tx, waits.filter(w => w.waitpoint.onTimeout === 'AUTO_RESUME'))
    await applyMoves(tx, deps, 'system', waits.map(decide))
    return waits.length
  })

interface Wait { flow: FlowFacts; waitpoint: WaitpointRow }

const answerThose = (tx: Tx, waits: Wait[]): Promise<unknown> =>
  writeAnswers(tx, waits.map(({ waitpoint: w }) => ({
    waitpointId: w.id, flowId: w.flowId, decision: w.timeoutDecision ?? '', payload: w.timeoutPayload, by: 'timeout', key: null, signalId: newId('signal'), effect: 'SATISFIED' as const,
  })))

function decide({ flow, waitpoint: w }: Wait): FlowMove {
  switch (w.onTimeout) {
    case 'FAIL': return failWait(flow, { reason: 'input_timed_out', waitpoint: w.id })
    case 'CANCEL': return expireWait(flow, w.id)
    case 'AUTO_RESUME': return resume(flow, { waitpoint: w.id, decision: w.timeoutDecision ?? '', by: 'timeout' })
    default: return w.onTimeout satisfies never
  }
}
