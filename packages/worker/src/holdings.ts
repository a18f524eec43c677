/**
 * The flows this process has in its hands. A held flow is one lease and everything about it: how far it is, the signal its handler
 * hears, and whether the control plane still wants to hear of it. A flow that was lost stays here until its handler is out, because it
 * still takes a place of the capacity; but its lease is no longer kept and its outcome is not reported.
 */
import type { LeaseRef } from '@sluice/protocol'
import type { Capacity } from './capacity.ts'
import { Interruption, type InterruptionReason } from './interruption.ts'
import type { ClaimedFlow } from './wire/control-plane.ts'

export interface HeldFlow {
  readonly flow: ClaimedFlow
  readonly lease: LeaseRef
  readonly heldSince: number
  readonly abort: AbortController
  /** starting: nothing but the lease; working: the handler runs; reporting: it is out and its outcome is on the way. */
  stage: 'starting' | 'working' | 'reporting'
  /** Why the handler was told to stop; the first reason stays. */
  interruptedBy: InterruptionReason | null
  /** The control plane took the lease away, or has it back: nothing more is to be said about it. */
  over: boolean
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
    add(claim: { flow: ClaimedFlow; lease: LeaseRef }): HeldFlow | null {
      if (flows.has(keyOf(claim.lease))) return null
      const held: HeldFlow = { ...claim, heldSince: Date.now(), abort: new AbortController(), stage: 'starting', interruptedBy: null, over: false }
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
  if (reason === 'lease_lost' || reason === 'replaced') held.over = true
  if (held.interruptedBy !== null) return false
  held.interruptedBy = reason
  held.abort.abort(new Interruption(reason))
  return true
}

export const keyOf = (lease: LeaseRef): string => `${lease.flowId}/${lease.epoch}`
