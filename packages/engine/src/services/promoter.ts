/**
 * The promoter: turns QUEUED into RUNNING for workers that asked (D-3, D-4). It lives where claims are parked, so every api process has one;
 * all of them decide under one lock. Nothing polls: it runs when a claim arrives, when the queue may have changed, when a delay is over, and,
 * as a safety net, every sweepPromoterMs.
 *
 * One pass = one transaction: lock, read scopes, take what may start, write the moves. Passes repeat until one promotes nothing. A crash before
 * the commit leaves nothing; after it, the leases stand, and the worker's repeated claim (same requestId) finds them.
 */
import { promote } from '@sluice/domain'
import type { FlowFacts, FlowMove } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { applyMoves } from '../apply-moves.ts'
import type { Deps } from '../deps.ts'
import { deliverInputs } from '../sql/input-sql.ts'
import { takeKept } from '../sql/kept-sql.ts'
import { lockPromotion, readScopes, takeForced, takePromotable } from '../sql/promotion-sql.ts'
import { nextInOrder } from './next-in-order.ts'
import type { Wanted } from './next-in-order.ts'
import { headsOf, roomsOf, seatsOf, takeRoom, takes } from './plan-promotion.ts'
import type { Ask, Rooms, Seat } from './plan-promotion.ts'

export interface Promoted { flowId: string; attempt: number; epoch: number; expiresAt: Date }
/** over: its time is up. An ask that a pass has in hand is settled after the pass, or the leases of that pass would be nobody's. */
interface Parked extends Ask { requestId: string; tried: boolean; over: boolean; settle(claims: Promoted[]): void }

export interface Promoter {
  /** Waits for flows: resolves with what was leased to this ask, or with none when waitMs are over or the signal aborts. */
  ask(ask: Ask & { requestId: string; waitMs: number; signal?: AbortSignal | undefined }): Promise<Promoted[]>
  /** Takes an earlier ask of the same request back and waits until no pass can still lease to it. */
  withdraw(request: { workerId: string; requestId: string }): Promise<void>
  /** Something changed: look again. Safe to call at any rate. */
  wake(): void
  /** Answers parked asks with nothing and takes no more. */
  close(): Promise<void>
  /** How many asks are parked now. */
  readonly asking: number
  /** How often the safety sweep found work that no wake-up had announced. */
  readonly sweepFinds: number
}

const keyOf = (ask: { workerId: string; requestId: string }): string => `${ask.workerId} ${ask.requestId}`

/** More than any worker holds; bounds one transaction. */
const PASS_LIMIT = 500

export function openPromoter(deps: Omit<Deps, 'promoter'>): Promoter {
  const parked = new Set<Parked>()
  let running: Promise<void> | undefined
  let inPass = new Set<string>()
  let again = false
  let closed = false
  let sweepFinds = 0
  let dueTimer: NodeJS.Timeout | undefined

  const wake = (): void => {
    again = true
    if (!closed && parked.size > 0) running ??= run().finally(() => { running = undefined; if (again && !closed && parked.size > 0) wake() })
  }
  const run = async (): Promise<void> => {
    while (again && !closed && parked.size > 0) {
      again = false
      await passes().catch(failed)
    }
  }
  const passes = async (): Promise<number> => {
    let total = 0
    while (parked.size > 0) {
      const asks = [...parked]
      inPass = new Set(asks.map(keyOf))
      const began = performance.now()
      const pass = await promotionPass(deps, asks).finally(() => afterPass(asks))
      armDue(pass.nextDueInMs)
      for (const [ask, claims] of pass.leased) ask.settle(claims)
      asks.filter(ask => ask.over || pass.gone.includes(ask)).forEach(ask => ask.settle([]))
      const promoted = [...pass.leased.values()].reduce((n, claims) => n + claims.length, 0)
      deps.observe.promotionPass({ flows: promoted, ms: performance.now() - began })
      if (promoted === 0) break
      total += promoted
    }
    return total
  }
  const afterPass = (asks: Parked[]): void => {
    inPass = new Set()
    asks.forEach(ask => { ask.tried = true })
  }
  const failed = (error: Error): void => {
    deps.log({ event: 'promoter.failed', message: error.message })
    for (const ask of parked) if (ask.over) ask.settle([])
  }
  const armDue = (inMs: number | null): void => {
    clearTimeout(dueTimer)
    if (inMs !== null && inMs < deps.settings.sweepPromoterMs) dueTimer = setTimeout(wake, inMs + 1)
  }
  const sweep = async (): Promise<void> => {
    if (running || closed || parked.size === 0) return
    running = passes().then(found => { if (found > 0) { sweepFinds += 1; deps.observe.unannounced(found); deps.log({ event: 'promoter.sweep_found_work', flows: found }) } })
      .catch(failed)
      .finally(() => { running = undefined; if (again && !closed) wake() })
    await running
  }
  const sweepTimer = setInterval(() => void sweep(), deps.settings.sweepPromoterMs)
  const stopListening = deps.wake.on('queue', wake)

  return {
    ask: o => new Promise<Promoted[]>(resolve => {
      if (closed || o.signal?.aborted) return resolve([])
      const settle = (claims: Promoted[]): void => { clearTimeout(timer); parked.delete(entry); o.signal?.removeEventListener('abort', end); resolve(claims) }
      const end = (): void => { entry.over = true; if (entry.tried && !inPass.has(keyOf(entry))) settle([]) }
      const entry: Parked = { workerId: o.workerId, max: o.max, requestId: o.requestId, tried: false, over: false, settle }
      const timer = setTimeout(end, o.waitMs)
      o.signal?.addEventListener('abort', end)
      parked.add(entry)
      wake()
    }),
    withdraw: async request => {
      if (inPass.has(keyOf(request))) await running
      for (const ask of parked) if (keyOf(ask) === keyOf(request)) ask.settle([])
    },
    wake,
    close: async () => {
      closed = true
      clearInterval(sweepTimer)
      clearTimeout(dueTimer)
      stopListening()
      await running
      for (const ask of parked) ask.settle([])
    },
    get asking() { return parked.size },
    get sweepFinds() { return sweepFinds },
  }
}

