import type { Json } from '@sluice/protocol'

interface Milestone { type: string; payload: Json }

/** A running flow is asked to end, a queued one ends at once: either carries the reason. */
const CANCELS = new Set(['flow.cancel_requested', 'flow.cancelled'])

/** What whoever cancelled the flow said of it. Null where nobody did, or gave no reason. */
export const cancelReasonOf = (milestones: readonly Milestone[]): string | null =>
  milestones.filter(({ type }) => CANCELS.has(type)).map(({ payload }) => reasonIn(payload)).find(reason => reason !== null) ?? null

const reasonIn = (payload: Json): string | null => {
  const reason = typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? payload['reason'] : null
  return typeof reason === 'string' && reason.trim() !== '' ? reason : null
}
