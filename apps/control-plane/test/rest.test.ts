import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ERROR_CODES } from '@sluice/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { STATUS_OF_CODE } from '../src/doors/rest/problem.ts'
import { rest } from './rest-client.ts'
import { ask, createFlows, testServer, testWorker, type Principal, type TestServer } from './server.ts'

let server: TestServer
let dir: string
let admin: Principal
let submitter: Principal
let viewer: Principal

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'sluice-rest-'))
  await writeFile(path.join(dir, 'index.html'), '<!doctype html><title>Sluice</title>')
  server = await testServer({ dashboardDir: dir, settings: { bodyMaxBytes: 300_000 } })
  admin = await server.principal('ADMIN')
  submitter = await server.principal('SUBMITTER')
  viewer = await server.principal('VIEWER')
})
afterAll(async () => {
  await server.close()
  await rm(dir, { recursive: true })
})

const flowCount = async (): Promise<unknown> => (await server.sql('SELECT count(*)::int AS n FROM flow'))[0]?.['n']
const cookieOf = async (by: Principal): Promise<string> => {
  const response = await fetch(`${server.url}/session`, { method: 'POST', body: JSON.stringify({ token: by.token }) })
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

describe('POST /flows', () => {
  test('F-01 answers 202 at once, with the id, the status, where to read it and its place in the queue', async () => {
    const made = await rest(server, 'POST /flows', { by: submitter, body: { kind: 'rest', input: { n: 1 }, labels: { team: 'a' }, title: 'By REST' } })
    const { id } = made.json
    expect(made).toMatchObject({ status: 202, json: { url: `/flows/${id}`, status: 'QUEUED', title: 'By REST', input: { n: 1 }, queue: { position: 1, reason: 'NO_WORKER' } } })
    expect(made.headers.get('location')).toBe(`/flows/${id}`)
    expect((await rest(server, `GET ${made.headers.get('location')}`, { by: submitter })).json).toEqual(made.json)
  })

  test('F-02 is the flow that GraphQL shows, made by the same command', async () => {
    const { json: { id } } = await rest(server, 'POST /flows', { by: submitter, body: { kind: 'rest', notBefore: '2100-01-01T00:00:00Z', maxAttempts: 3, onLeaseLost: 'RETRY' } })
    const seen = await admin.ask('query ($id: ID!) { flow(id: $id) { kind maxAttempts onLeaseLost notBefore owner { id } queue { reason } } }', { id })
    expect(seen.data).toEqual({ flow: { kind: 'rest', maxAttempts: 3, onLeaseLost: 'RETRY', notBefore: '2100-01-01T00:00:00.000Z', owner: { id: submitter.id }, queue: { reason: 'DELAYED' } } })
  })

  test.each([
    ['the header', {}, { 'idempotency-key': 'key-1' }],
    ['the header in quotes', {}, { 'idempotency-key': '"key-1"' }],
    ['the body', { idempotencyKey: 'key-1' }, {}],
    ['both', { idempotencyKey: 'key-1' }, { 'idempotency-key': 'key-1' }],
  ])('answers 200 with the flow that the idempotency key had, by %s', async (_how, fields, headers) => {
    const first = await rest(server, 'POST /flows', { by: admin, body: { kind: 'keyed' }, headers: { 'idempotency-key': 'key-1' } })
    const again = await rest(server, 'POST /flows', { by: admin, body: { kind: 'keyed', ...fields }, headers: headers as Record<string, string> })
    expect([again.status, again.json.id, again.headers.get('location')]).toEqual([200, first.json.id, first.json.url])
  })

  test('refuses a key of another content with 422, and two keys that differ', async () => {
    await rest(server, 'POST /flows', { by: admin, body: { kind: 'keyed' }, headers: { 'idempotency-key': 'key-2' } })
    const reused = await rest(server, 'POST /flows', { by: admin, body: { kind: 'keyed', title: 'other' }, headers: { 'idempotency-key': 'key-2' } })
    expect([reused.status, reused.json['code']]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    const two = await rest(server, 'POST /flows', { by: admin, body: { kind: 'keyed', idempotencyKey: 'a' }, headers: { 'idempotency-key': 'b' } })
    expect([two.status, two.json['code'], two.json['path']]).toEqual([400, 'INVALID_INPUT', ['idempotencyKey']])
  })
})

describe('a request that is refused changes nothing and says what is wrong:', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
  const bytes = (...codes: number[]): string => Buffer.from(codes).toString('latin1')

  test.each<[string, unknown, Record<string, string>, number, string, unknown]>([
    ['no JSON', '{"kind":', {}, 400, 'INVALID_INPUT', []],
    ['no body', '', {}, 400, 'INVALID_INPUT', []],
    ['a list', '[]', {}, 400, 'INVALID_INPUT', []],
    ['null', 'null', {}, 400, 'INVALID_INPUT', []],
    ['another type', 'kind=a', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'UNSUPPORTED_MEDIA_TYPE', undefined],
    ['a type that a page may send', '{"kind":"a"}', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE', undefined],
    ['another charset', '{"kind":"a"}', { 'content-type': 'application/json; charset=latin1' }, 415, 'UNSUPPORTED_MEDIA_TYPE', undefined],
    ['a compressed body', '{"kind":"a"}', { 'content-encoding': 'gzip' }, 415, 'UNSUPPORTED_MEDIA_TYPE', undefined],
    ['too large', { kind: 'a', title: 'x'.repeat(300_001) }, {}, 413, 'LIMIT_EXCEEDED', undefined],
    ['an unknown field', { kind: 'a', webhook: 'x' }, {}, 400, 'INVALID_INPUT', ['webhook']],
    ['a missing field', { title: 'a' }, {}, 400, 'INVALID_INPUT', ['kind']],
    ['null for what is needed', { kind: null }, {}, 400, 'INVALID_INPUT', ['kind']],
    ['another type of value', { kind: 5 }, {}, 400, 'INVALID_INPUT', ['kind']],
    ['a fraction', { kind: 'a', priority: 1.5 }, {}, 400, 'INVALID_INPUT', ['priority']],
    ['an unknown word', { kind: 'a', onLeaseLost: 'PANIC' }, {}, 400, 'INVALID_INPUT', ['onLeaseLost']],
    ['an instant without an offset', { kind: 'a', notBefore: '2026-01-31T12:00:00' }, {}, 400, 'INVALID_INPUT', ['notBefore']],
    ['an empty kind', { kind: '' }, {}, 400, 'INVALID_INPUT', ['kind']],
    ['an unknown lane', { kind: 'a', lane: 'nowhere' }, {}, 400, 'INVALID_INPUT', ['lane']],
    ['labels of numbers', { kind: 'a', labels: { b: 1 } }, {}, 400, 'INVALID_INPUT', ['labels', 'b']],
    ['NUL within its JSON', { kind: 'a', input: { deep: ['\u0000'] } }, {}, 400, 'INVALID_INPUT', ['input', 'deep', '0']],
    ['a long title', { kind: 'a', title: 't'.repeat(201) }, {}, 422, 'LIMIT_EXCEEDED', undefined],
    ['a large input', { kind: 'a', input: 'x'.repeat(270_000) }, {}, 422, 'LIMIT_EXCEEDED', undefined],
    ['deep JSON', { kind: 'a', input: nested(200) }, {}, 422, 'LIMIT_EXCEEDED', undefined],
    ['a name of the prototype', '{"kind":"a","__proto__":{"x":1}}', {}, 400, 'INVALID_INPUT', ['__proto__']],
  ])('%s', async (_what, body, headers, status, code, path) => {
    const before = await flowCount()
    const answered = await rest(server, 'POST /flows', { by: admin, body, headers })
    expect([answered.status, answered.json['code'], answered.json['path']]).toEqual([status, code, path])
    expect(answered.headers.get('content-type')).toBe('application/problem+json')
    expect(answered.json).toMatchObject({ type: 'about:blank', status, title: expect.any(String), detail: expect.stringMatching(/.\.$|\S/) })
    expect(await flowCount()).toBe(before)
  })

  test('a body that is not UTF-8', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(`${server.url}/flows`, { method: 'POST', headers: { authorization: `Bearer ${admin.token}`, 'content-type': 'application/json' } }, (response) => resolve(response.resume().statusCode))
      request.on('error', reject)
      request.end(Buffer.from(`{"kind":"${bytes(0xff)}"}`, 'latin1'))
    })
    expect(status).toBe(400)
  })

  test.each([
    ['POST /flows?kind=a', ['kind']],
    ['GET /flows?state=QUEUED', ['state']],
    ['GET /flows?status=LOST', ['status']],
    ['GET /flows?first=many', ['first']],
    ['GET /flows?first=1&first=2', ['first']],
    ['GET /flows?slotHeld=yes', ['slotHeld']],
    ['GET /flows?createdAfter=today', ['createdAfter']],
    ['GET /flows?after=nonsense', ['after']],
    ['GET /flows?last=3&after=x', ['last']],
    ['GET /flows/%00', ['id']],
    ['GET /flows?constructor=1', ['constructor']],
    ['GET /flows?__proto__=1', ['__proto__']],
    ['GET /flows/flow_x?wait=soon', ['wait']],
    ['GET /flows/flow_x?wait=2m', ['wait']],
    ['GET /flows/flow_x/events?after=nonsense', ['after']],
    ['GET /export/flows?format=xml', ['format']],
    ['GET /export/lanes?status=OPEN', ['status']],
  ])('%s names the parameter', async (line, path) => {
    const id = (await createFlows(admin, [{ kind: 'named' }]))[0]!
    const answered = await rest(server, line.replace('flow_x', id), { by: admin, ...(line.startsWith('POST') ? { body: { kind: 'a' } } : {}) })
    expect([answered.status, answered.json['code'], answered.json['path']]).toEqual([400, 'INVALID_INPUT', path])
  })

  test.each([
    ['PUT /flows', 'POST, GET, HEAD'], ['DELETE /flows/flow_x', 'GET, HEAD'], ['GET /flows/flow_x/cancel', 'POST'], ['PATCH /export/flows', 'GET'], ['HEAD /flows/flow_x/events', 'GET'],
    ['OPTIONS /flows', 'POST, GET, HEAD'], ['POST /openapi.json', 'GET, HEAD'],
  ])('%s is 405 and says what does something', async (line, allow) => {
    const answered = await rest(server, line, { by: admin })
    expect([answered.status, answered.headers.get('allow')]).toEqual([405, allow])
    if (!line.startsWith('HEAD')) expect(answered.json['code']).toBe('METHOD_NOT_ALLOWED')
  })

  test.each(['GET /flows/a/b/c', 'POST /flows/flow_x/explode', 'GET /flows/', 'GET /export', 'GET /export/secrets', 'GET /flows/%zz/events'])('%s is 404', async (line) => {
    expect(await rest(server, line, { by: admin })).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } })
  })
})

