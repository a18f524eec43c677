import type { OwnedFlow } from '@sluice/engine'
import { extentOf, inScope, kindsInScope, lanesInScope, mayRun, type Viewer } from './policy.ts'
import { onlyOwner } from './visible.ts'

/** Whose deliveries the viewer reads: those of the flows that it may read. Those of no flow are read by who is narrowed by nothing. */
export const deliverySight = (viewer: Viewer) => ({ owner: onlyOwner(viewer), lanes: lanesInScope(viewer), kinds: kindsInScope(viewer) })

/** The same rule for one delivery; its flow is null when it has none, or that is gone (INV-35, INV-38). */
export function mayReadDelivery(viewer: Viewer, flow: OwnedFlow | null): boolean {
  if (!mayRun(viewer, 'webhookDeliveries')) return false
  const { owner, lanes, kinds } = deliverySight(viewer)
  if (flow === null) return owner === null && lanes.length === 0 && kinds.length === 0
  return (owner === null || flow.principalId === owner) && inScope(viewer, flow)
}

/** Whose endpoints the viewer reads: null = everybody's. */
export const endpointsOf = (viewer: Viewer): string | null => (extentOf(viewer, 'webhookEndpoints') === 'all' ? null : viewer.principalId)
