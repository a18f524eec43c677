/**
 * The flows this process has in its hands. A held flow is one lease and everything about it: how far it is, the signal its handler
 * hears, and whether the control plane still wants to hear of it. A flow that was lost stays here until its handler is out, because it
 * still takes a place of the capacity; but its lease is no longer kept and its outcome is not reported.
 */
import { setMaxListeners } from 'node:events'
import type { LeaseRef } from '@sluice/protocol'
import type { Answer, Memo } from './attempt/talk.ts'
import type { Capacity } from './capacity.ts'
import { Interruption, type InterruptionReason } from './interruption.ts'
import type { FlowInput } from './kind.ts'
import type { Claim, ClaimedFlow } from './wire/control-plane.ts'

export interface HeldFlow {
  readonly flow: ClaimedFlow
  readonly lease: LeaseRef
  /** What the flow remembers, as far as it came with the lease. */
  readonly memos: readonly Memo[]
  readonly memosComplete: boolean
  readonly inputs: readonly FlowInput[]
  readonly heldSince: number
  readonly abort: AbortController
  /** Where the answer of a held wait goes, by its waitpoint. */
  readonly listeners: Map<string, (answer: Answer) => void>
  /** starting: nothing but the lease; working: the handler runs; releasing: its lease is being closed; reporting: it is out and its outcome is on the way. */
  stage: 'starting' | 'working' | 'releasing' | 'reporting'
  /** Why the handler was told to stop; the first reason stays. */
  interruptedBy: InterruptionReason | null
  /** The control plane took the lease away, or has it back: nothing more is to be said about it. See leave. */
  over: boolean
  /** Aborted when it is over. */
  readonly gone: AbortController
  /** Releases the wait that its flow is in, where it is in one; then it is over. */
  letGo(): Promise<void>
  /** Known when the handler is out. */
  unusedMemos: readonly string[]
}

export type Holdings = ReturnType<typeof createHoldings>

/** Every held flow takes a place of the capacity. onAdded is told after the fact. */
export function createHoldings(o: { capacity: Capacity; onAdded(): void }) {
  const flows = new Map<string, HeldFlow>()
  const waiting = new Set<() => void>()

  const untilEmpty = (signal: AbortSignal): Promise<void> =>
    new Promise(resolve => {
      const check = () => {
        if (flows.size > 0 && !signal.aborted) return
        waiting.delete(check)
        signal.removeEventListener('abort', check)
        resolve()
      }
      waiting.add(check)
      signal.addEventListener('abort', check)
      check()
    })

  return {
    /** null when this lease is held already: a claim that was asked twice gives the same leases. */
    add(claim: Claim): HeldFlow | null {
      if (flows.has(keyOf(claim.lease))) return null
      const { flow, lease, memos = [], memosComplete = true, inputs = [] } = claim
      const held: HeldFlow = {
        flow, lease, memos, memosComplete, inputs, heldSince: Date.now(), abort: new AbortController(), gone: new AbortController(), listeners: new Map(),
        stage: 'starting', interruptedBy: null, over: false, letGo: async () => {}, unusedMemos: [],
      }
      // As many as the handler says things at once.
      setMaxListeners(0, held.gone.signal)
      flows.set(keyOf(claim.lease), held)
      o.capacity.take(1)
      o.onAdded()
      return held
    },
    remove(held: HeldFlow) {
      if (!flows.delete(keyOf(held.lease))) return
      o.capacity.give(1)
      for (const check of waiting) check()
    },
    find: (lease: LeaseRef) => flows.get(keyOf(lease)),
    all: () => [...flows.values()],
    /** Those whose lease is to be kept. */
    live: () => [...flows.values()].filter(held => !held.over),
    /** Resolves when it is so, or when the signal is aborted. */
    untilEmpty,
  }
}

/** Tells the handler; false when it had been told before. */
export function interrupt(held: HeldFlow, reason: InterruptionReason): boolean {
  const isNews = held.interruptedBy === null
  if (isNews) {
    held.interruptedBy = reason
    held.abort.abort(new Interruption(reason))
  }
  if (reason !== 'cancelled' && reason !== 'shutdown') leave(held)
  return isNews
}

/** Nothing more is to be said about it, and what is on its way is given up. */
export function leave(held: HeldFlow): void {
  held.over = true
  held.gone.abort(held.abort.signal.reason ?? new Error('The lease is over'))
}

export const keyOf = (lease: LeaseRef): string => `${lease.flowId}/${lease.epoch}`
