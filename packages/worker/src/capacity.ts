/**
 * How many flows fit at once. A place is taken by a flow in hand or promised to a claim that is on its way; whoever shares one capacity
 * (the generations of a worker, see worker.ts) never holds more of them together.
 */
export interface Capacity {
  /** Waits until there is room and promises all of it to the caller, who gives it back when the claim was answered. 0 when the signal was aborted. */
  reserve(signal: AbortSignal): Promise<number>
  take(places: number): void
  give(places: number): void
}

export function createCapacity(total: number): Capacity {
  let taken = 0
  let waiting: (() => void)[] = []

  const changed = (signal: AbortSignal) =>
    new Promise<void>(resolve => {
      const go = () => {
        signal.removeEventListener('abort', go)
        resolve()
      }
      waiting.push(go)
      signal.addEventListener('abort', go, { once: true })
    })

  return {
    reserve: async signal => {
      while (taken >= total && !signal.aborted) await changed(signal)
      if (signal.aborted) return 0
      const places = total - taken
      taken = total
      return places
    },
    take: places => void (taken += places),
    give: places => {
      taken -= places
      const woken = waiting
      waiting = []
      for (const go of woken) go()
    },
  }
}