interface Pass {
  leased: Map<Parked, Promoted[]>
  nextDueInMs: number | null
  /** Asks of workers that are no longer there: who registered anew must not wait behind its own old claim. */
  gone: Parked[]
}

async function promotionPass(deps: Omit<Deps, 'promoter'>, asks: Parked[]): Promise<Pass> {
  return transact(deps.pool, async tx => {
    await lockPromotion(tx)
    const scopes = await readScopes(tx, [...new Set(asks.map(a => a.workerId))])
    const seats = seatsOf(asks, scopes)
    const live = new Set(scopes.workers.map(worker => worker.id))
    const nothing: Pass = { leased: new Map(), nextDueInMs: scopes.nextDueInMs, gone: asks.filter(ask => !live.has(ask.workerId)) }
    const heads = headsOf(seats, scopes)
    if (heads.length === 0) return nothing
    const demand = Math.min(PASS_LIMIT, seats.reduce((n, s) => n + s.free, 0))
    const forced = scopes.forced ? seat(await takeForced(tx, heads, demand), seats) : []
    const withForced = forceIn(forced, roomsOf(scopes))
    const kept = scopes.kept ? seat(withoutThose(await takeKept(tx, { heads, limit: demand - forced.length }), forced), seats) : []
    const ordinary = await takeOrdinary(tx, { heads, seats, at: scopes.at, rooms: withForced.rooms, limit: demand - forced.length })
    const seated = [...withForced.seated, ...[...kept, ...seat(withoutThose(ordinary, kept), seats)].map(s => ({ ...s, overCap: false }))]
    return { ...nothing, leased: await lease(tx, deps as Deps, seated) }
  }, { plans: 'kept' })
}

/** A flow is taken by one way only, whichever sees it first. */
const withoutThose = (flows: FlowFacts[], taken: { flow: FlowFacts }[]): FlowFacts[] => {
  const ids = new Set(taken.map(t => t.flow.id))
  return flows.filter(flow => !ids.has(flow.id))
}

interface Seated { flow: FlowFacts; seat: Seat; overCap: boolean }

/** Each flow goes to the first ask that handles it and has a free place; places are used up as it goes. */
function seat(flows: FlowFacts[], seats: Seat[]): { flow: FlowFacts; seat: Seat }[] {
  return flows.flatMap(flow => {
    const found = seats.find(s => s.free > 0 && takes(s.worker, flow))
    if (!found) return []
    found.free -= 1
    return [{ flow, seat: found }]
  })
}

/** Forced flows start whatever the rooms say; what they use is gone for the others, and what exceeded a cap is marked. */
function forceIn(forced: { flow: FlowFacts; seat: Seat }[], rooms: Rooms): { seated: Seated[]; rooms: Rooms } {
  const seated: Seated[] = []
  for (const one of forced) {
    const after = takeRoom(rooms, one.flow)
    rooms = after.rooms
    seated.push({ ...one, overCap: after.over })
  }
  return { seated, rooms }
}

async function takeOrdinary(tx: Tx, w: Wanted): Promise<FlowFacts[]> {
  const limit = Math.min(w.limit, w.rooms.global ?? w.limit)
  const chosen = limit > 0 ? await nextInOrder(tx, { ...w, limit }) : []
  return chosen.length > 0 ? takePromotable(tx, chosen) : []
}

async function lease(tx: Tx, deps: Deps, seated: Seated[]): Promise<Map<Parked, Promoted[]>> {
  const leased = new Map<Parked, Promoted[]>()
  const moves = new Map<string, { move: FlowMove; ask: Parked }>(seated.map(s => [s.flow.id, { ask: s.seat.ask as Parked, move: promoteFor(deps, s) }]))
  const moved = await applyMoves(tx, deps, 'system', [...moves.values()].map(m => m.move))
  for (const row of moved) {
    const one = moves.get(row.id)
    if (!one || !row.leaseExpiresAt) throw new Error(`promotion of ${row.id} opened no lease`)
    const claim = { flowId: row.id, attempt: one.move.set.currentAttempt ?? 0, epoch: one.move.set.epoch ?? 0, expiresAt: row.leaseExpiresAt }
    leased.set(one.ask, [...(leased.get(one.ask) ?? []), claim])
  }
  if (leased.size > 0) await deliverInputs(tx, [...leased.values()].flat())
  return leased
}

const promoteFor = (deps: Deps, s: Seated): FlowMove => promote(s.flow, {
  workerId: s.seat.worker.id, workerName: s.seat.worker.name, requestId: (s.seat.ask as Parked).requestId, codeVersion: s.seat.worker.codeVersion,
  ttlMs: deps.settings.leaseTtlMs, overCap: s.overCap,
})
