/** Opens what commands need and runs what runs by itself: promoter, signatures, sweeps, the fold of counts. Closes in reverse order. */
import { named, transact } from '@sluice/db'
import type { Log, Pool } from '@sluice/db'
import { takeEnvironmentCap } from './commands/set-cap.ts'
import type { Deps } from './deps.ts'
import { checkCounts } from './services/check-counts.ts'
import { noticeForeignRestore } from './services/feed-generation.ts'
import { FOLD_LIMIT, foldCounts } from './services/fold-counts.ts'
import { measureClock } from './services/measure-clock.ts'
import { openDeliverer } from './services/deliver.ts'
import type { Deliverer, SendDelivery } from './services/deliver.ts'
import { openFlowWatch } from './services/flow-watch.ts'
import { openPromoter } from './services/promoter.ts'
import { repeat } from './services/repeat.ts'
import { SIGN_EVERY_MS, signAlive, signAliveEveryMs, signOff, signProcess } from './services/sign-alive.ts'
import type { ProcessIdentity } from './services/sign-alive.ts'
import { reseal } from './services/reseal.ts'
import { runBulk } from './services/run-bulk.ts'
import type { CallerOf } from './services/run-bulk.ts'
import { singleFlight } from './services/single-flight.ts'
import { sweepDeadlines } from './services/sweep-deadlines.ts'
import { sweepLeases } from './services/sweep-leases.ts'
import { sweepRetention } from './services/sweep-retention.ts'
import { sweepWaitpoints } from './services/sweep-waitpoints.ts'
import { gatherCapGroups } from './sql/quota-sql.ts'
import { UNOBSERVED } from './observe.ts'
import type { EngineObserver } from './observe.ts'
import type { EngineSettings } from './settings.ts'
import { openWakeUps } from './wake-ups.ts'
import type { NotifyTransport } from './wake-ups.ts'
import { openWaitTokens, takeWaitpointSecret } from './waits/tokens.ts'
import { takeEnvironmentEndpoint } from './webhooks/environment-endpoint.ts'
import { NO_WEBHOOKS } from './webhooks/webhook-deps.ts'
import type { WebhookDeps } from './webhooks/webhook-deps.ts'

export interface EngineOptions {
  pool: Pool
  settings: EngineSettings
  /** null: this process only hints to itself; others find out by their sweeps. */
  transport: NotifyTransport | null
  process: ProcessIdentity
  log: Log
  dice?: () => number
  /** Default: no key, no secret, and every URL is refused. */
  webhooks?: WebhookDeps
  /** WAITPOINT_HMAC_SECRET; null: this process makes no tokens of its own. */
  waitpointSecret?: Buffer | null
  /** Default: nobody watches. */
  observe?: EngineObserver
}

export interface Engine {
  deps: Deps
  /** Says that workers are served from now on (role api). */
  startApi(): Promise<void>
  /** Sweeps, folds and sends (role dispatcher). Without send, deliveries wait for a process that has one. */
  startDispatcher(o?: { send?: SendDelivery; callerOf?: CallerOf }): void
  /** Long polls are answered, no promotion starts, what runs by itself ends. Nothing queued or running is touched. */
  close(): Promise<void>
}

export async function openEngine(o: EngineOptions): Promise<Engine> {
  const closing = new AbortController()
  const db = named(o.pool)
  const wake = openWakeUps({ transport: o.transport, processId: o.process.id })
  const watch = openFlowWatch({ pool: o.pool, wake })
  const observe = o.observe ?? UNOBSERVED
  const webhooks = o.webhooks ?? NO_WEBHOOKS
  const base = { pool: o.pool, settings: o.settings, wake, watch, closing: closing.signal, dice: o.dice ?? Math.random, log: o.log, observe, webhooks, waitTokens: openWaitTokens({ pool: o.pool, keys: webhooks.keys }) }
  const deps: Deps = { ...base, promoter: openPromoter(base) }
  await noticeForeignRestore(o)
  await signProcess(db, o.process)
  await takeEnvironmentEndpoint(deps)
  await takeWaitpointSecret({ pool: o.pool, keys: webhooks.keys, secret: o.waitpointSecret ?? null })
  const differs = await takeEnvironmentCap(deps)
  if (differs) o.log({ event: 'cap.environment_differs', message: differs })
  const loops: { stop(): Promise<void> }[] = []
  let deliverer: Deliverer | undefined
  let stopBulk: (() => void) | undefined
  const every = (name: string, ms: number, work: () => Promise<unknown>, firstMs = ms): void =>
    void loops.push(repeat({ name, ms, firstMs, work, log: o.log, observe }))
  every('signProcess', SIGN_EVERY_MS, () => signProcess(db, o.process))
  every('measureClock', SIGN_EVERY_MS, measureClock({ db, log: o.log, observe }))
  return {
    deps,
    startApi: async () => {
      await signAlive(db, o.settings)
      every('signAlive', signAliveEveryMs(o.settings), () => signAlive(db, o.settings))
    },
    startDispatcher: ({ send, callerOf } = {}) => {
      if (send) deliverer = openDeliverer(deps, { send, sentBy: o.process.id })
      if (callerOf) {
        const run = singleFlight(() => runBulk(deps, callerOf))
        every('runBulk', o.settings.sweepDeliveriesMs, run, 0)
        stopBulk = wake.on('bulk', () => void run().catch(() => undefined))
      }
      void reseal(deps).then(
        count => { if (count > 0) o.log({ event: 'keys.resealed', values: count }) },
        (error: Error) => o.log({ event: 'keys.reseal_failed', message: error.message }))
      every('sweepLeases', o.settings.sweepLeasesMs, () => sweepLeases(deps))
      every('sweepDeadlines', o.settings.sweepDeadlinesMs, () => sweepDeadlines(deps))
      every('sweepWaitpoints', o.settings.sweepWaitpointsMs, () => sweepWaitpoints(deps))
      every('sweepRetention', o.settings.sweepRetentionMs, () => sweepRetention(deps), Math.min(FIRST_RETENTION_MS, o.settings.sweepRetentionMs))
      every('gatherCapGroups', o.settings.sweepPromoterMs, () => transact(o.pool, tx => gatherCapGroups(tx, GATHERED)))
      every('foldCounts', o.settings.sweepCountsMs, () => foldAll(o.pool))
      every('checkCounts', CHECK_COUNTS_MS, () => reportDifferences(o, observe))
    },
    close: async () => {
      closing.abort()
      stopBulk?.()
      await Promise.all([deps.promoter.close(), deliverer?.close(SENDING_GRACE_MS)])
      await Promise.all(loops.map(loop => loop.stop()))
      watch.close()
      await signOff(db, o.process.id).catch(() => undefined)
      wake.close()
    },
  }
}

const GATHERED = 1000
/** What is being sent at a stop may end (product.md 11.1). */
const SENDING_GRACE_MS = 10_000
/** A machine that is switched off every evening has its purges too. */
const FIRST_RETENTION_MS = 60_000
const CHECK_COUNTS_MS = 3_600_000

/** The ledger's totals against the rows (D-40): a difference is a bug, and says so. */
async function reportDifferences(o: Pick<EngineOptions, 'pool' | 'log'>, observe: EngineObserver): Promise<void> {
  const differences = await checkCounts(o.pool)
  observe.countsDiffer(differences.length)
  if (differences.length > 0) o.log({ event: 'counts.differ', differences })
}

async function foldAll(pool: Pool): Promise<void> {
  while ((await foldCounts(pool)) === FOLD_LIMIT);
}
