import type { IncomingMessage } from 'node:http'
import type { Pool } from '@sluice/db'
import { authenticateSession, authenticateToken } from '@sluice/engine'
import type { Viewer } from '../policies/policy.ts'

export const SESSION_COOKIE = 'sluice_session'

const BEARER = /^Bearer\s+(\S+)$/i

/** Who asks. byCookie: a browser sent it by itself, so the page that asked must be one of ours. */
export interface Credentials { viewer: Viewer; byCookie: boolean }

/** By the bearer token, else by the session cookie. null: no credential, or one that is unknown, revoked or over. */
export async function credentialsOf(pool: Pool, request: IncomingMessage): Promise<Credentials | null> {
  const { authorization } = request.headers
  if (authorization !== undefined) return byToken(pool, authorization)
  const cookie = sessionCookieOf(request)
  const viewer = cookie === null ? undefined : await authenticateSession(pool, cookie)
  return viewer ? { viewer, byCookie: true } : null
}

/** What to say to a request that has no credentials that hold. */
export function whyNot(request: IncomingMessage): string {
  const { authorization } = request.headers
  if (authorization !== undefined && BEARER.test(authorization)) return 'This token is not valid, or not any more.'
  if (authorization === undefined && sessionCookieOf(request) !== null) return 'This session is over; sign in again, or send a token.'
  return 'Send a token as `authorization: Bearer …`, or sign in.'
}

/** By the value of an authorization header or of connection_init: `Bearer …`. */
export async function byToken(pool: Pool, authorization: unknown): Promise<Credentials | null> {
  const token = typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined
  const viewer = token === undefined ? undefined : await authenticateToken(pool, token)
  return viewer ? { viewer, byCookie: false } : null
}

export function sessionCookieOf({ headers }: IncomingMessage): string | null {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${SESSION_COOKIE}=`))?.slice(SESSION_COOKIE.length + 1) ?? null
}

/** The set-cookie header of a session; maxAgeSeconds 0 takes it away. */
export const sessionCookie = (o: { value: string; maxAgeSeconds: number; secure: boolean }): string =>
  `${SESSION_COOKIE}=${o.value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${o.maxAgeSeconds}${o.secure ? '; Secure' : ''}`
