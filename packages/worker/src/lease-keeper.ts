/**
 * Keeping leases. One heartbeat is always on its way: it renews every lease that is held and is then parked at the control plane, which
 * answers it at once when one of them is lost or its flow is being cancelled. A lease taken meanwhile is not in the parked request; once
 * it is a moment old, the request is given up and sent again with it, so a cancel reaches long work at once and short work costs nothing.
 * The answer of a wait that is held here comes the same way; that it was heard is told by the next heartbeat, which is sent and answered at once.
 * No answer is no loss: a lease is lost only when the control plane says so (an outage ends nothing), and then only that lease.
 */
import type { LeaseRef } from '@sluice/protocol'
import { interrupt, keyOf, type Holdings } from './holdings.ts'
import type { Settings } from './options.ts'
import type { Registration, Session } from './session.ts'
import { backoffDelay, pause } from './wire/backoff.ts'
import { isRefused, type ControlPlane, type Pulse, type Refused } from './wire/control-plane.ts'
import { Unauthorized, Unreachable } from './wire/transport.ts'

/** A lease this old deserves to be in the parked request. */
const SETTLED_MS = 250
/** The least time between two answers that say nothing new, so that an impatient server is not asked in circles. */
const QUIET_MS = 1_000
const PARK_MAX_MS = 30_000

export interface LeaseKeeperDeps {
  controlPlane: ControlPlane
  session: Session
  holdings: Holdings
  settings: Settings
  /** No more flows are wanted. */
  stopping: AbortSignal
  /** Ends the keeping. */
  signal: AbortSignal
  /** Another process has this worker's name: it is over. */
  onReplaced(message: string): void
}

export interface LeaseKeeper {
  /** Resolves when the signal ends it. */
  keep(): Promise<void>
  /** To be told after a lease was added. */
  leaseAdded(): void
  /** The handler has the answer of this wait. */
  acknowledge(waitpoint: string): void
  /** Tells the control plane that no more flows are wanted; resolves when it knows, or when the signal ends. */
  drain(): Promise<void>
}

export function createLeaseKeeper(deps: LeaseKeeperDeps): LeaseKeeper {
  let draining = false
  let told: () => void = () => {}
  let parked = new AbortController()
  let covered: ReadonlySet<string> = new Set()
  let settling: NodeJS.Timeout | null = null
  const drained = new Promise<void>(resolve => (told = resolve))

  let isTold = false
  let isWord = false
  let heard: string[] = []

  const beat = async (parkMs: number): Promise<Pulse | Refused> => {
    const leases = deps.holdings.live().map(held => held.lease)
    covered = new Set(leases.map(keyOf))
    const announcing = draining && !isTold
    const acknowledged = heard
    // What is a word to the control plane is not parked: said again later it would be about something that may have changed.
    isWord = announcing || acknowledged.length > 0
    const input = { workerId: deps.session.current().workerId, leases, waitMs: isWord ? 0 : parkMs, draining, ...(acknowledged.length > 0 && { acknowledged }) }
    const answer = await deps.controlPlane.heartbeat(input, parked.signal)
    if (!isRefused(answer)) heard = heard.filter(waitpoint => !acknowledged.includes(waitpoint))
    if (announcing && !isRefused(answer)) {
      isTold = true
      told()
    }
    return answer
  }

  const keep = async () => {
    const follow = () => parked.abort()
    deps.signal.addEventListener('abort', follow)
    let failures = 0
    while (!deps.signal.aborted) {
      parked = new AbortController()
      const result = await once({ deps, parked, failures, beat, isWord: () => isWord })
      // One that was given up for another says nothing about an outage.
      if (result === 'unreachable') failures++
      if (result === 'answered') failures = 0
    }
    deps.signal.removeEventListener('abort', follow)
    if (settling) clearTimeout(settling)
    told()
  }

  const repark = () => {
    settling = null
    if (deps.holdings.live().some(held => !covered.has(keyOf(held.lease)))) parked.abort()
  }

  return {
    keep,
    leaseAdded: () => {
      settling ??= setTimeout(repark, SETTLED_MS)
    },
    acknowledge: waitpoint => {
      heard = [...heard, waitpoint]
      parked.abort()
    },
    drain: () => {
      draining = true
      parked.abort()
      return drained
    },
  }
}

