import type { PrismaClient } from '@sluice/db/prisma'
import type { OwnedFlow } from '@sluice/engine'
import { extentOf, inScope, kindsInScope, lanesInScope, mayRun, type Viewer } from './policy.ts'
import { onlyOwner } from './visible.ts'

/** What of a flow says who may read its deliveries. */
export interface DeliveryFlow extends OwnedFlow { deletedAt: Date | null }

/** Whose deliveries the viewer reads: those of the flows that it may read. Those of no flow are read by who is narrowed by nothing. */
export const deliverySight = (viewer: Viewer) => ({ owner: onlyOwner(viewer), lanes: lanesInScope(viewer), kinds: kindsInScope(viewer) })

/** The same rule for one delivery; its flow is null when it has none, or that is purged (INV-35, INV-38). */
export function mayReadDelivery(viewer: Viewer, flow: DeliveryFlow | null): boolean {
  return flow?.deletedAt == null && mayRun(viewer, 'webhookDeliveries') && isInSight(viewer, flow)
}

/** Whether the viewer reads what is of this flow, or of none. */
export function isInSight(viewer: Viewer, flow: OwnedFlow | null): boolean {
  const { owner, lanes, kinds } = deliverySight(viewer)
  if (flow === null) return owner === null && lanes.length === 0 && kinds.length === 0
  return (owner === null || flow.principalId === owner) && inScope(viewer, flow)
}

/** The flows of these, by id. */
export async function readDeliveryFlows(prisma: PrismaClient, of: readonly { flowId: string | null }[]): Promise<Map<string, DeliveryFlow>> {
  const ids = [...new Set(of.flatMap(({ flowId }) => flowId ?? []))]
  if (ids.length === 0) return new Map()
  const rows = await prisma.flow.findMany({ where: { id: { in: ids } }, select: { id: true, principalId: true, lane: true, kind: true, deletedAt: true } })
  return new Map(rows.map((row) => [row.id, row]))
}

/** Whose endpoints the viewer reads: null = everybody's. */
export const endpointsOf = (viewer: Viewer): string | null => (extentOf(viewer, 'webhookEndpoints') === 'all' ? null : viewer.principalId)
