/** The words of a flow's state, each with its sentence. This is the only list; everything else is a Record over it. */

export const FLOW_STATUSES = ['QUEUED', 'RUNNING', 'WAITING', 'FINISHED', 'FAILED', 'CANCELLED', 'SKIPPED'] as const
export type FlowStatus = (typeof FLOW_STATUSES)[number]

export const FLOW_STATUS_SENTENCES: Record<FlowStatus, string> = {
  QUEUED: 'Wants a slot and a worker; its queue reason says what stands in its way.',
  RUNNING: 'Holds a slot and a lease; its phase says how far it is.',
  WAITING: 'Asks somebody; its wait kind says whom.',
  FINISHED: 'Ended with a result.',
  FAILED: 'Ended without a result; its terminal reason says why.',
  CANCELLED: 'Ended because somebody asked for it.',
  SKIPPED: 'Never ran, because what it depended on did not come.',
}

export const TERMINAL_STATUSES = ['FINISHED', 'FAILED', 'CANCELLED', 'SKIPPED'] as const satisfies FlowStatus[]
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number]
const terminal: ReadonlySet<FlowStatus> = new Set(TERMINAL_STATUSES)
export const isTerminal = (status: FlowStatus): status is TerminalStatus => terminal.has(status)

export const FLOW_PHASES = ['STARTING', 'WORKING', 'CANCELLING'] as const
export type FlowPhase = (typeof FLOW_PHASES)[number]

export const FLOW_PHASE_SENTENCES: Record<FlowPhase, string> = {
  STARTING: 'Leased to a worker that has not reported the start yet.',
  WORKING: 'The worker reported that the work began.',
  CANCELLING: 'A cancel was requested; the worker has a grace period to acknowledge it.',
}

export const QUEUE_CLASSES = ['NEW', 'RETRY', 'RESUME'] as const
export type QueueClass = (typeof QUEUE_CLASSES)[number]

export const WAIT_KINDS = ['INPUT', 'APPROVAL', 'CALLBACK', 'TOOL_RESULT', 'OPERATOR', 'BUDGET', 'STEP'] as const
export type WaitKind = (typeof WAIT_KINDS)[number]

export const ON_LEASE_LOST = ['FAIL', 'RETRY'] as const
export type OnLeaseLost = (typeof ON_LEASE_LOST)[number]

export const ATTEMPT_TYPES = ['INITIAL', 'RETRY', 'RECLAIM', 'RESUME'] as const
export type AttemptType = (typeof ATTEMPT_TYPES)[number]
