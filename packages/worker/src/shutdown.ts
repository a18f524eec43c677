/**
 * Leaving without a trace. In order: the control plane is told that no more is wanted; what was leased but not started goes back unstarted;
 * what runs may go on for the grace; what still runs then is told to stop and given back as interrupted (its next attempt costs no retry
 * where it may be repeated); leases are kept and reports are sent until the last moment. What cannot be said in time is found out by the
 * control plane, when the leases run out.
 */
import { interrupt, type Holdings } from './holdings.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import type { Settings } from './options.ts'
import type { Reporter } from './reporter.ts'
import { pause, untilAborted } from './wire/backoff.ts'

export interface ShutdownDeps {
  settings: Settings
  holdings: Holdings
  keeper: LeaseKeeper
  reporter: Reporter
  /** Resolves when no claim is under way any more. */
  claimsEnded: Promise<void>
  stopping: AbortController
  /** Aborted when the grace is over. */
  graceOver: AbortSignal
  /** The end of everything. */
  signal: AbortSignal
}

/** A last word gets this long when the control plane does not answer. */
const LAST_WORD_MS = 2_000

export async function shutDown(deps: ShutdownDeps): Promise<void> {
  void deps.keeper.drain()
  deps.stopping.abort()
  deps.reporter.withdrawStarts()
  await untilAllOut(deps, deps.graceOver)
  await interruptAll(deps, 'shutdown')
  await handBack(deps)
}

/** Another process has the name: there is nobody left to report to. */
export async function stepAside(deps: Omit<ShutdownDeps, 'keeper' | 'reporter' | 'graceOver'>): Promise<void> {
  deps.stopping.abort()
  await interruptAll(deps, 'replaced')
}

async function interruptAll(deps: Pick<ShutdownDeps, 'settings' | 'holdings' | 'signal' | 'claimsEnded'>, reason: 'shutdown' | 'replaced') {
  for (const held of deps.holdings.all()) interrupt(held, reason)
  const unwound = new AbortController()
  const timer = setTimeout(() => unwound.abort(), deps.settings.unwindMs)
  await untilAllOut(deps, unwound.signal)
  clearTimeout(timer)
}

async function untilAllOut({ holdings, claimsEnded }: Pick<ShutdownDeps, 'holdings' | 'claimsEnded'>, signal: AbortSignal) {
  await untilAborted(signal, claimsEnded)
  await holdings.untilEmpty(signal)
}

/** A handler that does not get out is left behind; its flow is not. */
async function handBack({ holdings, reporter, settings, signal }: ShutdownDeps) {
  const stuck = holdings.live().filter(held => held.stage === 'working')
  for (const held of stuck) {
    settings.log.warn('the handler did not stop in time', { flow: held.flow.id })
  }
  const handed = Promise.allSettled(stuck.map(async held => {
    // Its flow may be waiting; then it waits on without this worker.
    await held.letGo()
    if (held.over) return
    held.over = true
    await reporter.giveBack(held)
  }))
  await Promise.race([handed, pause(stuck.length > 0 ? LAST_WORD_MS : 0, signal)])
}
