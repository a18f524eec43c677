/** How much was done in all. Repeats while there are full batches. */
export async function inBatches(size: number, sweep: () => Promise<number>): Promise<number> {
  let total = 0
  for (;;) {
    const swept = await sweep()
    total += swept
    if (swept < size) return total
  }
}
