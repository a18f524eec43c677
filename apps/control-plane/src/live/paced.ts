/** Runs work at most once per interval, and once more after the last wish: what was wished while it ran is not lost. */
export interface Paced {
  wish(): void
  close(): void
}

export function paced(work: () => Promise<void>, o: { everyMs: number; onError(error: Error): void }): Paced {
  let timer: NodeJS.Timeout | null = null
  let running = false
  let wished = false
  let nextAt = 0

  const run = async (): Promise<void> => {
    timer = null
    running = true
    wished = false
    nextAt = performance.now() + o.everyMs
    await work().catch(o.onError)
    running = false
    if (wished) wish()
  }
  const wish = (): void => {
    wished = true
    if (!running) timer ??= setTimeout(() => void run(), Math.max(0, nextAt - performance.now()))
  }
  return {
    wish,
    close: () => {
      wished = false
      if (timer !== null) clearTimeout(timer)
    },
  }
}
