const PAUSE_MS = 10

/**
 * Repeats a check until it neither throws nor gives false, and returns what it gave.
 * After `deadlineMs` (default 5 s) the last error is thrown.
 */
export async function eventually<T>(check: () => T | Promise<T>, o: { deadlineMs?: number } = {}): Promise<Exclude<T, false>> {
  const until = Date.now() + (o.deadlineMs ?? 5_000)
  for (;;) {
    const outcome = await tried(check)
    if ('value' in outcome) return outcome.value
    if (Date.now() >= until) throw outcome.error
    await new Promise((done) => setTimeout(done, PAUSE_MS))
  }
}

async function tried<T>(check: () => T | Promise<T>): Promise<{ value: Exclude<T, false> } | { error: unknown }> {
  try {
    const value = await check()
    return value === false ? { error: new Error(`never came true: ${check.toString()}`) } : { value: value as Exclude<T, false> }
  } catch (error) {
    return { error }
  }
}