test('every code of a refusal has its status, and no other code has one', () => {
  expect(Object.keys(STATUS_OF_CODE).toSorted()).toEqual([...ERROR_CODES].toSorted())
})

describe('what is wrong is said in the words of who asked:', () => {
  test.each<[string, unknown, string]>([
    ['PUT /flows', undefined, 'PUT does nothing here; POST, GET, HEAD do.'],
    ['GET /flows/flow_x/cancel', undefined, 'GET does nothing here; POST does.'],
    ['GET /flows/flow_x?waits=1s', undefined, 'There is no waits here; known is: wait.'],
    ['GET /export/lanes?a=b', undefined, 'There is no a here; known is: format.'],
    ['POST /flows?a=b', { kind: 'a' }, 'There is no a here; nothing is known.'],
    ['GET /export/flows?format=xml', undefined, 'format: "xml" is none of ndjson, csv.'],
    ['POST /flows', { kind: 'a', onLeaseLost: 'PANIC' }, 'onLeaseLost: "PANIC" is none of FAIL, RETRY.'],
    ['POST /flows', { kind: 'a', priority: 'high' }, 'priority must be a whole number.'],
    ['POST /flows', { kind: 'a', priority: 1.5 }, 'priority must be a whole number.'],
    ['POST /flows', { kind: 5 }, 'kind must be text.'],
    ['POST /flows', { kind: null }, 'kind must not be null.'],
    ['GET /flows?first=many', undefined, 'first must be a whole number.'],
    ['GET /flows?slotHeld=yes', undefined, 'slotHeld must be true or false.'],
    ['GET /flows/flow_x?wait=60s', undefined, 'wait is "60s": at most 30s.'],
    ['GET /flows/flow_x?wait=soon', undefined, 'wait is "soon": it must be a duration such as 500ms, 45s, 10m, 24h or 7d.'],
  ])('%s %j', async (line, body, detail) => {
    expect((await rest(server, line, { by: admin, body })).json['detail']).toBe(detail)
  })

  test('a credential that is wrong gets other words than none', async () => {
    const said = async (headers: Record<string, string>): Promise<unknown> => (await rest(server, 'GET /flows', { headers })).json['detail']
    expect(await said({})).toBe('Send a token as `authorization: Bearer …`, or sign in.')
    expect(await said({ authorization: 'Basic eA==' })).toBe('Send a token as `authorization: Bearer …`, or sign in.')
    expect(await said({ authorization: 'Bearer slc_unknown' })).toBe('This token is not valid, or not any more.')
    expect(await said({ cookie: 'sluice_session=gone' })).toBe('This session is over; sign in again, or send a token.')
    const { errors } = await ask(server.url, { authorization: 'Bearer slc_unknown' }, '{ __typename }')
    expect(errors[0]?.message).toBe('This token is not valid, or not any more.')
  })

  test('an empty cursor is none, in a list and in a stream', async () => {
    const [id] = await createFlows(admin, [{ kind: 'uncursored' }])
    expect((await rest(server, 'GET /flows?kind=uncursored&after=', { by: admin })).json.flows).toMatchObject([{ id }])
    await rest(server, `POST /flows/${id}/cancel`, { by: admin })
    expect((await rest(server, `GET /flows/${id}/events?after=`, { by: admin })).text).toMatch(/event: snapshot.*event: end/s)
  })
})

