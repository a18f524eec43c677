/** Documents about webhooks, and deliveries in whatever state a test needs. */
import type { AttemptReport, DeliveryState } from '@sluice/protocol'
import { createFlows, dataOf, type Answer, type Principal, type TestServer } from './server.ts'

/** A public address that is never connected to: tests send by a function of theirs. */
export const HOOK = 'https://93.184.215.14:8443/hooks/T0KEN-in-the-path?key=QUERY-SECRET'

export interface Endpoint { id: string; name: string | null; urlRedacted: string; state: string; version: number; events: string[]; disabledReason: string | null; consecutiveFailures: number }
interface Refused { __typename: string; code: string; message: string; path?: string[]; rule?: string | null; limit?: number }
export type Done<Payload> = Payload & Refused & { __typename: string }

export const ENDPOINT = 'fragment Endpoint on WebhookEndpoint { id name urlRedacted state version events disabledReason consecutiveFailures }'
const REFUSED = '... on Error { code message } ... on InvalidInput { path } ... on LimitExceeded { limit }'
const TAKES_A_URL = ['createWebhookEndpoint', 'updateWebhookEndpoint']

/** The members of the union that a mutation answers; what is selected is the payload's. */
export async function command<Payload>(by: Principal, name: string, input: object, payload: string): Promise<Done<Payload>> {
  const refused = TAKES_A_URL.includes(name) ? `${REFUSED} ... on UrlNotAllowed { rule }` : REFUSED
  const fragment = payload.includes('...Endpoint') ? ENDPOINT : ''
  const document = `mutation ($input: ${inputOf(name)}!) { done: ${name}(input: $input) { __typename ${refused} ... on ${capital(name)}Payload { ${payload} } } } ${fragment}`
  return (await dataOf(by.ask<{ done: Done<Payload> }>(document, { input }))).done
}

/** The same where GraphQL itself refuses. */
export const asked = (by: Principal, name: string, input: object): Promise<Answer> =>
  by.ask(`mutation ($input: ${inputOf(name)}!) { ${name}(input: $input) { __typename } }`, { input })

const INPUTS: Record<string, string> = {
  deleteWebhookEndpoint: 'EndpointIdInput', disableWebhookEndpoint: 'EndpointIdInput', revealWebhookEndpoint: 'EndpointIdInput', abortBulkOperation: 'BulkIdInput',
}
const inputOf = (name: string): string => INPUTS[name] ?? `${capital(name)}Input`
const capital = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`

export async function makeEndpoint(by: Principal, input: object = {}): Promise<{ endpoint: Endpoint; secret: string }> {
  const given = { name: 'hook', url: HOOK, events: ['flow.queued'], ...input }
  const made = await command<{ endpoint: Endpoint; secret: string }>(by, 'createWebhookEndpoint', given, 'secret endpoint { ...Endpoint }')
  if (made.__typename !== 'CreateWebhookEndpointPayload') throw new Error(JSON.stringify(made))
  return made
}

/** Flows, each with one delivery of flow.queued to the endpoint; by flow. */
export async function makeDeliveries(server: TestServer, o: { by: Principal; endpointId: string; count?: number; item?: object }): Promise<{ flowId: string; deliveryId: string }[]> {
  const flows = await createFlows(o.by, Array.from({ length: o.count ?? 1 }, () => ({ kind: 'work', webhookEndpointId: o.endpointId, ...o.item })))
  const rows = await server.sql('SELECT id, flow_id FROM webhook_delivery WHERE flow_id = ANY($1::text[]) AND endpoint_id = $2', [flows, o.endpointId])
  return flows.map((flowId) => {
    const row = rows.find((one) => one['flow_id'] === flowId)
    if (row === undefined) throw new Error(`${flowId} has no delivery`)
    return { flowId, deliveryId: String(row['id']) }
  })
}

/** As a sender would have left it. */
export async function settle(server: TestServer, ids: string[], state: DeliveryState, o: { error?: string } = {}): Promise<void> {
  await server.sql(`UPDATE webhook_delivery SET state = $2::delivery_state, attempt_count = greatest(attempt_count, 1), last_error = $3,
    next_attempt_at = CASE WHEN $2 = 'RETRY_SCHEDULED' THEN clock_timestamp() + interval '1 hour' END,
    ended_at = CASE WHEN $2 <> 'RETRY_SCHEDULED' THEN clock_timestamp() END, xid = pg_current_xact_id()::text::bigint WHERE id = ANY($1::text[])`, [ids, state, o.error ?? null])
  server.deps.wake.hint({ deliveries: 'changed' })
}

/** What comes of an attempt that was answered. */
export const answered = (statusCode: number, o: Partial<AttemptReport> = {}): AttemptReport => ({
  durationMs: 5, address: '93.184.215.14', requestHeaders: { 'content-type': 'application/json' }, statusCode, errorClass: null, responseHeaders: {}, responseExcerpt: '', retryAfterMs: null, ...o,
})

export const node = async <Node>(by: Principal, id: string, selection: string): Promise<Node | null> =>
  (await dataOf(by.ask<{ node: Node | null }>(`query ($id: ID!) { node(id: $id) { __typename id ${selection} } }`, { id }))).node

export const LIST = `query ($filter: WebhookDeliveryFilter, $first: Int, $after: String) { webhookDeliveries(filter: $filter, first: $first, after: $after) {
  edges { cursor node { id state flow { id } } } pageInfo { hasNextPage endCursor } } }`

interface Page { webhookDeliveries: { edges: { cursor: string; node: { id: string; state: string; flow: { id: string } | null } }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } }

export async function listed(by: Principal, filter: object = {}, page: { first?: number; after?: string | null } = {}) {
  const { webhookDeliveries: { edges, pageInfo } } = await dataOf(by.ask<Page>(LIST, { filter, ...page }))
  return { ids: edges.map((edge) => edge.node.id), cursors: edges.map(({ cursor }) => cursor), ...pageInfo }
}
