import DataLoader from 'dataloader'

/** Of each flow, its own, in the order in which they were read. */
export function ofFlows<Found extends { flowId: string }>(read: (flowIds: readonly string[]) => Promise<Found[]>): DataLoader<string, Found[]> {
  return new DataLoader(async (flowIds) => {
    const found = new Map<string, Found[]>(flowIds.map((id) => [id, []]))
    for (const row of await read(flowIds)) found.get(row.flowId)?.push(row)
    return flowIds.map((id) => found.get(id) ?? [])
  }, { cache: false })
}
