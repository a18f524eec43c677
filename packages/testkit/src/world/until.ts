const PAUSE_MS = 20

/** Asks again until it holds; fails with what was waited for when time is up. What check throws ends the waiting. */
export async function until(check: () => Promise<boolean> | boolean, o: { withinMs: number; what: () => string }): Promise<void> {
  const deadline = Date.now() + o.withinMs
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited ${o.withinMs} ms for ${o.what()}`)
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
  }
}
