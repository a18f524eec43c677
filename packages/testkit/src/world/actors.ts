/** Who uses the system: each speaks through its public doors only, in its own name, with its own token. */
import type { Json } from '@sluice/protocol'
import { ask } from './graphql-http.ts'
import { openSocket, type LiveSocket } from './live-socket.ts'

export type ActorRole = 'VIEWER' | 'SUBMITTER' | 'OPERATOR' | 'ADMIN' | 'WORKER'

export interface NewFlow { kind: string; input?: Json; title?: string; lane?: string; labels?: Record<string, string>; priority?: number; maxAttempts?: number; onLeaseLost?: 'FAIL' | 'RETRY'; idempotencyKey?: string }

export interface Actor {
  name: string
  token: string
  /** Any document, for what the verbs below do not say. */
  ask<T>(document: string, variables?: Record<string, unknown>): Promise<T>
  open(): LiveSocket
}

export interface Submitter extends Actor {
  /** One id per flow, in order; throws on a refusal. */
  createFlows(flows: NewFlow[]): Promise<string[]>
}

const CREATE_TOKEN = `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) {
  __typename ... on CreateApiTokenPayload { secret } ... on Error { code message } } }`

/** A new principal with one role and a token for it, made by an admin. */
export async function createActor(o: { url: string; adminToken: string; name: string; role: ActorRole }): Promise<Submitter> {
  const { createApiToken } = await ask<{ createApiToken: { secret?: string; message?: string } }>({
    url: o.url, token: o.adminToken, document: CREATE_TOKEN, variables: { input: { name: o.name, role: o.role } },
  })
  if (!createApiToken.secret) throw new Error(`no token for ${o.name}: ${createApiToken.message ?? ''}`)
  return actorWith({ url: o.url, name: o.name, token: createApiToken.secret })
}

/** answerWithinMs: give up on an answer after that long; default: never. */
export function actorWith(o: { url: string; name: string; token: string; answerWithinMs?: number }): Submitter {
  const askAs = <T>(document: string, variables?: Record<string, unknown>): Promise<T> => ask<T>({
    url: o.url, token: o.token, document, variables, signal: o.answerWithinMs === undefined ? undefined : AbortSignal.timeout(o.answerWithinMs),
  })
  return {
    name: o.name, token: o.token, ask: askAs,
    open: () => openSocket({ url: o.url, token: o.token }),
    createFlows: flows => createFlows(askAs, flows),
  }
}

const CREATE_FLOWS = `mutation ($input: CreateFlowsInput!) { createFlows(input: $input) { __typename
  ... on CreateFlowsPayload { results { ... on CreateFlowPayload { flow { id } } ... on Error { code message } } }
  ... on Error { code message } } }`

async function createFlows(askAs: Actor['ask'], items: NewFlow[]): Promise<string[]> {
  const { createFlows: answer } = await askAs<{ createFlows: { results?: { flow?: { id: string }; message?: string }[]; message?: string } }>(CREATE_FLOWS, { input: { items } })
  if (!answer.results) throw new Error(`createFlows was refused: ${answer.message ?? ''}`)
  return answer.results.map((result, index) => {
    if (!result.flow) throw new Error(`flow ${index} of ${items.length} was refused: ${result.message ?? ''}`)
    return result.flow.id
  })
}
