import type { FlowFacts, WorkerCall } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import type { LeaseRef } from '@sluice/protocol'
import { FLOW_FACTS } from './flow-facts-sql.ts'
import type { FlowFactsRow } from './flow-facts-sql.ts'

/** Locks the flows in id order, so that no two batches wait for each other, and reads what decisions need. */
export async function lockFlows(tx: Tx, ids: string[]): Promise<Map<string, FlowFacts>> {
  const rows = await tx.rows<FlowFactsRow>('lockFlows', `SELECT ${FLOW_FACTS} FROM flow f WHERE f.id = ANY($1::text[]) ORDER BY f.id FOR UPDATE OF f`, [ids])
  return new Map(rows.map(row => [row.id, row]))
}

export interface Holder { principalId: string; workerId: string }
export interface LeasedFlows { flows: Map<string, FlowFacts>; holders: Map<string, Holder> }

export const leaseKey = (lease: { flowId: string; attempt: number }): string => `${lease.flowId}.${lease.attempt}`

/**
 * As lockFlows, with who holds or held the attempt that each lease names: its worker and who registered it, neither of which ever changes.
 * Its plan is kept (ADR 26): each row by its key, and ordered by the lease's word, so that no table can be read in the order of its key instead.
 */
export async function lockLeasedFlows(tx: Tx, leases: LeaseRef[]): Promise<LeasedFlows> {
  const rows = await tx.rows<FlowFactsRow & { attempt: number; holderPrincipalId: string | null; holderWorkerId: string | null }>(
    'lockLeasedFlows',
    `SELECT ${FLOW_FACTS}, l.index AS attempt, (SELECT w.principal_id FROM worker w WHERE w.id = a.worker_id) AS "holderPrincipalId", a.worker_id AS "holderWorkerId"
       FROM unnest($1::text[], $2::int[]) AS l(flow_id, index)
       JOIN flow f ON f.id = ANY(ARRAY[l.flow_id])
       LEFT JOIN LATERAL (SELECT a.worker_id FROM attempt a WHERE a.flow_id = l.flow_id AND a.index = l.index OFFSET 0) a ON true
      ORDER BY l.flow_id FOR UPDATE OF f`,
    [leases.map(l => l.flowId), leases.map(l => l.attempt)],
  )
  const holders = rows.flatMap(row =>
    row.holderPrincipalId && row.holderWorkerId
      ? [[leaseKey({ flowId: row.id, attempt: row.attempt }), { principalId: row.holderPrincipalId, workerId: row.holderWorkerId }] as const]
      : [])
  return { flows: new Map(rows.map(row => [row.id, row])), holders: new Map(holders) }
}

export interface EndedAttempt { flowId: string; index: number; epoch: number; endedByCall: WorkerCall | null; reported: boolean; live: boolean }

/** What became of the attempts that leases name. Read after the lock, so a concurrent end is seen. */
export async function attemptsOf(tx: Tx, leases: LeaseRef[]): Promise<EndedAttempt[]> {
  return tx.rows<EndedAttempt & Record<string, unknown>>(
    'attemptsOf',
    `SELECT a.flow_id AS "flowId", a.index, a.epoch, a.ended_by_call AS "endedByCall", a.reported_at IS NOT NULL AS reported, a.ended_at IS NULL AS live
       FROM unnest($1::text[], $2::int[]) AS l(flow_id, index)
       CROSS JOIN LATERAL (
         SELECT a.flow_id, a.index, a.epoch, a.ended_by_call, a.reported_at, a.ended_at FROM attempt a WHERE a.flow_id = l.flow_id AND a.index = l.index OFFSET 0) a`,
    [leases.map(l => l.flowId), leases.map(l => l.attempt)],
  )
}
