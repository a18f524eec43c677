import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { whyMayNot, type ViewerData } from '../../graphql/viewer.ts'

export const FlowActions_Flow = graphql(`
  fragment FlowActions_Flow on Flow {
    id title kind status isTerminal priority cancelRequestedAt
    owner { id }
    queue { reason pinned forced }
  }
`)

export type FlowOfActions = ResultOf<typeof FlowActions_Flow>
export const FLOW_ACTIONS = ['promote', 'hold', 'release', 'priority', 'cancel', 'retry', 'delete'] as const
export type FlowAction = (typeof FLOW_ACTIONS)[number]

const OPERATIONS: Record<FlowAction, string> = {
  promote: 'promoteNow', hold: 'holdFlow', release: 'releaseFlow', priority: 'setFlowPriority', cancel: 'cancelFlow', retry: 'retryFlow', delete: 'deleteFlow',
}

const held = (flow: FlowOfActions) => flow.queue?.reason === 'HELD'

const notQueued = (flow: FlowOfActions) => (flow.status === 'QUEUED' ? null : 'It is not in the queue.')

const STATE_RULES: Record<FlowAction, (flow: FlowOfActions) => string | null> = {
  promote: flow => notQueued(flow) ?? (held(flow) ? 'It is held; release it first.' : null),
  hold: flow => notQueued(flow) ?? (held(flow) ? 'It is held already.' : null),
  release: flow => notQueued(flow) ?? (held(flow) ? null : 'It is not held.'),
  priority: notQueued,
  cancel: flow => (flow.isTerminal ? 'It has ended.' : flow.cancelRequestedAt ? 'A cancel was requested already; its worker has a grace period.' : null),
  retry: flow => (flow.isTerminal ? null : 'It has not ended yet.'),
  delete: flow => (flow.isTerminal ? null : 'Only what has ended can be deleted; cancel it first.'),
}

/** Why an action cannot be taken on a flow now: its state first, then the viewer's rights. Null = it can. */
export const whyNotOn = (action: FlowAction, flow: FlowOfActions, viewer: ViewerData | null): string | null =>
  STATE_RULES[action](flow) ?? whyMayNot(viewer, OPERATIONS[action], flow.owner.id)

/** The actions that make sense for a flow at all: hold or release, and what concerns the queue only while it is there. */
export const offeredActions = (flow: FlowOfActions): FlowAction[] => {
  if (flow.isTerminal) return ['retry', 'delete']
  if (flow.status !== 'QUEUED') return ['cancel']
  return ['promote', held(flow) ? 'release' : 'hold', 'priority', 'cancel']
}
