/**
 * What a worker reports about a lease: started (T7), given back (T8, T10), finished (T18), failed (T9, T10). Every write names attempt and epoch;
 * a lease that is no longer current changes nothing (INV-17), and the call that ended an attempt gets the same answer again (INV-20).
 * Any of them acknowledges a cancel (D-11).
 */
import { Conflict, FlowAlreadyTerminal, FlowNotStarted, LimitExceeded, NotFound, Refusal, actorName, decideFailure, decideInterrupted, decideLostStart, endCancelled, finish, refuseJson, refuseText, reportStart } from '@sluice/domain'
import type { Actor, FlowFacts, FlowMove, WorkerCall } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { LIMITS, isTerminal } from '@sluice/protocol'
import type { FlowError, Json, LeaseRef } from '@sluice/protocol'
import { applyMoves, isMove } from '../apply-moves.ts'
import type { Decision } from '../apply-moves.ts'
import { retryPolicy } from '../deps.ts'
import type { Deps, Outcome } from '../deps.ts'
import { storeCompletion } from './store-completion.ts'
import type { FinishedFlow } from './store-completion.ts'
import { isCurrentLease as isCurrent, staleLease as stale } from './worker-lease.ts'
import { attemptsOf, leaseKey, lockLeasedFlows } from '../sql/lock-sql.ts'
import type { EndedAttempt, LeasedFlows } from '../sql/lock-sql.ts'
import { writeUnusedMemos } from '../sql/memo-sql.ts'

export interface Reported { flowId: string }
interface Item { lease: LeaseRef }
/** unusedMemos: keys that an earlier attempt recorded and this one did not ask for, so that the code has changed (D-32). */
interface EndingItem extends Item { unusedMemos?: string[] | null | undefined }
interface WorkerWrite<I extends EndingItem> {
  actor: Actor
  call: WorkerCall
  items: I[]
  /** What is wrong with the item itself, before any flow is looked at. */
  refuse?(item: I): Refusal | undefined
  /** The lease is current: what its report means. */
  decide(flow: FlowFacts, item: I): Decision
}

export const startFlows = (deps: Deps, cmd: { actor: Actor; items: Item[] }): Promise<Outcome<Reported>[]> =>
  workerWrite(deps, {
    ...cmd, call: 'start',
    decide: flow => {
      if (flow.phase === 'CANCELLING') return endCancelled(flow, { acknowledgedBy: 'start', why: 'acknowledged' })
      return flow.phase === 'WORKING' ? 'unchanged' : reportStart(flow)
    },
  })

/** Unstarted: T8, no lost start. Started: the worker's own shutdown interrupted it. */
export const returnFlows = (deps: Deps, cmd: { actor: Actor; items: (Item & { reason?: string | null | undefined })[] }): Promise<Outcome<Reported>[]> =>
  workerWrite(deps, {
    ...cmd, call: 'return',
    refuse: item => refuseText(['reason'], item.reason, 500),
    decide: (flow, item) =>
      flow.phase === 'STARTING'
        ? decideLostStart(flow, { byWorker: true, cause: item.reason ?? 'given back by the worker' }, retryPolicy(deps))
        : decideInterrupted(flow, item.reason ?? 'The worker shut down.'),
  })

export const finishFlows = (deps: Deps, cmd: { actor: Actor; items: (EndingItem & { result?: Json | undefined })[] }): Promise<Outcome<Reported>[]> =>
  workerWrite(deps, {
    ...cmd, call: 'finish',
    refuse: item => refuseJson(['result'], item.result, { maxBytes: deps.settings.resultMaxBytes, what: 'result' }) ?? refuseKeys(item),
    decide: (flow, item) => {
      if (flow.phase === 'CANCELLING') return endCancelled(flow, { acknowledgedBy: 'finish', why: 'acknowledged' })
      return flow.phase === 'STARTING' ? notStarted(flow) : finish(flow, item.result ?? null)
    },
  })

export const failFlows = (deps: Deps, cmd: { actor: Actor; items: (EndingItem & { error: FlowError })[] }): Promise<Outcome<Reported>[]> =>
  workerWrite(deps, {
    ...cmd, call: 'fail',
    refuse: item => refuseError(item.error, deps.settings.resultMaxBytes) ?? refuseKeys(item),
    decide: (flow, item) => decideFailure(flow, { error: item.error, end: 'failed', call: 'fail' }, retryPolicy(deps)),
  })

const refuseError = (error: FlowError, maxBytes: number): Refusal | undefined =>
  refuseText(['error', 'code'], error.code, 64) ?? refuseText(['error', 'message'], error.message, 10_000) ??
  refuseJson(['error', 'detail'], error.detail, { maxBytes, what: 'error.detail' })

