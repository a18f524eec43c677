import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFlows, dataOf, testServer, testWorker, type Principal, type TestServer } from './server.ts'

let server: TestServer
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())

const CREATE = 'mutation ($input: CreateFlowInput!) { createFlow(input: $input) { __typename ... on Error { code message } ... on InvalidInput { path } ... on LimitExceeded { limit } } }'
const flows = async (): Promise<unknown> => (await server.sql('SELECT count(*)::int AS n FROM flow'))[0]?.['n']

describe('what GraphQL itself refuses', () => {
  test.each([
    ['no document', '', {}, /query|syntax|document/i],
    ['a syntax error', '{ flows', {}, /Syntax Error/],
    ['an unknown field', '{ nothing }', {}, /nothing/],
    ['an unknown variable', '{ flow(id: $id) { id } }', {}, /\$id/],
    ['a missing variable', 'query ($id: ID!) { flow(id: $id) { id } }', {}, /\$id/],
    ['a variable of another type', CREATE, { input: { kind: 5 } }, /\$input.*kind/s],
    ['an unknown field of an input', CREATE, { input: { kind: 'work', webhook: 'x' } }, /webhook/],
    ['an unknown word of an enum', CREATE, { input: { kind: 'work', onLeaseLost: 'PANIC' } }, /onLeaseLost.*PANIC/s],
    ['a whole number that is too large', CREATE, { input: { kind: 'work', priority: 2 ** 40 } }, /priority/],
    ['a fraction for a whole number', CREATE, { input: { kind: 'work', priority: 1.5 } }, /priority/],
    ['an instant without an offset', CREATE, { input: { kind: 'work', notBefore: '2026-01-31T12:00:00' } }, /notBefore.*offset/s],
    ['an instant that is none', CREATE, { input: { kind: 'work', deadlineAt: 'noon' } }, /deadlineAt/],
    ['a day that is none', CREATE, { input: { kind: 'work', deadlineAt: '2026-02-30T12:00:00Z' } }, /deadlineAt/],
    ['an instant that is in the year 10000 by UTC', CREATE, { input: { kind: 'work', deadlineAt: '9999-12-31T23:59:59-01:00' } }, /deadlineAt/],
    ['a year that no clock shows', CREATE, { input: { kind: 'work', deadlineAt: '0000-01-01T12:00:00Z' } }, /deadlineAt/],
  ])('%s is HTTP 400 with BAD_USER_INPUT that names it', async (_what, document, variables, named) => {
    const { status, data, errors } = await admin.ask(document, variables)
    expect({ status, data }).toEqual({ status: 400, data: null })
    expect(errors[0]?.message).toMatch(named)
    expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT')
  })

  test.each([
    ['a wrong field beside it', { kind: 5, webhookUrl: 'https://hooks.example.com/SECRET' }, 'Variable "$input" got an invalid value at "input.kind"; String cannot represent a non string value.'],
    ['an unknown field beside it', { kind: 'work', webhookUrl: 'SECRET', no: 1 }, 'Variable "$input" got an invalid value; Field "no" is not defined by type "CreateFlowInput".'],
    ['another shape', { kind: 'work', webhookUrl: { at: 'SECRET " at "input.kind"' } }, 'Variable "$input" got an invalid value at "input.webhookUrl"; String cannot represent a non string value.'],
    ['its place', 'SECRET', 'Variable "$input" got an invalid value; Expected type "CreateFlowInput" to be an object.'],
  ])('INV-31 a variable that may be a secret is refused for %s without being repeated', async (_what, input, message) => {
    expect((await admin.ask(CREATE, { input })).errors.map(error => error.message.replace(/ Did you mean .*/, ''))).toContain(message)
    expect(JSON.stringify(await admin.ask(CREATE, { input }))).not.toContain('SECRET')
  })

  test('a body that is no JSON is refused', async () => {
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${admin.token}` }, body: '{"query":' })
    expect(response.status).toBe(400)
  })
})

const many = <Value>(count: number, value: (n: number) => Value): Record<string, Value> => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, value(n)]))
const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])

describe('what a command refuses', () => {
  test.each([
    ['an empty kind', { kind: '' }, ['kind']],
    ['a long kind', { kind: 'k'.repeat(65) }, ['kind']],
    ['a long title', { kind: 'work', title: 't'.repeat(201) }, ['title']],
    ['an unknown lane', { kind: 'work', lane: 'nowhere' }, ['lane']],
    ['labels that are no map', { kind: 'work', labels: ['a'] }, ['labels']],
    ['labels of other things than text', { kind: 'work', labels: { a: 1 } }, ['labels', 'a']],
    ['no attempt at all', { kind: 'work', maxAttempts: 0 }, ['maxAttempts']],
    ['a queue time of zero', { kind: 'work', queueTtlSeconds: 0 }, ['queueTtlSeconds']],
    ['a negative timeout', { kind: 'work', attemptTimeoutSeconds: -1 }, ['attemptTimeoutSeconds']],
    ['NUL in a text', { kind: 'work', title: 'a\u0000b' }, ['title']],
    ['NUL inside JSON', { kind: 'work', input: { a: [1, { b: '\u0000' }] } }, ['input', 'a', '1', 'b']],
    ['NUL in a key of JSON', { kind: 'work', input: { 'a\u0000': 1 } }, ['input']],
    ['half a surrogate pair', { kind: 'work', input: { a: '\ud800' } }, ['input', 'a']],
  ])('%s is INVALID_INPUT that names the argument, and nothing is created', async (_what, input, path) => {
    const before = await flows()
    const { createFlow } = await dataOf(admin.ask<{ createFlow: { code: string; path?: string[]; __typename: string } }>(CREATE, { input }))
    expect(['InvalidInput', 'LimitExceeded']).toContain(createFlow.__typename)
    if (createFlow.__typename === 'InvalidInput') expect(createFlow.path).toEqual(path)
    expect(await flows()).toBe(before)
  })

  test.each([
    ['a large input', { kind: 'work', input: { a: 'x'.repeat(256 * 1024) } }, 256 * 1024],
    ['many labels', { kind: 'work', labels: many(33, String) }, 32],
    ['deep JSON', { kind: 'work', input: nested(200) }, 128],
  ])('%s is LIMIT_EXCEEDED with the limit', async (_what, input, limit) => {
    expect(await dataOf(admin.ask(CREATE, { input }))).toMatchObject({ createFlow: { __typename: 'LimitExceeded', limit } })
  })

  test('a number that JSON cannot carry back is refused, not changed', async () => {
    const body = `{"query":${JSON.stringify(CREATE)},"variables":{"input":{"kind":"work","input":{"a":1e999}}}}`
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${admin.token}` }, body })
    expect(await response.json()).toMatchObject({ data: { createFlow: { __typename: 'InvalidInput', path: ['input', 'a'] } } })
  })

  test('input is refused by the schema of its kind, with the path of what is wrong', async () => {
    const worker = await server.principal('WORKER')
    const inputSchema = { type: 'object', properties: { seconds: { type: 'number', minimum: 0 } }, required: ['seconds'] }
    await dataOf(worker.ask('mutation ($input: RegisterWorkerInput!) { registerWorker(input: $input) { __typename } }', { input: { instanceId: 'i', name: 'w', capacity: 1, kinds: [{ name: 'schematic', inputSchema }] } }))
    expect(await dataOf(admin.ask(CREATE, { input: { kind: 'schematic', input: { seconds: -1 } } }))).toMatchObject({ createFlow: { code: 'INVALID_INPUT', path: ['input', 'seconds'] } })
  })

  test('a bad item does not keep the others back: one result each, in order', async () => {
    const many = 'mutation ($input: CreateFlowsInput!) { createFlows(input: $input) { ... on CreateFlowsPayload { results { __typename ... on InvalidInput { path } } } } }'
    const items = [{ kind: 'work' }, { kind: 'work', lane: 'nowhere' }, { kind: 'work', title: 't'.repeat(201) }, { kind: 'work' }]
    const { createFlows: done } = await dataOf(admin.ask<{ createFlows: { results: { __typename: string }[] } }>(many, { input: { items } }))
    expect(done.results.map((one) => one.__typename)).toEqual(['CreateFlowPayload', 'InvalidInput', expect.stringMatching(/InvalidInput|LimitExceeded/), 'CreateFlowPayload'])
  })

  const UNSAFE: [string, unknown, object][] = [
    ['NUL in JSON', { a: [1, { b: '\u0000' }] }, { __typename: 'InvalidInput', path: ['JSON', 'a', '1', 'b'] }],
    ['NUL in a key', { 'a\u0000': 1 }, { __typename: 'InvalidInput', path: ['JSON'] }],
    ['half a surrogate pair', 'x\ud800', { __typename: 'InvalidInput', path: ['JSON'] }],
    ['JSON that is too deep', nested(200), { __typename: 'LimitExceeded', limit: 128 }],
  ]
  const inField = (refusal: object, field: string): unknown => JSON.parse(JSON.stringify(refusal).replace('JSON', field))
  const RESULTS = 'results { __typename ... on InvalidInput { path } ... on LimitExceeded { limit } }'

  test.each(UNSAFE)('createFlows refuses an item with %s alone, with the path that createFlow gives', async (_what, input, refusal) => {
    const bad = { kind: 'work', input }
    const expected = inField(refusal, 'input')
    expect(await dataOf(admin.ask(`mutation ($input: CreateFlowInput!) { createFlow(input: $input) { __typename ... on InvalidInput { path } ... on LimitExceeded { limit } } }`, { input: bad }))).toEqual({ createFlow: expected })
    const many = `mutation ($input: CreateFlowsInput!) { createFlows(input: $input) { ... on CreateFlowsPayload { ${RESULTS} } } }`
    const done = { __typename: 'CreateFlowPayload' }
    expect(await dataOf(admin.ask(many, { input: { items: [{ kind: 'work' }, bad, { kind: 'work' }] } }))).toEqual({ createFlows: { results: [done, expected, done] } })
    expect(await dataOf(admin.ask(many, { input: { items: [bad] } }))).toEqual({ createFlows: { results: [expected] } })
    expect(await dataOf(admin.ask(many, { input: { items: [{ kind: 'a\u0000' }] } }))).toEqual({ createFlows: { results: [{ __typename: 'InvalidInput', path: ['kind'] }] } })
  })

  test.each(UNSAFE)('finishFlows, failFlows and startFlows refuse an item with %s alone', async (_what, json, refusal) => {
    const worker = await testWorker(server, { kind: 'plural' })
    await createFlows(admin, Array.from({ length: 3 }, () => ({ kind: 'plural' })))
    const [a, b, c] = await worker.take(3)
    const many = (name: string, items: unknown[]): Promise<unknown> =>
      dataOf(worker.by.ask(`mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { done: ${name}(input: $input) { ... on ${name[0]?.toUpperCase()}${name.slice(1)}Payload { ${RESULTS} } } }`, { input: { items } }))
    expect(await many('finishFlows', [{ lease: a, result: json }, { lease: b, result: 1 }])).toEqual({ done: { results: [inField(refusal, 'result'), { __typename: 'FinishFlowPayload' }] } })
    const failed = { code: 'x', message: 'x' }
    expect(await many('failFlows', [{ lease: a, error: { ...failed, detail: json } }, { lease: c, error: failed }]))
      .toMatchObject({ done: { results: [{ __typename: Object.values(refusal)[0] as string }, { __typename: 'FailFlowPayload' }] } })
    expect(await many('startFlows', [{ lease: { ...a, flowId: '\u0000' } }, { lease: a }]))
      .toEqual({ done: { results: [{ __typename: 'InvalidInput', path: ['lease', 'flowId'] }, { __typename: 'StartFlowPayload' }] } })
    await worker.finish(a!)
  })

  test.each([
    ['promoteNow', 'PromoteNowInput', { id: 'flow_x', force: true }, ['reason']],
    ['promoteNow', 'PromoteNowInput', { id: 'flow_x', waitMs: 30_001 }, ['waitMs']],
    ['cancelFlow', 'CancelFlowInput', { id: 'flow_x', reason: 'r'.repeat(501) }, ['reason']],
    ['setCap', 'SetCapInput', { maxActive: -1 }, ['maxActive']],
    ['setCap', 'SetCapInput', { lane: 'default', principalId: 'prn_x', maxActive: 1 }, ['principalId']],
    ['setCap', 'SetCapInput', { lane: '', maxActive: 7 }, ['lane']],
    ['setCap', 'SetCapInput', { principalId: '', maxActive: 7 }, ['principalId']],
    ['upsertLane', 'UpsertLaneInput', { name: '' }, ['name']],
    ['createApiToken', 'CreateApiTokenInput', { name: 'x' }, ['role']],
    ['createApiToken', 'CreateApiTokenInput', { name: 'x', role: 'VIEWER', scopes: ['everything'] }, ['scopes', '0']],
    ['createApiToken', 'CreateApiTokenInput', { name: 'x', role: 'VIEWER', expiresAt: '2020-01-01T00:00:00Z' }, ['expiresAt']],
    ['createFlows', 'CreateFlowsInput', { items: [] }, ['items']],
  ])('%s names what is wrong: %s %j', async (mutation, type, input, path) => {
    expect(await dataOf(admin.ask(`mutation ($input: ${type}!) { ${mutation}(input: $input) { ... on Error { code } ... on InvalidInput { path } } }`, { input })))
      .toEqual({ [mutation]: { code: 'INVALID_INPUT', path } })
  })

  test.each([
    ['a page that is too large', '{ flows(first: 201) { edges { cursor } } }', 'LIMIT_EXCEEDED'],
    ['a page of nothing', '{ flows(first: 0) { edges { cursor } } }', 'LIMIT_EXCEEDED'],
    ['a cursor of another list', '{ flowQueue(after: "nonsense") { edges { cursor } } }', 'INVALID_INPUT'],
    ['both directions at once', '{ flows(first: 1, last: 1) { edges { cursor } } }', 'INVALID_INPUT'],
    ['an unknown lane', '{ queueStats(lane: "nowhere") { queued } }', 'INVALID_INPUT'],
    ['NUL in an id', '{ flow(id: "a\\u0000") { id } }', 'INVALID_INPUT'],
    ['a chart of nothing', '{ throughput(minutes: 0) { at } }', 'INVALID_INPUT'],
  ])('a query refuses %s with a typed code', async (_what, query, code) => {
    const { errors } = await admin.ask(query)
    expect(errors).toMatchObject([{ extensions: { code } }])
  })

  const forged = (...parts: unknown[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url')
  const NOW = '2026-01-31T12:00:00.000000Z'
  const BAD_INSTANTS = ['2026-99-99T12:00:00.000000Z', '2026-02-30T12:00:00.000000Z', '0000-01-01T00:00:00.000000Z', '2026-01-01T25:00:00.000000Z']
  const FORGED: [string, string, string][] = [
    ...BAD_INSTANTS.flatMap((at) => [['flows', 'after', forged(at, 'flow_x')], ['flows', 'before', forged(at, 'flow_x')],
      ['flowQueue', 'after', forged(at, 0, 0, NOW, 'flow_x')], ['flowQueue', 'after', forged(NOW, 1, 0, at, 'flow_x')]] satisfies [string, string, string][]),
    ['flows', 'after', forged(NOW, 'flow_\u0000')], ['flows', 'after', forged(NOW)], ['flows', 'after', forged(NOW, { a: 1 })],
    ['flowQueue', 'after', forged(NOW, 0, 2 ** 31, NOW, 'flow_x')], ['flowQueue', 'after', forged(NOW, 2, -(2 ** 40), NOW, 'flow_x')], ['flowQueue', 'after', forged(NOW, 0, 1.5, NOW, 'x')],
    ['audit', 'after', forged('audit', 'x', 'y')], ['audit', 'after', forged('audit', 9e15, 'aud_x')], ['audit', 'after', forged('audit', -9e15, 'aud_x')],
    ['audit', 'after', forged('audit', 1)], ['audit', 'after', forged('audit', 1, 'aud_\u0000')], ['audit', 'after', forged('flow', 1, 'aud_x')],
  ]
  test.each(FORGED)('a made-up cursor of %s is INVALID_INPUT for %s: %s', async (list, argument, cursor) => {
    const page = argument === 'before' ? 'last: 2, before: $cursor' : 'first: 2, after: $cursor'
    const { errors } = await admin.ask(`query ($cursor: String!) { ${list}(${page}) { edges { cursor } } }`, { cursor })
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT', path: [argument] } }])
  })

  test.each([forged('attempt', 'x'), forged('attempt'), forged('attempt', 2 ** 31), forged('attempt', -2), 'nonsense'])('a made-up cursor of attempts is INVALID_INPUT: %s', async (cursor) => {
    const [id] = await createFlows(admin, [{ kind: 'later' }])
    const { errors } = await admin.ask('query ($id: ID!, $cursor: String!) { flow(id: $id) { attempts(after: $cursor) { edges { cursor } } } }', { id, cursor })
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT', path: ['after'] } }])
  })

  test.each(['by', 'action'])('a filter of the audit names at most 100 of %s', async (field) => {
    const { errors } = await admin.ask('query ($filter: AuditFilter!) { audit(filter: $filter) { edges { cursor } } }', { filter: { [field]: Array.from({ length: 101 }, (_, n) => `x${n}`) } })
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT', path: ['filter', field] } }])
  })

  test.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])('defaults may not name %s, which every object has', async (key) => {
    const lane = 'mutation ($input: UpsertLaneInput!) { upsertLane(input: $input) { ... on Error { code } ... on InvalidInput { path } } }'
    const input = JSON.parse(`{ "name": "odd", "defaults": { "${key}": 1 } }`) as unknown
    expect(await dataOf(admin.ask(lane, { input }))).toEqual({ upsertLane: { code: 'INVALID_INPUT', path: ['defaults', key] } })
  })

  test.each(['constructor_x', 'toString_x', '__proto___x', 'hasOwnProperty_', '_', ''])('there is no node %j', async (id) => {
    expect(await dataOf(admin.ask('query ($id: ID!) { node(id: $id) { id } }', { id }))).toEqual({ node: null })
  })

  test('ids of other things are simply not there', async () => {
    expect(await dataOf(admin.ask('{ flow(id: "lane_default") { id } node(id: "nothing") { id } other: node(id: "att_1.x") { id } long: flow(id: "x") { id } }')))
      .toEqual({ flow: null, node: null, other: null, long: null })
  })
})

