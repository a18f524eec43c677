import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/**
 * Whether it is a person who opens /flows or /flows/{id} in a browser: those addresses are also pages of the dashboard. A program sends a
 * token, or asks for text/html less than for JSON.
 */
export function prefersPage({ method, headers }: IncomingMessage): boolean {
  if ((method !== 'GET' && method !== 'HEAD') || headers.authorization !== undefined) return false
  return wantsPage(headers)
}

/** Whether this reader would rather have HTML than JSON. */
export function wantsPage({ accept = '' }: IncomingHttpHeaders): boolean {
  const page = weightOf(accept, 'text/html')
  return page > 0 && page >= weightOf(accept, 'application/json')
}

/** How much this type is wanted by name, 0 to 1; a wildcard names none. */
function weightOf(accept: string, type: string): number {
  const [, ...parameters] = accept.split(',').map((one) => one.trim().toLowerCase().split(/\s*;\s*/)).find(([name]) => name === type) ?? []
  if (!accept.toLowerCase().includes(type)) return 0
  const q = parameters.find((one) => one.startsWith('q='))
  return q === undefined ? 1 : Number(q.slice(2)) || 0
}