function refuseKeys({ unusedMemos }: EndingItem): Refusal | undefined {
  if (!unusedMemos) return undefined
  if (unusedMemos.length > LIMITS.memosMax) return new LimitExceeded(LIMITS.memosMax, `unusedMemos names at most ${LIMITS.memosMax} keys.`)
  return unusedMemos.map(key => refuseText(['unusedMemos'], key, LIMITS.waitKeyMax)).find(refusal => refusal !== undefined)
}

const notStarted = (flow: FlowFacts): Refusal => new FlowNotStarted(`Flow ${flow.id} was not reported started (startFlow) under this lease.`)

async function workerWrite<I extends EndingItem>(deps: Deps, cmd: WorkerWrite<I>): Promise<Outcome<Reported>[]> {
  return transact(deps.pool, async tx => {
    const leased = await lockLeasedFlows(tx, cmd.items.map(i => i.lease))
    const ended = await endedAmong(tx, cmd, leased)
    const moved = new Map<string, LeaseRef>()
    const decisions = cmd.items.map(item => {
      const decision = decideWrite(cmd, item, { leased, ended, moved })
      if (isMove(decision)) moved.set(item.lease.flowId, item.lease)
      return decision
    })
    const moves = decisions.filter(isMove)
    await storeCompletion(tx, moves.flatMap(finishedBy))
    await applyMoves(tx, deps, holderOf(cmd.actor, leased), moves)
    await writeUnusedMemos(tx, cmd.items.filter((item, at) => item.unusedMemos?.length && isMove(decisions[at] ?? 'unchanged')))
    return decisions.map((d, at) => (d instanceof Refusal ? d : { flowId: cmd.items[at]?.lease.flowId ?? '' }))
  }, { plans: 'kept' })
}

const finishedBy = ({ name, flow, set }: FlowMove): FinishedFlow[] =>
  (name === 'finish' ? [{ id: flow.id, attempt: flow.currentAttempt ?? 0, result: set.result ?? null }] : [])

/** Events name the worker that holds the lease. */
const holderOf = (actor: Actor, leased: LeasedFlows) => ({ flow }: FlowMove): string =>
  leased.holders.get(leaseKey({ flowId: flow.id, attempt: flow.currentAttempt ?? 0 }))?.workerId ?? actorName(actor)


/** Only for leases that are no longer current, which is rare: what became of their attempts. */
async function endedAmong<I extends EndingItem>(tx: Tx, cmd: WorkerWrite<I>, { flows }: LeasedFlows): Promise<EndedAttempt[]> {
  const leases = cmd.items.map(i => i.lease).filter(l => { const flow = flows.get(l.flowId); return flow && !isCurrent(flow, l) })
  return leases.length === 0 ? [] : attemptsOf(tx, leases)
}

interface Seen { leased: LeasedFlows; ended: EndedAttempt[]; moved: Map<string, LeaseRef> }

function decideWrite<I extends EndingItem>(cmd: WorkerWrite<I>, item: I, { leased, ended, moved }: Seen): Decision {
  const flow = leased.flows.get(item.lease.flowId)
  const holder = leased.holders.get(leaseKey(item.lease))
  // Whose lease it is nobody else may learn (INV-38).
  if (!flow || (cmd.actor.kind === 'principal' && holder?.principalId !== cmd.actor.principalId)) return NotFound.of('lease of flow', item.lease.flowId)
  const refusal = cmd.refuse?.(item)
  if (refusal) return refusal
  const earlier = moved.get(flow.id)
  if (earlier) return earlier.epoch === item.lease.epoch && earlier.attempt === item.lease.attempt ? 'unchanged' : stale(flow, item.lease)
  if (!isCurrent(flow, item.lease)) return repeatOrStale(cmd.call, flow, item.lease, ended)
  // Of what waits its holder can only say that it goes (T13b).
  return flow.status === 'WAITING' && cmd.call !== 'return' ? waits(flow) : cmd.decide(flow, item)
}

function repeatOrStale(call: WorkerCall, flow: FlowFacts, lease: LeaseRef, ended: EndedAttempt[]): Decision {
  const attempt = ended.find(a => a.flowId === lease.flowId && a.index === lease.attempt && a.epoch === lease.epoch)
  if (attempt?.endedByCall === call) return 'unchanged'
  return isTerminal(flow.status) ? new FlowAlreadyTerminal(flow.id, flow.status, flow.terminalReason) : stale(flow, lease)
}

const waits = (flow: FlowFacts): Refusal => new Conflict(`Flow ${flow.id} waits for an answer; only its answer, or returning it, goes on from there.`)
