import type PrismaTypes from '@sluice/db/pothos-types'
import { extentOf, inScope, kindsInScope, lanesInScope, type Viewer } from './policy.ts'

export type FlowWhere = PrismaTypes['Flow']['Where']

/** Which flows the viewer may read, as a condition: every read of flows goes through it (INV-35, INV-38). */
export function visibleFlows(viewer: Viewer): FlowWhere {
  const extent = extentOf(viewer, 'flow')
  if (extent === null) return { id: { in: [] } }
  const lanes = lanesInScope(viewer)
  const kinds = kindsInScope(viewer)
  return {
    deletedAt: null,
    ...(extent === 'own' ? { principalId: viewer.principalId } : {}),
    ...(lanes.length > 0 ? { lane: { in: lanes } } : {}),
    ...(kinds.length > 0 ? { kind: { in: kinds } } : {}),
  }
}

/** The same rule for a flow that was already read. */
export function mayRead(viewer: Viewer, flow: { principalId: string; lane: string; kind: string }): boolean {
  const extent = extentOf(viewer, 'flow')
  return extent !== null && (extent === 'all' || flow.principalId === viewer.principalId) && inScope(viewer, flow)
}

/** Whose flows the viewer reads: null = everybody's. */
export const onlyOwner = (viewer: Viewer): string | null => (extentOf(viewer, 'flow') === 'all' ? null : viewer.principalId)