interface Beating { deps: LeaseKeeperDeps; parked: AbortController; failures: number; beat(parkMs: number): Promise<Pulse | Refused>; isWord(): boolean }

async function once(b: Beating): Promise<'answered' | 'unreachable' | 'given up'> {
  const registration = b.deps.session.current()
  const sentAt = Date.now()
  try {
    // After an outage it is not parked: whether somebody answers again is to be known at once.
    const answer = await b.beat(b.failures > 0 ? 0 : Math.min(registration.heartbeatMs, PARK_MAX_MS))
    if (b.failures > 0) b.deps.settings.log.info('the control plane answers again')
    if (isRefused(answer)) await heedRefusal(b, { answer, registration })
    else if (!heed(answer, b.deps) && !b.isWord()) await pause(QUIET_MS - (Date.now() - sentAt), b.parked.signal)
    return 'answered'
  } catch (error) {
    if (b.parked.signal.aborted) return 'given up'
    return await waitOut(error, b)
  }
}

/** What the control plane said about the leases; true when any of it was news. */
function heed(pulse: Pulse, deps: LeaseKeeperDeps): boolean {
  const tell = (lease: LeaseRef, reason: 'lease_lost' | 'cancelled') => {
    const held = deps.holdings.find(lease)
    // What is being reported or released is often over there before the answer is here; that answer says what became of it.
    if (!held || held.over || held.stage === 'reporting' || held.stage === 'releasing') return false
    const news = interrupt(held, reason)
    if (news) deps.settings.log.info(reason === 'cancelled' ? 'the flow is being cancelled' : 'the lease was lost', { flow: lease.flowId })
    return news
  }
  const lost = pulse.lost.map(lease => tell(lease, 'lease_lost'))
  const cancelling = pulse.cancelling.map(lease => tell(lease, 'cancelled'))
  const answered = (pulse.answered ?? []).map(({ lease, waitpoint }) => {
    const listeners = deps.holdings.find(lease)?.listeners
    const hear = listeners?.get(waitpoint.id)
    if (!hear || !waitpoint.answer) return false
    // Told again until it is acknowledged; only the first time is news.
    listeners?.delete(waitpoint.id)
    hear(waitpoint.answer)
    return true
  })
  return [...lost, ...cancelling, ...answered].includes(true)
}

async function heedRefusal(b: Beating, { answer, registration }: { answer: Refused; registration: Registration }) {
  // An answer to a registration that this worker itself has renewed since says nothing about the new one.
  if (registration !== b.deps.session.current()) return
  const leaving = b.deps.stopping.aborted
  if (answer.code === 'CONFLICT' && !leaving) return b.deps.onReplaced(answer.message)
  // Who leaves does not register again: its kinds may be another generation's by now.
  if (answer.code === 'NOT_FOUND' && !leaving) return await b.deps.session.renew(registration)
  b.deps.settings.log.error('the heartbeat was refused', { code: answer.code, message: answer.message })
  await pause(b.deps.settings.backoff.maxMs, b.parked.signal)
}

async function waitOut(error: unknown, { deps, failures, parked }: Beating): Promise<'unreachable'> {
  const delayMs = backoffDelay(deps.settings.backoff, { failures, dice: Math.random() })
  const loud = failures === 0 || error instanceof Unauthorized || !(error instanceof Unreachable)
  deps.settings.log[loud ? 'warn' : 'debug']('no answer to the heartbeat; the work goes on', { error: String(error), delayMs })
  await pause(delayMs, parked.signal)
  return 'unreachable'
}
