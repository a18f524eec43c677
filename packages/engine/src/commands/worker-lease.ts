/** Of one lease: its flow, locked, and whether the lease is the current one. What the commands about waits begin with. */
import { FlowAlreadyTerminal, NotFound, StaleLease } from '@sluice/domain'
import type { Actor, FlowFacts, Refusal } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import { isTerminal } from '@sluice/protocol'
import type { LeaseRef } from '@sluice/protocol'
import { leaseKey, lockLeasedFlows } from '../sql/lock-sql.ts'

/** RUNNING, or a wait that it holds. */
export const isCurrentLease = (flow: FlowFacts, lease: LeaseRef): boolean =>
  (flow.status === 'RUNNING' || (flow.status === 'WAITING' && flow.waitMode === 'HELD')) && flow.epoch === lease.epoch && flow.currentAttempt === lease.attempt

export interface HeldFlow { flow: FlowFacts; workerId: string }

/** Whose lease it is nobody else may learn (INV-38). */
export async function lockLease(tx: Tx, { actor, lease }: { actor: Actor; lease: LeaseRef }): Promise<HeldFlow | Refusal> {
  const { flows, holders } = await lockLeasedFlows(tx, [lease])
  const [flow, holder] = [flows.get(lease.flowId), holders.get(leaseKey(lease))]
  if (!flow || !holder || (actor.kind === 'principal' && holder.principalId !== actor.principalId)) return NotFound.of('lease of flow', lease.flowId)
  if (isCurrentLease(flow, lease)) return { flow, workerId: holder.workerId }
  return isTerminal(flow.status) ? new FlowAlreadyTerminal(flow.id, flow.status, flow.terminalReason) : staleLease(flow, lease)
}

export const staleLease = (flow: { id: string }, lease: LeaseRef): Refusal =>
  new StaleLease(`The lease (attempt ${lease.attempt}, epoch ${lease.epoch}) of flow ${flow.id} is not the current one.`)
