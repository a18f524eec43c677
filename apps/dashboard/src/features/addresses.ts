/** Filters of the list of flows, by the names that stand in its address; a list names several. */
interface FlowsSearch { [name: string]: string | readonly string[] | undefined }

const flows = (search: FlowsSearch = {}): string => {
  const params = new URLSearchParams(Object.entries(search).flatMap(([name, value]) => [value ?? []].flat().map(one => [name, one])))
  return params.size > 0 ? `/flows?${params}` : '/flows'
}

/** The addresses of pages, for links. The router in app/ owns what is behind them. */
export const addressOf = {
  queue: (lane?: string) => (lane ? `/?lane=${encodeURIComponent(lane)}` : '/'),
  ended: (as: 'failed', lane?: string) => `/?${new URLSearchParams({ ...(lane ? { lane } : {}), ended: as })}`,
  flows,
  newFlow: (kind?: string) => (kind ? `/flows/new?kind=${encodeURIComponent(kind)}` : '/flows/new'),
  flow: (id: string) => `/flows/${encodeURIComponent(id)}`,
  lanes: (lane?: string) => (lane ? `/lanes?lane=${encodeURIComponent(lane)}` : '/lanes'),
  workers: (worker?: string) => (worker ? `/workers?worker=${encodeURIComponent(worker)}` : '/workers'),
  api: '/graphql',
}
