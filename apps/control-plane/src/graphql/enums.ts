import {
  ATTEMPT_TYPES, CAP_SCOPES, DELIVERY_STATE_SENTENCES, DELIVERY_TRIGGER_SENTENCES, ENDPOINT_STATE_SENTENCES, ERROR_CODES, FLOW_PHASE_SENTENCES,
  FLOW_INPUT_STATE_SENTENCES, FLOW_STATUS_SENTENCES, FRAME_KIND_SENTENCES, LANE_STATE_SENTENCES, QUEUE_CLASSES, QUEUE_REASON_SENTENCES, ROLES, WAIT_KINDS, WAIT_MODE_SENTENCES, WAIT_TIMEOUT_SENTENCES, WAITPOINT_STATE_SENTENCES, WORKER_STATES,
  type BulkState, type EndpointOrigin, type MemoKind, type OnLeaseLost,
} from '@sluice/protocol'
import { builder } from './builder.ts'

/** Words with a sentence each become values with that description. */
const described = <Word extends string>(sentences: Record<Word, string>) =>
  Object.fromEntries(Object.entries<string>(sentences).map(([word, description]) => [word, { description }])) as Record<Word, { description: string }>

export const FlowStatusEnum = builder.enumType('FlowStatus', { description: 'Where a flow stands.', values: described(FLOW_STATUS_SENTENCES) })
export const FlowPhaseEnum = builder.enumType('FlowPhase', { description: 'How far a RUNNING flow is.', values: described(FLOW_PHASE_SENTENCES) })
export const QueueReasonEnum = builder.enumType('QueueReason', {
  description: 'What stands between a QUEUED flow and its start; of several, the first that applies.', values: described(QUEUE_REASON_SENTENCES),
})
export const QueueClassEnum = builder.enumType('QueueClass', {
  description: 'How a flow came into the queue: new, to be tried again, or answered.', values: QUEUE_CLASSES,
})
export const WaitKindEnum = builder.enumType('WaitKind', { description: 'Whom a WAITING flow asks.', values: WAIT_KINDS })
export const WaitModeEnum = builder.enumType('WaitMode', { description: 'Whether the worker stays while its flow waits.', values: described(WAIT_MODE_SENTENCES) })
export const WaitpointStateEnum = builder.enumType('WaitpointState', { description: 'Where a waitpoint stands.', values: described(WAITPOINT_STATE_SENTENCES) })
export const WaitTimeoutEnum = builder.enumType('WaitTimeout', { description: 'What becomes of a wait that nobody answered in time.', values: described(WAIT_TIMEOUT_SENTENCES) })
export const MemoKindEnum = builder.enumType('MemoKind', {
  description: 'What a flow remembers.', values: described<MemoKind>({ STEP: 'The result of a step that was completed.', ANSWER: 'What was answered to a wait.' }),
})
export const OnLeaseLostEnum = builder.enumType('OnLeaseLost', {
  description: 'What becomes of a working flow whose worker falls silent.',
  values: described<OnLeaseLost>({ FAIL: 'It fails: side effects happen at most once.', RETRY: 'It is tried again, as often as maxAttempts allows.' }),
})
export const AttemptTypeEnum = builder.enumType('AttemptType', { description: 'Why an attempt began.', values: ATTEMPT_TYPES })
export const LaneStateEnum = builder.enumType('LaneState', { description: 'Whether a lane accepts and starts flows.', values: described(LANE_STATE_SENTENCES) })
export const WorkerStateEnum = builder.enumType('WorkerState', {
  description: 'Whether a worker asks for work, finishes what it has, or is gone.', values: WORKER_STATES,
})
export const CapScopeEnum = builder.enumType('CapScope', {
  description: 'What a cap counts: everything, one lane, or what one principal owns.', values: CAP_SCOPES,
})
export const EndpointStateEnum = builder.enumType('EndpointState', { description: 'Whether an endpoint is told of anything.', values: described(ENDPOINT_STATE_SENTENCES) })
export const EndpointOriginEnum = builder.enumType('EndpointOrigin', {
  description: 'Who made an endpoint.',
  values: described<EndpointOrigin>({
    ENVIRONMENT: 'FLOW_WEBHOOK_URL: for flows without one of their own.', NAMED: 'Somebody, with a name.', UNNAMED: 'A flow that brought its URL along.',
  }),
})
export const DeliveryStateEnum = builder.enumType('DeliveryState', { description: 'How far a delivery is.', values: described(DELIVERY_STATE_SENTENCES) })
export const DeliveryTriggerEnum = builder.enumType('DeliveryTrigger', { description: 'Why there is a delivery.', values: described(DELIVERY_TRIGGER_SENTENCES) })
export const FlowInputStateEnum = builder.enumType('FlowInputState', { description: 'Whether an input was handed over.', values: described(FLOW_INPUT_STATE_SENTENCES) })
export const FrameKindEnum = builder.enumType('FrameKind', { description: 'What a piece of output is.', values: described(FRAME_KIND_SENTENCES) })
export const BulkStateEnum = builder.enumType('BulkState', {
  description: 'How far an operation on many things is.',
  values: described<BulkState>({ RUNNING: 'It works on its things, in batches.', DONE: 'It has been at each of them.', ABORTED: 'Somebody ended it early; what was done stays.' }),
})
export const RoleEnum = builder.enumType('Role', { description: 'What a principal may be.', values: ROLES })
export const ErrorCodeEnum = builder.enumType('ErrorCode', { description: 'Stable codes of expected refusals.', values: ERROR_CODES })
