import type { Deps } from '../deps.ts'

/** How much was done in all. Until a batch is not full, or the process closes. */
export async function inBatches({ closing }: Pick<Deps, 'closing'>, size: number, batch: () => Promise<number>): Promise<number> {
  let total = 0
  for (let done = size; done >= size && !closing.aborted; total += done) done = await batch()
  return total
}
