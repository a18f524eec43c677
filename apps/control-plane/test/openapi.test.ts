import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as formats from 'ajv-formats'
import { OpenAPIClientAxios } from 'openapi-client-axios'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OPENAPI } from '../src/doors/rest/routes.ts'
import { rest, type Answered, type Json } from './rest-client.ts'
import { append, lines, type Lease } from './frame-writer.ts'
import { createFlows, dataOf, testServer, testWorker, type Principal, type TestServer } from './server.ts'

type Call = (parameters: unknown, body?: unknown) => Promise<{ status: number; data: Json }>
interface Operation { operationId: string; responses: Record<string, { content?: Record<string, { schema: unknown }> }> }
const PATHS = OPENAPI['paths'] as Record<string, Record<string, Operation>>
const OPERATIONS = Object.entries(PATHS).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })))

let server: TestServer
let admin: Principal

beforeAll(async () => {
  server = await testServer({ settings: { bodyMaxBytes: 300_000 } })
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())

describe('the description', () => {
  test('is OpenAPI 3.1, says a validator that is not ours', async () => {
    const validator = new Validator()
    expect(await validator.validate(structuredClone(OPENAPI))).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  test('is served as it is committed, to any who are signed in', async () => {
    const committed = readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')
    expect(`${JSON.stringify(OPENAPI, null, 2)}\n`).toBe(committed)
    const worker = await server.principal('WORKER')
    expect((await rest(server, 'GET /openapi.json', { by: worker })).json).toEqual(JSON.parse(committed))
  })

  test('is all that a client of others needs to submit, read, list, cancel and promote', async () => {
    const client = new OpenAPIClientAxios({
      definition: structuredClone(OPENAPI) as never, withServer: { url: server.url },
      axiosConfigDefaults: { headers: { authorization: `Bearer ${admin.token}` }, validateStatus: () => true, paramsSerializer: { indexes: null } },
    })
    const api = client.initSync()
    const call = (operation: string, parameters: unknown = null, body?: unknown) => (api as never as Record<string, Call>)[operation]!(parameters, body)
    const made = await call('createFlow', { 'Idempotency-Key': 'client-1' }, { kind: 'client', labels: { team: 'a' } })
    expect(made).toMatchObject({ status: 202, data: { status: 'QUEUED' } })
    expect(await call('createFlow', { 'Idempotency-Key': 'client-1' }, { kind: 'client', labels: { team: 'a' } })).toMatchObject({ status: 200, data: { id: made.data.id } })
    expect(await call('getFlow', made.data.id)).toMatchObject({ status: 200, data: { kind: 'client', queue: { position: 1 } } })
    expect((await call('listFlows', { status: ['QUEUED', 'RUNNING'], kind: ['client'] })).data.flows).toHaveLength(1)
    expect(await call('promoteFlow', made.data.id, { waitMs: 0 })).toMatchObject({ status: 200, data: { started: false } })
    expect(await call('cancelFlow', made.data.id, { reason: 'enough' })).toMatchObject({ status: 200, data: { flow: { status: 'CANCELLED' } } })
    expect((await call('exportFlows', { format: 'csv', kind: ['client'] })).data).toContain(made.data.id)
    expect((await call('exportFlow', made.data.id)).data.events.length).toBeGreaterThan(1)
    expect(await call('getFlow', 'flow_none')).toMatchObject({ status: 404, data: { code: 'NOT_FOUND' } })
  })
})

describe('every answer that it describes', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ;(formats as unknown as { default: { default: (ajv: Ajv2020) => void } }).default.default(ajv)
  ajv.addSchema({ $id: 'sluice', ...OPENAPI })
  const seen = new Set<string>()

  /** Compares an answer with what is described for its operation and status. */
  function compare(operationId: string, { status, headers, text }: Answered): void {
    const { path, method } = OPERATIONS.find((one) => one.operationId === operationId)!
    const type = headers.get('content-type')?.split(';')[0] ?? ''
    const content = PATHS[path]![method.toLowerCase()]!.responses[status]?.content
    expect(content === undefined ? [status, ''] : [status, Object.keys(content).includes(type) && type], `${operationId} ${status}`).toEqual([status, type])
    const pointer = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema'].map((one) => encodeURIComponent(one.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    for (const value of valuesOf(type, text)) {
      expect(ajv.validate(`sluice#/${pointer}`, value) ? [] : ajv.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`), `${operationId} ${status} ${JSON.stringify(value)}`).toEqual([])
    }
    seen.add(`${operationId} ${status}`)
  }

  function valuesOf(type: string, text: string): unknown[] {
    if (type === 'application/x-ndjson') return text.trim().split('\n').slice(0, -1).map((line) => JSON.parse(line) as unknown)
    if (type === 'text/event-stream') return text.split('\n').filter((line) => line.startsWith('data:')).map((line) => JSON.parse(line.slice(5)) as unknown)
    if (type === 'text/csv' || type === 'application/octet-stream') return [text]
    return text === '' ? [] : [JSON.parse(text) as unknown]
  }

  const lineOf = (operationId: string, id: string): string => {
    const { path, method } = OPERATIONS.find((one) => one.operationId === operationId)!
    return `${method} ${path.replace('{id}', id).replace('{name}', 'report.md')}`
  }
  const put = (by: Principal, { flowId, attempt, epoch }: Lease, o: { name: string; body: string; headers?: Record<string, string> }): Promise<Answered> =>
    rest(server, `PUT /flows/${flowId}/artifacts/${o.name}`, {
      by, body: o.body, headers: { 'content-type': 'application/x-thing', 'sluice-lease': `${attempt}.${epoch}`, 'content-digest': `sha-256=:${createHash('sha256').update(o.body).digest('base64')}:`, ...o.headers },
    })
  /** It only says that it will be. */
  const tooLarge = async (by: Principal, { flowId, attempt, epoch }: Lease): Promise<Answered> => {
    const request = httpRequest(`${server.url}/flows/${flowId}/artifacts/large`, {
      method: 'PUT', headers: { authorization: `Bearer ${by.token}`, 'sluice-lease': `${attempt}.${epoch}`, 'content-digest': `sha-256=:${createHash('sha256').digest('base64')}:`, 'content-length': String(2 ** 30 + 1) },
    })
    request.on('error', () => undefined)
    request.flushHeaders()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const text = Buffer.concat(await response.toArray() as Buffer[]).toString()
    request.destroy()
    return { status: response.statusCode ?? 0, headers: new Headers(response.headers as Record<string, string>), text, json: JSON.parse(text) as Json }
  }
  const bodyOf = (line: string): Record<string, unknown> => (line.startsWith('POST') ? { body: line.endsWith('/flows') ? { kind: 'described' } : {} } : {})

  test('is what a real one looks like: successes', async () => {
    const worker = await testWorker(server, { kind: 'described' })
    const [running, failed, queued, ended] = await createFlows(admin, [{ kind: 'described', labels: { a: 'b' } }, { kind: 'described' }, { kind: 'waits' }, { kind: 'waits' }])
    const leases = await worker.take(2)
    const fail = 'mutation ($input: FailFlowInput!) { failFlow(input: $input) { __typename } }'
    await worker.by.ask('mutation ($input: ReportProgressInput!) { reportProgress(input: $input) { __typename } }', { input: { lease: leases[0], percent: 50, message: 'half' } })
    await append(worker, leases.find(({ flowId }) => flowId === failed)!, lines(1, 2, (n) => ({ n })))
    const wait = { lease: leases.find(({ flowId }) => flowId === failed), key: 'ask', kind: 'APPROVAL', prompt: 'Well?' }
    await dataOf(worker.by.ask('mutation ($input: CreateWaitpointInput!) { createWaitpoint(input: $input) { __typename } }', { input: wait }))
    await dataOf(admin.ask('mutation ($input: AddFlowInputInput!) { addFlowInput(input: $input) { __typename } }', { input: { flowId: queued, content: ['more'] } }))
    await worker.by.ask(fail, { input: { lease: leases.find(({ flowId }) => flowId === failed), error: { code: 'broken', message: 'It broke.', detail: { a: 1 } }, retryable: false } })
    const get = async (operationId: string, id = '', query = ''): Promise<void> => compare(operationId, await rest(server, `${lineOf(operationId, id)}${query}`, { by: admin, ...bodyOf(lineOf(operationId, id)) }))
    for (const id of [running, failed, queued]) await get('getFlow', id)
    for (const id of [running, failed, queued]) await get('exportFlow', id)
    await get('promoteFlow', queued)
    await get('cancelFlow', running)
    await get('cancelFlow', ended)
    await get('cancelFlow', ended)
    await get('listFlows', '', '?first=2')
    for (const operationId of ['followFlow', 'followOutput']) {
      await get(operationId, failed)
      const whole = await rest(server, lineOf(operationId, failed!), { by: admin })
      const last = [...whole.text.matchAll(/^id: (.*)$/gm)].at(-1)![1]!
      compare(operationId, await rest(server, lineOf(operationId, failed!), { by: admin, headers: { 'last-event-id': last } }))
    }
    for (const [name, body] of [['report.md', 'x'], ['report.md', 'x']] as const) compare('putArtifact', await put(worker.by, leases[0]!, { name, body }))
    for (const headers of [{}, { range: 'bytes=0-0' }, { 'if-none-match': '*' }]) compare('getArtifact', await rest(server, lineOf('getArtifact', leases[0]!.flowId), { by: admin, headers: headers as Record<string, string> }))
    await rest(server, `POST /flows`, { by: admin, body: { kind: 'described' } })
    for (const key of ['one', 'one']) compare('createFlow', await rest(server, 'POST /flows', { by: admin, body: { kind: 'described', idempotencyKey: key } }))
    for (const { operationId } of OPERATIONS.filter(({ path }) => path.startsWith('/export/') && !path.includes('{id}'))) {
      await get(operationId)
      await get(operationId, '', '?format=csv')
    }
    await get('exportFlows', '', '?input=true&result=true')
    await get('exportDeliveries', '', '?attempts=true&body=true')
    await get('describe')
  })

  test('is what a real one looks like: refusals that any door has', async () => {
    const worker = await server.principal('WORKER')
    const scoped = await server.principal('VIEWER')
    const cookie = (await fetch(`${server.url}/session`, { method: 'POST', body: JSON.stringify({ token: scoped.token }) })).headers.getSetCookie()[0]!.split(';')[0]!
    for (const { operationId } of OPERATIONS) {
      const line = lineOf(operationId, 'flow_00000000000000000000000000')
      compare(operationId, await rest(server, line, bodyOf(line)))
      compare(operationId, await rest(server, `${line}?unknown=1`, { by: admin, ...bodyOf(line) }))
      compare(operationId, await rest(server, line, { ...bodyOf(line), headers: { cookie, origin: 'https://elsewhere.example' } }))
      if (operationId !== 'describe') compare(operationId, await rest(server, line, { by: worker, ...bodyOf(line) }))
    }
    await server.sql('ALTER TABLE api_token RENAME TO hidden_token')
    try {
      for (const { operationId } of OPERATIONS) compare(operationId, await rest(server, lineOf(operationId, 'x'), { by: admin }))
    } finally {
      await server.sql('ALTER TABLE hidden_token RENAME TO api_token')
    }
  })

  test('is what a real one looks like: refusals of its own', async () => {
    const ask = async (operationId: string, o: { id?: string; query?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<void> =>
      compare(operationId, await rest(server, `${lineOf(operationId, o.id ?? 'flow_none')}${o.query ?? ''}`, { by: admin, ...(o.body === undefined ? {} : { body: o.body }), headers: o.headers ?? {} }))
    const [id] = await createFlows(admin, [{ kind: 'refused' }])
    for (const operationId of ['getFlow', 'cancelFlow', 'promoteFlow', 'followFlow', 'followOutput', 'exportFlow']) await ask(operationId)
    for (const operationId of ['createFlow', 'cancelFlow', 'promoteFlow']) {
      await ask(operationId, { id, body: 'a=b', headers: { 'content-type': 'text/plain' } })
      await ask(operationId, { id, body: { reason: 'x'.repeat(300_000) } })
    }
    await ask('createFlow', { body: { kind: 'refused', idempotencyKey: 'x' } })
    await ask('createFlow', { body: { kind: 'refused', title: 'other', idempotencyKey: 'x' } })
    await ask('createFlow', { body: { kind: 'refused', title: 't'.repeat(201) } })
    await ask('createFlow', { body: { kind: 'refused', webhookUrl: 'https://127.0.0.1/' } })
    await ask('listFlows', { query: '?first=201' })
    await admin.ask('mutation ($input: UpsertLaneInput!) { upsertLane(input: $input) { __typename } }', { input: { name: 'closed' } })
    await admin.ask('mutation ($input: LaneInput!) { drainLane(input: $input) { __typename } }', { input: { name: 'closed' } })
    await ask('createFlow', { body: { kind: 'refused', lane: 'closed' } })
    await rest(server, `POST /flows/${id}/cancel`, { by: admin })
    await ask('promoteFlow', { id })
    const worker = await testWorker(server, { kind: 'left' })
    await createFlows(admin, [{ kind: 'left' }])
    const [lease] = await worker.take()
    await put(worker.by, lease!, { name: 'report.md', body: 'x' })
    await ask('getArtifact', { id: lease!.flowId, headers: { range: 'bytes=9-' } })
    compare('getArtifact', await rest(server, lineOf('getArtifact', lease!.flowId), { by: worker.by, headers: { 'sluice-lease': `${lease!.attempt}.${lease!.epoch + 1}` } }))
    compare('putArtifact', await put(worker.by, { ...lease!, flowId: 'flow_none' }, { name: 'report.md', body: 'x' }))
    compare('putArtifact', await put(worker.by, lease!, { name: 'report.md', body: 'y' }))
    compare('putArtifact', await put(worker.by, lease!, { name: 'x'.repeat(129), body: 'x' }))
    compare('putArtifact', await put(worker.by, lease!, { name: 'report.md', body: 'x', headers: { 'content-encoding': 'gzip' } }))
    compare('putArtifact', await tooLarge(worker.by, lease!))
  })

  test('was seen', () => {
    const described = OPERATIONS.flatMap(({ operationId, responses }) => Object.keys(responses).map((status) => `${operationId} ${status}`))
    // A filter that takes longer than two seconds: not in a test.
    expect(described.filter((one) => !seen.has(one))).toEqual(['exportFlows 422', 'exportDeliveries 422'])
  })
})
