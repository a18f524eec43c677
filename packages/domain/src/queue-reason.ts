/** What stands between a queued flow and its start: computed when read, so it is never stale (product.md 9.1, D-42). Pure. */
import { LIMITS } from '@sluice/protocol'
import type { CapScope, LaneState, QueueClass, QueueReason } from '@sluice/protocol'
import { isDue } from './queue-order.ts'

export interface CapFacts {
  scope: CapScope
  /** Name of the lane or principal; empty for the global cap. */
  name: string
  /** 0 = no cap. */
  maxActive: number
  /** Slots held in this scope now. */
  active: number
}

export interface QueueFacts {
  now: Date
  kind: string
  queueClass: QueueClass
  /** It is queued and still holds the slot it had. */
  slotHeld: boolean
  /** An operator lets it pass the caps. */
  forced: boolean
  notBefore: Date | null
  retriesUsed: number
  lostStarts: number
  hold: { by: string | null; reason: string | null; at: Date } | null
  lane: { name: string; state: LaneState; by: string | null; reason: string | null }
  /** The caps that cover it. */
  caps: CapFacts[]
  /** Live workers that handle its kind in its lane; full = those at their capacity. */
  workers: { live: number; full: number; capacity: number; leased: number }
  /** 1 = next in its lane; null = beyond what is counted. */
  position: number | null
}

export interface QueueVerdict {
  reason: QueueReason
  /** A sentence or a few, for people. Names no flow: who may read it need not be allowed to read those. */
  detail: string
  /** The caps that are full, when they are the reason. */
  blockedBy: CapFacts[]
}

/** The first that applies, in the order of D-42. */
export function queueReason(facts: QueueFacts): QueueVerdict {
  return held(facts) ?? lanePaused(facts) ?? notDue(facts) ?? full(facts, 'QUOTA') ?? noWorker(facts) ?? full(facts, 'CAP') ?? workersBusy(facts) ?? inLine(facts)
}

const verdict = (reason: QueueReason, ...sentences: (string | false)[]): QueueVerdict =>
  ({ reason, detail: sentences.filter(Boolean).join(' '), blockedBy: [] })

const because = (reason: string | null): string => (reason ? `: ${reason.trim().replace(/[.\s]+$/, '')}.` : '.')

function held({ hold }: QueueFacts): QueueVerdict | undefined {
  if (!hold) return undefined
  return verdict('HELD', `Held by ${hold.by ?? 'the system'} since ${instant(hold.at)}${because(hold.reason)}`, 'It waits until it is released.')
}

function lanePaused({ lane }: QueueFacts): QueueVerdict | undefined {
  if (lane.state !== 'PAUSED' && lane.state !== 'DISABLED') return undefined
  const state = lane.state === 'PAUSED' ? 'paused' : 'disabled'
  return verdict('LANE_PAUSED', `Lane ${lane.name} is ${state}${lane.by ? ` by ${lane.by}` : ''}${because(lane.reason)}`, 'It waits until the lane is resumed.')
}

/** A lost start and a retry put a flow off by themselves; any other delay was asked for. */
function notDue(facts: QueueFacts): QueueVerdict | undefined {
  if (isDue(facts, facts.now) || !facts.notBefore) return undefined
  const at = instant(facts.notBefore)
  if (facts.lostStarts > 0) return verdict('RETRY_BACKOFF', `It was leased ${times(facts.lostStarts)} without a start; it is tried again at ${at}.`)
  if (facts.queueClass === 'RETRY') return verdict('RETRY_BACKOFF', `It failed and is tried again at ${at} (retry ${facts.retriesUsed}).`)
  return verdict('DELAYED', `It may not start before ${at}.`)
}

/** A cap that counts this flow's own slot already, or that it may pass, does not stand in its way. */
function full(facts: QueueFacts, reason: 'CAP' | 'QUOTA'): QueueVerdict | undefined {
  if (facts.slotHeld || facts.forced) return undefined
  const blockedBy = facts.caps.filter(c => (c.scope === 'PRINCIPAL') === (reason === 'QUOTA') && c.maxActive > 0 && c.active >= c.maxActive)
  if (blockedBy.length === 0) return undefined
  const excess = Math.max(...blockedBy.map(c => c.active - c.maxActive))
  const opens = excess === 0 ? 'It opens when one of them is freed.' : `It opens when ${excess + 1} of them are freed.`
  return { ...verdict(reason, ...blockedBy.map(capSentence), opens), blockedBy }
}

function capSentence(cap: CapFacts): string {
  const whose = { GLOBAL: `The global cap of ${cap.maxActive}`, LANE: `The cap of ${cap.maxActive} for lane ${cap.name}`, PRINCIPAL: `The cap of ${cap.maxActive} for ${cap.name}` }
  return `${whose[cap.scope]} is full: ${count(cap.active, 'slot')} ${cap.active === 1 ? 'is' : 'are'} held.`
}

function noWorker({ kind, lane, workers }: QueueFacts): QueueVerdict | undefined {
  if (workers.live > 0) return undefined
  return verdict('NO_WORKER', `No live worker handles kind ${kind} in lane ${lane.name}.`, 'It starts when one registers.')
}

function workersBusy({ kind, workers }: QueueFacts): QueueVerdict | undefined {
  if (workers.full < workers.live) return undefined
  const who = workers.live === 1 ? `The one worker that handles kind ${kind} is` : `All ${workers.live} workers that handle kind ${kind} are`
  return verdict('WORKERS_BUSY', `${who} at capacity: ${workers.leased} of ${count(workers.capacity, 'place')} ${workers.leased === 1 ? 'is' : 'are'} taken.`)
}

function inLine(facts: QueueFacts): QueueVerdict {
  if (facts.queueClass === 'RESUME') return verdict('RESUME', 'It was answered and is taken before new work.', ahead(facts))
  return verdict('ORDER', ahead(facts))
}

function ahead({ position, lane }: QueueFacts): string {
  if (position === null) return `More than ${LIMITS.positionMax} stand before it in lane ${lane.name}.`
  if (position === 1) return 'Its turn is next.'
  return position === 2 ? `1 stands before it in lane ${lane.name}.` : `${position - 1} stand before it in lane ${lane.name}.`
}

const instant = (at: Date): string => at.toISOString()
const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
const times = (n: number): string => (n === 1 ? 'once' : `${n} times`)
