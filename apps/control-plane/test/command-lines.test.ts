import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { formatTraceParent, parseTraceParent } from '@sluice/protocol'
import { lineOf, SLOW_MS } from '../src/doors/request-log.ts'
import { RequestFacts } from '../src/observe/request-facts.ts'
import { append, lines as frames } from './frame-writer.ts'
import { createFlows, dataOf, testServer, testWorker, type Principal, type TestServer, type TestWorker } from './server.ts'
import { openSocket } from './socket.ts'

let server: TestServer
let operator: Principal
let submitter: Principal
let worker: TestWorker

beforeAll(async () => {
  server = await testServer()
  operator = await server.principal('OPERATOR')
  submitter = await server.principal('SUBMITTER')
  worker = await testWorker(server)
})
afterAll(() => server.close())
beforeEach(() => void server.logged.splice(0))

type Line = Record<string, unknown>
/** The lines of requests, once so many are there: a line is written after the answer has left. */
const lines = (count: number): Promise<Line[]> => vi.waitFor(() => {
  const told = server.logged.filter(({ event }) => ['command', 'query', 'request'].includes(String(event)))
  expect(told.length).toBeGreaterThanOrEqual(count)
  return told
}, { timeout: 5000, interval: 10 })

const post = (headers: Record<string, string>, query: string, variables = {}): Promise<Response> =>
  fetch(`${server.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ query, variables }) })

const CREATE = 'mutation ($input: CreateFlowInput!) { createFlow(input: $input) { __typename ... on CreateFlowPayload { flow { id traceParent } } ... on Error { code } } }'
const PROGRESS = 'mutation ($input: ReportProgressInput!) { reportProgress(input: $input) { __typename } }'
const START = 'mutation ($input: StartFlowInput!) { startFlow(input: $input) { __typename } }'
const MEMO = 'mutation ($input: RecordMemoInput!) { recordMemo(input: $input) { __typename } }'
const TRACE = '0af7651916cd43dd8448eb211c80319c'

describe('one wide line per command', () => {
  test('says who did what to which flows, how it ended, and what it cost', async () => {
    const ids = await createFlows(operator, Array.from({ length: 7 }, () => ({ kind: 'work' })))
    const [line] = await lines(1)
    expect(line).toMatchObject({
      event: 'command', door: 'graphql', operation: 'createFlows', outcome: 'ok', principal: operator.id, flows: ids.slice(0, 5), flowCount: 7, status: 200,
      ms: expect.any(Number), statements: 3, rows: expect.any(Number), requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  test('counts refusals by code, also those of single items', async () => {
    await createFlows(operator, [{ kind: 'work' }, { kind: '' }]).catch(() => undefined)
    await submitter.ask('mutation { cancelFlow(input: { id: "flow_nothing" }) { __typename } }')
    const [some, all] = await lines(2)
    expect(some).toMatchObject({ operation: 'createFlows', outcome: 'refused', refusals: { INVALID_INPUT: 1 }, flowCount: 1 })
    expect(all).toMatchObject({ operation: 'cancelFlow', outcome: 'refused', refusals: { NOT_FOUND: 1 } })
  })

  test('what workers ask again and again is told when something came of it', async () => {
    const [id] = await createFlows(operator, [{ kind: 'work' }])
    const taken = await worker.take(100, { start: false })
    await worker.take(1, { start: false, waitMs: 0 })
    await dataOf(worker.by.ask(PROGRESS, { input: { lease: taken[0], percent: 1 } }))
    await dataOf(worker.by.ask(START, { input: { lease: taken[0] } }))
    expect(await append(worker, taken[0]!, frames(1, 3))).toMatchObject({ lastSequence: 3 })
    await dataOf(worker.by.ask(MEMO, { input: { lease: taken[0], key: 'a', value: 1 } }))
    expect(await append(worker, taken[0]!, frames(9, 9))).toMatchObject({ code: 'INVALID_INPUT' })
    const told = await lines(4)
    expect(told.map(({ operation, outcome }) => [operation, outcome])).toEqual([['createFlows', 'ok'], ['claimFlows', 'ok'], ['startFlow', 'ok'], ['appendFrames', 'refused']])
    expect(told[1]).toMatchObject({ operation: 'claimFlows', flowCount: taken.length, principal: worker.by.id })
    expect(taken.map(({ flowId }) => flowId)).toContain(id)
  })

  test('a read is told when it failed or was slow, and not otherwise', async () => {
    await operator.ask('{ queueStats { queued } }')
    await operator.ask('{ nothing }')
    await operator.ask('{ flow(id: "flow_x") { id } }')
    await createFlows(operator, [{ kind: 'work' }])
    expect((await lines(2)).map(({ event, status }) => [event, status])).toEqual([['query', 400], ['command', 200]])
  })

  test.each([['serverTime', 999, null], ['serverTime', SLOW_MS, true], ['waitForFlow', 30_000, null]])('%s after %d ms', (name, ms, slow) => {
    const facts = new RequestFacts({ requestId: 'r', principal: operator.id, observing: server.observing })
    facts.began({ kind: 'query', name })(null)
    expect(lineOf(facts, { door: 'graphql', status: 200, ms })?.['slow'] ?? null).toBe(slow)
  })

  test('over a socket each command has its line too', async () => {
    await using socket = await openSocket(server.url, { token: operator.token })
    socket.subscribe('mutation { pauseLane(input: { name: "default" }) { __typename } }')
    const [line] = await lines(1)
    expect(line).toMatchObject({ event: 'command', door: 'socket', operation: 'pauseLane', outcome: 'ok', principal: operator.id })
    await dataOf(operator.ask('mutation { resumeLane(input: { name: "default" }) { __typename } }'))
  })

  test('over REST it names the route too, and its flow belongs to the trace of the request', async () => {
    const answer = await fetch(`${server.url}/flows`, {
      method: 'POST', body: JSON.stringify({ kind: 'work' }),
      headers: { authorization: `Bearer ${operator.token}`, 'content-type': 'application/json', traceparent: `00-${TRACE}-b7ad6b7169203331-01` },
    })
    expect(answer.status).toBe(202)
    expect((await lines(1))[0]).toMatchObject({ event: 'command', door: 'rest', route: 'createFlow', operation: 'createFlow', flowCount: 1, traceId: TRACE })
  })

  test('INV-31 no token, no sign-in code, no input, no title and no result is in what was logged', async () => {
    const secret = 'MAGENTA-4711'
    const [id = ''] = await createFlows(operator, [{ kind: 'work', title: secret, input: { password: secret }, labels: { key: secret } }])
    const leases = await worker.take(100)
    await worker.finish(leases.find(({ flowId }) => flowId === id)!, { secret })
    await operator.ask(`{ ${secret.replace('-', '_')} }`)
    await fetch(`${server.url}/sign-in?code=${secret}`, { redirect: 'manual' })
    await post({ authorization: `Bearer ${secret}` }, '{ viewer { id } }')
    await fetch(`${server.url}/session`, { method: 'POST', body: JSON.stringify({ token: operator.token }), headers: { 'content-type': 'application/json' } })
    await lines(6)
    const log = JSON.stringify(server.logged)
    for (const hidden of [secret, operator.token, submitter.token, worker.by.token]) expect(log).not.toContain(hidden)
  })
})

describe('the trace that a flow belongs to', () => {
  const parent = `00-${TRACE}-b7ad6b7169203331-01`

  test('is the one that its request came with, stored whether or not traces are exported, and told in the line', async () => {
    const answer = await post({ authorization: `Bearer ${operator.token}`, traceparent: parent }, CREATE, { input: { kind: 'work' } })
    expect(await answer.json()).toMatchObject({ data: { createFlow: { flow: { traceParent: parent } } } })
    expect((await lines(1))[0]).toMatchObject({ traceId: TRACE })
  })

  test('a retry belongs to the request that asked for it', async () => {
    const created = await post({ authorization: `Bearer ${operator.token}`, traceparent: parent }, CREATE, { input: { kind: 'work' } })
    const { data } = (await created.json()) as { data: { createFlow: { flow: { id: string } } } }
    const { id } = data.createFlow.flow
    await dataOf(operator.ask('mutation ($id: ID!) { cancelFlow(input: { id: $id }) { __typename } }', { id }))
    const again = await dataOf(operator.ask<{ retryFlow: { flow: { traceParent: string | null } } }>('mutation ($id: ID!) { retryFlow(input: { id: $id }) { ... on RetryFlowPayload { flow { traceParent } } } }', { id }))
    expect(again.retryFlow.flow.traceParent).toBeNull()
  })

  test.each([
    ['nothing', ''], ['words', 'trace me'], ['a trace of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`], ['a parent of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${TRACE.toUpperCase()}-b7ad6b7169203331-01`], ['the version that is none', `ff-${TRACE}-b7ad6b7169203331-01`], ['a tail in version 00', `${parent}-more`],
    ['something short', parent.slice(0, -1)],
  ])('%s is no trace: the request is answered as if it had none', async (_what, header) => {
    const answer = await post({ authorization: `Bearer ${operator.token}`, traceparent: header }, CREATE, { input: { kind: 'work' } })
    expect(await answer.json()).toMatchObject({ data: { createFlow: { flow: { traceParent: null } } } })
  })

  test('a later version is read as far as it is known', () => {
    expect(formatTraceParent(parseTraceParent(`cc-${TRACE}-b7ad6b7169203331-ff-what-the-future-will-bring`)!)).toBe(parent)
  })
})
