import type { FeedItem } from '@sluice/engine'
import type PrismaTypes from '@sluice/db/pothos-types'
import type { PrismaClient } from '@sluice/db/prisma'

/** Everything of a flow but its input, result and error, which may be large and are read when a subscriber asks for them. */
export const LIGHT_COLUMNS = {
  id: true, kind: true, title: true, lane: true, principalId: true, labels: true, status: true, phase: true, waitKind: true, waitingSince: true, terminalReason: true,
  priority: true, slotHeld: true, overCap: true, onLeaseLost: true, maxAttempts: true, retriesUsed: true, retryOfId: true, currentAttempt: true,
  createdAt: true, queuedAt: true, startedAt: true, finishedAt: true, cancelRequestedAt: true, notBefore: true, deadlineAt: true,
  lastSequence: true, deletedAt: true,
} as const satisfies PrismaTypes['Flow']['Select']

export type LightFlow = Pick<PrismaTypes['Flow']['Shape'], keyof typeof LIGHT_COLUMNS>

/** row as it is now; xid and position of its last event in the batch. */
export interface ChangedFlow { row: LightFlow; xid: string; position: string }

/** The flows of these events, each once, in the order of their last event. Those already purged are left out. */
export async function readChangedFlows(prisma: PrismaClient, items: FeedItem[]): Promise<ChangedFlow[]> {
  const last = new Map<string, { xid: string; position: string }>()
  for (const { flowId, xid, position } of items) {
    last.delete(flowId)
    last.set(flowId, { xid, position })
  }
  const byId = await readLightFlows(prisma, [...last.keys()])
  return [...last].flatMap(([id, place]) => {
    const row = byId.get(id)
    return row === undefined ? [] : [{ row, ...place }]
  })
}

/** By id; deleted ones included. */
export async function readLightFlows(prisma: PrismaClient, ids: string[]): Promise<Map<string, LightFlow>> {
  if (ids.length === 0) return new Map()
  const rows = await prisma.flow.findMany({ where: { id: { in: ids } }, select: LIGHT_COLUMNS })
  return new Map(rows.map((row) => [row.id, row]))
}
