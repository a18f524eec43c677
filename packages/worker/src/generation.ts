/**
 * A generation of a worker: one registration with its kinds, asking for flows while there is room, keeping the leases of what it has,
 * reporting what became of it, and leaving properly. The parts know nothing of each other; this file ties them together and holds the ends
 * of a generation's life: `stopping` (no more claims), `graceOver` (what runs is interrupted) and `life` (nothing more at all).
 */
import { setMaxListeners } from 'node:events'
import type { Capacity } from './capacity.ts'
import { claimLoop } from './claim-loop.ts'
import { createEnding } from './ending.ts'
import { executeFlow } from './execute-flow.ts'
import { createHoldings, type HeldFlow } from './holdings.ts'
import { createLeaseKeeper } from './lease-keeper.ts'
import { createMemoBatch } from './memo-batch.ts'
import type { Settings } from './options.ts'
import { createReporter } from './reporter.ts'
import { createSession } from './session.ts'
import { shutDown, stepAside } from './shutdown.ts'
import { pause } from './wire/backoff.ts'
import { createControlPlane } from './wire/control-plane.ts'
import { createAddresses } from './wire/addresses.ts'
import { createDownloader } from './wire/download.ts'
import { createTransport } from './wire/transport.ts'
import { createUploader } from './wire/upload.ts'

/** Another process registered under the same instance id. */
export class WorkerReplaced extends Error {
  override readonly name = 'WorkerReplaced'
}

export interface Generation {
  /** Registers, and asks for work from then on. Throws WorkerRefused; resolves without having registered when it was told to leave meanwhile. */
  open(): Promise<void>
  /** Claims no more, lets what runs go on until the grace is over, interrupts the rest. Resolves when it is over. */
  leave(): Promise<void>
  /** Resolves after it left; rejects with WorkerReplaced. */
  readonly closed: Promise<void>
}

/** How long a stopping worker waits to be heard before it asks for the answer of its last claim. */
const DRAIN_HEARD_MS = 2_000

/** How long a wait is held where nobody says. */
const HOLD_MS = 10_000

/** What the generations of one worker share. */
export interface Shared {
  capacity: Capacity
  /** The worker leaves, and not only a generation of it. */
  leaving: AbortSignal
  graceOver: AbortSignal
}

export function createGeneration(settings: Settings, { capacity, leaving, graceOver }: Shared): Generation {
  const [stopping, life] = [new AbortController(), new AbortController()]
  // Every flow in hand listens, and every wait that is held.
  setMaxListeners(0, life.signal, stopping.signal)
  const { log } = settings
  const reach = { addresses: createAddresses(settings.url), token: settings.token }
  const controlPlane = createControlPlane(createTransport(reach))
  const session = createSession({ controlPlane, settings, signal: life.signal })
  const holdings = createHoldings({ capacity, onAdded: () => keeper.leaseAdded() })
  const reporter = createReporter({ controlPlane, settings, signal: life.signal })
  const ending = createEnding()

  const onReplaced = (message: string) => {
    if (stopping.signal.aborted) return
    log.error('this worker was replaced and stops', { message })
    void stepAside({ settings, holdings, claimsEnded, stopping, signal: life.signal }).then(() => conclude(new WorkerReplaced(message)))
  }
  const keeper = createLeaseKeeper({ controlPlane, session, holdings, settings, stopping: stopping.signal, signal: life.signal, onReplaced })
  const holdMs = () => settings.holdMs ?? session.current().holdMs ?? HOLD_MS
  const bytes = { upload: createUploader(reach), download: createDownloader(reach) }
  const memoBatch = createMemoBatch({ controlPlane, settings, signal: life.signal })
  const execution = { settings, controlPlane, memoBatch, ...bytes, reporter, holdings, keeper, holdMs, stopping: stopping.signal, leaving, signal: life.signal }
  const onClaimed = (held: HeldFlow) => void executeFlow(held, execution)
  const drained = () => Promise.race([keeper.drain(), pause(DRAIN_HEARD_MS, life.signal)])
  const claiming = { controlPlane, session, capacity, holdings, settings, stopping: stopping.signal, signal: life.signal, drained, onClaimed, onReplaced }

  let claimsEnded: Promise<void> = Promise.resolve()
  let keeping: Promise<void> = Promise.resolve()

  const conclude = async (error: Error | null) => {
    life.abort(new Error('the worker has stopped'))
    await keeping
    ending.settle(error)
  }

  return {
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
      await shutDown({ settings, holdings, keeper, reporter, claimsEnded, stopping, graceOver, signal: life.signal })
      await conclude(null)
    },
  }
}
