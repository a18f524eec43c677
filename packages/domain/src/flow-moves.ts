/**
 * Every arrow of a flow's life as a named constructor (product.md 9.2). Pure: facts in, move out. The door (engine/src/apply-moves.ts)
 * is the only place that writes what a move says. docs/lifecycle.md is printed from MOVES.
 */
import type { AttemptType, FlowError, FlowEventType, FlowPhase, FlowStatus, Json, QueueClass, QueuedCause, TerminalReason, WaitKind, WaitMode } from '@sluice/protocol'
import type { FlowFacts } from './flow-facts.ts'

export const MOVES = {
  create: { row: 'T1', from: 'nothing', to: 'QUEUED', by: 'the caller, createFlow', event: 'flow.queued' },
  promote: { row: 'T3', from: 'QUEUED', to: 'RUNNING/STARTING', by: 'the promoter, for a worker that asked', event: 'flow.starting' },
  cancelQueued: { row: 'T4', from: 'QUEUED', to: 'CANCELLED', by: 'its owner or an operator', event: 'flow.cancelled' },
  expire: { row: 'T5', from: 'QUEUED', to: 'FAILED', by: 'the system: queue TTL or deadline passed', event: 'flow.failed' },
  reportStart: { row: 'T7', from: 'RUNNING/STARTING', to: 'RUNNING/WORKING', by: 'the lease holder', event: 'flow.running' },
  loseStart: { row: 'T8', from: 'RUNNING/STARTING', to: 'QUEUED', by: 'the system (no start report, lease lost) or the worker (given back)', event: 'flow.queued' },
  fail: { row: 'T9', from: 'RUNNING/STARTING or RUNNING/WORKING', to: 'FAILED', by: 'the worker or the system', event: 'flow.failed' },
  retry: { row: 'T10', from: 'RUNNING/STARTING or RUNNING/WORKING', to: 'QUEUED', by: 'the worker or the system, while retries are left', event: 'flow.queued' },
  suspend: { row: 'T11', from: 'RUNNING/WORKING', to: 'WAITING', by: 'the lease holder', event: 'flow.waiting' },
  resumeHeld: { row: 'T12', from: 'WAITING (held)', to: 'RUNNING/WORKING', by: 'an answer, or the timeout that stands for one', event: 'flow.resumed' },
  requeueUnread: { row: 'T12b', from: 'RUNNING/WORKING', to: 'QUEUED', by: 'the system: the worker was lost before it heard the answer', event: 'flow.queued' },
  resumeReleased: { row: 'T13', from: 'WAITING (released)', to: 'QUEUED', by: 'an answer, or the timeout that stands for one', event: 'flow.resumed' },
  releaseWait: { row: 'T13b', from: 'WAITING (held)', to: 'WAITING (released)', by: 'the worker, or the system when its lease is lost', event: 'flow.wait_released' },
  failWait: { row: 'T14', from: 'WAITING', to: 'FAILED', by: 'the system: nobody answered in time, or the deadline', event: 'flow.failed' },
  expireWait: { row: 'T14', from: 'WAITING', to: 'CANCELLED', by: 'the system: nobody answered in time', event: 'flow.cancelled' },
  cancelWait: { row: 'T15', from: 'WAITING', to: 'CANCELLED', by: 'its owner or an operator', event: 'flow.cancelled' },
  receiveSignal: { row: null, from: 'any but terminal', to: 'the same', by: 'an answer that came before the wait', event: 'flow.signal' },
  requestCancel: { row: 'T16', from: 'RUNNING', to: 'RUNNING/CANCELLING', by: 'its owner or an operator', event: 'flow.cancel_requested' },
  endCancelled: { row: 'T17', from: 'RUNNING/CANCELLING', to: 'CANCELLED', by: 'the worker’s acknowledgement, or the system after the grace', event: 'flow.cancelled' },
  finish: { row: 'T18', from: 'RUNNING/WORKING', to: 'FINISHED', by: 'the lease holder', event: 'flow.finished' },
  pin: { row: null, from: 'QUEUED', to: 'QUEUED', by: 'an operator, promoteNow', event: 'flow.pinned' },
  hold: { row: null, from: 'QUEUED', to: 'QUEUED', by: 'an operator', event: 'flow.held' },
  release: { row: null, from: 'QUEUED', to: 'QUEUED', by: 'an operator', event: 'flow.released' },
  setPriority: { row: null, from: 'any but terminal', to: 'the same', by: 'its owner or an operator', event: 'flow.priority_changed' },
  addInput: { row: null, from: 'QUEUED', to: 'QUEUED', by: 'its owner or an operator', event: 'flow.input_added' },
  removeInput: { row: null, from: 'QUEUED', to: 'QUEUED', by: 'its owner or an operator', event: 'flow.input_removed' },
  addArtifact: { row: null, from: 'RUNNING or WAITING (held)', to: 'the same', by: 'the lease holder', event: 'flow.artifact' },
  markDeleted: { row: null, from: 'any terminal', to: 'the same', by: 'an admin', event: 'flow.deleted' },
} as const satisfies Record<string, { row: string | null; from: string; to: string; by: string; event: FlowEventType }>

