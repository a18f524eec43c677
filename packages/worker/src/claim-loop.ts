/**
 * Asking for work. While there is room, one claim is parked at the control plane, which promotes and leases flows for it. Every claim has
 * a request id that is repeated until an answer came: an answer that was lost on the way is asked for again and brings the same leases, so
 * no flow starves in the hands of a worker that never heard of it. At the stop the parked claim is given up and asked for once more in the
 * same way, and what it had been given goes back unstarted.
 */
import { randomUUID } from 'node:crypto'
import type { Capacity } from './capacity.ts'
import type { Holdings, HeldFlow } from './holdings.ts'
import type { Settings } from './options.ts'
import type { Registration, Session } from './session.ts'
import { pause, persist, untilAborted } from './wire/backoff.ts'
import { isRefused, type Claim, type ControlPlane, type Refused } from './wire/control-plane.ts'
import { Rejected } from './wire/transport.ts'

/** An empty answer that comes this early was not waited for; asking again at once would be asking in circles. */
const EARLY_MS = 1_000

export interface ClaimLoopDeps {
  controlPlane: ControlPlane
  session: Session
  capacity: Capacity
  holdings: Holdings
  settings: Settings
  /** No more claims. */
  stopping: AbortSignal
  /** The end of everything. */
  signal: AbortSignal
  /** Resolves when the control plane knows that nothing more is wanted. */
  drained(): Promise<void>
  onClaimed(held: HeldFlow): void
  onReplaced(message: string): void
}

interface Request { workerId: string; max: number; requestId: string; waitMs: number }

/** Resolves after the stop. Never throws. */
export async function claimLoop(deps: ClaimLoopDeps): Promise<void> {
  while (!deps.stopping.aborted) {
    const places = await deps.capacity.reserve(deps.stopping)
    if (places === 0) return
    const claims = await claimOnce(deps, places)
    // In one step, or somebody who shares the capacity would see room that is not there.
    deps.capacity.give(places)
    take(deps, claims)
  }
}

async function claimOnce(deps: ClaimLoopDeps, max: number): Promise<Claim[]> {
  const registration = deps.session.current()
  const { settings } = deps
  const request = { workerId: registration.workerId, max, requestId: randomUUID(), waitMs: settings.claimWaitMs }
  const askedAt = Date.now()
  try {
    const ask = () => deps.controlPlane.claim(request, deps.stopping)
    const answer = await persist(ask, { backoff: settings.backoff, signal: deps.stopping, log: settings.log, what: 'claiming' })
    if (!isRefused(answer)) {
      if (answer.claims.length === 0 && settings.claimWaitMs >= EARLY_MS) await pause(EARLY_MS - (Date.now() - askedAt), deps.stopping)
      return answer.claims
    }
    await heedRefusal(deps, { answer, registration })
  } catch (error) {
    if (deps.stopping.aborted) return await collectAfterStop(deps, request)
    await calmDown(deps, error)
  }
  return []
}

function take(deps: ClaimLoopDeps, claims: Claim[]) {
  for (const claim of claims) {
    const held = deps.holdings.add(claim)
    if (held) deps.onClaimed(held)
  }
}

async function heedRefusal(deps: ClaimLoopDeps, o: { answer: Refused; registration: Registration }) {
  // An answer to a registration that this worker itself has renewed since says nothing about the new one.
  if (o.registration !== deps.session.current()) return
  if (o.answer.code === 'CONFLICT') return deps.onReplaced(o.answer.message)
  if (o.answer.code === 'NOT_FOUND') return await untilAborted(deps.stopping, deps.session.renew(o.registration))
  await calmDown(deps, new Rejected(`${o.answer.message} (${o.answer.code})`))
}

async function calmDown({ settings, stopping }: ClaimLoopDeps, error: unknown) {
  settings.log.error('the claim was refused', { error: String(error) })
  await pause(settings.backoff.maxMs, stopping)
}

/** Only after the control plane knows of the stop, or this very question would bring new flows. One try: what stays behind is returned by its start timeout. */
async function collectAfterStop(deps: ClaimLoopDeps, request: Request): Promise<Claim[]> {
  await deps.drained()
  const answer = await deps.controlPlane.claim({ ...request, waitMs: 0 }, deps.signal).catch(() => null)
  return answer && !isRefused(answer) ? answer.claims : []
}
