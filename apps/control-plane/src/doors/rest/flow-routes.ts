import { InvalidInput, NotFound } from '@sluice/domain'
import { LIMITS } from '@sluice/protocol'
import { GraphQLString, type GraphQLInputType } from 'graphql'
import { duration, Misread } from '../../config/grammar.ts'
import { CANCEL_FLOW, CREATE_FLOW, FLOW_BY_ID, FLOW_WAITED_FOR, FLOWS, PROMOTE_FLOW } from './documents.ts'
import type { Field } from './fields.ts'
import { urlOf, withUrl } from './flow-url.ts'
import { Describer, type Components, type JsonSchema } from './json-schema.ts'
import { respondWith, type Call, type Route } from './route.ts'
import { ask, fieldsOf, stored, type Data, type StoredDocument } from './stored-document.ts'

const CREATE = stored(CREATE_FLOW)
const CANCEL = stored(CANCEL_FLOW)
const PROMOTE = stored(PROMOTE_FLOW)
const BY_ID = stored(FLOW_BY_ID)
const WAITED_FOR = stored(FLOW_WAITED_FOR)
const LIST = stored(FLOWS)

const { filter: _filter, ...PAGE } = LIST.variables
const FILTER = fieldsOf(LIST, 'filter')
const WAIT: Field = {
  type: GraphQLString as GraphQLInputType, description: 'Answer when it has ended or is WAITING, or after this time: 500ms, 30s; 30s at most.',
}
const WHERE = { Location: 'Where to read it.' }

/** The doors of the flow; each asks the schema by a document of ours, so rights and shapes are those of GraphQL. */
export const flowRoutes = (components: Components): Route[] => {
  const flow = linked(components, new Describer(components, BY_ID).at(BY_ID.operation, ['flow']), 'Flow')
  const listed = linked(components, new Describer(components, LIST).at(LIST.operation, ['flows', 'edges', 'node']), 'ListedFlow')
  const payloadOf = (document: StoredDocument, name: string): JsonSchema => new Describer(components, document).payload(document.operation, 'done', name)
  return [
    {
      method: 'POST', path: '/flows', operationId: 'createFlow', summary: 'Submits a flow.', query: {},
      description: 'The body is what createFlow takes in GraphQL. The same idempotency key and content again within 24 hours answers the same flow, ' +
        'unless it ended badly. With `webhookUrl` its end is told to that URL, or to the endpoint that `webhookEndpointId` names what that hears of.',
      headers: { 'Idempotency-Key': 'The same as idempotencyKey in the body; given there too, it must be the same. Quotes around it are not part of it.' },
      body: { name: 'CreateFlowInput', required: true, fields: fieldsOf(CREATE, 'input') },
      successes: {
        202: { description: 'The flow is in the queue.', content: { 'application/json': flow }, headers: WHERE },
        200: { description: 'The idempotency key had this flow already; nothing was created.', content: { 'application/json': flow }, headers: WHERE },
      },
      refusals: ['LANE_CLOSED', 'IDEMPOTENCY_KEY_REUSED', 'URL_NOT_ALLOWED', 'LIMIT_EXCEEDED', 'UNSUPPORTED_MEDIA_TYPE'],
      run: createFlow,
    },
    {
      method: 'GET', path: '/flows', operationId: 'listFlows', summary: 'Flows that you may read, by pages.',
      description: 'Everything that is given must hold; of a parameter that is repeated, one. Follow `next` until it is null.',
      query: { ...FILTER, ...PAGE },
      successes: { 200: { description: 'A page.', content: { 'application/json': pageOf(components, listed) } } },
      refusals: ['LIMIT_EXCEEDED'],
      run: listFlows,
    },
    {
      method: 'GET', path: '/flows/{id}', operationId: 'getFlow', summary: 'One flow, with its place in the queue, its result and its error.',
      query: { wait: WAIT }, successes: { 200: { description: 'The flow.', content: { 'application/json': flow } } },
      refusals: ['NOT_FOUND'],
      run: getFlow,
    },
    {
      method: 'POST', path: '/flows/{id}/cancel', operationId: 'cancelFlow', summary: 'Ends a flow; cancelling again changes nothing.', query: {},
      description: 'In the queue it ends at once; while it runs its worker is told and has a grace period.',
      body: { name: 'CancelFlowBody', required: false, fields: withoutId(CANCEL) },
      successes: {
        200: { description: 'It has ended, by this or before.', content: { 'application/json': payloadOf(CANCEL, 'CancelFlowPayload') } },
        202: { description: 'Its worker was told and has not stopped yet.', content: { 'application/json': payloadOf(CANCEL, 'CancelFlowPayload') } },
      },
      refusals: ['NOT_FOUND', 'UNSUPPORTED_MEDIA_TYPE'],
      run: cancelFlow,
    },
    {
      method: 'POST', path: '/flows/{id}/promote', operationId: 'promoteFlow', summary: 'Puts a queued flow first of all.', query: {},
      description: 'It starts at once if a slot is free and a worker asks; `started`, `position` and `reason` say what came of it. The pin stays.',
      body: { name: 'PromoteFlowBody', required: false, fields: withoutId(PROMOTE) },
      successes: {
        200: { description: 'Whether it started, or else what stands in its way.', content: { 'application/json': payloadOf(PROMOTE, 'PromoteNowPayload') } },
      },
      refusals: ['NOT_FOUND', 'FLOW_NOT_QUEUED', 'UNSUPPORTED_MEDIA_TYPE'],
      run: promoteFlow,
    },
  ]
}