export type MoveName = keyof typeof MOVES

/** What happens to the flow's current attempt. close names the worker's call that ended it, so that its repeat gets the same answer. */
export type AttemptChange =
  | { do: 'open'; index: number; type: AttemptType; epoch: number; workerId: string; requestId: string; codeVersion: string | null; ttlMs: number }
  | { do: 'report' }
  /** The wait is over: its time is not the attempt's. */
  | { do: 'resume' }
  | { do: 'close'; reason: AttemptEnd; call: WorkerCall | null; error: FlowError | null }

export type WorkerCall = 'start' | 'return' | 'finish' | 'fail' | 'suspend'
export type AttemptEnd = 'finished' | 'failed' | 'cancelled' | 'not_started' | 'attempt_timeout' | 'worker_lost' | 'interrupted' | 'deadline_exceeded' | 'suspended' | 'input_timed_out'

/** Instants are the database's: a move only says keep, clear, now, or so many milliseconds from now. */
export type Instant = 'keep' | 'clear' | 'now' | { inMs: number }

export interface FlowChange {
  status: FlowStatus
  phase: FlowPhase | null
  queueClass: QueueClass | null
  waitKind: WaitKind | null
  waitMode: WaitMode | null
  answerUnread: boolean
  terminalReason: TerminalReason | null
  slotHeld: boolean
  overCap: boolean
  epoch: number
  currentAttempt: number | null
  retriesUsed: number
  lostStarts: number
  priority: number
  result: Json
  error: FlowError | null
  cancelRequestedBy: string | null
  cancelReason: string | null
  pinnedBy: string | null
  pinForce: boolean
  pinReason: string | null
  heldBy: string | null
  heldReason: string | null
  queuedAt: Instant
  notBefore: Instant
  startedAt: Instant
  cancelRequestedAt: Instant
  pinnedAt: Instant
  heldAt: Instant
  deletedAt: Instant
  waitingSince: Instant
}

export interface FlowMove {
  name: MoveName
  flow: FlowFacts
  set: Partial<FlowChange>
  attempt?: AttemptChange
  /** status and phase are added by the door. */
  payload: { [key: string]: Json }
}

const UNPINNED = { pinnedAt: 'clear', pinnedBy: null, pinForce: false, pinReason: null } as const
const UNHELD = { heldAt: 'clear', heldBy: null, heldReason: null } as const
const NOT_WAITING = { waitKind: null, waitMode: null, waitingSince: 'clear' } as const
const ended = (status: FlowStatus, terminalReason: TerminalReason) =>
  ({ status, phase: null, queueClass: null, terminalReason, slotHeld: false, answerUnread: false, ...NOT_WAITING }) as const

export interface Promotion { workerId: string; workerName: string; requestId: string; codeVersion: string | null; ttlMs: number; overCap: boolean }

export function promote(flow: FlowFacts, p: Promotion): FlowMove {
  const index = flow.currentAttempt === null ? 0 : flow.currentAttempt + 1
  const type = flow.queueClass === 'NEW' ? 'INITIAL' : flow.queueClass === 'RESUME' ? 'RESUME' : 'RETRY'
  return {
    name: 'promote', flow,
    set: { status: 'RUNNING', phase: 'STARTING', slotHeld: true, overCap: p.overCap, epoch: flow.epoch + 1, currentAttempt: index },
    attempt: { do: 'open', index, type, epoch: flow.epoch + 1, workerId: p.workerId, requestId: p.requestId, codeVersion: p.codeVersion, ttlMs: p.ttlMs },
    payload: {
      attempt: index, worker: p.workerId, workerName: p.workerName, epoch: flow.epoch + 1, overCap: p.overCap,
      pinnedBy: flow.pinned ? flow.pinnedBy : null, forcedBy: flow.pinForce ? flow.pinnedBy : null, reason: flow.pinReason,
    },
  }
}

