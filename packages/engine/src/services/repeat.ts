import type { Log } from '@sluice/db'
import type { EngineObserver } from '../observe.ts'

interface Repeated {
  name: string
  ms: number
  /** Until the first turn. Default: ms. */
  firstMs?: number
  /** A number answered is how many things it had to do. */
  work(): Promise<unknown>
  log: Log
  observe: EngineObserver
}

/** Runs work after firstMs and then every ms, never twice at once; a failure is logged and the next turn tries again. stop waits for the turn under way. */
export function repeat(o: Repeated): { stop(): Promise<void> } {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let turn: Promise<void> = Promise.resolve()
  const run = (): void => {
    turn = takeTurn(o).then(() => { if (!stopped) timer = setTimeout(run, o.ms) })
  }
  timer = setTimeout(run, o.firstMs ?? o.ms)
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await turn
    },
  }
}

async function takeTurn({ name, work, log, observe }: Repeated): Promise<void> {
  const began = performance.now()
  const over = (end: { found: number | null; failed: boolean }): void => observe.turn({ name, ms: performance.now() - began, ...end })
  try {
    const found = await work()
    over({ found: typeof found === 'number' ? found : null, failed: false })
  } catch (error) {
    over({ found: null, failed: true })
    log({ event: `${name}.failed`, message: (error as Error).message })
  }
}
