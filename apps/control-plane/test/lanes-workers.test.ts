import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createFlows, dataOf, testServer, testWorker, type Principal, type TestServer } from './server.ts'

let server: TestServer
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())
afterEach(() => void vi.restoreAllMocks())

const act = async (document: string, input: object): Promise<void> => {
  const [answer] = Object.values(await dataOf(admin.ask<Record<string, { __typename: string; message?: string }>>(document, { input })))
  if (answer?.message !== undefined) throw new Error(answer.message)
}
const upsertLane = 'mutation ($input: UpsertLaneInput!) { upsertLane(input: $input) { __typename ... on Error { message } } }'
const pauseLane = 'mutation ($input: LaneInput!) { pauseLane(input: $input) { __typename ... on Error { message } } }'
const setCap = 'mutation ($input: SetCapInput!) { setCap(input: $input) { __typename ... on Error { message } } }'

/** The names of the statements that run from now on. */
function statements(): () => string[] {
  const query = vi.spyOn(server.pool, 'query') as unknown as { mock: { calls: [{ name?: string }][] } }
  return () => query.mock.calls.flatMap(([{ name }]) => name ?? [])
}

describe('lanes', () => {
  test('say who brought them into their state, when and why, what they give to flows, and who set their cap', async () => {
    await act(upsertLane, { name: 'nightly', waitingHoldsSlot: false, defaults: { priority: 7, maxAttempts: 3 } })
    await act(pauseLane, { name: 'nightly', reason: 'Disk is nearly full' })
    await act(setCap, { lane: 'nightly', maxActive: 2, reason: 'Small disk' })
    const ran = statements()
    const { lanes } = await dataOf(admin.ask<{ lanes: Record<string, unknown>[] }>(`{ lanes {
      name state stateReason stateBy { id } stateAt defaults waitingHoldsSlot cap { scope maxActive active setBy { id } reason } } }`))
    expect(ran().filter((name) => name === 'readCaps')).toHaveLength(1)
    expect(lanes).toEqual([
      { name: 'default', state: 'OPEN', stateReason: null, stateBy: null, stateAt: null, defaults: {}, waitingHoldsSlot: true, cap: null },
      {
        name: 'nightly', state: 'PAUSED', stateReason: 'Disk is nearly full', stateBy: { id: admin.id }, stateAt: expect.any(String), defaults: { priority: 7, maxAttempts: 3 },
        waitingHoldsSlot: false, cap: { scope: 'LANE', maxActive: 2, active: 0, setBy: { id: admin.id }, reason: 'Small disk' },
      },
    ])
  })
})

describe('workers', () => {
  test('INV-38 say what they hold by one statement, to a submitter only what is its own; all is counted', async () => {
    const submitter = await server.principal('SUBMITTER')
    const [one, two] = [await testWorker(server, { kind: 'first' }), await testWorker(server, { kind: 'second' })]
    const [theirs] = await createFlows(admin, [{ kind: 'first' }])
    const [mine] = await createFlows(submitter, [{ kind: 'first' }])
    const [other] = await createFlows(admin, [{ kind: 'second' }])
    await one.take(1)
    await one.take(1)
    await two.take(1)
    const ask = `{ workers { id leased expiresAt principal { id } currentAttempts(first: 5) { flow { id title } startedAt leaseExpiresAt } } }`
    interface Worker { id: string; leased: number; principal: { id: string }; currentAttempts: { flow: { id: string }; leaseExpiresAt: string }[] }
    const read = async (by: Principal): Promise<Worker[]> => (await dataOf(by.ask<{ workers: Worker[] }>(ask))).workers
    const held = (workers: Worker[], id: string): string[] => workers.find((worker) => worker.id === id)?.currentAttempts.map(({ flow }) => flow.id) ?? []

    const ran = statements()
    const all = await read(admin)
    expect(ran().filter((name) => name === 'workerLeases')).toHaveLength(1)
    expect([held(all, one.workerId), held(all, two.workerId)]).toEqual([[theirs, mine], [other]])
    expect(all.find(({ id }) => id === one.workerId)).toMatchObject({ leased: 2, principal: { id: one.by.id } })
    const own = await read(submitter)
    expect([held(own, one.workerId), held(own, two.workerId)]).toEqual([[mine], []])
    expect(own.find(({ id }) => id === one.workerId)?.leased).toBe(2)
  })

  test('kinds with queued flows that nobody handles are named, also those that never had a worker', async () => {
    await createFlows(admin, [{ kind: 'orphan' }, { kind: 'orphan' }])
    const ran = statements()
    const { unservedQueues, flowKinds } = await dataOf(admin.ask<Record<'unservedQueues' | 'flowKinds', unknown[]>>(
      '{ unservedQueues { kind queued lane { name } } flowKinds { name queued liveWorkers hasInputSchema } }'))
    expect(unservedQueues).toEqual([{ kind: 'orphan', queued: 2, lane: { name: 'default' } }])
    expect(flowKinds).toEqual([{ name: 'first', queued: 0, liveWorkers: 1, hasInputSchema: false }, { name: 'second', queued: 0, liveWorkers: 1, hasInputSchema: false }])
    expect(ran().filter((name) => name === 'kindFigures')).toHaveLength(1)
  })
})
