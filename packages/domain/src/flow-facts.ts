import type { FlowPhase, FlowStatus, OnLeaseLost, QueueClass, TerminalReason, WaitKind, WaitMode } from '@sluice/protocol'

/** What a decision about a flow may depend on, as read under its row lock. */
export interface FlowFacts {
  id: string
  kind: string
  lane: string
  principalId: string
  status: FlowStatus
  phase: FlowPhase | null
  queueClass: QueueClass | null
  waitKind: WaitKind | null
  waitMode: WaitMode | null
  /** A held wait was answered, and its worker has not said that it heard. */
  answerUnread: boolean
  /** Its lane lets a released wait, and the resume that follows it, keep the slot (D-2). */
  laneKeepsSlot: boolean
  terminalReason: TerminalReason | null
  priority: number
  epoch: number
  /** Index of the latest attempt, null before the first. */
  currentAttempt: number | null
  maxAttempts: number
  retriesUsed: number
  lostStarts: number
  onLeaseLost: OnLeaseLost
  slotHeld: boolean
  overCap: boolean
  started: boolean
  cancelRequestedBy: string | null
  cancelRequested: boolean
  cancelReason: string | null
  pinned: boolean
  pinnedBy: string | null
  pinForce: boolean
  pinReason: string | null
  held: boolean
  heldBy: string | null
  heldReason: string | null
  deleted: boolean
}

export type Actor = { kind: 'principal'; principalId: string; address?: string | null } | { kind: 'system'; principalId: null; address?: null }

export const SYSTEM: Actor = { kind: 'system', principalId: null }

/** How events name who did it: a principal's id, a worker's id, or "system". */
export const actorName = (actor: Actor): string => actor.principalId ?? 'system'
