import { hasLabels, matchesText } from '@sluice/domain'
import type { FlowFilter } from '../graphql/flow-filter.ts'
import { among } from './among.ts'
import type { LightFlow } from './changed-flows.ts'

/** A flow that a filter can never show, because what rules it out never changes: its changes are nobody's news. */
export const neverMatches = (filter: FlowFilter, flow: LightFlow): boolean =>
  !among(filter.lane, flow.lane) || !among(filter.kind, flow.kind) || !among(filter.owner, flow.principalId) ||
  Boolean(filter.text?.trim() && !matchesText(flow, filter.text)) || !hasLabels(flow.labels as Record<string, string>, filter.label ?? []) ||
  Boolean(filter.createdAfter && flow.createdAt < filter.createdAfter) || Boolean(filter.createdBefore && flow.createdAt >= filter.createdBefore)

/** Whether a flow that can match does so now. */
export const matchesNow = (filter: FlowFilter, flow: LightFlow): boolean =>
  among(filter.status, flow.status) && (filter.slotHeld === null || filter.slotHeld === undefined || filter.slotHeld === flow.slotHeld)
