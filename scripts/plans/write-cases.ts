/** Promotions and reports: real commits. What is only moved is put back, so that a kept database serves again. */
import { newId } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import type { LeaseRef } from '@sluice/protocol'
import { cancelFlows, claimFlows, createFlows, deleteFlows, failFlows, finishFlows, heartbeat, holdFlows, promoteNow, registerWorker, releaseFlows, reportProgress, retryFlows, returnFlows, setPriorities, startFlows } from '@sluice/engine'
import type { Caller, Deps } from '@sluice/engine'
import type { PlanCase } from './plan-case.ts'
import type { Places } from './places.ts'

const WORKER: Actor & { principalId: string } = { kind: 'principal', principalId: 'prn_worker' }
const ADMIN: Actor & { principalId: string } = { kind: 'principal', principalId: 'prn_admin' }
const CALLER: Caller = { actor: ADMIN, access: () => 'allow' }

/** The bound for a promotion of 50: single-digit milliseconds. */
const PROMOTION_MS = 9

const ALL_KINDS = ['report', 'mailing', 'import', 'yearly', ...Array.from({ length: 20 }, (_, n) => `kind-${n}`)]

/** Sizes of claims that found fewer flows than they asked for: the queue is small, or a kept database has run dry. */
export const shortClaims = new Set<number>()

/** One worker, with what it holds at the moment. steady is an engine that is not measured: for what goes before and after. */
class Hand {
  leases: LeaseRef[] = []
  readonly #steady: Deps
  readonly #kinds: string[]
  readonly #lanes: string[]
  workerId = ''

  constructor(steady: Deps, o: { kinds: string[]; lanes?: string[] }) {
    this.#steady = steady
    this.#kinds = o.kinds
    this.#lanes = o.lanes ?? []
  }