describe('who may', () => {
  test('D-44 nobody without a credential: 401 says how', async () => {
    for (const line of ['POST /flows', 'GET /flows', 'GET /flows/x', 'GET /flows/x/events', 'GET /export/flows', 'GET /openapi.json', 'GET /export/nothing']) {
      const answered = await rest(server, line)
      expect([line, answered.status, answered.json['code'], answered.headers.get('www-authenticate')]).toEqual([line, 401, 'UNAUTHENTICATED', 'Bearer'])
    }
    expect((await rest(server, 'GET /flows', { headers: { authorization: 'Bearer slc_unknown' } })).status).toBe(401)
  })

  test('INV-38 an unknown flow and one of somebody else look the same, at every door', async () => {
    const [id] = await createFlows(admin, [{ kind: 'hidden' }])
    const unknown = 'flow_00000000000000000000000000'
    for (const door of ['GET /flows/ID', 'GET /flows/ID?wait=1ms', 'POST /flows/ID/cancel', 'GET /flows/ID/events', 'GET /export/flows/ID']) {
      const [hidden, none] = await Promise.all([id!, unknown].map((one) => rest(server, door.replace('ID', one), { by: submitter })))
      expect([door, hidden!.status, hidden!.json['code']]).toEqual([door, 404, 'NOT_FOUND'])
      expect(hidden!.text.replace(id!, unknown)).toBe(none!.text)
    }
    expect((await rest(server, 'GET /flows?kind=hidden', { by: submitter })).json.flows).toEqual([])
  })

  test('D-29 who may read but not act gets 403', async () => {
    const [id] = await createFlows(admin, [{ kind: 'hidden' }])
    expect(await rest(server, `POST /flows/${id}/cancel`, { by: viewer })).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } })
    expect(await rest(server, 'POST /flows', { by: viewer, body: { kind: 'a' } })).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } })
    expect(await rest(server, `POST /flows/${id}/promote`, { by: await server.principal('OPERATOR'), body: { force: true, reason: 'now' } })).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } })
    expect(await rest(server, 'GET /export/audit', { by: viewer })).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } })
    const scoped = await server.principal('SUBMITTER', { scopes: ['kind:only'] })
    expect(await rest(server, 'POST /flows', { by: scoped, body: { kind: 'other' } })).toMatchObject({ status: 403 })
    expect(await rest(server, 'POST /flows', { by: scoped, body: { kind: 'only' } })).toMatchObject({ status: 202 })
  })

  test('a worker none of it', async () => {
    const worker = await server.principal('WORKER')
    for (const line of ['GET /flows', 'GET /flows/x', 'GET /export/flows', 'GET /export/lanes']) expect([line, (await rest(server, line, { by: worker })).status]).toEqual([line, 403])
  })

  test('a cookie speaks for our own pages only, and a page of another origin changes nothing', async () => {
    const cookie = await cookieOf(admin)
    const before = await flowCount()
    const from = (origin: string, type = 'application/json') => rest(server, 'POST /flows', { body: { kind: 'a' }, headers: { cookie, origin, 'content-type': type } })
    expect(await from('https://elsewhere.example')).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } })
    expect(await from('null')).toMatchObject({ status: 403 })
    expect(await from('https://elsewhere.example', 'text/plain')).toMatchObject({ status: 403 })
    expect(await from(server.url, 'text/plain')).toMatchObject({ status: 415 })
    expect(await rest(server, 'GET /export/flows', { headers: { cookie, origin: 'https://elsewhere.example' } })).toMatchObject({ status: 403 })
    expect(await flowCount()).toBe(before)
    expect(await from(server.url)).toMatchObject({ status: 202 })
  })
})

