/** The addresses of pages, for links. The router in app/ owns what is behind them. */
export const addressOf = {
  queue: (lane?: string) => (lane ? `/?lane=${encodeURIComponent(lane)}` : '/'),
  ended: (as: 'failed', lane?: string) => `/?${new URLSearchParams({ ...(lane ? { lane } : {}), ended: as })}`,
  flow: (id: string) => `/flows/${encodeURIComponent(id)}`,
  api: '/graphql',
}
