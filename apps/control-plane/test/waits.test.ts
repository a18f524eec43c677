import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataOf, testServer, type Principal, type TestServer } from './server.ts'
import { answer, done, waitWorld, type Refused, type WaitWorld } from './waits.ts'

let server: TestServer
let w: WaitWorld
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  w = await waitWorld(server)
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())

const flowNow = async (id: string, fields: string) => (await dataOf(admin.ask<{ flow: Record<string, unknown> }>(`query ($id: ID!) { flow(id: $id) { ${fields} } }`, { id }))).flow
const NOBODY = { flowId: 'flow_00000000000000000000000000', attempt: 0, epoch: 1 }

describe('a worker asks', () => {
  test('T11 createWaitpoint and suspendFlow: what is asked stands on the flow, and the same key again is the same waitpoint with the same token', async () => {
    const lease = await w.working(admin)
    const fields = { type: 'object', properties: { note: { type: 'string' } } }
    const made = await w.make(lease, { prompt: 'Publish it?', fields, timeoutSeconds: 3600, onTimeout: 'AUTO_RESUME', timeoutDecision: 'reject', timeoutPayload: {}, answerableBy: ['role:operator'] })
    expect(made.waitpoint).toMatchObject({
      key: 'ask', kind: 'APPROVAL', mode: null, state: 'PENDING', prompt: 'Publish it?', fields, allowedDecisions: ['approve', 'reject'], answerableBy: ['role:operator'],
      openedAt: null, timeoutAt: null, onTimeout: 'AUTO_RESUME', answer: null,
    })
    expect(made.url).toBe(`${server.url}/waitpoints/${made.token}`)
    expect(await w.suspend(lease, made.waitpoint.id)).toMatchObject({ flow: { status: 'WAITING', waitKind: 'APPROVAL', waitingSince: expect.any(String) }, waitpoint: { state: 'OPEN', mode: 'HELD', timeoutAt: expect.any(String) } })
    expect(await w.make(lease)).toMatchObject({ waitpoint: { id: made.waitpoint.id }, token: made.token })
    expect(await flowNow(lease.flowId, 'openWaitpoint { id key flow { id } } waitpoints { id viewerMayAnswer } waitKind')).toEqual({
      openWaitpoint: { id: made.waitpoint.id, key: 'ask', flow: { id: lease.flowId } }, waitpoints: [{ id: made.waitpoint.id, viewerMayAnswer: true }], waitKind: 'APPROVAL',
    })
    const { node } = await dataOf(admin.ask<{ node: unknown }>('query ($id: ID!) { node(id: $id) { ... on Waitpoint { prompt } } }', { id: made.waitpoint.id }))
    expect(node).toEqual({ prompt: 'Publish it?' })
  })

  test.each([{}, { timeoutPayload: null }])('a timeout answers a question with a form by its decision alone: %j', async (payload) => {
    const lease = await w.working(admin)
    const fields = { type: 'object', properties: { note: { type: 'string' } }, required: ['note'] }
    const asked = { fields, timeoutSeconds: 60, onTimeout: 'AUTO_RESUME', timeoutDecision: 'reject' }
    expect(await w.make(lease, { ...asked, timeoutPayload: { note: 1 } })).toMatchObject({ code: 'INVALID_INPUT' })
    expect(await w.make(lease, { ...asked, ...payload })).toMatchObject({ waitpoint: { state: 'PENDING', onTimeout: 'AUTO_RESUME' } })
    await w.worker.finish(lease)
  })

  test('a form comes back in the order in which it was written: of a waitpoint, and of a kind', async () => {
    const form = { properties: { zebra: { type: 'string' }, a: { type: 'integer' }, middle: { type: 'boolean' } }, type: 'object' }
    const lease = await w.working(admin)
    const made = await w.make(lease, { fields: form })
    const { node } = await dataOf(admin.ask<{ node: { fields: unknown } }>('query ($id: ID!) { node(id: $id) { ... on Waitpoint { fields } } }', { id: made.waitpoint.id }))
    expect(JSON.stringify(node.fields)).toBe(JSON.stringify(form))
    await w.worker.finish(lease)
    const worker = await server.principal('WORKER')
    await dataOf(worker.ask(`mutation ($input: RegisterWorkerInput!) { registerWorker(input: $input) { __typename } }`, { input: { instanceId: 'forms', name: 'forms', kinds: [{ name: 'with.form', inputSchema: form }], capacity: 1 } }))
    const { flowKinds } = await dataOf(admin.ask<{ flowKinds: { name: string; inputSchema: unknown }[] }>('{ flowKinds { name inputSchema } }'))
    expect(JSON.stringify(flowKinds.find(({ name }) => name === 'with.form')?.inputSchema)).toBe(JSON.stringify(form))
  })

  test.each([
    [{ kind: 'APPROVAL', allowedDecisions: [] }, 'INVALID_INPUT', ['allowedDecisions']], [{ key: '' }, 'INVALID_INPUT', ['key']], [{ fields: { type: 'nothing' } }, 'INVALID_INPUT', ['fields']],
    [{ answerableBy: ['somebody'] }, 'INVALID_INPUT', ['answerableBy']], [{ timeoutSeconds: 0 }, 'INVALID_INPUT', ['timeoutSeconds']], [{ onTimeout: 'AUTO_RESUME' }, 'INVALID_INPUT', ['timeoutSeconds']],
    [{ timeoutDecision: 'approve' }, 'INVALID_INPUT', ['timeoutDecision']], [{ lease: NOBODY }, 'NOT_FOUND', undefined],
  ] as const)('createWaitpoint with %j is refused as %s', async (o, code, path) => {
    const lease = await w.working(admin)
    const refused = await w.make(lease, o)
    expect(refused).toMatchObject({ code, ...(path && { path }) })
    expect(await server.sql('SELECT 1 FROM waitpoint WHERE flow_id = $1', [lease.flowId])).toEqual([])
    await w.worker.finish(lease)
  })

  test('D-32 a key that is a step, or a wait of another kind, is a MEMO_MISMATCH, each way', async () => {
    const lease = await w.working(admin)
    const record = 'mutation ($input: RecordMemoInput!) { done: recordMemo(input: $input) { ... on Error { code } ... on RecordMemoPayload { memo { key kind value } } } }'
    expect(await done(w.worker.by, record, { lease, key: 'step', value: { n: 1 } })).toEqual({ memo: { key: 'step', kind: 'STEP', value: { n: 1 } } })
    expect(await w.make(lease, { key: 'step' })).toMatchObject({ code: 'MEMO_MISMATCH' })
    const made = await w.make(lease)
    expect(await w.make(lease, { kind: 'INPUT' })).toMatchObject({ code: 'MEMO_MISMATCH' })
    await answer(admin, { id: made.waitpoint.id })
    expect(await done(w.worker.by, record, { lease, key: 'ask', value: 1 })).toEqual({ code: 'MEMO_MISMATCH' })
    await w.worker.finish(lease)
  })

  test('INV-20 INV-45 a release that is repeated is answered as at first: an answer that came since is the next attempt\'s', async () => {
    const { lease, waitpoint: { id } } = await w.waiting(admin)
    const released = { waitpoint: { state: 'OPEN', mode: 'RELEASED', answer: null } }
    expect(await w.suspend(lease, id, 'RELEASED')).toMatchObject({ flow: { status: 'WAITING' }, ...released })
    await answer(admin, { id })
    expect(await w.suspend(lease, id, 'RELEASED')).toMatchObject({ flow: { status: 'QUEUED' }, ...released })
    const [next] = await w.worker.take()
    expect(await w.suspend(lease, id, 'RELEASED')).toMatchObject({ flow: { status: 'RUNNING' }, ...released })
    expect(await w.suspend(next!, id, 'RELEASED')).toMatchObject({ flow: { status: 'RUNNING' }, waitpoint: { state: 'SATISFIED', answer: { decision: 'approve' } } })
    await w.worker.finish(next!)
  })

  test('suspendFlow on what is not of this flow, before the start, and under a lease that is over', async () => {
    const [lease, other] = [await w.working(admin), await w.working(admin)]
    const made = await w.make(other)
    expect(await w.suspend(lease, made.waitpoint.id)).toMatchObject({ code: 'NOT_FOUND' })
    await w.worker.finish(other)
    expect(await w.suspend(other, made.waitpoint.id)).toMatchObject({ code: 'FLOW_ALREADY_TERMINAL' })
    await w.worker.finish(lease)
    await done(admin, 'mutation { done: createFlow(input: { kind: "work" }) { __typename } }')
    const [unstarted] = await w.worker.take(1, { start: false })
    expect(await w.make(unstarted!)).toMatchObject({ code: 'FLOW_NOT_STARTED' })
    await done(admin, 'mutation ($input: CancelFlowInput!) { done: cancelFlow(input: $input) { __typename } }', { id: unstarted!.flowId })
    await w.worker.finish(unstarted!)
  })
})

