/**
 * A worker: generations of one program. Each has its registration and its kinds; usually there is one. When the kinds change, the next one
 * registers first, then the former asks for no more and stays until what it runs is over: nothing that began is disturbed, and flows that
 * were only leased go back and come again. They share the capacity, so that the worker never runs more than it said.
 */
import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { createCapacity } from './capacity.ts'
import { createEnding } from './ending.ts'
import { createGeneration, type Generation } from './generation.ts'
import type { Kind } from './kind.ts'
import { parseOptions, type Settings, type WorkerOptions } from './options.ts'

export interface StopOptions {
  /** How long what runs may go on, ms. Default: the worker's graceMs. A later call can only shorten it. */
  graceMs?: number
}

export interface Worker {
  /** Starts, stops properly on SIGTERM or SIGINT (a second one ends the process), and resolves when it is over. Throws as `start` and `closed` do. */
  run(): Promise<void>
  /** Resolves when it is registered, however long the control plane is away, or stopped before. Throws WorkerRefused. */
  start(): Promise<void>
  /**
   * From now on it can do these kinds and no others, after `start`. What runs keeps the handler it began with. Resolves when the control
   * plane knows them, or when the worker stopped before; throws WorkerRefused or a TypeError, and the former kinds stay. Each change
   * registers a worker of its own, under an instance id of its own.
   */
  changeKinds(kinds: Record<string, Kind>): Promise<void>
  /** Claims no more, lets what runs go on for the grace, interrupts the rest, and resolves when it is over. */
  stop(options?: StopOptions): Promise<void>
  /** Resolves after a stop; rejects with WorkerReplaced. */
  readonly closed: Promise<void>
}

/** Throws a TypeError that names the option that is wrong. Nothing happens before start or run. */
export function createWorker(options: WorkerOptions): Worker {
  const settings = parseOptions(options)
  const generations = createGenerations(settings)
  let starting: Promise<void> | null = null
  let changing: Promise<void> = Promise.resolve()

  const start = () => (starting ??= generations.open())
  const changeKinds = (kinds: Record<string, Kind>) => {
    const change = changing.then(start).then(() => generations.succeed(parseOptions({ ...settings, kinds, instanceId: randomUUID() })))
    changing = change.catch(() => {})
    return change
  }
  const stop = async ({ graceMs = settings.graceMs }: StopOptions = {}) => {
    const timer = setTimeout(generations.endGrace, graceMs)
    await generations.leave().finally(() => clearTimeout(timer))
  }
  const run = async () => {
    const release = onStopSignal(() => void stop())
    try {
      await start()
      await generations.closed
    } finally {
      release()
    }
  }
  return { run, start, changeKinds, stop, closed: generations.closed }
}

function createGenerations(settings: Settings) {
  const [leaving, graceOver] = [new AbortController(), new AbortController()]
  const shared = { capacity: createCapacity(settings.capacity), leaving: leaving.signal, graceOver: graceOver.signal }
  // Every wait that is held for as long as it takes.
  setMaxListeners(0, leaving.signal)
  const ending = createEnding()
  const present = new Set<Generation>()
  let left: Promise<void> | null = null

  const begin = (its: Settings) => {
    const generation = createGeneration(its, shared)
    present.add(generation)
    // Replaced: there is nobody left to report to, and the former generations have the same principal.
    const gone = (error?: Error) => {
      present.delete(generation)
      if (error) void leave(error)
    }
    generation.closed.then(() => gone(), gone)
    return generation
  }

  const leave = (error: Error | null = null) => (left ??= conclude(error))
  const conclude = async (error: Error | null) => {
    leaving.abort()
    await Promise.all([...present].map(generation => generation.leave()))
    settings.log.info('stopped', { name: settings.name })
    ending.settle(error)
  }

  let current = begin(settings)
  return {
    closed: ending.promise,
    endGrace: () => graceOver.abort(),
    leave: () => leave(),
    open: () => current.open(),
    succeed: async (its: Settings) => {
      if (left) return
      const successor = begin(its)
      await successor.open().catch(error => {
        present.delete(successor)
        throw error
      })
      const former = current
      current = successor
      void former.leave()
    },
  }
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
