import type { IncomingMessage, ServerResponse } from 'node:http'
import { authenticateToken, closeSession, openSession, redeemSignInCode, type Deps } from '@sluice/engine'
import { z } from 'zod'
import { sessionCookie, sessionCookieOf } from './credentials.ts'
import type { Origins } from './origins.ts'
import { BodyTooLarge, readBody } from './read-body.ts'
import { pathOf, queryOf, redirect, respond, respondRefused, type Door } from './respond.ts'
import { masked } from './rest/problem.ts'

interface Options { deps: Pick<Deps, 'pool' | 'wake' | 'log'>; origins: Origins; secure: boolean }

const BODY_MAX = 4096
const body = z.object({ token: z.string().min(1).max(1000) })

/** POST /session { token } and GET /sign-in?code=… buy the session cookie; DELETE /session ends the session. */
export const sessionDoor = (options: Options): Door => async (request, response) => {
  const path = pathOf(request)
  if (path === '/session') return session(request, response, options)
  const code = path === '/sign-in' && request.method === 'GET' ? queryOf(request).get('code') : null
  if (code === null) return false
  return signIn(response, code, options).catch((error: unknown) => {
    masked(error, options.deps)
    // A person follows the link in a browser, and is told by the page.
    return redirect(response, '/sign-in?refused=unavailable')
  })
}

async function session(request: IncomingMessage, response: ServerResponse, options: Options): Promise<true> {
  if (!options.origins(request)) return respondRefused(response, { status: 403, code: 'FORBIDDEN', message: 'This page may not sign in or out here.' })
  if (request.method === 'POST') return openByToken(request, response, options)
  if (request.method === 'DELETE') return close(request, response, options)
  return respondRefused(response, { status: 405, code: 'BAD_USER_INPUT', message: 'POST opens a session, DELETE ends it.', headers: { allow: 'POST, DELETE' } })
}

async function openByToken(request: IncomingMessage, response: ServerResponse, { deps, secure }: Options): Promise<true> {
  const token = await tokenOf(request)
  if (token === null) return respondRefused(response, { status: 400, code: 'BAD_USER_INPUT', message: 'The body is JSON: { "token": "…" }.' })
  const viewer = await authenticateToken(deps.pool, token)
  if (!viewer) return respondRefused(response, { status: 401, code: 'UNAUTHENTICATED', message: 'This token is unknown, revoked or over.' })
  const { cookie, maxAgeSeconds } = await openSession(deps.pool, viewer)
  return respond(response, { status: 204, headers: { 'set-cookie': sessionCookie({ value: cookie, maxAgeSeconds, secure }), 'cache-control': 'no-store' } })
}

async function tokenOf(request: IncomingMessage): Promise<string | null> {
  try {
    return body.parse(JSON.parse((await readBody(request, BODY_MAX)).toString('utf8'))).token
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError || error instanceof BodyTooLarge) return null
    throw error
  }
}

async function close(request: IncomingMessage, response: ServerResponse, { deps, secure }: Options): Promise<true> {
  const cookie = sessionCookieOf(request)
  if (cookie !== null) await closeSession(deps, cookie)
  return respond(response, { status: 204, headers: { 'set-cookie': sessionCookie({ value: '', maxAgeSeconds: 0, secure }), 'cache-control': 'no-store' } })
}

async function signIn(response: ServerResponse, code: string, { deps, secure }: Options): Promise<true> {
  const redeemed = await redeemSignInCode(deps.pool, code)
  // The page there says what to do; the code itself must not stay in the address.
  if (!redeemed) return redirect(response, '/sign-in?refused=code')
  const { cookie, maxAgeSeconds } = await openSession(deps.pool, { principalId: redeemed.principalId, tokenId: null })
  return redirect(response, '/', { 'set-cookie': sessionCookie({ value: cookie, maxAgeSeconds, secure }) })
}