describe('an answer', () => {
  test('T12 to a held wait is heard at once by the heartbeat that is parked, and told until it is acknowledged', async () => {
    const { lease, waitpoint } = await w.waiting(admin)
    const parked = w.beat([lease], { waitMs: 20_000 })
    const began = performance.now()
    expect(await answer(admin, { id: waitpoint.id, payload: { note: 'go' } })).toMatchObject({
      __typename: 'ResolveWaitpointPayload', waitpoint: { state: 'SATISFIED', answer: { decision: 'approve', payload: { note: 'go' }, by: admin.id, at: expect.any(String) } }, flow: { status: 'RUNNING' },
    })
    const told = { answered: [{ lease, waitpoint: { id: waitpoint.id, answer: { decision: 'approve', payload: { note: 'go' } } } }] }
    expect(await parked).toMatchObject(told)
    expect(performance.now() - began).toBeLessThan(5000)
    expect(await w.beat([lease])).toMatchObject(told)
    expect(await w.beat([lease], { acknowledged: [waitpoint.id] })).toMatchObject({ answered: [] })
    await w.worker.finish(lease)
  })

  test('FF-32 that comes before the wait is kept, and suspendFlow answers with it', async () => {
    const lease = await w.working(admin)
    const made = await w.make(lease)
    expect(await answer(admin, { id: made.waitpoint.id, decision: 'reject' })).toMatchObject({ waitpoint: { state: 'PENDING', answer: { decision: 'reject' } }, flow: { status: 'RUNNING' } })
    expect(await w.suspend(lease, made.waitpoint.id)).toMatchObject({ flow: { status: 'RUNNING' }, waitpoint: { state: 'SATISFIED', answer: { decision: 'reject' } } })
    await w.worker.finish(lease)
  })

  test('INV-24 that is not allowed or does not fit changes nothing; the same key again gets the first answer, any other is NOT_RESUMABLE', async () => {
    const { lease, waitpoint } = await w.waiting(admin, { fields: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } } })
    const { id } = waitpoint
    expect(await answer(admin, { id, decision: 'maybe' })).toMatchObject({ code: 'INVALID_DECISION' })
    expect(await answer(admin, { id, payload: { n: 'x' } })).toMatchObject({ code: 'INVALID_INPUT', path: ['payload', 'n'] })
    expect(await answer(admin, { id })).toMatchObject({ code: 'INVALID_INPUT' })
    expect(await answer(admin, { id: 'wpt_00000000000000000000000000' })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await answer(admin, {})).toMatchObject({ code: 'INVALID_INPUT', path: ['id'] })
    expect(await answer(admin, { id, token: 'wt1.x' })).toMatchObject({ code: 'INVALID_INPUT', path: ['id'] })
    expect(await flowNow(lease.flowId, 'status')).toEqual({ status: 'WAITING' })
    const first = await answer(admin, { id, payload: { n: 1 }, idempotencyKey: 'k' })
    expect(await answer(admin, { id, decision: 'reject', payload: { n: 2 }, idempotencyKey: 'k' })).toEqual(first)
    expect(await answer(admin, { id, payload: { n: 1 } })).toMatchObject({ code: 'NOT_RESUMABLE' })
    await w.beat([lease], { acknowledged: [id] })
    await w.worker.finish(lease)
    expect(await answer(admin, { id, payload: { n: 1 } })).toMatchObject({ code: 'FLOW_ALREADY_TERMINAL' })
  })

  test('INV-38 by its token needs no right to read the flow, says so in the answer, and gives none', async () => {
    const { lease, token } = await w.waiting(admin)
    const stranger = await server.principal('SUBMITTER')
    expect(await answer(stranger, { token: `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}` })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await answer(stranger, { token, idempotencyKey: 'once' })).toMatchObject({ waitpoint: { answer: { by: 'token' } }, flow: null })
    const deeper = `mutation ($input: ResolveWaitpointInput!) { resolveWaitpoint(input: $input) { ... on ResolveWaitpointPayload { waitpoint { flow { id title } } } } }`
    expect(await stranger.ask(deeper, { input: { token, decision: 'approve', idempotencyKey: 'once' } })).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
    await w.beat([lease], { acknowledged: [] })
  })

  test('T13 to a released wait puts it ahead of the queue, and the next attempt has the answer with its lease', async () => {
    const { lease, waitpoint } = await w.waiting(admin, { mode: 'RELEASED' })
    await answer(admin, { id: waitpoint.id })
    expect(await flowNow(lease.flowId, 'status queue { queueClass }')).toEqual({ status: 'QUEUED', queue: { queueClass: 'RESUME' } })
    const claim = `mutation ($input: ClaimFlowsInput!) { done: claimFlows(input: $input) { ... on ClaimFlowsPayload { claims { lease { flowId attempt epoch } memos { key kind value } memosComplete } } } }`
    const { claims } = await done<{ claims: { lease: typeof lease; memos: unknown[]; memosComplete: boolean }[] }>(w.worker.by, claim, { workerId: w.worker.workerId, max: 1, waitMs: 2000, requestId: `r${lease.flowId}` })
    expect(claims).toEqual([{ lease: { flowId: lease.flowId, attempt: 1, epoch: lease.epoch + 1 }, memos: [{ key: 'ask', kind: 'ANSWER', value: { decision: 'approve', payload: null, by: admin.id } }], memosComplete: true }])
    await done(w.worker.by, 'mutation ($input: StartFlowInput!) { done: startFlow(input: $input) { __typename } }', { lease: claims[0]!.lease })
    await w.worker.finish(claims[0]!.lease)
  })
})