  async register(): Promise<void> {
    const made = await registerWorker(this.#steady, {
      actor: WORKER, instanceId: newId('server'), name: 'plans', kinds: this.#kinds.map(name => ({ name })), lanes: this.#lanes, capacity: 1000,
    })
    if (made instanceof Error) throw made
    this.workerId = made.workerId
  }

  async claim(deps: Deps, max: number): Promise<void> {
    if (this.workerId === '') await this.register()
    const answer = await claimFlows(deps, { actor: WORKER, workerId: this.workerId, max, waitMs: 0, requestId: newId('server') })
    if (answer instanceof Error) throw answer
    this.leases = answer.claims
    if (this.leases.length > 0 && this.leases.length < max) shortClaims.add(max)
  }

  readonly items = (): { lease: LeaseRef }[] => this.leases.map(lease => ({ lease }))
  readonly giveBack = async (): Promise<void> => {
    if (this.leases.length > 0) landed(await returnFlows(this.#steady, { actor: WORKER, items: this.items() }))
    this.leases = []
  }
  readonly work = async (max: number): Promise<void> => {
    await this.claim(this.#steady, max)
    landed(await startFlows(this.#steady, { actor: WORKER, items: this.items() }))
  }
  readonly finish = async (): Promise<void> => void landed(await finishFlows(this.#steady, { actor: WORKER, items: this.items() }))
}

function landed<T>(outcomes: T[]): T[] {
  const refused = outcomes.find(o => o instanceof Error)
  if (refused) throw refused
  return outcomes
}

export function promotionCases(steady: Deps): PlanCase[] {
  const promotion = (name: string, hand: Hand, max: number, promotionMs?: number): PlanCase => ({
    group: 'promotion', name, before: async () => { if (hand.workerId === '') await hand.register() }, run: deps => hand.claim(deps, max), after: hand.giveBack,
    ...(promotionMs ? { promotionMs } : {}),
  })
  return [
    promotion('50 of three kinds, most of the queue cannot run', new Hand(steady, { kinds: ['report', 'mailing', 'import'] }), 50, PROMOTION_MS),
    promotion('50 of the last thousandth of the queue', new Hand(steady, { kinds: ['seldom'] }), 50, PROMOTION_MS),
    promotion('50 of one kind in one lane', new Hand(steady, { kinds: ['report'], lanes: ['default'] }), 50, PROMOTION_MS),
    promotion('50 of 24 kinds in 25 lanes', new Hand(steady, { kinds: ALL_KINDS }), 50, PROMOTION_MS),
    promotion('1 of three kinds', new Hand(steady, { kinds: ['report', 'mailing', 'import'] }), 1, PROMOTION_MS),
    promotion('200 of three kinds', new Hand(steady, { kinds: ['report', 'mailing', 'import'] }), 200),
    promotion('none: a lane at its cap', new Hand(steady, { kinds: ['report'], lanes: ['batch'] }), 50, PROMOTION_MS),
    promotion('none: a kind that nobody queued', new Hand(steady, { kinds: ['nothing'] }), 50, PROMOTION_MS),
  ]
}

export function reportCases(steady: Deps): PlanCase[] {
  const hand = new Hand(steady, { kinds: ALL_KINDS })
  const claimed = (size: number) => (): Promise<void> => hand.claim(steady, size)
  const started = (size: number) => (): Promise<void> => hand.work(size)
  const failure = { code: 'NO_TEMPLATE', message: 'There is no template for this customer.', retryable: true }
  return [50, 200].flatMap(size => [
    { group: 'reports', name: `start of ${size}`, before: claimed(size), run: async d => landed(await startFlows(d, { actor: WORKER, items: hand.items() })), after: hand.finish },
    { group: 'reports', name: `finish of ${size}`, before: started(size), run: async d => landed(await finishFlows(d, { actor: WORKER, items: hand.items().map(i => ({ ...i, result: { pages: 12 } })) })) },
    { group: 'reports', name: `failure of ${size}`, before: started(size), run: async d => landed(await failFlows(d, { actor: WORKER, items: hand.items().map(i => ({ ...i, error: failure })) })) },
    { group: 'reports', name: `heartbeat of ${size}`, before: started(size), run: d => heartbeat(d, { actor: WORKER, workerId: hand.workerId, leases: hand.leases, waitMs: 0 }), after: hand.finish },
    { group: 'reports', name: `progress of ${size}`, before: started(size), run: async d => landed(await reportProgress(d, { actor: WORKER, items: hand.items().map(i => ({ ...i, percent: 40, message: 'page 5 of 12' })) })), after: hand.finish },
    { group: 'reports', name: `return of ${size}`, before: claimed(size), run: async d => landed(await returnFlows(d, { actor: WORKER, items: hand.items() })) },
    { group: 'reports', name: `cancel of ${size} that run`, before: started(size), run: async d => landed(await cancelFlows(d, { caller: CALLER, items: hand.leases.map(l => ({ id: l.flowId })) })), after: hand.finish },
  ] satisfies PlanCase[])
}

export function commandCases(steady: Deps, places: Places): PlanCase[] {
  let made: string[] = []
  const items = (): { id: string }[] => made.map(id => ({ id }))
  const create = async (deps: Deps, size: number, keyed = false): Promise<void> => {
    const flows = Array.from({ length: size }, (_, n) => ({
      kind: 'mailing', lane: 'mail', title: `Monthly report ${n} for Lisbon`, labels: { env: 'prod', tenant: `tenant-${n}` }, ...(keyed ? { idempotencyKey: newId('server') } : {}),
      input: { customer: n, path: 'exports/2026/statement.pdf', language: 'pt', note: 'Send to the account manager when done; keep a copy for the archive.' },
    }))
    made = landed(await createFlows(deps, { actor: ADMIN, mayPrioritize: true, mayCreate: () => true, items: flows })).map(o => (o as { flowId: string }).flowId)
  }
  const cancel = async (): Promise<void> => void landed(await cancelFlows(steady, { caller: CALLER, items: items() }))
  const fresh = (size: number) => (): Promise<void> => create(steady, size)
  const ended = async (): Promise<void> => { await create(steady, 50); await cancel() }
  return [
    ...[1, 50, 200].map((size): PlanCase => ({ group: 'commands', name: `creation of ${size}`, run: d => create(d, size), after: cancel })),
    { group: 'commands', name: 'creation of 200 with idempotency keys', run: d => create(d, 200, true), after: cancel },
    ...[50, 200].map((size): PlanCase => ({ group: 'commands', name: `cancel of ${size} that are queued`, before: fresh(size), run: async d => landed(await cancelFlows(d, { caller: CALLER, items: items() })) })),
    { group: 'commands', name: 'priority of 50', before: fresh(50), run: async d => landed(await setPriorities(d, { caller: CALLER, mayPrioritize: true, items: items().map(i => ({ ...i, priority: 7 })) })), after: cancel },
    { group: 'commands', name: 'hold of 50', before: fresh(50), run: async d => landed(await holdFlows(d, { caller: CALLER, items: items() })), after: cancel },
    { group: 'commands', name: 'release of 50', before: async () => { await create(steady, 50); landed(await holdFlows(steady, { caller: CALLER, items: items() })) }, run: async d => landed(await releaseFlows(d, { caller: CALLER, items: items() })), after: cancel },
    { group: 'commands', name: 'promoteNow from the end', before: fresh(1), run: d => promoteNow(d, { caller: CALLER, id: made[0] ?? '', force: false, waitMs: 0 }), after: cancel },
    { group: 'commands', name: 'retry of 50', before: ended, run: async d => { made = landed(await retryFlows(d, { caller: CALLER, items: items() })).map(o => (o as { flowId: string }).flowId) }, after: cancel },
    { group: 'commands', name: 'deletion of 50', before: ended, run: async d => landed(await deleteFlows(d, { caller: CALLER, items: items() })) },
    { group: 'commands', name: 'cancel of what has ended', run: async d => landed(await cancelFlows(d, { caller: CALLER, items: [{ id: places.ended }] })) },
  ]
}