interface Done { created: boolean; flow: Data & { id: string; isTerminal: boolean } }

async function createFlow(call: Call): Promise<true> {
  const { done } = (await ask(CREATE, { input: { ...call.body, ...keyOf(call) } }, call.ctx)) as unknown as { done: Done }
  return respondWith(call, done.created ? 202 : 200, withUrl(done.flow), { location: urlOf(done.flow.id) })
}

async function listFlows(call: Call): Promise<true> {
  const { flows: { edges, pageInfo } } = (await ask(LIST, listVariables(call.query), call.ctx)) as unknown as { flows: Page }
  return respondWith(call, 200, { flows: edges.map(({ node }) => withUrl(node)), pageInfo, next: nextOf(call, pageInfo) })
}

async function getFlow(call: Call): Promise<true> {
  const { wait } = call.query
  const asked = wait === undefined ? ask(BY_ID, { id: call.id }, call.ctx) : ask(WAITED_FOR, { id: call.id, timeoutMs: msOf(wait) }, call.ctx)
  const { flow } = await asked
  if (flow === null) throw NotFound.of('flow', call.id)
  return respondWith(call, 200, withUrl(flow as Done['flow']))
}

async function cancelFlow(call: Call): Promise<true> {
  const { done } = (await ask(CANCEL, { input: { ...call.body, id: call.id } }, call.ctx)) as unknown as { done: Done }
  return respondWith(call, done.flow.isTerminal ? 200 : 202, { ...done, flow: withUrl(done.flow) })
}

async function promoteFlow(call: Call): Promise<true> {
  const { done } = (await ask(PROMOTE, { input: { ...call.body, id: call.id } }, call.ctx)) as unknown as { done: Done }
  return respondWith(call, 200, { ...done, flow: withUrl(done.flow) })
}

/** Parameters that are fields of the filter go into it; the others are variables of their own. */
function listVariables(query: Data): Data {
  const all = Object.entries(query)
  const filter = Object.fromEntries(all.filter(([name]) => Object.hasOwn(FILTER, name)))
  return { ...Object.fromEntries(all.filter(([name]) => !Object.hasOwn(FILTER, name))), filter }
}

function withoutId(document: StoredDocument) {
  const { id: _id, ...fields } = fieldsOf(document, 'input')
  return fields
}

/** By header or in the body. The header may be a quoted string, as structured fields write it. */
function keyOf({ request, body }: Call): { idempotencyKey?: string } {
  const header = request.headers['idempotency-key']
  if (header === undefined) return {}
  const text = String(header)
  const key = /^".*"$/.test(text) ? text.slice(1, -1).replace(/\\(["\\])/g, '$1') : text
  if (typeof body['idempotencyKey'] === 'string' && body['idempotencyKey'] !== key) {
    throw new InvalidInput(['idempotencyKey'], 'The header Idempotency-Key and idempotencyKey in the body are not the same.')
  }
  return { idempotencyKey: key }
}

function msOf(text: unknown): number {
  const refused = (why: string): InvalidInput => new InvalidInput(['wait'], `wait is "${String(text)}": ${why}.`)
  try {
    const ms = duration().parse(String(text))
    if (ms > LIMITS.waitMsMax) throw refused(`at most ${LIMITS.waitMsMax / 1000}s`)
    return ms
  } catch (error) {
    if (error instanceof Misread) throw refused(error.message)
    throw error
  }
}

interface PageInfo { hasNextPage: boolean; endCursor: string | null }
interface Page { edges: { node: Done['flow'] }[]; pageInfo: PageInfo }

/** The address of the next page, with the same filter; null at the end, and while paging backwards. */
function nextOf({ request, query }: Call, { hasNextPage, endCursor }: PageInfo): string | null {
  if (!hasNextPage || endCursor === null || query['last'] !== undefined) return null
  const url = new URL(request.url ?? '/', 'http://localhost')
  url.searchParams.set('after', endCursor)
  return `/flows${url.search}`
}

/** What withUrl adds, to a component that the document named. */
function linked(components: Components, ref: JsonSchema, name: string): JsonSchema {
  const schema = components.schemas[name] as { properties: object; required: string[] }
  components.schemas[name] = {
    ...schema, required: ['url', ...schema.required],
    properties: { url: { type: 'string', format: 'uri-reference', description: 'Where to read it.' }, ...schema.properties },
  }
  return ref
}

const pageOf = (components: Components, item: JsonSchema): JsonSchema => components.named('FlowPage', () => ({
  type: 'object', required: ['flows', 'pageInfo', 'next'], additionalProperties: false,
  properties: {
    flows: { type: 'array', items: item, description: 'The page, in order.' },
    pageInfo: new Describer(components, LIST).at(LIST.operation, ['flows', 'pageInfo']),
    next: { type: ['string', 'null'], format: 'uri-reference', description: 'The address of the next page; null at the end.' },
  },
}))
