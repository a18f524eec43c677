import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '@sluice/db'
import type { Observing, RequestFacts } from '../observe/request-facts.ts'
import { contained } from './contained.ts'
import { pathOf } from './respond.ts'

/** A read that takes longer is told. Those that wait by design are not: only that they failed. */
export const SLOW_MS = 1000
const WAITS = new Set(['waitForFlow'])

/** The first part of the path says the door; whatever else there is, is the dashboard's. */
const DOORS: Record<string, string> = {
  graphql: 'graphql', flows: 'rest', export: 'export', openapi: 'openapi', 'openapi.json': 'openapi', graphiql: 'graphiql',
  session: 'session', 'sign-in': 'session', waitpoints: 'waitpoints', healthz: 'health', readyz: 'health', metrics: 'metrics',
}
const QUIET = new Set(['health', 'metrics', 'static'])

export const doorOf = (path: string): string => DOORS[path.split('/')[1] ?? ''] ?? 'static'

const facts = new WeakMap<ServerResponse, RequestFacts>()

/** What a door knows of its request, for the one line about it. */
export const noteFacts = (response: ServerResponse, known: RequestFacts): void => void facts.set(response, known)

/** Measures every request when it is over, and tells of it what `lineOf` says. Never the query string: a sign-in code stands there. */
export function logWhenClosed(request: IncomingMessage, response: ServerResponse, { log, observing }: { log: Log; observing: Observing }): void {
  const began = performance.now()
  const tell = (): void => {
    const [path, ms] = [pathOf(request), performance.now() - began]
    const door = doorOf(path)
    const known = facts.get(response)
    const status = response.headersSent ? response.statusCode : null
    observing.metrics.request({ door, status: response.writableFinished ? `${Math.floor(response.statusCode / 100)}xx` : 'cut', ms })
    const line = known ? lineOf(known, { door, status, ms }) : plainLine({ door, status, method: request.method ?? '', path, ms })
    if (line) log(line)
  }
  response.once('close', () => contained(log, 'request.failed', { run: tell, drop: () => undefined }))
}

interface Ended { door: string; status: number | null; ms: number }
type Line = Record<string, unknown> & { event: string }

/**
 * One wide line per command; of what workers ask again and again, only when something came of it. A read is told when it was slow or failed.
 * null: nothing to tell.
 */
export function lineOf(known: RequestFacts, { door, status, ms }: Ended): Line | null {
  const said = known.over({ status })
  const failed = known.failed || (status ?? 200) >= 400
  const slow = ms >= SLOW_MS && !WAITS.has(String(said['operation'])) && said['operation'] !== undefined
  const worth = known.commands ? !known.idle || failed : slow || failed
  if (!worth) return null
  return { event: known.commands ? 'command' : 'query', door, ...said, ms: Math.round(ms), status: status ?? undefined, slow: slow && !known.commands ? true : undefined }
}

/** Of a request that no one was let in with: people who sign in and out, and whatever was refused. */
function plainLine({ door, status, method, path, ms }: Ended & { method: string; path: string }): Line | null {
  const refused = (status ?? 200) >= 400
  if (!refused && (QUIET.has(door) || (method !== 'POST' && method !== 'DELETE' && door !== 'session'))) return null
  return { event: 'request', door, method, path: toldPath(path), status: status ?? undefined, ms: Math.round(ms) }
}

const PATH_TOLD = 200

/** Who has the token of a waitpoint may answer it. */
const toldPath = (path: string): string => path.replace(/^(\/waitpoints\/).+/, '$1…').slice(0, PATH_TOLD)