describe('GET /flows/{id}', () => {
  test('F-03 tells the whole way: why it waits, who works on it, its result', async () => {
    const worker = await testWorker(server, { kind: 'followed' })
    const { json: { url } } = await rest(server, 'POST /flows', { by: submitter, body: { kind: 'followed' } })
    const [lease] = await worker.take()
    expect((await rest(server, `GET ${url}`, { by: submitter })).json).toMatchObject({ status: 'RUNNING', phase: 'WORKING', slotHeld: true, queue: null, currentAttempt: { index: 0, worker: { id: worker.workerId } } })
    await worker.finish(lease!, { words: 3 })
    expect((await rest(server, `GET ${url}`, { by: submitter })).json).toMatchObject({ status: 'FINISHED', isTerminal: true, terminalReason: 'completed', result: { words: 3 }, error: null, currentAttempt: null })
  })

  test('waits for the end, and no longer than it was told', async () => {
    const worker = await testWorker(server, { kind: 'waited' })
    const [id] = await createFlows(admin, [{ kind: 'waited' }])
    expect((await rest(server, `GET /flows/${id}?wait=1ms`, { by: admin })).json).toMatchObject({ status: 'QUEUED' })
    const waiting = rest(server, `GET /flows/${id}?wait=30s`, { by: admin })
    const [lease] = await worker.take()
    await worker.finish(lease!)
    expect((await waiting).json).toMatchObject({ status: 'FINISHED' })
  })

  test('answers HEAD without a body', async () => {
    const [id] = await createFlows(admin, [{ kind: 'head' }])
    expect(await rest(server, `HEAD /flows/${id}`, { by: admin })).toMatchObject({ status: 200, text: '' })
  })
})

