import type { PrismaClient } from '@sluice/db/prisma'
import type { DeliveryFilter, OwnedFlow } from '@sluice/engine'
import { extentOf, inScope, kindsInScope, lanesInScope, mayRun, type Viewer } from './policy.ts'
import { onlyOwner } from './visible.ts'

/** Whose deliveries the viewer reads, as a part of a filter: those of the flows that it may read. Those of no flow are read by who is narrowed by nothing. */
export function deliverySight(viewer: Viewer): Pick<DeliveryFilter, 'owner' | 'lanes' | 'kinds'> {
  const [owner, lanes, kinds] = [onlyOwner(viewer), lanesInScope(viewer), kindsInScope(viewer)]
  return { ...(owner === null ? {} : { owner }), ...(lanes.length > 0 ? { lanes } : {}), ...(kinds.length > 0 ? { kinds } : {}) }
}

export const seesEveryDelivery = (viewer: Viewer): boolean => Object.keys(deliverySight(viewer)).length === 0

/** The same rule for what is of this flow, or of none (INV-35, INV-38). */
export function isInSight(viewer: Viewer, flow: OwnedFlow | null): boolean {
  if (flow === null) return seesEveryDelivery(viewer)
  const { owner } = deliverySight(viewer)
  return (owner == null || flow.principalId === owner) && inScope(viewer, flow)
}

/** What stands with its flow: of a test there is none. */
export interface WithFlow<Of> { of: Of; flow: OwnedFlow | null }

/** These with their flows. What is of a flow that is deleted left every list with it. */
export async function withFlows<Of extends { flowId: string | null }>(prisma: PrismaClient, all: readonly Of[]): Promise<WithFlow<Of>[]> {
  const ids = [...new Set(all.flatMap(({ flowId }) => flowId ?? []))]
  const rows = ids.length === 0 ? [] : await prisma.flow.findMany({
    where: { id: { in: ids }, deletedAt: null }, select: { id: true, principalId: true, lane: true, kind: true },
  })
  const byId = new Map(rows.map((row) => [row.id, row]))
  return all.flatMap((of): WithFlow<Of>[] => {
    if (of.flowId === null) return [{ of, flow: null }]
    const flow = byId.get(of.flowId)
    return flow === undefined ? [] : [{ of, flow }]
  })
}

/** Those of these that the viewer may read. */
export async function readable<Of extends { flowId: string | null }>(prisma: PrismaClient, viewer: Viewer, all: readonly Of[]): Promise<Of[]> {
  if (!mayRun(viewer, 'webhookDeliveries')) return []
  return (await withFlows(prisma, all)).flatMap(({ of, flow }) => (isInSight(viewer, flow) ? [of] : []))
}

/** Whose endpoints the viewer reads: null = everybody's. */
export const endpointsOf = (viewer: Viewer): string | null => (extentOf(viewer, 'webhookEndpoints') === 'all' ? null : viewer.principalId)
