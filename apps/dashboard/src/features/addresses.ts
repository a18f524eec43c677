/** The addresses of pages, for links. The router in app/ owns what is behind them. */
export const addressOf = {
  queue: (lane?: string) => (lane ? `/?lane=${encodeURIComponent(lane)}` : '/'),
  flow: (id: string) => `/flows/${encodeURIComponent(id)}`,
  api: '/graphql',
}
