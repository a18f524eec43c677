import type { IncomingMessage } from 'node:http'

/** Whose pages may use a cookie here: those of PUBLIC_URL, else of this machine's own names at our port (D-44). */
export type Origins = (request: IncomingMessage) => boolean

/** A request without an Origin is no page's: a browser always names one with a POST, a DELETE or an upgrade. */
export function ourOrigins({ publicUrl, address, port }: { publicUrl: string | null; address: string; port: number }): Origins {
  const ours = new Set(publicUrl === null ? [`http://127.0.0.1:${port}`, `http://localhost:${port}`, new URL(address).origin] : [new URL(publicUrl).origin])
  return ({ headers: { origin } }) => origin === undefined || ours.has(origin)
}
