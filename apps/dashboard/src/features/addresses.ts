/** Filters of a list, by the names that stand in its address; a list names several. */
interface ListSearch { [name: string]: string | readonly string[] | undefined }

const listAt = (path: string) => (search: ListSearch = {}): string => {
  const params = new URLSearchParams(Object.entries(search).flatMap(([name, value]) => [value ?? []].flat().map(one => [name, one])))
  return params.size > 0 ? `${path}?${params}` : path
}

/** The addresses of pages, for links. The router in app/ owns what is behind them. */
export const addressOf = {
  queue: (lane?: string) => (lane ? `/?lane=${encodeURIComponent(lane)}` : '/'),
  ended: (as: 'failed', lane?: string) => `/?${new URLSearchParams({ ...(lane ? { lane } : {}), ended: as })}`,
  flows: listAt('/flows'),
  newFlow: (kind?: string) => (kind ? `/flows/new?kind=${encodeURIComponent(kind)}` : '/flows/new'),
  flow: (id: string, tab?: 'deliveries' | 'waits' | 'output') => `/flows/${encodeURIComponent(id)}${tab === undefined ? '' : `?tab=${tab}`}`,
  approvals: listAt('/approvals'),
  deliveries: listAt('/deliveries'),
  delivery: (id: string) => `/deliveries/${encodeURIComponent(id)}`,
  /** Those that flows brought along are not listed unasked. */
  endpoints: (endpoint?: { id: string | undefined; name: string | null }) => listAt('/endpoints')({ unnamed: endpoint?.name === null ? 'shown' : undefined, endpoint: endpoint?.id }),
  lanes: (lane?: string) => (lane ? `/lanes?lane=${encodeURIComponent(lane)}` : '/lanes'),
  workers: (worker?: string) => (worker ? `/workers?worker=${encodeURIComponent(worker)}` : '/workers'),
  api: '/graphql',
}
