/** Where sign-in leads back to: an address of this site only, else the home page. */
export const safeNext = (next: string | undefined): string => (next && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : '/')

/** The sign-in page that leads back to an address. */
export const signInAddress = (next: string) => `/sign-in?next=${encodeURIComponent(safeNext(next))}`

let leaving = false

/** Leaves for the sign-in page, once however many requests were refused. A whole load, so that sockets close and nothing read before stays in memory. */
export const leadToSignIn = () => {
  if (leaving || location.pathname === '/sign-in') return
  leaving = true
  location.replace(signInAddress(location.pathname + location.search))
}
