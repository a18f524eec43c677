import type { IncomingMessage, ServerResponse } from 'node:http'

/** A way in that is not GraphQL: answers the request, or leaves it to the next. */
export type Door = (request: IncomingMessage, response: ServerResponse) => Promise<boolean> | boolean

/** On every answer. A page may load only what we serve, and nobody may frame it. */
export const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
}

export const PAGE_POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'", "connect-src 'self'",
  "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
].join('; ')

interface Answer { status: number; headers?: Record<string, string | string[]>; body?: string | Buffer }

export function respond(response: ServerResponse, { status, headers = {}, body = '' }: Answer): true {
  response.writeHead(status, { ...HEADERS, 'content-length': Buffer.byteLength(body), ...headers })
  response.end(response.req.method === 'HEAD' ? undefined : body)
  return true
}

export const respondJson = (response: ServerResponse, o: { status: number; json: unknown; headers?: Record<string, string | string[]> }): true =>
  respond(response, {
    status: o.status, body: JSON.stringify(o.json),
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...o.headers },
  })

/** A refusal in the shape of GraphQL over HTTP, for what is refused before GraphQL. */
export const respondRefused = (response: ServerResponse, o: { status: number; code: string; message: string; headers?: Record<string, string> }): true =>
  respondJson(response, { status: o.status, json: { errors: [{ message: o.message, extensions: { code: o.code } }] }, headers: o.headers ?? {} })

export const redirect = (response: ServerResponse, to: string, headers: Record<string, string> = {}): true =>
  respond(response, { status: 303, headers: { location: to, 'cache-control': 'no-store', ...headers } })

/** The path of the request line as it came. Never throws: anybody may write anything there, and URL refuses some of it, `//` for one. */
export const pathOf = (request: IncomingMessage): string => targetOf(request).path
export const queryOf = (request: IncomingMessage): URLSearchParams => new URLSearchParams(targetOf(request).query)

// What a client that takes us for a proxy writes before the path.
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i

function targetOf({ url = '/' }: IncomingMessage): { path: string; query: string } {
  const [target = ''] = url.replace(ORIGIN, '').split('#')
  const at = target.indexOf('?')
  return at < 0 ? { path: target || '/', query: '' } : { path: target.slice(0, at) || '/', query: target.slice(at + 1) }
}
