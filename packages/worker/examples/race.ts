import { defineKind, type Kind } from '@sluice/worker'

/** One of several that do the same work in different ways; the work stops when its flow is cancelled. */
export const runner = defineKind<{ lane: string; ms: number }>({
  title: 'Run in a race',
  handler: async ({ flow: { input }, signal }) => {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, input.ms)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(signal.reason as Error)
      })
    })
    return { lane: input.lane }
  },
})

/** What a referee needs of the control plane: createFlow with an idempotency key, waitForFlow, cancelFlow. */
export interface Track {
  /** Starts a runner under a key: the same key again is the same flow. */
  start(key: string, input: { lane: string; ms: number }): Promise<string>
  /** Waits until one of these flows is finished, and says which and with what. */
  firstOf(flowIds: readonly string[], signal: AbortSignal): Promise<{ id: string; result: unknown }>
  cancel(flowId: string): Promise<void>
}

/**
 * Starts one flow per contender, takes the first that is finished, and cancels the others. Each start is a step, so that a referee that was killed
 * does not start a second field; and so is the winner, so that nobody wins afterwards.
 */
export const raceOn = (track: Track): Kind => defineKind<{ contenders: { lane: string; ms: number }[] }>({
  title: 'Race several ways of doing one thing',
  defaults: { onLeaseLost: 'RETRY' },
  handler: async ({ flow, signal, step, output }) => {
    const ids = await Promise.all(flow.input.contenders.map((contender, i) => step(`start ${i}`, () => track.start(`${flow.id}/${i}`, contender))))
    const winner = await step('winner', () => track.firstOf(ids, signal))
    await output.log('there is a winner', { flow: winner.id })
    await Promise.all(ids.filter(id => id !== winner.id).map(id => track.cancel(id)))
    return winner.result
  },
})
