import type { FlowListFilter } from '@sluice/engine'
import { kindsInScope, lanesInScope, type Viewer } from './policy.ts'
import { onlyOwner } from './visible.ts'

/** The filter of a list or a count, narrowed to what the viewer may read. A list that nothing is left of names nobody. */
export const listFilter = (filter: Omit<FlowListFilter, 'principalId'>, viewer: Viewer): FlowListFilter => ({
  ...filter,
  lane: narrowed(filter.lane, lanesInScope(viewer)),
  kind: narrowed(filter.kind, kindsInScope(viewer)),
  principalId: onlyOwner(viewer),
})

// An empty list would filter nothing; no lane and no kind has this name.
const NONE = ['']

function narrowed(asked: readonly string[] | null | undefined, scope: string[]): readonly string[] | null {
  if (scope.length === 0) return asked ?? null
  if (!asked?.length) return scope
  const both = asked.filter((word) => scope.includes(word))
  return both.length > 0 ? both : NONE
}