describe('GET /flows', () => {
  test('P-35 lists by the filter of GraphQL, queued ones too, and leads to the next page until there is none', async () => {
    const ids = await createFlows(admin, Array.from({ length: 5 }, () => ({ kind: 'paged' })))
    const seen: string[] = []
    let next = '/flows?kind=paged&status=QUEUED&status=RUNNING&orderBy=CREATED_ASC&first=2' as string | null
    while (next !== null) {
      const page = await rest(server, `GET ${next}`, { by: admin })
      expect(page.status).toBe(200)
      seen.push(...page.json.flows.map(({ id }) => id))
      next = page.json.next
    }
    expect(seen).toEqual(ids)
    expect((await rest(server, 'GET /flows?kind=paged&status=FINISHED', { by: admin })).json).toMatchObject({ flows: [], next: null })
  })

  test('a page above PAGE_MAX is refused', async () => {
    expect(await rest(server, 'GET /flows?first=201', { by: admin })).toMatchObject({ status: 422, json: { code: 'LIMIT_EXCEEDED', limit: 200 } })
  })
})

describe('POST /flows/{id}/cancel', () => {
  test('ends a queued flow, needs no body, and says when it had ended before', async () => {
    const [id] = await createFlows(submitter, [{ kind: 'cancelled' }])
    expect(await rest(server, `POST /flows/${id}/cancel`, { by: submitter })).toMatchObject({ status: 200, json: { alreadyTerminal: false, flow: { status: 'CANCELLED', terminalReason: 'cancelled_in_queue', url: `/flows/${id}` } } })
    expect(await rest(server, `POST /flows/${id}/cancel`, { by: submitter, body: {} })).toMatchObject({ status: 200, json: { alreadyTerminal: true } })
  })

  test('answers 202 while a worker is stopping, and waits for the end when asked', async () => {
    const worker = await testWorker(server, { kind: 'stopping' })
    const [id] = await createFlows(admin, [{ kind: 'stopping' }])
    const [lease] = await worker.take()
    expect(await rest(server, `POST /flows/${id}/cancel`, { by: admin, body: { reason: 'wrong input' } })).toMatchObject({ status: 202, json: { flow: { status: 'RUNNING', phase: 'CANCELLING' } } })
    const waiting = rest(server, `POST /flows/${id}/cancel`, { by: admin, body: { wait: true, waitTimeoutMs: 20_000 } })
    await worker.finish(lease!)
    expect(await waiting).toMatchObject({ status: 200, json: { flow: { status: 'CANCELLED' } } })
  })

  test.each([[{ wait: 'yes' }, ['wait']], [{ waitTimeoutMs: 40_000 }, ['waitTimeoutMs']], [{ id: 'flow_x' }, ['id']], [{ reason: 'r'.repeat(501) }, ['reason']]])('refuses %j', async (body, path) => {
    const [id] = await createFlows(admin, [{ kind: 'kept' }])
    expect(await rest(server, `POST /flows/${id}/cancel`, { by: admin, body })).toMatchObject({ status: 400, json: { path } })
    expect((await rest(server, `GET /flows/${id}`, { by: admin })).json).toMatchObject({ status: 'QUEUED' })
  })
})

