/** Who asks while it runs waits for that run and for one more, which sees what made them ask. */
export function singleFlight<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  let next: Promise<T> | undefined
  const start = (): Promise<T> => {
    const run = work().finally(() => { if (running === run) running = undefined })
    running = run
    return run
  }
  return () => {
    if (!running) return start()
    next ??= running.then(() => undefined, () => undefined).then(() => { next = undefined; return start() })
    return next
  }
}
