/**
 * Steps and the release of a wait keep out of each other's way. Steps run side by side; a release waits until none runs (one that was cut off
 * would run again), and none begins while it is under way.
 */
export type Latch = ReturnType<typeof createLatch>

export function createLatch() {
  let running = 0
  let closed: Promise<unknown> | null = null
  const idle: (() => void)[] = []

  return {
    /** Runs a step. */
    pass: async <T>(step: () => Promise<T>): Promise<T> => {
      while (closed) await closed.catch(() => {})
      running++
      try {
        return await step()
      } finally {
        running--
        if (running === 0) for (const go of idle.splice(0)) go()
      }
    },
    untilIdle: async (): Promise<void> => {
      while (running > 0) await new Promise<void>(resolve => idle.push(resolve))
    },
    /** Runs a release. */
    close: async <T>(release: () => Promise<T>): Promise<T> => {
      const closing = release()
      closed = closing
      try {
        return await closing
      } finally {
        closed = null
      }
    },
    running: () => running,
  }
}
