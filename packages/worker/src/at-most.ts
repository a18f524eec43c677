/** Waits for the work, but no longer than this; the work goes on. */
export async function atMost(ms: number, work: Promise<void>): Promise<void> {
  if (!Number.isFinite(ms)) return await work
  let timer: NodeJS.Timeout | undefined
  await Promise.race([work, new Promise<void>(resolve => (timer = setTimeout(resolve, ms)))])
  clearTimeout(timer)
}
