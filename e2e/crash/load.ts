/** Many short flows from creators that repeat what got no answer, and a worker that outlives the control plane. */
import { actorWith, GraphQlFailure, type NewFlow, type Submitter, type World } from '@sluice/testkit/world'
import { createWorker, type Worker, type WorkerOptions } from '@sluice/worker'

const BATCH = 4
const CREATORS = 3
/** Enough to keep every slot busy, and soon worked off at the end. */
const QUEUED_ENOUGH = 40
const ANSWER_WITHIN_MS = 1_500

export interface Load {
  /** Ids that an answer acknowledged. */
  accepted: string[]
  /** Creates no more; resolves when the last create was answered. */
  stop(): Promise<void>
}

/** Creates batches one after another until it is stopped. A batch has its keys before it is sent, so that sending it again makes nothing twice. */
export async function startLoad(world: World, dice: () => number): Promise<Load> {
  const { token } = await world.actor('SUBMITTER', 'crash-submitter')
  const submitter = actorWith({ url: world.url, name: 'crash-submitter', token, answerWithinMs: ANSWER_WITHIN_MS })
  const accepted: string[] = []
  let stopped = false
  const create = async (creator: number): Promise<void> => {
    for (let batch = 0; !stopped; batch += 1) {
      const flows = Array.from({ length: BATCH }, (_, index) => newFlow({ key: `${creator}.${batch}.${index}`, dice }))
      accepted.push(...await answered(() => submitter.createFlows(flows)))
      while (!stopped && await answered(() => queued(submitter)) > QUEUED_ENOUGH) await pause(50)
    }
  }
  const running = Promise.all(Array.from({ length: CREATORS }, (_, creator) => create(creator)))
  return { accepted, stop: async () => { stopped = true; await running } }
}

async function queued(submitter: Submitter): Promise<number> {
  const { flowCounts } = await submitter.ask<{ flowCounts: { total: number } }>('{ flowCounts(filter: { status: [QUEUED] }) { total } }')
  return flowCounts.total
}

/** One in eight goes to the bundled runner, which is among the killed; half of all may be tried again. */
function newFlow({ key, dice }: { key: string; dice: () => number }): NewFlow {
  const retry = dice() < 0.5
  const common = { idempotencyKey: key, ...(retry ? { onLeaseLost: 'RETRY' as const, maxAttempts: 5 } : {}) }
  return dice() < 0.125 ? { kind: 'sample.fetch', input: {}, ...common } : { kind: 'crash.short', input: { ms: Math.floor(dice() * 30), fails: dice() < 0.1 }, ...common }
}

/** Repeats until there is an answer. Nobody there, an answer too late, and a database that is away are no answers; a refusal is one. */
async function answered<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isSilence(error)) throw error
      await pause(20)
    }
  }
}

/** While the database is away, the control plane masks what it got; a refusal would be data. */
const isSilence = (error: unknown): boolean =>
  error instanceof TypeError || error instanceof DOMException || (error instanceof GraphQlFailure && /HTTP 5\d\d|INTERNAL|Unexpected/i.test(error.message))

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

export interface CrashWorker extends Worker {
  /** The attempts that reached a handler, as flow and index, in order. */
  handled: string[]
}

/** more: further kinds that it takes. */
export async function startWorker(world: World, more: WorkerOptions['kinds'] = {}): Promise<CrashWorker> {
  const handled: string[] = []
  const { token } = await world.actor('WORKER', 'crash-worker')
  const quiet = (): undefined => undefined
  const worker = createWorker({
    name: 'crash-worker', url: world.url, token, capacity: 6, graceMs: 0, backoff: { minMs: 20, maxMs: 200 },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    kinds: { ...more, 'crash.short': { handler: ({ flow }) => { handled.push(`${flow.id} ${flow.attempt}`); return work(flow.input as { ms: number; fails: boolean }) } } },
  })
  await worker.start()
  return { ...worker, closed: worker.closed, handled }
}

async function work({ ms, fails }: { ms: number; fails: boolean }): Promise<{ slept: number }> {
  await pause(ms)
  if (fails) throw new Error('meant to fail')
  return { slept: ms }
}
