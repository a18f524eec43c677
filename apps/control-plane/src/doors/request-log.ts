import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '@sluice/db'
import { contained } from './contained.ts'
import { pathOf } from './respond.ts'

const QUIET = /^\/(healthz|readyz|assets\/.*)$/
// Workers ask again and again: told only when it went wrong, or a quiet system would fill its disk with them.
const POLLS = new Set(['mutation claimFlows', 'mutation heartbeat', 'mutation reportProgress'])
const facts = new WeakMap<ServerResponse, Record<string, unknown>>()

/** What a door knows of its request, for the one line about it. */
export const noteFacts = (response: ServerResponse, known: Record<string, unknown>): void => void facts.set(response, known)

/** One wide line per request, when it is over. Never the query string: a sign-in code stands there. */
export function logWhenClosed(request: IncomingMessage, response: ServerResponse, log: Log): void {
  const began = performance.now()
  const tell = (): void => {
    const path = pathOf(request)
    const known = facts.get(response)
    const poll = POLLS.has(String(known?.['operation'])) && response.statusCode < 400
    if (QUIET.test(path) || poll) return
    log({ event: 'request', method: request.method, path, status: response.statusCode, ms: Math.round(performance.now() - began), ...known })
  }
  response.once('close', () => contained(log, 'request.failed', { run: tell, drop: () => undefined }))
}
