import {
  DELIVERY_ERROR_SENTENCES, DELIVERY_STATE_SENTENCES, DELIVERY_TRIGGER_SENTENCES, ENDPOINT_STATE_SENTENCES, FLOW_INPUT_STATE_SENTENCES, FLOW_PHASE_SENTENCES, FLOW_STATUS_SENTENCES, FRAME_KIND_SENTENCES, LANE_STATE_SENTENCES, QUEUE_REASON_SENTENCES,
  WAIT_MODE_SENTENCES, WAITPOINT_STATE_SENTENCES,
  type BulkState, type DeliveryErrorClass, type DeliveryState, type DeliveryTrigger, type EndpointState, type FlowInputState, type FlowPhase, type FlowStatus, type FrameKind, type LaneState, type MemoKind, type QueueReason,
  type WaitKind, type WaitMode, type WaitpointState, type WorkerState,
} from '@sluice/protocol'
import {
  Ban, BellOff, Braces, CalendarClock, CircleCheck, CircleDashed, CircleHelp, CirclePause, CirclePlay, CircleSlash, CircleStop, CircleX, FlaskConical, Footprints, Gauge, Hand,
  Hourglass, KeyRound, ListOrdered, LoaderCircle, MessageCircleQuestion, MessageCircleX, PauseCircle, PenOff, Plug, PlugZap, Power, PowerOff, Puzzle, Repeat2, RotateCcw, ScrollText, SearchX, Send,
  ShieldBan, ShieldX, Stamp, Text, TextCursorInput, Timer, TimerOff, Trash2, TriangleAlert, Undo2, Unlink, Unplug, UserRound, Users, Wallet, Webhook, Workflow, Wrench, Zap, type LucideIcon,
} from 'lucide-react'
import type { Look } from '../ui/look.tsx'
import type { Tone } from '../ui/tone.ts'

/** How every word of the system looks. The only such list: a new word does not compile until it has a look. */

const look = (icon: LucideIcon, word: string, tone: Tone, sentence: string): Look => ({ icon, word, tone, sentence })

export const STATUS_LOOKS: Record<FlowStatus, Look> = {
  QUEUED: look(CircleDashed, 'Queued', 'idle', FLOW_STATUS_SENTENCES.QUEUED),
  RUNNING: look(CirclePlay, 'Running', 'busy', FLOW_STATUS_SENTENCES.RUNNING),
  WAITING: look(MessageCircleQuestion, 'Waiting', 'attention', FLOW_STATUS_SENTENCES.WAITING),
  FINISHED: look(CircleCheck, 'Finished', 'good', FLOW_STATUS_SENTENCES.FINISHED),
  FAILED: look(CircleX, 'Failed', 'bad', FLOW_STATUS_SENTENCES.FAILED),
  CANCELLED: look(Ban, 'Cancelled', 'ended', FLOW_STATUS_SENTENCES.CANCELLED),
  SKIPPED: look(CircleSlash, 'Skipped', 'idle', FLOW_STATUS_SENTENCES.SKIPPED),
}

export const PHASE_LOOKS: Record<FlowPhase, Look> = {
  STARTING: look(LoaderCircle, 'Starting', 'busy', FLOW_PHASE_SENTENCES.STARTING),
  WORKING: look(CirclePlay, 'Working', 'busy', FLOW_PHASE_SENTENCES.WORKING),
  CANCELLING: look(Hourglass, 'Cancelling', 'attention', FLOW_PHASE_SENTENCES.CANCELLING),
}

export const REASON_LOOKS: Record<QueueReason, Look> = {
  HELD: look(Hand, 'Held', 'attention', QUEUE_REASON_SENTENCES.HELD),
  DEPENDENCY: look(Workflow, 'Dependency', 'idle', QUEUE_REASON_SENTENCES.DEPENDENCY),
  LANE_PAUSED: look(PauseCircle, 'Lane paused', 'attention', QUEUE_REASON_SENTENCES.LANE_PAUSED),
  BUDGET: look(Wallet, 'Budget', 'attention', QUEUE_REASON_SENTENCES.BUDGET),
  DELAYED: look(CalendarClock, 'Delayed', 'idle', QUEUE_REASON_SENTENCES.DELAYED),
  RETRY_BACKOFF: look(RotateCcw, 'Retry later', 'idle', QUEUE_REASON_SENTENCES.RETRY_BACKOFF),
  QUOTA: look(UserRound, 'Owner’s cap', 'idle', QUEUE_REASON_SENTENCES.QUOTA),
  NO_WORKER: look(Plug, 'No worker', 'bad', QUEUE_REASON_SENTENCES.NO_WORKER),
  CAPABILITY: look(Puzzle, 'Capability', 'bad', QUEUE_REASON_SENTENCES.CAPABILITY),
  CAP: look(Gauge, 'Cap full', 'idle', QUEUE_REASON_SENTENCES.CAP),
  WORKERS_BUSY: look(Users, 'Workers busy', 'idle', QUEUE_REASON_SENTENCES.WORKERS_BUSY),
  RESUME: look(PlugZap, 'Resumes', 'busy', QUEUE_REASON_SENTENCES.RESUME),
  ORDER: look(ListOrdered, 'In order', 'idle', QUEUE_REASON_SENTENCES.ORDER),
}