describe('POST /flows/{id}/promote', () => {
  test('starts it when a worker asks, or says what stands in its way', async () => {
    const [first, second] = await createFlows(admin, [{ kind: 'promoted' }, { kind: 'promoted' }])
    expect(await rest(server, `POST /flows/${second}/promote`, { by: admin, body: { waitMs: 0 } })).toMatchObject({ status: 200, json: { started: false, position: 1, reason: 'NO_WORKER', flow: { queue: { pinned: true } } } })
    const worker = await testWorker(server, { kind: 'promoted' })
    const [lease] = await worker.take()
    expect(lease?.flowId).toBe(second)
    expect(await rest(server, `POST /flows/${second}/promote`, { by: admin })).toMatchObject({ status: 409, json: { code: 'FLOW_NOT_QUEUED' } })
    expect(await rest(server, `POST /flows/${first}/promote`, { by: admin, body: { force: true } })).toMatchObject({ status: 400, json: { path: ['reason'] } })
    expect(await rest(server, `POST /flows/${first}/promote`, { by: submitter })).toMatchObject({ status: 403 })
  })
})

describe('an address that the dashboard has too', () => {
  const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'
  const isPage = async (headers: Record<string, string>, address = '/flows'): Promise<boolean> => {
    const answered = await rest(server, `GET ${address}`, { headers })
    expect(answered.headers.get('vary')).toMatch(/accept.*authorization/)
    return !answered.headers.get('content-type')?.includes('json')
  }

  test('is a page for a browser, signed in or not, and JSON for a program', async () => {
    const cookie = await cookieOf(admin)
    for (const address of ['/flows', '/flows/flow_x', '/flows?status=QUEUED']) {
      expect(await isPage({ accept: BROWSER }, address)).toBe(true)
      expect(await isPage({ accept: BROWSER, cookie }, address)).toBe(true)
      expect(await isPage({ accept: '*/*', cookie }, address)).toBe(false)
      expect(await isPage({ accept: 'application/json', cookie }, address)).toBe(false)
      expect(await isPage({ accept: BROWSER, authorization: `Bearer ${admin.token}` }, address)).toBe(false)
    }
    expect(await isPage({ accept: 'application/json, text/html;q=0.5' })).toBe(false)
    expect(await isPage({ accept: 'text/html;q=0' })).toBe(false)
    expect(await isPage({ accept: 'TEXT/HTML' })).toBe(true)
  })
})

test('a document of ours is refused like one of theirs when the policy says so', async () => {
  const none = await server.principal('ADMIN', { scopes: ['do:flow'] })
  expect(await rest(server, 'GET /flows', { by: none })).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } })
  expect(await rest(server, 'GET /openapi.json', { by: none })).toMatchObject({ status: 200 })
  expect((await ask(server.url, { authorization: `Bearer ${none.token}` }, '{ flows { edges { cursor } } }')).errors[0]?.extensions['code']).toBe('FORBIDDEN')
})

test('a failure here is masked, logged under its id, and may be tried again', async () => {
  await server.sql('ALTER TABLE flow_kind RENAME TO hidden_kind')
  try {
    const answered = await rest(server, 'POST /flows', { by: admin, body: { kind: 'a' } })
    expect(answered).toMatchObject({ status: 503, json: { code: 'INTERNAL_SERVER_ERROR', requestId: answered.headers.get('x-request-id') } })
    expect(answered.text).not.toMatch(/flow_kind|relation/)
    expect(server.logged).toContainEqual(expect.objectContaining({ requestId: answered.json['requestId'], stack: expect.any(String) }))
  } finally {
    await server.sql('ALTER TABLE hidden_kind RENAME TO flow_kind')
  }
})
