/** Many short flows from a creator that repeats what got no answer, and a worker that outlives the control plane. */
import { GraphQlFailure, type NewFlow, type Submitter, type World } from '@sluice/testkit/world'
import { createWorker, type Worker } from '@sluice/worker'

const BATCH = 4

export interface Load {
  /** Ids that an answer acknowledged. */
  accepted: string[]
  /** Creates no more; resolves when the last create was answered. */
  stop(): Promise<void>
}

/** Creates batches one after another until it is stopped. A batch has its keys before it is sent, so that sending it again makes nothing twice. */
export function startLoad(submitter: Submitter, dice: () => number): Load {
  const accepted: string[] = []
  let stopped = false
  const create = async (): Promise<void> => {
    for (let batch = 0; !stopped; batch += 1) {
      const flows = Array.from({ length: BATCH }, (_, index) => newFlow({ key: `${batch}.${index}`, dice }))
      accepted.push(...await answered(() => submitter.createFlows(flows)))
    }
  }
  const running = create()
  return { accepted, stop: async () => { stopped = true; await running } }
}

/** One in four goes to the bundled runner, which is among the killed; half of all may be tried again. */
function newFlow({ key, dice }: { key: string; dice: () => number }): NewFlow {
  const retry = dice() < 0.5
  const common = { idempotencyKey: key, ...(retry ? { onLeaseLost: 'RETRY' as const, maxAttempts: 5 } : {}) }
  return dice() < 0.25 ? { kind: 'sample.fetch', input: {}, ...common } : { kind: 'crash.short', input: { ms: Math.floor(dice() * 30), fails: dice() < 0.1 }, ...common }
}

/** Repeats until there is an answer; a refusal or a bug is not repeated. */
async function answered<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof GraphQlFailure && isOutage(error))) throw error
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}

/** While the database is away, the control plane masks what it got; a refusal would be data. */
const isOutage = (error: GraphQlFailure): boolean => /HTTP 5\d\d|INTERNAL|Unexpected/i.test(error.message)

export interface CrashWorker extends Worker {
  /** The attempts that reached a handler, as flow and index, in order. */
  handled: string[]
}

export async function startWorker(world: World): Promise<CrashWorker> {
  const handled: string[] = []
  const { token } = await world.actor('WORKER', 'crash worker')
  const quiet = (): undefined => undefined
  const worker = createWorker({
    name: 'crash worker', url: world.url, token, capacity: 6, graceMs: 0, backoff: { minMs: 20, maxMs: 200 },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    kinds: { 'crash.short': { handler: ({ flow }) => { handled.push(`${flow.id} ${flow.attempt}`); return work(flow.input as { ms: number; fails: boolean }) } } },
  })
  await worker.start()
  return { ...worker, closed: worker.closed, handled }
}

async function work({ ms, fails }: { ms: number; fails: boolean }): Promise<{ slept: number }> {
  await new Promise(resolve => setTimeout(resolve, ms))
  if (fails) throw new Error('meant to fail')
  return { slept: ms }
}