const cancelWord = (flow: FlowFacts, by: string | null): TerminalReason => (by === flow.principalId ? 'cancelled_by_user' : 'cancelled_by_operator')

export const cancelQueued = (flow: FlowFacts, c: { by: string; reason: string | null }): FlowMove => ({
  name: 'cancelQueued', flow,
  set: {
    ...ended('CANCELLED', flow.started ? cancelWord(flow, c.by) : 'cancelled_in_queue'),
    cancelRequestedAt: 'now', cancelRequestedBy: c.by, cancelReason: c.reason,
  },
  payload: { reason: c.reason, terminalReason: flow.started ? cancelWord(flow, c.by) : 'cancelled_in_queue' },
})

export const expire = (flow: FlowFacts, reason: 'queue_ttl_expired' | 'deadline_exceeded'): FlowMove => ({
  name: 'expire', flow, set: ended('FAILED', reason), payload: { terminalReason: reason },
})

export const reportStart = (flow: FlowFacts): FlowMove => ({
  name: 'reportStart', flow,
  set: { phase: 'WORKING', queueClass: null, startedAt: 'now', lostStarts: 0, ...UNPINNED },
  attempt: { do: 'report' },
  payload: { attempt: flow.currentAttempt },
})

/** A resume keeps its slot where its lane keeps slots (D-2). */
const keptBy = (flow: FlowFacts): boolean => flow.queueClass === 'RESUME' && flow.laneKeepsSlot

/** T8. byWorker: given back, which counts no lost start. delayMs: D-36, the first return keeps its place. */
export const loseStart = (flow: FlowFacts, l: { byWorker: boolean; cause: string; delayMs: number; end: AttemptEnd }): FlowMove => ({
  name: 'loseStart', flow,
  set: {
    status: 'QUEUED', phase: null, slotHeld: keptBy(flow), overCap: false, lostStarts: flow.lostStarts + (l.byWorker ? 0 : 1),
    ...(l.delayMs > 0 ? { notBefore: { inMs: l.delayMs } } : {}),
  },
  attempt: { do: 'close', reason: l.end, call: l.byWorker ? 'return' : null, error: null },
  payload: { cause: 'start_lost' satisfies QueuedCause, why: l.cause, attempt: flow.currentAttempt, lostStarts: flow.lostStarts + (l.byWorker ? 0 : 1), delayMs: l.delayMs },
})

export const fail = (flow: FlowFacts, f: { reason: TerminalReason; end: AttemptEnd; call: WorkerCall | null; error: FlowError | null }): FlowMove => ({
  name: 'fail', flow,
  set: { ...ended('FAILED', f.reason), error: f.error },
  attempt: { do: 'close', reason: f.end, call: f.call, error: f.error },
  payload: { terminalReason: f.reason, attempt: flow.currentAttempt, error: f.error as unknown as Json },
})

export interface Retry { cause: 'retry' | 'interrupted'; why: AttemptEnd; delayMs: number; consumes: boolean; call: WorkerCall | null; error: FlowError | null }

export const retry = (flow: FlowFacts, r: Retry): FlowMove => ({
  name: 'retry', flow,
  set: {
    status: 'QUEUED', phase: null, queueClass: 'RETRY', slotHeld: false, answerUnread: false, overCap: false, error: r.error,
    retriesUsed: flow.retriesUsed + (r.consumes ? 1 : 0), lostStarts: 0, queuedAt: 'now', notBefore: r.delayMs > 0 ? { inMs: r.delayMs } : 'clear', ...UNPINNED,
  },
  attempt: { do: 'close', reason: r.why, call: r.call, error: r.error },
  payload: {
    cause: r.cause, why: r.why, attempt: flow.currentAttempt, delayMs: r.delayMs, error: r.error as unknown as Json,
    retriesUsed: flow.retriesUsed + (r.consumes ? 1 : 0), maxAttempts: flow.maxAttempts,
  },
})

export const requestCancel = (flow: FlowFacts, c: { by: string; reason: string | null }): FlowMove => ({
  name: 'requestCancel', flow,
  set: { phase: 'CANCELLING', queueClass: null, answerUnread: false, cancelRequestedAt: 'now', cancelRequestedBy: c.by, cancelReason: c.reason },
  payload: { by: c.by, reason: c.reason },
})

