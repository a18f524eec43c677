/** A load of whole lives: flows are made, claimed, started, renewed, told of and finished, 200 at a time, by two workers beside each other. */
import { newId } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import { claimFlows, createFlows, finishFlows, heartbeat, registerWorker, reportProgress, startFlows } from '@sluice/engine'
import type { Deps } from '@sluice/engine'
import { median } from './recorder.ts'

const BATCH = 200
const WORKERS = 2
const ACTOR: Actor & { principalId: string } = { kind: 'principal', principalId: 'prn_worker' }

export interface Load { lives: number; seconds: number; /** Milliseconds of each call, by its name. */ calls: Map<string, number[]> }

/** goOn is asked before each batch of 200 lives. */
export async function runLoad(deps: Deps, goOn: (lives: number) => boolean): Promise<Load> {
  const load: Load = { lives: 0, seconds: 0, calls: new Map() }
  const began = performance.now()
  await Promise.all(Array.from({ length: WORKERS }, async (_, n) => {
    const hand = { kind: `load-${n}`, workerId: await register(deps, `load-${n}`) }
    while (goOn(load.lives)) {
      load.lives += BATCH
      await liveOnce(deps, hand, load.calls)
    }
  }))
  load.seconds = (performance.now() - began) / 1000
  return load
}

async function register(deps: Deps, kind: string): Promise<string> {
  const made = await registerWorker(deps, { actor: ACTOR, instanceId: newId('server'), name: kind, kinds: [{ name: kind }], lanes: [], capacity: 1000 })
  if (made instanceof Error) throw made
  return made.workerId
}

async function liveOnce(deps: Deps, { kind, workerId }: { kind: string; workerId: string }, calls: Map<string, number[]>): Promise<void> {
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const began = performance.now()
    const answer = await work()
    calls.set(name, [...(calls.get(name) ?? []), performance.now() - began])
    return answer
  }
  await timed('create', () => createFlows(deps, { actor: ACTOR, mayPrioritize: true, mayCreate: () => true, items: Array.from({ length: BATCH }, (_, n) => flow(kind, n)) }))
  const claimed = await timed('claim', () => claimFlows(deps, { actor: ACTOR, workerId, max: BATCH, waitMs: 1000, requestId: newId('server') }))
  if (claimed instanceof Error) throw claimed
  const items = claimed.claims.map(lease => ({ lease }))
  await timed('start', () => startFlows(deps, { actor: ACTOR, items }))
  await timed('heartbeat', () => heartbeat(deps, { actor: ACTOR, workerId, leases: claimed.claims, waitMs: 0 }))
  for (const percent of [30, 80]) await timed('progress', () => reportProgress(deps, { actor: ACTOR, items: items.map(item => ({ ...item, percent, message: 'page 5 of 12' })) }))
  await timed('finish', () => finishFlows(deps, { actor: ACTOR, items: items.map(item => ({ ...item, result: { pages: 12 } })) }))
}

const flow = (kind: string, n: number) => ({
  kind, lane: 'default', title: `Monthly report ${n} for Lisbon`, labels: { env: 'prod', tenant: `tenant-${n}` }, idempotencyKey: newId('server'),
  input: { customer: n, path: 'exports/2026/statement.pdf', note: 'Send to the account manager when done; keep a copy for the archive.' },
})

/** Median and 95th of hundred, of the calls from a part of the run on (0 = all, 0.9 = its last tenth). */
export function figures(calls: number[], from = 0): { median: number; p95: number } {
  const part = calls.slice(Math.floor(calls.length * from))
  const sorted = [...part].sort((a, b) => a - b)
  return { median: median(part), p95: sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN }
}
