import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Resources } from '../../graphql/context.ts'
import { refuseUnsafeInput } from '../../graphql/safe-input.ts'
import { contextFor } from '../../graphql/server.ts'
import { addressOf } from '../address.ts'
import { credentialsOf, whyNot, type Credentials } from '../credentials.ts'
import type { Origins } from '../origins.ts'
import { SenderLeft } from '../read-body.ts'
import { noteFacts } from '../request-log.ts'
import { pathOf, queryOf, type Door } from '../respond.ts'
import { parentOf } from '../trace-header.ts'
import { waitsUntil } from '../waits-until.ts'
import { checked, readQuery } from './fields.ts'
import { prefersPage } from './prefers-page.ts'
import { masked, Problem, problemOf, respondProblem } from './problem.ts'
import { readJson } from './read-json.ts'
import type { Route } from './route.ts'
import { ROUTES } from './routes.ts'

interface Options { resources: Resources; origins: Origins; stopping: AbortSignal; settings: { bodyMaxBytes: number; keepaliveMs: number } }

/** The doors for those without GraphQL: flows as JSON, their events as a stream, exports, and the description of all of them. */
export const restDoor = (options: Options): Door => async (request, response) => {
  const path = pathOf(request)
  if (!OURS.test(path) || (PAGES.test(path) && !FILES.test(path) && prefersPage(request))) return false
  // An EventSource takes 503 for the last word, and a broken connection for a reason to come again.
  if (options.stopping.aborted && isEventSource(request)) {
    response.destroy()
    return true
  }
  const requestId = randomUUID()
  response.setHeader('x-request-id', requestId)
  await answer({ request, response, path, requestId }, options).catch((error: unknown) => refuse(response, error, { requestId, options }))
  return true
}

const OURS = /^\/(flows|export)(\/|$)|^\/openapi\.json$/
// Addresses that the dashboard has too.
const PAGES = /^\/flows(\/|$)/
// Those that a browser saves, whoever clicked.
const FILES = /^\/flows\/[^/]+\/artifacts\/[^/]+$/

const isEventSource = ({ headers }: IncomingMessage): boolean => (headers.accept ?? '').includes('text/event-stream')

interface Asked { request: IncomingMessage; response: ServerResponse; path: string; requestId: string }

async function answer({ request, response, path, requestId }: Asked, { resources, origins, stopping, settings }: Options): Promise<void> {
  if (stopping.aborted) throw new Problem({ code: 'UNAVAILABLE', message: 'This server stops; try again.', headers: { connection: 'close' } })
  const credentials = await letIn(request, resources, origins)
  const { route, parts: { id = '', name = '' } } = routeOf(request, path)
  // What stands in an address is looked at as what stands in a body.
  refuseUnsafeInput({ id, name })
  const query = readQuery(queryOf(request), route.query)
  const signal = waitsUntil(response, stopping)
  const ctx = contextFor(resources, { viewer: credentials.viewer, address: addressOf(request), signal, requestId, parent: parentOf(request) })
  ctx.facts.route = route.operationId
  noteFacts(response, ctx.facts)
  const body = route.body ? checked(route.body.fields, await readJson(request, { maxBytes: settings.bodyMaxBytes, required: route.body.required })) : {}
  await route.run({ request, response, ctx, id, name, query, body, stopping, keepaliveMs: settings.keepaliveMs })
}

/** As for GraphQL: a credential first, and a cookie only for pages of ours (D-44). */
async function letIn(request: IncomingMessage, { deps }: Resources, origins: Origins): Promise<Credentials> {
  const credentials = await credentialsOf(deps.pool, request)
  if (credentials === null) {
    throw new Problem({ code: 'UNAUTHENTICATED', message: whyNot(request), headers: { 'www-authenticate': 'Bearer' } })
  }
  if (credentials.byCookie && !origins(request)) throw new Problem({ code: 'FORBIDDEN', message: 'This page may not speak in the name of who is signed in.' })
  return credentials
}

function routeOf(request: IncomingMessage, path: string): { route: Route; parts: Parts } {
  const here = ROUTES.flatMap((route) => {
    const parts = match(route.path, path)
    return parts === null ? [] : [{ route, parts }]
  })
  if (here.length === 0) throw new Problem({ code: 'NOT_FOUND', message: 'There is no such door; GET /openapi.json describes those there are.' })
  const found = here.find(({ route }) => methodsOf(route).includes(request.method ?? ''))
  if (found) return found
  const methods = here.flatMap(({ route }) => methodsOf(route))
  const allow = methods.join(', ')
  const message = `${request.method} does nothing here; ${allow} ${methods.length === 1 ? 'does' : 'do'}.`
  throw new Problem({ code: 'METHOD_NOT_ALLOWED', message, headers: { allow } })
}

const methodsOf = ({ method, streams }: Route): string[] => (method === 'GET' && !streams ? ['GET', 'HEAD'] : [method])

type Parts = Record<string, string>

/** What stands in the place of {id} and {name}; null where it is another path. */
function match(template: string, path: string): Parts | null {
  const [wanted, given] = [template.split('/'), path.split('/')]
  if (wanted.length !== given.length) return null
  const parts: Parts = {}
  for (const [at, word] of wanted.entries()) {
    const [, name] = /^\{(\w+)\}$/.exec(word) ?? []
    const here = given[at] ?? ''
    if (name === undefined ? word !== here : here === '') return null
    if (name !== undefined) parts[name] = decoded(here)
  }
  return parts
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A bug, or a database that is away, is masked and logged, as by every door. */
function refuse(response: ServerResponse, error: unknown, { requestId, options }: { requestId: string; options: Options }): void {
  if (error instanceof SenderLeft) return void response.destroy()
  const problem = problemOf(error) ?? masked(error, { log: options.resources.deps.log, requestId })
  if (response.headersSent) return void response.destroy()
  respondProblem(response, problem)
}
