import type { Log } from '@sluice/db'

/** Runs work every ms, never twice at once; a failure is logged and the next turn tries again. stop waits for the turn under way. */
export function repeat(o: { name: string; ms: number; work: () => Promise<unknown>; log: Log }): { stop(): Promise<void> } {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let turn: Promise<void> = Promise.resolve()
  const run = (): void => {
    turn = o.work()
      .then(() => undefined, (error: Error) => o.log({ event: `${o.name}.failed`, message: error.message }))
      .then(() => { if (!stopped) timer = setTimeout(run, o.ms) })
  }
  timer = setTimeout(run, o.ms)
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await turn
    },
  }
}
