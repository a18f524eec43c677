const PATIENCE_MS = 15_000
const PAUSE_MS = 50

/** PostgreSQL's own words for "starting up", "shutting down" and "recovering": it will answer soon. Anything else is told at once. */
const SOON = new Set(['57P03', '57P01'])

/** Repeats work while the database says that it will be up soon, for 15 s at most: after a crash both start at the same moment. */
export async function onceUp<T>(work: () => Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!saysSoon(error) || performance.now() > until) throw error
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
    }
  }
}

const saysSoon = (error: unknown): boolean =>
  error instanceof Error && (SOON.has((error as { code?: string }).code ?? '') || saysSoon(error.cause))