export const LANE_LOOKS: Record<LaneState, Look> = {
  OPEN: look(CirclePlay, 'Open', 'good', LANE_STATE_SENTENCES.OPEN),
  PAUSED: look(CirclePause, 'Paused', 'attention', LANE_STATE_SENTENCES.PAUSED),
  DRAINING: look(Timer, 'Draining', 'attention', LANE_STATE_SENTENCES.DRAINING),
  DISABLED: look(CircleSlash, 'Disabled', 'bad', LANE_STATE_SENTENCES.DISABLED),
}

export const WORKER_LOOKS: Record<WorkerState, Look> = {
  ACTIVE: look(CirclePlay, 'Active', 'good', 'Asks for work.'),
  DRAINING: look(Timer, 'Draining', 'attention', 'Asks for nothing more and finishes what it has.'),
  DEAD: look(Unplug, 'Gone', 'idle', 'It stopped, was replaced, or was not heard for too long.'),
}

export const DELIVERY_LOOKS: Record<DeliveryState, Look> = {
  PENDING: look(CircleDashed, 'Pending', 'idle', DELIVERY_STATE_SENTENCES.PENDING),
  SENDING: look(Send, 'Sending', 'busy', DELIVERY_STATE_SENTENCES.SENDING),
  RETRY_SCHEDULED: look(RotateCcw, 'Retries', 'attention', DELIVERY_STATE_SENTENCES.RETRY_SCHEDULED),
  DELIVERED: look(CircleCheck, 'Delivered', 'good', DELIVERY_STATE_SENTENCES.DELIVERED),
  EXHAUSTED: look(CircleX, 'Exhausted', 'bad', DELIVERY_STATE_SENTENCES.EXHAUSTED),
  REJECTED: look(MessageCircleX, 'Rejected', 'bad', DELIVERY_STATE_SENTENCES.REJECTED),
  BLOCKED: look(ShieldBan, 'Blocked', 'bad', DELIVERY_STATE_SENTENCES.BLOCKED),
  SUPPRESSED: look(BellOff, 'Suppressed', 'ended', DELIVERY_STATE_SENTENCES.SUPPRESSED),
}

export const TRIGGER_LOOKS: Record<DeliveryTrigger, Look> = {
  AUTO: look(Zap, 'Event', 'idle', DELIVERY_TRIGGER_SENTENCES.AUTO),
  REPLAY: look(Repeat2, 'Replay', 'busy', DELIVERY_TRIGGER_SENTENCES.REPLAY),
  TEST: look(FlaskConical, 'Test', 'ended', DELIVERY_TRIGGER_SENTENCES.TEST),
}

/** How an attempt looks that got no whole answer. */
export const ATTEMPT_LOOKS: Record<DeliveryErrorClass, Look> = {
  TIMEOUT: look(TimerOff, 'Timed out', 'bad', DELIVERY_ERROR_SENTENCES.TIMEOUT),
  UNRESOLVED: look(SearchX, 'No address', 'bad', DELIVERY_ERROR_SENTENCES.UNRESOLVED),
  NO_CONNECTION: look(Unplug, 'No connection', 'bad', DELIVERY_ERROR_SENTENCES.NO_CONNECTION),
  TLS: look(ShieldX, 'TLS failed', 'bad', DELIVERY_ERROR_SENTENCES.TLS),
  BROKEN: look(Unlink, 'Broken off', 'bad', DELIVERY_ERROR_SENTENCES.BROKEN),
  URL_NOT_ALLOWED: look(ShieldBan, 'Not allowed', 'bad', DELIVERY_ERROR_SENTENCES.URL_NOT_ALLOWED),
  UNSIGNED: look(PenOff, 'Nothing signs', 'bad', DELIVERY_ERROR_SENTENCES.UNSIGNED),
  KEY_UNKNOWN: look(KeyRound, 'Key unknown', 'bad', DELIVERY_ERROR_SENTENCES.KEY_UNKNOWN),
  SENDER_LOST: look(CircleHelp, 'Not known', 'attention', DELIVERY_ERROR_SENTENCES.SENDER_LOST),
}

