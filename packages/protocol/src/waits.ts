/** The words of waits, memory, output and inputs. Each list once, each word with its sentence. */
export const WAIT_MODES = ['HELD', 'RELEASED'] as const
export type WaitMode = (typeof WAIT_MODES)[number]
export const WAIT_MODE_SENTENCES: Record<WaitMode, string> = {
  HELD: 'The worker stays: it keeps its lease, and the answer goes straight to it.',
  RELEASED: 'The worker went: the answer puts the flow back into the queue, ahead of new work.',
}

export const WAITPOINT_STATES = ['PENDING', 'OPEN', 'SATISFIED', 'CLOSED', 'EXPIRED'] as const
export type WaitpointState = (typeof WAITPOINT_STATES)[number]
export const WAITPOINT_STATE_SENTENCES: Record<WaitpointState, string> = {
  PENDING: 'Made, and its flow does not wait for it yet; an answer that comes early is kept.',
  OPEN: 'Its flow waits for it.',
  SATISFIED: 'Answered.',
  CLOSED: 'Its flow ended otherwise.',
  EXPIRED: 'Nobody answered in time.',
}

export const WAIT_TIMEOUTS = ['FAIL', 'CANCEL', 'AUTO_RESUME'] as const
export type WaitTimeout = (typeof WAIT_TIMEOUTS)[number]
export const WAIT_TIMEOUT_SENTENCES: Record<WaitTimeout, string> = {
  FAIL: 'The flow fails as input_timed_out.',
  CANCEL: 'The flow is cancelled.',
  AUTO_RESUME: 'The flow goes on with the answer that was given for this case.',
}

export const MEMO_KINDS = ['STEP', 'ANSWER'] as const
export type MemoKind = (typeof MEMO_KINDS)[number]

export const FRAME_KINDS = ['TEXT', 'LOG', 'JSON', 'PROGRESS', 'WARNING', 'ERROR'] as const
export type FrameKind = (typeof FRAME_KINDS)[number]
export const FRAME_KIND_SENTENCES: Record<FrameKind, string> = {
  TEXT: 'A piece of the answer as it is made.',
  LOG: 'A line that tells what happens.',
  JSON: 'A piece of data.',
  PROGRESS: 'How far it is.',
  WARNING: 'Something that deserves a look.',
  ERROR: 'Something that went wrong.',
}

/** The artifact that is made of a flow's final text (F-10); no other may have its name. */
export const COMPLETION_ARTIFACT = 'completion'

export const FLOW_INPUT_STATES = ['PENDING', 'DELIVERED', 'REMOVED'] as const
export type FlowInputState = (typeof FLOW_INPUT_STATES)[number]
export const FLOW_INPUT_STATE_SENTENCES: Record<FlowInputState, string> = {
  PENDING: 'Goes with the next lease.',
  DELIVERED: 'Handed over.',
  REMOVED: 'Taken back before it was handed over.',
}

export const SIGNING_KEY_STATES = ['CURRENT', 'PREVIOUS', 'RETIRED'] as const
export type SigningKeyState = (typeof SIGNING_KEY_STATES)[number]

/** What became of a signal (FF-39); each accepted one has exactly one. */
export const SIGNAL_EFFECTS = ['SATISFIED', 'BUFFERED'] as const
export type SignalEffect = (typeof SIGNAL_EFFECTS)[number]

/** Who may answer where a waitpoint names nobody. */
export const DEFAULT_DECISIONS = { INPUT: ['submit'], APPROVAL: ['approve', 'reject'], CALLBACK: ['submit'], TOOL_RESULT: ['submit'], OPERATOR: ['continue'], BUDGET: ['approve', 'reject'], STEP: ['continue'] } as const