/** T17. The lease is revoked: no later write of its holder can match the epoch. */
export const endCancelled = (flow: FlowFacts, c: { acknowledgedBy: WorkerCall | null; why: 'acknowledged' | 'grace_over' | 'worker_lost' | 'deadline_exceeded' }): FlowMove => ({
  name: 'endCancelled', flow,
  set: { ...ended('CANCELLED', cancelWord(flow, flow.cancelRequestedBy)), epoch: flow.epoch + 1 },
  attempt: { do: 'close', reason: 'cancelled', call: c.acknowledgedBy, error: null },
  payload: { terminalReason: cancelWord(flow, flow.cancelRequestedBy), why: c.why, reason: flow.cancelReason, attempt: flow.currentAttempt },
})

export const finish = (flow: FlowFacts, result: Json): FlowMove => ({
  name: 'finish', flow,
  set: { ...ended('FINISHED', 'completed'), result },
  attempt: { do: 'close', reason: 'finished', call: 'finish', error: null },
  payload: { terminalReason: 'completed', attempt: flow.currentAttempt },
})

/** D-25: first of all from now on, and due at once. A plain pin on a forced one changes only its time: the wish to pass the caps stays whose it was. */
export function pin(flow: FlowFacts, p: { by: string; force: boolean; reason: string | null }): FlowMove {
  const kept = flow.pinned && flow.pinForce && !p.force
  const whose = kept ? {} : { pinnedBy: p.by, pinForce: p.force, pinReason: p.reason }
  return {
    name: 'pin', flow,
    set: { pinnedAt: 'now', notBefore: 'clear', ...whose },
    payload: { by: p.by, force: kept || p.force, reason: p.reason },
  }
}

export const hold = (flow: FlowFacts, h: { by: string; reason: string | null }): FlowMove => ({
  name: 'hold', flow,
  set: { heldAt: 'now', heldBy: h.by, heldReason: h.reason, ...UNPINNED },
  payload: { by: h.by, reason: h.reason },
})

export const release = (flow: FlowFacts, by: string): FlowMove => ({ name: 'release', flow, set: UNHELD, payload: { by } })

export const setPriority = (flow: FlowFacts, p: { by: string; priority: number }): FlowMove => ({
  name: 'setPriority', flow, set: { priority: p.priority }, payload: { by: p.by, before: flow.priority, after: p.priority },
})

export const addInput = (flow: FlowFacts, i: { id: string; by: string; bytes: number }): FlowMove => ({ name: 'addInput', flow, set: {}, payload: { input: i.id, by: i.by, bytes: i.bytes } })

export const removeInput = (flow: FlowFacts, i: { id: string; by: string }): FlowMove => ({ name: 'removeInput', flow, set: {}, payload: { input: i.id, by: i.by } })

export interface LeftArtifact { id: string; name: string; mediaType: string; size: number; digest: string }

export const addArtifact = (flow: FlowFacts, { id, name, mediaType, size, digest }: LeftArtifact): FlowMove => ({
  name: 'addArtifact', flow, set: {}, payload: { artifact: id, name, mediaType, size, digest, attempt: flow.currentAttempt },
})

export const markDeleted = (flow: FlowFacts, d: { by: string; reason: string | null }): FlowMove => ({
  name: 'markDeleted', flow, set: { deletedAt: 'now' }, payload: { by: d.by, reason: d.reason },
})

/** What is told of a wait: enough to show it without reading the waitpoint. */
export interface WaitTold { waitpoint: string; key: string; kind: WaitKind; prompt: string | null }
const toldOf = (w: WaitTold): { [key: string]: Json } => ({ waitpoint: w.waitpoint, key: w.key, kind: w.kind, prompt: w.prompt })

/** T11. HELD keeps lease and slot. RELEASED ends the attempt, and keeps the slot where the lane does. */
export const suspend = (flow: FlowFacts, w: WaitTold & { mode: WaitMode }): FlowMove => ({
  name: 'suspend', flow,
  set: {
    status: 'WAITING', phase: null, queueClass: null, waitKind: w.kind, waitMode: w.mode, waitingSince: 'now', answerUnread: false,
    slotHeld: w.mode === 'HELD' || flow.laneKeepsSlot,
  },
  ...(w.mode === 'RELEASED' ? { attempt: { do: 'close', reason: 'suspended', call: 'suspend', error: null } as const } : {}),
  payload: { ...toldOf(w), mode: w.mode, attempt: flow.currentAttempt },
})