describe('memory', () => {
  test('D-32 the first write of a key wins; many in one request; by key for the holder of the epoch, and for nobody else', async () => {
    const lease = await w.working(admin)
    const record = 'mutation ($input: RecordMemosInput!) { done: recordMemos(input: $input) { ... on RecordMemosPayload { results { ... on RecordMemoPayload { memo { key value } } ... on Error { code } } } } }'
    const items = [{ lease, key: 'a', value: 1 }, { lease, key: 'b' }, { lease, key: 'a', value: 2 }, { lease, key: '', value: 1 }, { lease: { ...lease, epoch: 99 }, key: 'c' }]
    expect(await done(w.worker.by, record, { items })).toEqual({ results: [
      { memo: { key: 'a', value: 1 } }, { memo: { key: 'b', value: null } }, { memo: { key: 'a', value: 1 } }, { code: 'INVALID_INPUT' }, { code: 'STALE_LEASE' },
    ] })
    const memos = 'query ($flowId: ID!, $epoch: Int!, $keys: [String!]!) { memos(flowId: $flowId, epoch: $epoch, keys: $keys) { key kind value } }'
    const q = { flowId: lease.flowId, epoch: lease.epoch, keys: ['a', 'b', 'none'] }
    const { memos: own } = await dataOf(w.worker.by.ask<{ memos: unknown[] }>(memos, q))
    expect(own).toHaveLength(2)
    expect(own).toContainEqual({ key: 'a', kind: 'STEP', value: 1 })
    const stranger = await server.principal('WORKER')
    for (const asked of [stranger.ask(memos, q), w.worker.by.ask(memos, { ...q, epoch: q.epoch + 1 })]) expect(await dataOf(asked)).toEqual({ memos: [] })
    const many = await w.worker.by.ask(memos, { ...q, keys: Array.from({ length: 1001 }, String) })
    expect(many.errors[0]?.extensions['code']).toBe('INVALID_INPUT')
    await w.worker.finish(lease)
  })

  test('INV-38 what a flow remembers is listed to whoever may read it, by key and without values, the first remembered first', async () => {
    const [owner, stranger, viewer, operator] = await Promise.all((['SUBMITTER', 'SUBMITTER', 'VIEWER', 'OPERATOR'] as const).map((role) => server.principal(role)))
    const { lease, waitpoint } = await w.waiting(owner!)
    await answer(owner!, { id: waitpoint.id })
    const items = ['draft', 'proof'].map((key) => ({ lease, key, value: 'secret' }))
    for (const item of items) await done(w.worker.by, 'mutation ($input: RecordMemoInput!) { done: recordMemo(input: $input) { __typename } }', item)
    const document = 'query ($id: ID!, $first: Int, $after: String) { flow(id: $id) { remembered(first: $first, after: $after) { edges { node { __typename key kind attempt at } } pageInfo { hasNextPage endCursor } } } }'
    interface Page { flow: { remembered: { edges: { node: object }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } | null }
    const read = async (by: Principal, page: object = {}) => (await dataOf(by.ask<Page>(document, { id: lease.flowId, ...page }))).flow?.remembered
    const all = [['ask', 'ANSWER'], ['draft', 'STEP'], ['proof', 'STEP']].map(([key, kind]) => ({ node: { __typename: 'Remembered', key, kind, attempt: 0, at: expect.any(String) } }))
    for (const by of [owner!, viewer!, operator!, admin]) expect((await read(by))?.edges).toEqual(all)
    expect(await read(stranger!)).toBeUndefined()
    const first = await read(viewer!, { first: 2 })
    expect(first).toMatchObject({ edges: all.slice(0, 2), pageInfo: { hasNextPage: true } })
    expect(await read(viewer!, { first: 2, after: first?.pageInfo.endCursor })).toMatchObject({ edges: all.slice(2), pageInfo: { hasNextPage: false } })
    const { errors } = await viewer!.ask(document, { id: lease.flowId, after: 'x' })
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', path: ['after'] })
    await w.worker.finish(lease)
  })

  test('D-32 what a run did not ask for is said with its end, and stands on the attempt', async () => {
    const [finished, failed] = [await w.working(admin), await w.working(admin)]
    const finish = 'mutation ($input: FinishFlowInput!) { done: finishFlow(input: $input) { __typename ... on Error { code } ... on InvalidInput { path } } }'
    expect(await done(w.worker.by, finish, { lease: finished, unusedMemos: ['x'.repeat(129)] })).toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect(await done(w.worker.by, finish, { lease: finished, unusedMemos: Array.from({ length: 1001 }, String) })).toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await done(w.worker.by, finish, { lease: finished, unusedMemos: ['old', 'old', 'older'] })
    await done(w.worker.by, 'mutation ($input: FailFlowInput!) { done: failFlow(input: $input) { __typename } }', { lease: failed, error: { code: 'x', message: 'x' }, unusedMemos: ['gone'] })
    const attempts = 'attempts { edges { node { unusedMemos } } }'
    expect(await flowNow(finished.flowId, attempts)).toEqual({ attempts: { edges: [{ node: { unusedMemos: ['old', 'older'] } }] } })
    expect(await flowNow(failed.flowId, attempts)).toEqual({ attempts: { edges: [{ node: { unusedMemos: ['gone'] } }] } })
  })

  test('a worker is told how long to hold a wait', async () => {
    const register = 'mutation ($input: RegisterWorkerInput!) { done: registerWorker(input: $input) { ... on RegisterWorkerPayload { holdMs leaseTtlMs } } }'
    expect(await done(w.worker.by, register, { instanceId: 'held', name: 'held', kinds: [{ name: 'other' }], capacity: 1 })).toEqual({ holdMs: 10_000, leaseTtlMs: 45_000 })
  })
})

describe('FF-34 the key of tokens', () => {
  const ROTATE = 'mutation { done: rotateWaitpointKey { ... on RotateWaitpointKeyPayload { kid formerUntil } ... on Error { code message } } }'
  test('is rotated by admins only; what the former signed is taken still, and what comes is signed with the other', async () => {
    const before = await w.waiting(admin)
    const operator = await server.principal('OPERATOR')
    expect(await done<Refused>(operator, ROTATE)).toMatchObject({ code: 'FORBIDDEN' })
    const { kid, formerUntil } = await done<{ kid: string; formerUntil: string }>(admin, ROTATE)
    expect(Date.parse(formerUntil) - Date.now()).toBeGreaterThan(23 * 3_600_000)
    expect(before.token.split('.')[1]).not.toBe(kid)
    const after = await w.waiting(admin)
    expect(after.token.split('.')[1]).toBe(kid)
    for (const { token, lease, waitpoint } of [before, after]) {
      expect(await answer(operator, { token })).toMatchObject({ flow: { status: 'RUNNING' } })
      await w.beat([lease], { acknowledged: [waitpoint.id] })
      await w.worker.finish(lease)
    }
    expect(await server.sql(`SELECT action, after FROM audit_entry WHERE action = 'rotateWaitpointKey'`)).toEqual([{ action: 'rotateWaitpointKey', after: { kid } }])
  })
})
