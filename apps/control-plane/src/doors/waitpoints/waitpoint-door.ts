import { randomBytes, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PrismaClient } from '@sluice/db/prisma'
import { Refusal } from '@sluice/domain'
import { resolveWaitpoint, waitpointOfToken, type Deps, type WaitpointRow } from '@sluice/engine'
import { addressOf } from '../address.ts'
import { SenderLeft } from '../read-body.ts'
import { pathOf, respond, respondJson, type Door } from '../respond.ts'
import { wantsPage } from '../rest/prefers-page.ts'
import { masked, Problem, problemOf, respondProblem } from '../rest/problem.ts'
import { readForm, readSignal, typeOf, type Signal } from './read-signal.ts'
import { payloadOf } from './form-fields.ts'
import { answeredPage, askingPage, awayPage, gonePage } from './waitpoint-page.ts'

interface Options { deps: Deps; prisma: PrismaClient; stopping: AbortSignal }

const PATH = /^\/waitpoints\/([^/]+)$/

/**
 * /waitpoints/{token}: who has the token of a waitpoint may answer it, once, and needs nothing else (D-44). GET shows a page and changes nothing, because mail
 * scanners follow links. No cookie is looked at, so that no other page can answer in the name of who is signed in; whatever is wrong with a token is one 404.
 */
export const waitpointDoor = (options: Options): Door => async (request, response) => {
  const token = PATH.exec(pathOf(request))?.[1]
  if (token === undefined) return false
  const asked: Asked = { ...options, request, response, token }
  return answer(asked).catch((error: unknown) => refuse(asked, error))
}

async function answer(asked: Asked): Promise<true> {
  const { request, stopping } = asked
  if (stopping.aborted) throw new Problem({ code: 'UNAVAILABLE', message: 'This server stops; try again.', headers: { connection: 'close' } })
  if (request.method === 'GET' || request.method === 'HEAD') return show(asked)
  if (request.method !== 'POST') throw otherMethod()
  return typeOf(request) === 'form' ? answerForm(asked) : answerJson(asked)
}

/** To programs a problem, as by every door; a person who finds the database away gets a page. What is no refusal is masked and logged. */
function refuse({ deps, request, response }: Asked, error: unknown): true {
  // Nothing can be told any more: the listener ends the connection.
  if (error instanceof SenderLeft || response.headersSent) throw error
  const problem = problemOf(error) ?? masked(error, deps)
  if (problem.status !== 503 || !wantsPage(request.headers)) return respondProblem(response, problem)
  setHeaders(response, { 'retry-after': '1', ...problem.headers })
  return page(response, 503, awayPage)
}

const setHeaders = (response: ServerResponse, headers: Record<string, string>): void => Object.entries(headers).forEach(([name, value]) => response.setHeader(name, value))

interface Asked extends Options { request: IncomingMessage; response: ServerResponse; token: string }

const otherMethod = (): Problem => new Problem({ code: 'METHOD_NOT_ALLOWED', message: 'GET shows what is asked, POST answers it.', headers: { allow: 'GET, HEAD, POST' } })

async function show({ deps, response, token }: Asked): Promise<true> {
  const waitpoint = await waitpointOfToken(deps, token)
  return waitpoint ? page(response, 200, (nonce) => askingPage({ waitpoint, nonce, idempotencyKey: randomUUID() })) : page(response, 404, gonePage)
}

/** Programs: { decision, payload, idempotencyKey }. */
async function answerJson(asked: Asked): Promise<true> {
  try {
    const done = await resolve(asked, await readSignal(asked.request))
    return respondJson(asked.response, { status: 200, json: await told(asked, done.waitpointId) })
  } catch (error) {
    const problem = problemOf(error)
    if (problem === undefined) throw error
    throw unprocessable(problem)
  }
}

/** People: the form of the page. What does not fit is said above the form, which keeps what was typed. */
async function answerForm(asked: Asked): Promise<true> {
  const { deps, token, response } = asked
  let typed: URLSearchParams | null = null
  try {
    typed = await readForm(asked.request)
    const waitpoint = await waitpointOfToken(deps, token)
    // An answer that was given already is given again to who sends it twice, by its key.
    const done = await resolve(asked, signalOf(typed, waitpoint))
    const answered = await asked.prisma.waitpoint.findUniqueOrThrow({ where: { id: done.waitpointId }, select: { decision: true } })
    return page(response, 200, (nonce) => answeredPage({ decision: answered.decision ?? '', nonce }))
  } catch (error) {
    const problem = problemOf(error)
    // Who sends JSON reads no page.
    if (problem === undefined || problem.code === 'UNSUPPORTED_MEDIA_TYPE') throw error
    setHeaders(response, problem.headers)
    const waitpoint = problem.status === 404 ? undefined : await waitpointOfToken(deps, token)
    if (waitpoint === undefined) return page(response, 404, gonePage)
    const again = { waitpoint, typed, problem, idempotencyKey: typed?.get('idempotencyKey') || randomUUID() }
    return page(response, unprocessable(problem).status, (nonce) => askingPage({ ...again, nonce }))
  }
}

const signalOf = (typed: URLSearchParams, waitpoint: WaitpointRow | undefined): Signal => ({
  decision: typed.get('decision') ?? '', idempotencyKey: typed.get('idempotencyKey') || null, payload: waitpoint ? payloadOf(waitpoint.fields, typed) : null,
})

/** @throws Refusal: one 404 for whatever is wrong with the token. */
async function resolve({ deps, token, request }: Asked, signal: Signal): Promise<{ waitpointId: string }> {
  const done = await resolveWaitpoint(deps, { by: { token, address: addressOf(request) }, ...signal })
  if (done instanceof Refusal) throw done
  return done
}

async function told({ prisma }: Asked, id: string): Promise<object> {
  const { flowId, ...waitpoint } = await prisma.waitpoint.findUniqueOrThrow({ where: { id }, select: { id: true, flowId: true, key: true, kind: true, state: true, decision: true, answeredAt: true } })
  const flow = await prisma.flow.findUnique({ where: { id: flowId }, select: { status: true } })
  return { waitpoint, status: flow?.status ?? null }
}

/** The request was understood, and what it says is not allowed: 422 here, for decisions and payloads alike. */
const unprocessable = (problem: Problem): Problem =>
  (problem.code === 'INVALID_DECISION' || (problem.code === 'INVALID_INPUT' && problem.details.path?.length)
    ? new Problem({ code: problem.code, message: problem.message, details: problem.details, status: 422 }) : problem)

function page(response: ServerResponse, status: number, render: (nonce: string) => string): true {
  const nonce = randomBytes(16).toString('base64')
  return respond(response, {
    status, body: render(nonce),
    headers: {
      'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'x-robots-tag': 'noindex, nofollow',
      'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    },
  })
}