export const ENDPOINT_LOOKS: Record<EndpointState, Look> = {
  ACTIVE: look(Power, 'Active', 'good', ENDPOINT_STATE_SENTENCES.ACTIVE),
  DISABLED: look(PowerOff, 'Disabled', 'bad', ENDPOINT_STATE_SENTENCES.DISABLED),
  DELETED: look(Trash2, 'Deleted', 'idle', ENDPOINT_STATE_SENTENCES.DELETED),
}

export const BULK_LOOKS: Record<BulkState, Look> = {
  RUNNING: look(LoaderCircle, 'Running', 'busy', 'It goes through what was matched, some at a time.'),
  DONE: look(CircleCheck, 'Done', 'good', 'Everything that was matched had its turn.'),
  ABORTED: look(CircleStop, 'Aborted', 'attention', 'Somebody stopped it; what was done by then stays done.'),
}

/** Whom a wait asks. */
export const WAIT_KIND_LOOKS: Record<WaitKind, Look> = {
  INPUT: look(TextCursorInput, 'Input', 'idle', 'It asks somebody for something to go on with.'),
  APPROVAL: look(Stamp, 'Approval', 'idle', 'It asks somebody whether it may go on.'),
  CALLBACK: look(Webhook, 'Callback', 'idle', 'It waits for another system, which has a link to answer by.'),
  TOOL_RESULT: look(Wrench, 'Tool result', 'idle', 'It waits for what a tool has to say.'),
  OPERATOR: look(Hand, 'Operator', 'idle', 'It asks an operator to see to something.'),
  BUDGET: look(Wallet, 'Budget', 'idle', 'It asks whether it may spend more.'),
  STEP: look(Footprints, 'Step', 'idle', 'It stops after a step until somebody lets it go on.'),
}

export const WAITPOINT_LOOKS: Record<WaitpointState, Look> = {
  PENDING: look(CircleDashed, 'Made', 'idle', WAITPOINT_STATE_SENTENCES.PENDING),
  OPEN: look(MessageCircleQuestion, 'Open', 'attention', WAITPOINT_STATE_SENTENCES.OPEN),
  SATISFIED: look(CircleCheck, 'Answered', 'good', WAITPOINT_STATE_SENTENCES.SATISFIED),
  CLOSED: look(CircleSlash, 'Closed', 'ended', WAITPOINT_STATE_SENTENCES.CLOSED),
  EXPIRED: look(TimerOff, 'Time is up', 'bad', WAITPOINT_STATE_SENTENCES.EXPIRED),
}

export const WAIT_MODE_LOOKS: Record<WaitMode, Look> = {
  HELD: look(Plug, 'With its worker', 'idle', WAIT_MODE_SENTENCES.HELD),
  RELEASED: look(Unplug, 'Without its worker', 'idle', WAIT_MODE_SENTENCES.RELEASED),
}

export const MEMO_LOOKS: Record<MemoKind, Look> = {
  STEP: look(Footprints, 'Step', 'idle', 'A step that was completed: its result is remembered, and it is not done again.'),
  ANSWER: look(MessageCircleQuestion, 'Answer', 'idle', 'A wait that was answered: it is not asked again.'),
}

export const FLOW_INPUT_LOOKS: Record<FlowInputState, Look> = {
  PENDING: look(CircleDashed, 'Pending', 'idle', FLOW_INPUT_STATE_SENTENCES.PENDING),
  DELIVERED: look(CircleCheck, 'Handed over', 'good', FLOW_INPUT_STATE_SENTENCES.DELIVERED),
  REMOVED: look(Undo2, 'Taken back', 'ended', FLOW_INPUT_STATE_SENTENCES.REMOVED),
}

export const FRAME_LOOKS: Record<FrameKind, Look> = {
  TEXT: look(Text, 'Text', 'idle', FRAME_KIND_SENTENCES.TEXT),
  LOG: look(ScrollText, 'Log', 'idle', FRAME_KIND_SENTENCES.LOG),
  JSON: look(Braces, 'JSON', 'idle', FRAME_KIND_SENTENCES.JSON),
  PROGRESS: look(Gauge, 'Progress', 'busy', FRAME_KIND_SENTENCES.PROGRESS),
  WARNING: look(TriangleAlert, 'Warning', 'attention', FRAME_KIND_SENTENCES.WARNING),
  ERROR: look(CircleX, 'Error', 'bad', FRAME_KIND_SENTENCES.ERROR),
}

/** A running flow shows its phase, every other its status. */
export const lookOf = ({ status, phase }: { status: FlowStatus; phase: FlowPhase | null }): Look => (phase ? PHASE_LOOKS[phase] : STATUS_LOOKS[status])
