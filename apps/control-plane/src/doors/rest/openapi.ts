import { ERROR_CODES } from '@sluice/protocol'
import { STATUS_CODES } from 'node:http'
import { VERSION } from '../../checkout.ts'
import type { Fields } from './fields.ts'
import { ofFields, ofPresentInput, type Components, type JsonSchema } from './json-schema.ts'
import { STATUS_OF_DOOR_CODE, statusOf, type ProblemCode } from './problem.ts'
import type { Route, Success } from './route.ts'

/** What any door may answer. */
export const ALWAYS: ProblemCode[] = ['INVALID_INPUT', 'FORBIDDEN', 'UNAUTHENTICATED', 'INTERNAL_SERVER_ERROR', 'UNAVAILABLE']

/** The routes as OpenAPI 3.1; everything in it comes from what requests are checked by and answers are selected with. */
export function describe(routes: Route[], components: Components): Record<string, unknown> {
  const problem = components.named('Problem', () => PROBLEM)
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route, { components, problem })
  return {
    openapi: '3.1.1',
    info: { title: 'Sluice', version: VERSION, description: INFO, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/', description: 'The server that serves this.' }],
    security: [{ token: [] }, { session: [] }],
    tags: TAGS,
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of `npm run token` or createApiToken.' },
        session: { type: 'apiKey', in: 'cookie', name: 'sluice_session', description: "The session of a browser; POST needs one of the server's own pages." },
      },
    },
  }
}

const INFO = 'The doors for those without GraphQL: the same commands, rights and names as at /graphql, in JSON. ' +
  'Every door needs a credential, this description included.'

const TAGS = [
  { name: 'flows', description: 'Submit, read, cancel, promote and follow flows.' },
  { name: 'export', description: 'Lists and flows as files.' },
  { name: 'description', description: 'What there is.' },
]

const tagOf = ({ path }: Route): string => (path.startsWith('/export') ? 'export' : path.startsWith('/flows') ? 'flows' : 'description')

interface Within { components: Components; problem: JsonSchema }

function operationOf(route: Route, { components, problem }: Within): Record<string, unknown> {
  const { operationId, summary, description, body } = route
  return {
    operationId, summary, ...(description ? { description } : {}), tags: [tagOf(route)],
    parameters: [...pathParameters(route), ...queryParameters(route.query, components), ...headerParameters(route)],
    ...(route.upload ? { requestBody: { required: true, content: { '*/*': { schema: { type: 'string', format: 'binary' } } } } } : {}),
    ...(body ? { requestBody: {
      required: body.required, content: { 'application/json': { schema: components.named(body.name, () => ofFields(components, body.fields)) } },
    } } : {}),
    responses: { ...successesOf(route.successes), ...problemsOf(route, problem) },
  }
}

const ID = { name: 'id', in: 'path', required: true, schema: { type: 'string' }, description: 'flow_…', example: 'flow_01kahqe8q5ynm0yv1n2c1x0a3b' }

const NAME = { name: 'name', in: 'path', required: true, schema: { type: 'string' }, description: 'The name of the artifact.', example: 'report.md' }

const pathParameters = ({ path }: Route) => [...(path.includes('{id}') ? [ID] : []), ...(path.includes('{name}') ? [NAME] : [])]

const queryParameters = (fields: Fields, components: Components) => Object.entries(fields).map(([name, { type, description, defaultValue }]) => {
  const schema = ofPresentInput(components, type)
  const isList = typeof schema === 'object' && schema['type'] === 'array'
  return {
    name, in: 'query', required: false, ...(description ? { description } : {}), ...(isList ? { style: 'form', explode: true } : {}),
    schema: defaultValue === undefined ? schema : { ...(schema as object), default: defaultValue },
  }
})

const headerParameters = ({ headers = {} }: Route) =>
  Object.entries(headers).map(([name, description]) => ({ name, in: 'header', required: false, description, schema: { type: 'string' } }))

const successesOf = (successes: Record<number, Success>) => each(successes, ({ description, content, headers }) => ({
  description,
  ...(content ? { content: each(content, (schema) => ({ schema })) } : {}),
  ...(headers ? { headers: each(headers, (text) => ({ description: text, schema: { type: 'string' } })) } : {}),
}))

const each = <From, To>(all: Record<string, From>, to: (one: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(all).map(([name, one]) => [name, to(one)]))

/** One response per status, naming the codes that it may carry. */
function problemsOf({ refusals, body, upload }: Route, problem: JsonSchema) {
  const codes = [...ALWAYS, ...refusals]
  const statuses = [...new Set([...codes.map(statusOf), ...(body || upload ? [413] : [])])].toSorted((a, b) => a - b)
  return Object.fromEntries(statuses.map((status) => {
    const named = status === 413 ? ['LIMIT_EXCEEDED'] : codes.filter((code) => statusOf(code) === status)
    return [status, { description: `${STATUS_CODES[status]}: ${named.join(', ')}.`, content: { 'application/problem+json': { schema: problem } } }]
  }))
}

const PROBLEM: JsonSchema = {
  type: 'object', description: 'Why not (RFC 9457). Nothing was changed.', required: ['type', 'title', 'status', 'detail', 'code'], additionalProperties: false,
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'about:blank: the code says what it is.' },
    title: { type: 'string', description: 'The words of the status.' },
    status: { type: 'integer', description: 'The status of the answer.' },
    detail: { type: 'string', description: 'A sentence for people.' },
    code: { type: 'string', enum: [...ERROR_CODES, ...Object.keys(STATUS_OF_DOOR_CODE)], description: 'A word for programs; stable.' },
    path: {
      type: 'array', items: { type: 'string' }, description: 'Of INVALID_INPUT: the way to what is wrong, from the field or parameter down into its JSON.',
    },
    limit: { type: 'integer', description: 'Of LIMIT_EXCEEDED: how much is allowed.' },
    rule: { type: ['string', 'null'], description: 'Of URL_NOT_ALLOWED: what is wrong with it as it is written; null for a name that resolves to an address that is not allowed.' },
    flow: { type: 'object', description: 'Of FLOW_ALREADY_TERMINAL: the flow with its actual outcome.' },
    requestId: { type: 'string', description: 'Of a failure here: what the log calls this request; also in x-request-id.' },
  },
}
