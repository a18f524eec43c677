import type { FlowFilter } from '../graphql/flow-filter.ts'
import { onlyOwner } from '../policies/visible.ts'
import { kindsInScope, lanesInScope, type Viewer } from '../policies/policy.ts'

/** The filter of a count, narrowed to what the viewer may read. */
export const countsFilter = (filter: FlowFilter, viewer: Viewer) => ({
  ...filter,
  visibleTo: { principalId: onlyOwner(viewer), lanes: lanesInScope(viewer), kinds: kindsInScope(viewer) },
})
