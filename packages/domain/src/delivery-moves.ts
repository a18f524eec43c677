/**
 * Every arrow of a delivery's life as a named constructor (product.md 9.3). Pure: facts in, move out. The door (engine/src/sql/delivery-sql.ts, `writeDeliveryMoves`)
 * is the only place that writes what a move says.
 */
import type { DeliveryState, DeliveryTrigger } from '@sluice/protocol'

export const DELIVERY_MOVES = {
  make: { from: 'nothing', to: 'PENDING', by: 'the move of the flow, a replay, a test' },
  makeSuppressed: { from: 'nothing', to: 'SUPPRESSED', by: 'the move of the flow, while the endpoint is disabled' },
  begin: { from: 'PENDING or RETRY_SCHEDULED', to: 'SENDING', by: 'a sender, when its turn comes' },
  deliver: { from: 'SENDING', to: 'DELIVERED', by: 'the sender: 2xx' },
  reject: { from: 'SENDING', to: 'REJECTED', by: 'the sender: another 4xx, a 3xx, or nothing to sign with' },
  schedule: { from: 'SENDING', to: 'RETRY_SCHEDULED', by: 'the sender, or the sweep for one that died, while attempts are left' },
  exhaust: { from: 'SENDING', to: 'EXHAUSTED', by: 'the same, after the last attempt' },
  block: { from: 'SENDING', to: 'BLOCKED', by: 'the sender: the address policy refused' },
  suppress: { from: 'PENDING or RETRY_SCHEDULED', to: 'SUPPRESSED', by: 'the sender, when its turn comes and the endpoint is disabled or deleted' },
} as const satisfies Record<string, { from: string; to: DeliveryState; by: string }>

/** What a decision about a delivery may depend on, as read under its row lock. */
export interface DeliveryFacts {
  id: string
  endpointId: string
  state: DeliveryState
  trigger: DeliveryTrigger
  /** Begun so far. */
  attemptCount: number
}

/** Those that the sender and the sweep pull; the other two are the outbox's rows. */
export type DeliveryMoveName = Exclude<keyof typeof DELIVERY_MOVES, 'make' | 'makeSuppressed' | 'begin'>

export interface DeliveryMove {
  name: DeliveryMoveName
  delivery: DeliveryFacts
  state: DeliveryState
  /** Until the next attempt, of a delivery that gets one. */
  delayMs: number | null
  /** A short word: an error class, or HTTP and the status. null = nothing went wrong. */
  error: string | null
}

const move = (name: DeliveryMoveName, delivery: DeliveryFacts, o: { error: string | null; delayMs?: number }): DeliveryMove =>
  ({ name, delivery, state: DELIVERY_MOVES[name].to, error: o.error, delayMs: o.delayMs ?? null })

export const deliver = (delivery: DeliveryFacts): DeliveryMove => move('deliver', delivery, { error: null })
export const reject = (delivery: DeliveryFacts, error: string): DeliveryMove => move('reject', delivery, { error })
export const schedule = (delivery: DeliveryFacts, o: { error: string; delayMs: number }): DeliveryMove => move('schedule', delivery, o)
export const exhaust = (delivery: DeliveryFacts, error: string): DeliveryMove => move('exhaust', delivery, { error })
export const block = (delivery: DeliveryFacts, error: string): DeliveryMove => move('block', delivery, { error })
export const suppress = (delivery: DeliveryFacts, error: string): DeliveryMove => move('suppress', delivery, { error })

/** How an ended delivery counts for its endpoint's streak (D-27): replays, tests and what was never sent count nothing. */
export function countsAs({ delivery, state }: Pick<DeliveryMove, 'delivery' | 'state'>): 'success' | 'failure' | 'nothing' {
  if (delivery.trigger !== 'AUTO') return 'nothing'
  if (state === 'DELIVERED') return 'success'
  return state === 'EXHAUSTED' || state === 'REJECTED' || state === 'BLOCKED' ? 'failure' : 'nothing'
}