describe('refusals by class', () => {
  const ALL = '__typename ... on Error { code message }'
  const of = async (by: Principal, mutation: string, type: string, input: unknown): Promise<unknown> =>
    Object.values(await dataOf(by.ask<Record<string, { __typename: string }>>(`mutation ($input: ${type}!) { ${mutation}(input: $input) { ${ALL} } }`, { input })))[0]?.__typename

  test('each is a member of its union', async () => {
    const worker = await testWorker(server, { kind: 'classes' })
    const [id, done] = await createFlows(admin, [{ kind: 'classes', priority: 2 }, { kind: 'classes', priority: 1 }])
    const [lease, other] = await worker.take(2)
    expect(await of(admin, 'holdFlow', 'FlowReasonInput', { id })).toBe('FlowNotQueued')
    expect(await of(admin, 'promoteNow', 'PromoteNowInput', { id, waitMs: 0 })).toBe('FlowNotQueued')
    expect(await of(admin, 'deleteFlow', 'FlowIdInput', { id })).toBe('Conflict')
    expect(await of(admin, 'retryFlow', 'RetryFlowInput', { id })).toBe('Conflict')
    expect(await of(worker.by, 'finishFlow', 'FinishFlowInput', { lease: { ...lease, epoch: 99 } })).toBe('StaleLease')
    await worker.finish(other!)
    expect(await of(worker.by, 'failFlow', 'FailFlowInput', { lease: other, error: { code: 'late', message: 'late' } })).toBe('FlowAlreadyTerminal')
    expect(await of(admin, 'setFlowPriority', 'SetFlowPriorityInput', { id: done, priority: 1 })).toBe('FlowAlreadyTerminal')
    const [unstarted] = [await createFlows(admin, [{ kind: 'classes' }]), await worker.take(1, { start: false })][1] as { flowId: string }[]
    expect(await of(worker.by, 'finishFlow', 'FinishFlowInput', { lease: unstarted })).toBe('FlowNotStarted')
    expect(await of(admin, 'createFlow', 'CreateFlowInput', { kind: 'classes', idempotencyKey: 'k' })).toBe('CreateFlowPayload')
    expect(await of(admin, 'createFlow', 'CreateFlowInput', { kind: 'other', idempotencyKey: 'k' })).toBe('IdempotencyKeyReused')
    await dataOf(admin.ask('mutation { upsertLane(input: { name: "closing" }) { __typename } drainLane(input: { name: "closing" }) { __typename } }'))
    expect(await of(admin, 'createFlow', 'CreateFlowInput', { kind: 'classes', lane: 'closing' })).toBe('LaneClosed')
    expect(await of(admin, 'upsertLane', 'UpsertLaneInput', { name: 'closing', version: 99 })).toBe('Conflict')
    expect(await of(admin, 'setCap', 'SetCapInput', { lane: 'nowhere', maxActive: 1 })).toBe('NotFound')
  })

  test('FlowAlreadyTerminal carries the flow with its outcome', async () => {
    const worker = await testWorker(server, { kind: 'outcome' })
    const [id] = await createFlows(admin, [{ kind: 'outcome' }])
    const [lease] = await worker.take()
    await worker.finish(lease!, { answer: 42 })
    const fail = 'mutation ($input: FailFlowInput!) { failFlow(input: $input) { ... on FlowAlreadyTerminal { flow { id status result } } } }'
    expect(await dataOf(worker.by.ask(fail, { input: { lease, error: { code: 'x', message: 'x' } } }))).toEqual({ failFlow: { flow: { id, status: 'FINISHED', result: { answer: 42 } } } })
  })

  test('payloads of one request show what their own command left', async () => {
    const [id] = await createFlows(admin, [{ kind: 'later' }])
    const both = `mutation { a: setFlowPriority(input: { id: "${id}", priority: 7 }) { ...P } b: setFlowPriority(input: { id: "${id}", priority: 99999 }) { ...P } }
      fragment P on SetFlowPriorityPayload { flow { priority } }`
    expect(await dataOf(admin.ask(both))).toEqual({ a: { flow: { priority: 7 } }, b: { flow: { priority: 9000 } } })
  })
})

describe('a bug', () => {
  test('is masked, and logged with the request id that the client gets', async () => {
    const one = await server.principal('VIEWER')
    await server.sql(`ALTER TABLE flow_kind RENAME TO hidden_kind`)
    try {
      const { errors, status } = await one.ask('{ flowKinds { name } }')
      const requestId = String(errors[0]?.extensions['requestId'])
      expect({ status, code: errors[0]?.extensions['code'] }).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
      expect(JSON.stringify(errors)).not.toMatch(/flow_kind|prisma|relation/i)
      expect(server.logged).toContainEqual(expect.objectContaining({ event: 'request.bug', requestId, stack: expect.stringContaining('flow') }))
    } finally {
      await server.sql(`ALTER TABLE hidden_kind RENAME TO flow_kind`)
    }
  })
})
