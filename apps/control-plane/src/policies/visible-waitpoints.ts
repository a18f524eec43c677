import type { PrismaClient } from '@sluice/db/prisma'
import type { WaitpointFilter } from '@sluice/engine'
import { kindsInScope, lanesInScope, type Viewer } from './policy.ts'
import { mayRead, onlyOwner } from './visible.ts'
import { withFlows } from './visible-deliveries.ts'

/** Whose waitpoints the viewer reads, as a part of a filter: those of the flows that it may read. */
export function waitpointSight(viewer: Viewer): Pick<WaitpointFilter, 'owner' | 'lanes' | 'kinds'> {
  const [lanes, kinds] = [lanesInScope(viewer), kindsInScope(viewer)]
  return { owner: onlyOwner(viewer), ...(lanes.length > 0 ? { lanes } : {}), ...(kinds.length > 0 ? { kinds } : {}) }
}

/** Those of these that the viewer may read. */
export async function readableWaitpoints<Of extends { flowId: string }>(prisma: PrismaClient, viewer: Viewer, all: readonly Of[]): Promise<Of[]> {
  return (await withFlows(prisma, all)).flatMap(({ of, flow }) => (flow !== null && mayRead(viewer, flow) ? [of] : []))
}
