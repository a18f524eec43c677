import type { FlowFacts } from '@sluice/domain'

/** The columns of FlowFacts, once. Times stay in the database: a decision needs only whether they are set. */
export const FLOW_FACTS = `f.ctid, f.id, f.kind, f.lane, f.principal_id AS "principalId", f.status, f.phase, f.queue_class AS "queueClass",
  f.wait_kind AS "waitKind", f.wait_mode AS "waitMode", f.answer_unread AS "answerUnread", (SELECT l.waiting_holds_slot FROM lane l WHERE l.name = f.lane) AS "laneKeepsSlot",
  f.terminal_reason AS "terminalReason", f.priority, f.epoch, f.current_attempt AS "currentAttempt", f.max_attempts AS "maxAttempts",
  f.retries_used AS "retriesUsed", f.lost_starts AS "lostStarts", f.on_lease_lost AS "onLeaseLost", f.slot_held AS "slotHeld", f.over_cap AS "overCap",
  f.started_at IS NOT NULL AS started, f.cancel_requested_at IS NOT NULL AS "cancelRequested", f.cancel_requested_by AS "cancelRequestedBy",
  f.cancel_reason AS "cancelReason", f.pinned_at IS NOT NULL AS pinned, f.pinned_by AS "pinnedBy", f.pin_force AS "pinForce", f.pin_reason AS "pinReason",
  f.held_at IS NOT NULL AS held, f.held_by AS "heldBy", f.held_reason AS "heldReason", f.deleted_at IS NOT NULL AS deleted`

/** With where its row lies, which cannot change while this transaction holds its lock: what is written next is found there without an index. */
export type LockedFlow = FlowFacts & { ctid: string }
export type FlowFactsRow = LockedFlow & Record<string, unknown>
