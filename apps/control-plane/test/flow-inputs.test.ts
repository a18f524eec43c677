import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFlows, dataOf, testServer, testWorker, type Principal, type TestServer } from './server.ts'

let server: TestServer
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())

interface Input { id: string; author: string; content: unknown; state: string }
interface Done { __typename: string; code?: string; input?: Input; flow?: { inputs: Input[] } }
const FIELDS = '__typename ... on Error { code message }'
const add = async (by: Principal, flowId: string, content: unknown): Promise<Done> =>
  (await dataOf(by.ask<{ addFlowInput: Done }>(`mutation ($input: AddFlowInputInput!) { addFlowInput(input: $input) { ${FIELDS} ... on AddFlowInputPayload { input { id author content state } flow { inputs { id author content state } } } } }`, { input: { flowId, content } }))).addFlowInput
const remove = async (by: Principal, id: string): Promise<Done> =>
  (await dataOf(by.ask<{ removeFlowInput: Done }>(`mutation ($input: RemoveFlowInputInput!) { removeFlowInput(input: $input) { ${FIELDS} ... on RemoveFlowInputPayload { input { id author content state } flow { inputs { id author content state } } } } }`, { input: { id } }))).removeFlowInput

describe('addFlowInput and removeFlowInput', () => {
  test('INV-38 the owner and operators may; to anybody else there is no such flow', async () => {
    const [owner, stranger, operator, viewer] = await Promise.all([server.principal('SUBMITTER'), server.principal('SUBMITTER'), server.principal('OPERATOR'), server.principal('VIEWER')])
    const [id] = await createFlows(owner, [{ kind: 'with-inputs' }])
    const mine = await add(owner, id!, 'mine')
    expect(mine).toMatchObject({ __typename: 'AddFlowInputPayload', input: { author: owner.id, content: 'mine', state: 'PENDING' } })
    expect(await add(operator, id!, { theirs: true })).toMatchObject({ flow: { inputs: [{ content: 'mine' }, { author: operator.id, content: { theirs: true } }] } })
    expect(await add(stranger, id!, 'x')).toMatchObject({ code: 'NOT_FOUND' })
    expect(await remove(stranger, mine.input!.id)).toMatchObject({ code: 'NOT_FOUND' })
    expect(await add(viewer, id!, 'x')).toMatchObject({ code: 'FORBIDDEN' })
    expect(await remove(operator, mine.input!.id)).toMatchObject({ __typename: 'RemoveFlowInputPayload', input: { state: 'REMOVED' } })
  })

  test('a part of them is asked for by an id, and what can be none is refused', async () => {
    const [id] = await createFlows(admin, [{ kind: 'with-inputs' }])
    const [one, two] = [await add(admin, id!, 1), await add(admin, id!, 2)]
    const PART = 'query ($id: ID!, $after: ID) { flow(id: $id) { inputs(first: 5, after: $after) { id } waitpoints(first: 5, after: $after) { id } } }'
    expect(await dataOf(admin.ask(PART, { id, after: one.input!.id }))).toEqual({ flow: { inputs: [{ id: two.input!.id }], waitpoints: [] } })
    expect((await admin.ask(PART, { id, after: 'x\0' })).errors).toContainEqual(expect.objectContaining({ extensions: expect.objectContaining({ code: 'INVALID_INPUT', path: ['after'] }) }))
  })

  test('come with the claim in their order, without those that were taken back', async () => {
    const worker = await testWorker(server, { kind: 'claimed' })
    const [id] = await createFlows(admin, [{ kind: 'claimed' }])
    const [one] = [await add(admin, id!, 'one'), await add(admin, id!, { two: 2 })]
    const wrong = await add(admin, id!, 'wrong')
    await remove(admin, wrong.input!.id)
    const CLAIM = 'mutation ($input: ClaimFlowsInput!) { claimFlows(input: $input) { ... on ClaimFlowsPayload { claims { inputs { id content } } } } }'
    const claim = async () => (await dataOf(worker.by.ask<{ claimFlows: { claims: { inputs: Input[] }[] } }>(CLAIM, { input: { workerId: worker.workerId, max: 1, waitMs: 5000, requestId: 'again' } }))).claimFlows
    const first = await claim()
    expect(first.claims.map(({ inputs }) => inputs)).toEqual([[{ id: one.input!.id, content: 'one' }, { id: expect.stringMatching(/^fin_/), content: { two: 2 } }]])
    expect(await claim()).toEqual(first)
    expect(await add(admin, id!, 'late')).toMatchObject({ __typename: 'FlowNotQueued', code: 'FLOW_NOT_QUEUED' })
  })
})
