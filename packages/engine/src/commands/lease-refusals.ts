import { FlowAlreadyTerminal, NotFound, StaleLease } from '@sluice/domain'
import type { Actor, FlowFacts, Refusal } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import { isTerminal } from '@sluice/protocol'
import type { LeaseRef } from '@sluice/protocol'
import { attemptsOf, leaseKey, lockLeasedFlows } from '../sql/lock-sql.ts'

/** A lease that could not be written under. refusal: it ended with its flow, is not the current one, or is not the caller's to know of; none: it is current. */
export interface LeaseStand { flow: FlowFacts | undefined; workerId: string | null; refusal: Refusal | undefined }

/** How leases stand whose write found nothing to write to; by leaseKey. Locks their flows, so it stays so until the end of the transaction. */
export async function leaseStands(tx: Tx, actor: Actor, leases: LeaseRef[]): Promise<Map<string, LeaseStand>> {
  const { flows, holders } = await lockLeasedFlows(tx, leases)
  const live = new Set((await attemptsOf(tx, leases)).filter(attempt => attempt.live).map(({ flowId, index }) => leaseKey({ flowId, attempt: index })))
  return new Map(leases.map((lease): [string, LeaseStand] => {
    const flow = flows.get(lease.flowId)
    // Whose lease it is nobody else may learn (INV-38).
    const holder = holders.get(leaseKey(lease))
    const mine = actor.kind === 'system' || holder?.principalId === actor.principalId
    return [leaseKey(lease), { flow, workerId: holder?.workerId ?? null, refusal: flow && mine ? refusalOf(flow, lease, live.has(leaseKey(lease))) : NotFound.of('lease of flow', lease.flowId) }]
  }))
}

function refusalOf(flow: FlowFacts, lease: LeaseRef, live: boolean): Refusal | undefined {
  if (isTerminal(flow.status)) return new FlowAlreadyTerminal(flow.id, flow.status, flow.terminalReason)
  if (live && flow.epoch === lease.epoch && flow.currentAttempt === lease.attempt) return undefined
  return new StaleLease(`The lease (attempt ${lease.attempt}, epoch ${lease.epoch}) of flow ${lease.flowId} is not the current one.`)
}
