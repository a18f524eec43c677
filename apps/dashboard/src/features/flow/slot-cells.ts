/**
 * Which flow stands in which cell: who had a cell keeps it, newcomers take the first free one, and whoever finds none
 * stands behind the last (over the cap). The answer has at least `cap` cells; null = free.
 */
export const placeInCells = (before: readonly (string | null)[], holders: readonly string[], cap: number): (string | null)[] => {
  const present = new Set(holders)
  const cells = Array.from({ length: Math.max(cap, before.length) }, (_, at) => stays(before[at], present))
  const placed = new Set(cells)
  const moving = [...cells.slice(cap), ...holders.filter(id => !placed.has(id))].filter(id => id !== null)
  const kept = cells.slice(0, cap)
  for (const id of moving) {
    const free = kept.indexOf(null)
    if (free === -1) kept.push(id)
    else kept[free] = id
  }
  return kept
}

const stays = (id: string | null | undefined, present: ReadonlySet<string>) => (id !== undefined && id !== null && present.has(id) ? id : null)
