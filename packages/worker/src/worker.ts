/**
 * A worker: registered once, asking for flows while it has room, keeping the leases of what it has, reporting what became of it, and
 * leaving properly. The parts know nothing of each other; this file ties them together and holds the ends of a worker's life:
 * `stopping` (no more claims), `graceOver` (what runs is interrupted) and `life` (nothing more at all).
 */
import { claimLoop } from './claim-loop.ts'
import { executeFlow } from './execute-flow.ts'
import { createHoldings, type HeldFlow } from './holdings.ts'
import { createLeaseKeeper } from './lease-keeper.ts'
import { parseOptions, type Settings, type WorkerOptions } from './options.ts'
import { createReporter } from './reporter.ts'
import { createSession } from './session.ts'
import { shutDown, stepAside } from './shutdown.ts'
import { pause } from './wire/backoff.ts'
import { createControlPlane } from './wire/control-plane.ts'
import { createTransport } from './wire/transport.ts'

/** Another process registered under the same instance id. */
export class WorkerReplaced extends Error {
  override readonly name = 'WorkerReplaced'
}

export interface StopOptions {
  /** How long what runs may go on, ms. Default: the worker's graceMs. A later call can only shorten it. */
  graceMs?: number
}

export interface Worker {
  /** Starts, stops properly on SIGTERM or SIGINT (a second one ends the process), and resolves when it is over. Throws as `start` and `closed` do. */
  run(): Promise<void>
  /** Resolves when it is registered, however long the control plane is away, or stopped before. Throws WorkerRefused. */
  start(): Promise<void>
  /** Claims no more, lets what runs go on for the grace, interrupts the rest, and resolves when it is over. */
  stop(options?: StopOptions): Promise<void>
  /** Resolves after a stop; rejects with WorkerReplaced. */
  readonly closed: Promise<void>
}

/** Throws a TypeError that names the option that is wrong. Nothing happens before start or run. */
export function createWorker(options: WorkerOptions): Worker {
  const settings = parseOptions(options)
  const parts = assemble(settings)
  let starting: Promise<void> | null = null
  let stopped: Promise<void> | null = null

  const start = () => (starting ??= parts.open())
  const stop = async ({ graceMs = settings.graceMs }: StopOptions = {}) => {
    const timer = setTimeout(() => parts.graceOver.abort(), graceMs)
    stopped ??= parts.leave()
    await stopped.finally(() => clearTimeout(timer))
  }
  const run = async () => {
    const release = onStopSignal(() => void stop())
    try {
      await start()
      await parts.closed
    } finally {
      release()
    }
  }
  return { run, start, stop, closed: parts.closed }
}

/** How long a stopping worker waits to be heard before it asks for the answer of its last claim. */
const DRAIN_HEARD_MS = 2_000

function assemble(settings: Settings) {
  const [stopping, graceOver, life] = [new AbortController(), new AbortController(), new AbortController()]
  const { log } = settings
  const controlPlane = createControlPlane(createTransport(settings))
  const session = createSession({ controlPlane, settings, signal: life.signal })
  const holdings = createHoldings({ capacity: settings.capacity, onAdded: () => keeper.leaseAdded() })
  const reporter = createReporter({ controlPlane, settings, signal: life.signal })
  const ending = createEnding()

  const onReplaced = (message: string) => {
    if (stopping.signal.aborted) return
    log.error('this worker was replaced and stops', { message })
    void stepAside({ settings, holdings, claimsEnded, stopping, signal: life.signal }).then(() => conclude(new WorkerReplaced(message)))
  }
  const keeper = createLeaseKeeper({ controlPlane, session, holdings, settings, signal: life.signal, onReplaced })
  const execution = { kinds: settings.kinds, controlPlane, reporter, holdings, log, stopping: stopping.signal, signal: life.signal }
  const onClaimed = (held: HeldFlow) => void executeFlow(held, execution)
  const drained = () => Promise.race([keeper.drain(), pause(DRAIN_HEARD_MS, life.signal)])
  const claiming = { controlPlane, session, holdings, settings, stopping: stopping.signal, signal: life.signal, drained, onClaimed, onReplaced }

  let claimsEnded: Promise<void> = Promise.resolve()
  let keeping: Promise<void> = Promise.resolve()

  const conclude = async (error: Error | null) => {
    life.abort(new Error('the worker has stopped'))
    await keeping
    log.info('stopped', { name: settings.name })
    ending.settle(error)
  }

  return {
    graceOver,
    closed: ending.promise,
    open: async () => {
      await session.open().catch(error => {
        if (!stopping.signal.aborted) throw error
      })
      if (stopping.signal.aborted) return
      keeping = keeper.keep()
      claimsEnded = claimLoop(claiming)
    },
    leave: async () => {
      if (stopping.signal.aborted) return await ending.promise.catch(() => {})
      await shutDown({ settings, holdings, keeper, reporter, claimsEnded, stopping, graceOver: graceOver.signal, signal: life.signal })
      await conclude(null)
    },
  }
}

/** A promise that somebody else settles, and that nobody has to watch. */
function createEnding() {
  let settle: (error: Error | null) => void = () => {}
  const promise = new Promise<void>((resolve, reject) => {
    settle = error => (error ? reject(error) : resolve())
  })
  promise.catch(() => {})
  return { promise, settle }
}

/** The listeners go with the first signal: a second one ends the process at once, as it would any other. */
function onStopSignal(stop: () => void): () => void {
  const release = () => {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
  }
  const onSignal = () => {
    release()
    stop()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return release
}
