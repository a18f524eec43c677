/**
 * Takes away leases that ran out (D-35, D-36, D-11, attempt timeouts): never the main path, only what no worker will report any more.
 * Locks flows, then leases, and decides on what it then reads, so a heartbeat or a finish that came first wins (INV-18).
 */
import { decideFailure, decideLeaseLost, decideLostStart, endCancelled } from '@sluice/domain'
import type { FlowFacts, FlowMove, RetryPolicy } from '@sluice/domain'
import { transact } from '@sluice/db'
import { applyMoves } from '../apply-moves.ts'
import { retryPolicy } from '../deps.ts'
import type { Deps } from '../deps.ts'
import { lockFlows } from '../sql/lock-sql.ts'
import { buryWorkers, findDoomed, lockDoomed, trySweepLock } from '../sql/sweep-sql.ts'
import type { LeaseFate } from '../sql/sweep-sql.ts'
import { inBatches } from './in-batches.ts'
import { isResting } from './sign-alive.ts'

const BATCH = 500

/** How many leases were taken away; 0 while another process sweeps or after an outage. */
export const sweepLeases = (deps: Deps): Promise<number> => inBatches(deps, BATCH, () => sweepBatch(deps))

function sweepBatch(deps: Deps): Promise<number> {
  const { cancelGraceMs: graceMs, startTimeoutMs } = deps.settings
  return transact(deps.pool, async tx => {
    if (!(await trySweepLock(tx, 'leases'))) return 0
    if (await isResting(tx, deps.settings)) return 0
    const ids = await findDoomed(tx, { graceMs, startTimeoutMs, limit: BATCH })
    const flows = ids.length > 0 ? await lockFlows(tx, ids) : new Map<string, FlowFacts>()
    const doomed = ids.length > 0 ? await lockDoomed(tx, { graceMs, startTimeoutMs, ids }) : []
    const lost = doomed.flatMap(lease => {
      const flow = flows.get(lease.flowId)
      return flow && holdsLease(flow) && flow.currentAttempt === lease.index ? [{ fate: lease.fate, move: decideFate(flow, lease.fate, retryPolicy(deps)) }] : []
    })
    const moves = lost.map(({ move }) => move)
    await applyMoves(tx, deps, 'system', moves)
    if (lost.length > 0) tx.afterCommit(() => deps.observe.leasesLost(lost.map(({ fate }) => fate)))
    await buryWorkers(tx)
    return moves.length
  })
}

/** A held wait has one too. */
const holdsLease = (flow: FlowFacts): boolean => flow.status === 'RUNNING' || flow.waitMode === 'HELD'

function decideFate(flow: FlowFacts, fate: LeaseFate, policy: RetryPolicy): FlowMove {
  switch (fate) {
    case 'grace_over': return endCancelled(flow, { acknowledgedBy: null, why: 'grace_over' })
    case 'lease_expired': return decideLeaseLost(flow, 'its lease expired', policy)
    case 'start_timeout': return decideLostStart(flow, { byWorker: false, cause: 'no start report within the start timeout' }, policy)
    case 'attempt_timeout': return decideFailure(flow, { error: TIMED_OUT, end: 'attempt_timeout', call: null }, policy)
    default: return fate satisfies never
  }
}

const TIMED_OUT = { code: 'ATTEMPT_TIMEOUT', message: 'The attempt worked longer than it may.', retryable: true }
