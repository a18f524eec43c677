/**
 * Renews a worker's leases and then parks: it answers at once when one of them is lost or its flow is to be cancelled, else after waitMs.
 * What was told as cancelling once does not answer at once again, or a worker that takes its time to stop would spin.
 */
import { LimitExceeded, refuseWhole } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import { named, transact } from '@sluice/db'
import { LIMITS } from '@sluice/protocol'
import type { LeaseRef } from '@sluice/protocol'
import { bellOn } from '../bell.ts'
import type { Bell } from '../bell.ts'
import type { Deps, Outcome } from '../deps.ts'
import { acknowledgeAnswers, unreadAnswers } from '../sql/wait-sql.ts'
import { readLeases, renewLeases } from '../sql/worker-sql.ts'
import type { LeaseRow } from '../sql/worker-sql.ts'
import { refuseWorker } from './worker-of.ts'

export interface Heartbeat {
  actor: Actor; workerId: string; leases: LeaseRef[]; waitMs: number
  /** Waitpoints whose answers the worker has. */
  acknowledged?: string[] | undefined
  draining?: boolean | undefined; signal?: AbortSignal | undefined
}
export interface LeaseState extends LeaseRef { expiresAt: Date }
/** answered: told again and again until it is acknowledged (INV-45). */
export interface HeartbeatAnswer { renewed: LeaseState[]; lost: LeaseRef[]; cancelling: LeaseState[]; answered: { lease: LeaseState; waitpointId: string }[] }

export async function heartbeat(deps: Deps, cmd: Heartbeat): Promise<Outcome<HeartbeatAnswer>> {
  if (cmd.leases.length > LIMITS.workerCapacityMax) return new LimitExceeded(LIMITS.workerCapacityMax, `A heartbeat names at most ${LIMITS.workerCapacityMax} leases.`)
  const refusal = refuseWhole(['waitMs'], cmd.waitMs, { min: 0, max: LIMITS.waitMsMax }) ?? (await refuseWorker(deps, cmd.actor, cmd.workerId))
  if (refusal) return refusal
  const bell = bellOn(deps.wake, 'workers')
  // In a transaction for its retry: registerWorker locks the worker before its leases, this the other way round.
  const renewed = await transact(deps.pool, async tx => {
    if (cmd.acknowledged?.length) await acknowledgeAnswers(tx, { workerId: cmd.workerId, waitpointIds: cmd.acknowledged })
    return renewLeases(tx, { ...cmd, draining: cmd.draining ?? false, ttlMs: deps.settings.leaseTtlMs })
  })
  // Heard, so the next answer of this lease is news again.
  renewed.filter(row => !row.answerUnread).forEach(row => told.delete(answerKey(row)))
  const now = isNews(cmd.leases, renewed) || cmd.waitMs === 0 ? renewed : await parked(deps, cmd, bell)
  bell.close()
  // An answer that nobody hears any more told nothing.
  const news = now.filter(isTold)
  if (!cmd.signal?.aborted) news.forEach(row => remember(keyOf(row)))
  const standing = new Set(now.map(leaseOf))
  return {
    renewed: now.map(stateOf),
    lost: cmd.leases.filter(lease => !standing.has(leaseOf(lease))),
    cancelling: now.filter(row => row.phase === 'CANCELLING').map(stateOf),
    answered: await answersFor(deps, now.filter(row => row.answerUnread)),
  }
}

async function answersFor(deps: Deps, rows: LeaseRow[]): Promise<HeartbeatAnswer['answered']> {
  if (rows.length === 0) return []
  const unread = new Map((await unreadAnswers(named(deps.pool), rows.map(row => row.flowId))).map(u => [u.flowId, u.waitpointId]))
  return rows.flatMap(row => (unread.has(row.flowId) ? [{ lease: stateOf(row), waitpointId: unread.get(row.flowId) ?? '' }] : []))
}

/** What a holder is to hear of. */
const isTold = (row: LeaseRow): boolean => row.phase === 'CANCELLING' || row.answerUnread

/** Waits for something to tell, or for the time to pass; answers how the leases stand then. */
async function parked(deps: Deps, cmd: Heartbeat, bell: Bell): Promise<LeaseRow[]> {
  const until = performance.now() + cmd.waitMs
  for (;;) {
    const rows = await readLeases(named(deps.pool), cmd)
    const over = performance.now() >= until || cmd.signal?.aborted || deps.closing.aborted
    if (over || isNews(cmd.leases, rows)) return rows
    await bell.next(until - performance.now(), [cmd.signal, deps.closing])
  }
}

const isNews = (asked: LeaseRef[], rows: LeaseRow[]): boolean =>
  rows.length < asked.length || rows.some(row => isTold(row) && !told.has(keyOf(row)))

/** A memory of this process only: forgetting costs one early answer. */
const told = new Set<string>()
const TOLD_KEPT = 10_000
function remember(key: string): void {
  told.add(key)
  if (told.size > TOLD_KEPT) told.delete(told.values().next().value as string)
}

/** A cancel is one piece of news and an answer another. */
const keyOf = (row: LeaseRow): string => (row.phase === 'CANCELLING' ? `${leaseOf(row)}.cancel` : answerKey(row))
const answerKey = (row: LeaseRow): string => `${leaseOf(row)}.answer`
const leaseOf = (lease: LeaseRef): string => `${lease.flowId}.${lease.epoch}`
const stateOf = ({ flowId, attempt, epoch, expiresAt }: LeaseRow): LeaseState => ({ flowId, attempt, epoch, expiresAt })
