/** A worker says who it is and what it handles. A new registration under the same instance id ends the older one and its leases at once (D-47). */
import { InvalidInput, LimitExceeded, decideLeaseLost, newId, refuseDefaults, refuseName, refuseText, refuseWhole } from '@sluice/domain'
import type { Actor, Refusal } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { LIMITS } from '@sluice/protocol'
import type { Json } from '@sluice/protocol'
import { applyMoves } from '../apply-moves.ts'
import { retryPolicy } from '../deps.ts'
import type { Deps, Outcome } from '../deps.ts'
import { refuseSchema } from '../input-schema.ts'
import { lockFlows } from '../sql/lock-sql.ts'
import { lockPromotion } from '../sql/promotion-sql.ts'
import { insertWorker, leasesOfWorkers, lockInstance, replaceWorkers, upsertKinds } from '../sql/worker-sql.ts'

export interface RegisterWorker {
  actor: Actor & { principalId: string }
  instanceId: string
  name: string
  kinds: { name: string; title?: string | null | undefined; inputSchema?: Json | undefined; defaults?: Json | undefined }[]
  /** Empty = all lanes. */
  lanes: string[]
  /** How many flows it holds at most, 1 … 1000. */
  capacity: number
  codeVersion?: string | null | undefined
}

export interface RegisteredWorker { workerId: string; leaseTtlMs: number; heartbeatMs: number; holdMs: number }

export async function registerWorker(deps: Deps, cmd: RegisterWorker): Promise<Outcome<RegisteredWorker>> {
  const refusal = refuse(cmd)
  if (refusal) return refusal
  const workerId = newId('worker')
  await transact(deps.pool, async tx => {
    const owner = { principalId: cmd.actor.principalId, instanceId: cmd.instanceId }
    await lockInstance(tx, owner)
    // No promotion may lease to a registration that ends here: it is wholly before, and seen below, or after, and finds it dead.
    await lockPromotion(tx)
    await endLeasesOf(tx, deps, await replaceWorkers(tx, { ...owner, by: workerId }))
    await insertWorker(tx, { ...cmd, ...owner, id: workerId, kinds: cmd.kinds.map(k => k.name), codeVersion: cmd.codeVersion ?? null, ttlMs: deps.settings.leaseTtlMs })
    await upsertKinds(tx, { workerId, kinds: cmd.kinds.map(k => ({ name: k.name, title: k.title ?? null, inputSchema: k.inputSchema ?? null, defaults: k.defaults ?? null })) })
    tx.afterCommit(() => deps.wake.hint({ queue: true, workers: true }))
  })
  return { workerId, leaseTtlMs: deps.settings.leaseTtlMs, heartbeatMs: deps.settings.heartbeatMs, holdMs: deps.settings.holdMs }
}

/** The leases are read again once the flows are locked: one that ended meanwhile is no longer theirs. */
async function endLeasesOf(tx: Tx, deps: Deps, replaced: string[]): Promise<void> {
  if (replaced.length === 0) return
  const flows = await lockFlows(tx, (await leasesOfWorkers(tx, replaced)).map(lease => lease.flowId))
  const moves = (await leasesOfWorkers(tx, replaced)).flatMap(lease => {
    const flow = flows.get(lease.flowId)
    return flow && (flow.status === 'RUNNING' || flow.waitMode === 'HELD') && flow.currentAttempt === lease.index ? [decideLeaseLost(flow, 'its worker registered again', retryPolicy(deps))] : []
  })
  await applyMoves(tx, deps, 'system', moves)
  if (moves.length > 0) tx.afterCommit(() => deps.observe.leasesLost(moves.map(() => 'replaced' as const)))
}

function refuse(cmd: RegisterWorker): Refusal | undefined {
  const names = new Set(cmd.kinds.map(k => k.name))
  if (cmd.kinds.length === 0) return new InvalidInput(['kinds'], 'kinds must name at least one kind.')
  if (cmd.kinds.length > LIMITS.workerKindsMax) return new LimitExceeded(LIMITS.workerKindsMax, `A worker handles at most ${LIMITS.workerKindsMax} kinds.`)
  if (names.size !== cmd.kinds.length) return new InvalidInput(['kinds'], 'kinds names one kind twice.')
  if (cmd.instanceId === '') return new InvalidInput(['instanceId'], 'instanceId must not be empty.')
  return refuseText(['instanceId'], cmd.instanceId, 200) ?? refuseText(['name'], cmd.name, LIMITS.titleMax) ?? refuseText(['codeVersion'], cmd.codeVersion, 200) ??
    refuseWhole(['capacity'], cmd.capacity, { min: 1, max: LIMITS.workerCapacityMax }) ??
    first(cmd.lanes, (lane, i) => refuseName(['lanes', String(i)], lane)) ??
    first(cmd.kinds, (kind, i) => refuseKind(['kinds', String(i)], kind))
}

const refuseKind = (path: string[], kind: RegisterWorker['kinds'][number]): Refusal | undefined =>
  refuseName([...path, 'name'], kind.name) ?? refuseText([...path, 'title'], kind.title, LIMITS.titleMax) ??
  refuseSchema([...path, 'inputSchema'], kind.inputSchema) ?? refuseDefaults([...path, 'defaults'], kind.defaults)

function first<T>(items: T[], refuseOne: (item: T, index: number) => Refusal | undefined): Refusal | undefined {
  for (const [index, item] of items.entries()) {
    const refusal = refuseOne(item, index)
    if (refusal) return refusal
  }
  return undefined
}