export interface Answered { waitpoint: string; decision: string; by: string }

/** T12: straight back to the worker that stayed, which is told by its heartbeat. */
export const resumeHeld = (flow: FlowFacts, a: Answered): FlowMove => ({
  name: 'resumeHeld', flow,
  set: { status: 'RUNNING', phase: 'WORKING', ...NOT_WAITING, answerUnread: true },
  attempt: { do: 'resume' },
  payload: { ...a, attempt: flow.currentAttempt },
})

/** T13: into the queue ahead of new work, with the slot if it was kept. */
export const resumeReleased = (flow: FlowFacts, a: Answered): FlowMove => ({
  name: 'resumeReleased', flow,
  set: { status: 'QUEUED', phase: null, queueClass: 'RESUME', ...NOT_WAITING, queuedAt: 'now', notBefore: 'clear', overCap: false, lostStarts: 0 },
  payload: { ...a },
})

export const resume = (flow: FlowFacts, a: Answered): FlowMove => (flow.waitMode === 'HELD' ? resumeHeld(flow, a) : resumeReleased(flow, a))

/** T12b: an answer never dies with the worker that should have had it. The next attempt finds it among the memos. */
export const requeueUnread = (flow: FlowFacts, call: WorkerCall | null): FlowMove => ({
  name: 'requeueUnread', flow,
  set: { status: 'QUEUED', phase: null, queueClass: 'RESUME', slotHeld: flow.laneKeepsSlot, overCap: false, answerUnread: false, lostStarts: 0, queuedAt: 'now', notBefore: 'clear' },
  attempt: { do: 'close', reason: 'suspended', call, error: null },
  payload: { cause: 'answer_unread' satisfies QueuedCause, attempt: flow.currentAttempt },
})

/** T13b: the wait goes on without its worker. */
export const releaseWait = (flow: FlowFacts, r: { call: WorkerCall | null; why: 'hold_over' | 'worker_lost' | 'worker_stopped' }): FlowMove => ({
  name: 'releaseWait', flow,
  set: { waitMode: 'RELEASED', slotHeld: flow.laneKeepsSlot },
  attempt: { do: 'close', reason: 'suspended', call: r.call, error: null },
  payload: { why: r.why, attempt: flow.currentAttempt },
})

/** The lease of a held wait is revoked with it: no later write of its holder can match the epoch. */
const revoked = (flow: FlowFacts, reason: AttemptEnd) =>
  (flow.waitMode === 'HELD' ? { set: { epoch: flow.epoch + 1 }, more: { attempt: { do: 'close', reason, call: null, error: null } as const } } : { set: {}, more: {} })

/** T14. */
export function failWait(flow: FlowFacts, f: { reason: 'input_timed_out' | 'deadline_exceeded'; waitpoint: string | null }): FlowMove {
  const error: FlowError = { code: f.reason.toUpperCase(), message: f.reason === 'input_timed_out' ? 'Nobody answered in time.' : 'Its deadline passed while it waited.', retryable: false }
  const { set, more } = revoked(flow, f.reason)
  return { name: 'failWait', flow, set: { ...ended('FAILED', f.reason), error, ...set }, ...more, payload: { terminalReason: f.reason, waitpoint: f.waitpoint, error: error as unknown as Json } }
}

/** T14, where the wait asked for it. */
export function expireWait(flow: FlowFacts, waitpoint: string): FlowMove {
  const { set, more } = revoked(flow, 'input_timed_out')
  return { name: 'expireWait', flow, set: { ...ended('CANCELLED', 'input_timed_out'), ...set }, ...more, payload: { terminalReason: 'input_timed_out', waitpoint } }
}

/** T15. */
export function cancelWait(flow: FlowFacts, c: { by: string; reason: string | null }): FlowMove {
  const { set, more } = revoked(flow, 'cancelled')
  return {
    name: 'cancelWait', flow,
    set: { ...ended('CANCELLED', cancelWord(flow, c.by)), cancelRequestedAt: 'now', cancelRequestedBy: c.by, cancelReason: c.reason, ...set }, ...more,
    payload: { reason: c.reason, terminalReason: cancelWord(flow, c.by) },
  }
}

/** Kept until the flow asks (FF-32); it changes nothing else (INV-22). */
export const receiveSignal = (flow: FlowFacts, a: Answered): FlowMove => ({ name: 'receiveSignal', flow, set: {}, payload: { ...a } })
