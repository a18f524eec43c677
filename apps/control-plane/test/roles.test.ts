import type { Role } from '@sluice/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { extentOf, OPERATIONS, permissionsOf, type Operation, type Viewer } from '../src/policies/policy.ts'
import { createFlows, dataOf, testServer, type Principal, type TestServer } from './server.ts'

/**
 * Who may do what (product.md 12), written a second time by hand: + on everything, o on what it owns, - not at all.
 * Columns: VIEWER SUBMITTER OPERATOR ADMIN WORKER.
 */
const TABLE: Record<Operation, string> = {
  node: '++++-', viewer: '+++++', serverTime: '+++++', flow: '+o++-', waitForFlow: '+o++-', flows: '+o++-', flowCounts: '+o++-', flowQueue: '+o++-',
  queueStats: '++++-', throughput: '++++-', lanes: '++++-', workers: '++++-', unservedQueues: '++++-', flowKinds: '++++-', caps: '++++-', servers: '++++-', principals: '+-++-',
  audit: '---+-', apiTokens: '---+-',
  createFlow: '-o++-', createFlows: '-o++-', 'createFlow.priority': '--++-', cancelFlow: '-o++-', retryFlow: '-o++-', addFlowInput: '-o++-', removeFlowInput: '-o++-',
  promoteNow: '--++-', 'promoteNow.force': '---+-', setFlowPriority: '--++-', holdFlow: '--++-', releaseFlow: '--++-',
  pauseLane: '--++-', resumeLane: '--++-', drainLane: '--++-', deleteFlow: '---+-', setCap: '---+-', upsertLane: '---+-',
  waitpoints: '+o++-', memos: '----+', resolveWaitpoint: '+o++-', 'resolveWaitpoint.override': '---+-', rotateWaitpointKey: '---+-',
  recordMemo: '----+', recordMemos: '----+', createWaitpoint: '----+', suspendFlow: '----+',
  createApiToken: '---+-', revokeApiToken: '---+-',
  webhookEndpoints: '+o++-', webhookDeliveries: '+o++-', webhookEventTypes: '++++-', bulkOperations: '--++-',
  replayWebhookDelivery: '--++-', replayWebhookDeliveries: '--++-', enableWebhookEndpoint: '--++-', disableWebhookEndpoint: '--++-',
  testWebhookEndpoint: '--++-', abortBulkOperation: '--++-',
  createWebhookEndpoint: '---+-', updateWebhookEndpoint: '---+-', deleteWebhookEndpoint: '---+-', revealWebhookEndpoint: '---+-', rotateWebhookSecret: '---+-',
  registerWorker: '----+', claimFlows: '----+', heartbeat: '----+', startFlow: '----+', startFlows: '----+', returnFlow: '----+',
  finishFlow: '----+', finishFlows: '----+', failFlow: '----+', failFlows: '----+', reportProgress: '----+', appendFrames: '----+',
  'door.metrics': '+-++-', 'door.putArtifact': '----+', 'door.getArtifact': '----+',
  flowEvents: '+o++-', flowFrames: '+o++-', flowsChanged: '+o++-', queueChanged: '++++-', overview: '++++-',
  waitpointsChanged: '+o++-', webhookDeliveryChanged: '+o++-', bulkOperationChanged: '--++-',
}
const COLUMNS = ['VIEWER', 'SUBMITTER', 'OPERATOR', 'ADMIN', 'WORKER'] as const satisfies Role[]
const SIGN = { all: '+', own: 'o', none: '-' } as const

const viewer = (roles: Role[], scopes: string[] = []): Viewer => ({ principalId: 'prn_me', name: 'me', roles, scopes, tokenId: 'tok_x', sessionId: null, expiresAt: null })

describe('the policy table', () => {
  test.each(OPERATIONS)('%s', (operation) => {
    expect(COLUMNS.map((role) => SIGN[extentOf(viewer([role]), operation) ?? 'none']).join('')).toBe(TABLE[operation])
  })

  test('denies what it does not have', () => {
    expect(extentOf(viewer(['ADMIN']), 'somethingNew')).toBeNull()
    expect(extentOf(viewer(['ADMIN']), 'toString')).toBeNull()
  })

  test('two roles have the rights of both', () => {
    expect(extentOf(viewer(['SUBMITTER', 'VIEWER']), 'flow')).toBe('all')
    expect(extentOf(viewer(['SUBMITTER', 'VIEWER']), 'cancelFlow')).toBe('own')
  })

  test('scopes narrow and never widen', () => {
    expect(extentOf(viewer(['ADMIN', 'VIEWER'], ['role:viewer']), 'cancelFlow')).toBeNull()
    expect(extentOf(viewer(['ADMIN'], ['do:cancelFlow']), 'cancelFlow')).toBe('all')
    expect(extentOf(viewer(['ADMIN'], ['do:cancelFlow']), 'setCap')).toBeNull()
    expect(extentOf(viewer(['VIEWER'], ['do:cancelFlow', 'role:admin']), 'cancelFlow')).toBeNull()
    expect(permissionsOf(viewer(['SUBMITTER'], ['do:createFlow', 'do:flow']))).toEqual(['viewer', 'serverTime', 'flow:own', 'createFlow:own'])
  })
})

describe('D-44 a scope of a role', () => {
  /** Which roles a token of each may be narrowed to. */
  const RANKS: [Role, Role[]][] = [
    ['ADMIN', ['ADMIN', 'OPERATOR', 'SUBMITTER', 'VIEWER']], ['OPERATOR', ['OPERATOR', 'SUBMITTER', 'VIEWER']], ['SUBMITTER', ['SUBMITTER']], ['VIEWER', ['VIEWER']], ['WORKER', ['WORKER']],
  ]
  test.each(RANKS)('narrows %s to what that role includes, and to nothing else', (role, includes) => {
    for (const narrowed of COLUMNS) {
      const rights = permissionsOf(viewer([role], [`role:${narrowed.toLowerCase()}`]))
      expect(rights).toEqual(includes.includes(narrowed) ? permissionsOf(viewer([narrowed])) : [])
    }
  })
})

const ID = 'flow_00000000000000000000000000'
const LEASE = { flowId: ID, attempt: 0, epoch: 1 }
/** An input for each mutation that passes validation, so that only rights decide. */
const INPUTS: Record<string, unknown> = {
  createFlow: { kind: 'work' }, createFlows: { items: [{ kind: 'work' }] }, cancelFlow: { id: ID }, retryFlow: { id: ID }, addFlowInput: { flowId: ID, content: 'x' }, removeFlowInput: { id: 'fin_none' }, promoteNow: { id: ID, waitMs: 0 },
  setFlowPriority: { id: ID, priority: 1 }, holdFlow: { id: ID }, releaseFlow: { id: ID }, pauseLane: { name: 'none' }, resumeLane: { name: 'none' },
  drainLane: { name: 'none' }, deleteFlow: { id: ID }, setCap: { lane: 'none', maxActive: 1 }, upsertLane: { name: 'made' },
  createApiToken: { principalId: 'prn_none' }, revokeApiToken: { id: 'tok_none' },
  registerWorker: { instanceId: 'x', name: 'x', kinds: [{ name: 'x' }], capacity: 1 }, claimFlows: { workerId: 'wrk_none', max: 1, requestId: 'x' },
  heartbeat: { workerId: 'wrk_none', leases: [] }, startFlow: { lease: LEASE }, startFlows: { items: [{ lease: LEASE }] }, returnFlow: { lease: LEASE },
  appendFrames: { lease: LEASE, frames: [{ sequence: 1, kind: 'TEXT', payload: 'x' }] }, finishFlow: { lease: LEASE }, finishFlows: { items: [{ lease: LEASE }] }, failFlow: { lease: LEASE, error: { code: 'x', message: 'x' } },
  failFlows: { items: [{ lease: LEASE, error: { code: 'x', message: 'x' } }] }, reportProgress: { lease: LEASE, percent: 1 },
  recordMemo: { lease: LEASE, key: 'x' }, recordMemos: { items: [{ lease: LEASE, key: 'x' }] }, createWaitpoint: { lease: LEASE, key: 'x', kind: 'APPROVAL' },
  suspendFlow: { lease: LEASE, waitpoint: 'wpt_none', mode: 'HELD' }, resolveWaitpoint: { id: 'wpt_none', decision: 'approve' },
}
const INPUT_TYPES: Record<string, string> = {
  releaseFlow: 'FlowIdInput', deleteFlow: 'FlowIdInput', holdFlow: 'FlowReasonInput', pauseLane: 'LaneInput', resumeLane: 'LaneInput', drainLane: 'LaneInput', revokeApiToken: 'TokenIdInput',
}
const QUERIES: Record<string, string> = {
  node: `{ node(id: "${ID}") { id } }`, viewer: '{ viewer { expiresAt } }', serverTime: '{ serverTime }', flow: `{ flow(id: "${ID}") { id } }`,
  waitForFlow: `{ waitForFlow(id: "${ID}", timeoutMs: 0) { id } }`, flows: '{ flows { edges { node { id } } } }', flowCounts: '{ flowCounts { total } }',
  flowQueue: '{ flowQueue { edges { node { id } } } }', queueStats: '{ queueStats { queued } }', throughput: '{ throughput(minutes: 1) { at } }', lanes: '{ lanes { name } }',
  workers: '{ workers { name } }', unservedQueues: '{ unservedQueues { kind } }', flowKinds: '{ flowKinds { name } }', caps: '{ caps { scope } }', servers: '{ servers { id } }', principals: '{ principals { id } }',
  audit: '{ audit { edges { node { id } } } }', apiTokens: '{ apiTokens { id } }',
  waitpoints: '{ waitpoints { edges { node { id } } } }', memos: `{ memos(flowId: "${ID}", epoch: 1, keys: []) { key } }`,
}

let server: TestServer
let actors: Record<Role, Principal>

beforeAll(async () => {
  server = await testServer()
  const made = await Promise.all(COLUMNS.map(async (role) => [role, await server.principal(role)] as const))
  actors = Object.fromEntries(made) as Record<Role, Principal>
})
afterAll(() => server.close())

async function isForbidden(actor: Principal, operation: string): Promise<boolean> {
  const query = QUERIES[operation]
  if (query) return (await actor.ask(query)).errors.some(({ extensions }) => extensions['code'] === 'FORBIDDEN')
  const type = INPUT_TYPES[operation] ?? `${operation[0]?.toUpperCase()}${operation.slice(1)}Input`
  const answer = await dataOf(actor.ask<Record<string, { code?: string }>>(`mutation ($input: ${type}!) { ${operation}(input: $input) { __typename ... on Error { code } } }`, { input: INPUTS[operation] }))
  return answer[operation]?.code === 'FORBIDDEN'
}

describe('over the API', () => {
  test.each([...Object.keys(QUERIES), ...Object.keys(INPUTS)])('%s is refused to whom the table refuses it, and to nobody else', async (operation) => {
    const signs = await Promise.all(COLUMNS.map(async (role) => ((await isForbidden(actors[role], operation)) ? '-' : '+')))
    expect(signs.join('')).toBe(TABLE[operation as Operation].replaceAll('o', '+'))
  })

  test('INV-38 for a submitter a flow of somebody else is in no way different from none', async () => {
    const [theirs] = await createFlows(actors.ADMIN, [{ kind: 'work' }])
    const cancel = 'mutation ($input: CancelFlowInput!) { cancelFlow(input: $input) { __typename ... on Error { code message } } }'
    const seen = async (id: string): Promise<string> => {
      const answers = await Promise.all([
        actors.SUBMITTER.ask(cancel, { input: { id } }), actors.SUBMITTER.ask('query ($id: ID!) { flow(id: $id) { id } node(id: $id) { id } waitForFlow(id: $id, timeoutMs: 0) { id } }', { id }),
      ])
      return JSON.stringify(answers).replaceAll(id, 'ID')
    }
    expect(await seen(theirs!)).toBe(await seen(ID))
  })

  test('a submitter knows of itself and of no other principal', async () => {
    const both = `{ own: node(id: "${actors.SUBMITTER.id}") { id } other: node(id: "${actors.ADMIN.id}") { id } }`
    expect(await dataOf(actors.SUBMITTER.ask(both))).toEqual({ own: { id: actors.SUBMITTER.id }, other: null })
  })

  test('who may read but not act is told FORBIDDEN, and nothing changes', async () => {
    const [id] = await createFlows(actors.SUBMITTER, [{ kind: 'work' }])
    const hold = 'mutation ($input: FlowReasonInput!) { holdFlow(input: $input) { __typename } }'
    expect(await dataOf(actors.SUBMITTER.ask(hold, { input: { id } }))).toEqual({ holdFlow: { __typename: 'Forbidden' } })
    expect(await server.sql('SELECT last_sequence FROM flow WHERE id = $1', [id])).toEqual([{ last_sequence: 1 }])
  })

  test('a submitter lists, counts and queues its own flows only', async () => {
    const one = await server.principal('SUBMITTER')
    const [own] = await createFlows(one, [{ kind: 'work' }])
    const seen = await dataOf(one.ask<{ flows: { edges: { node: { id: string } }[] } }>('{ flows { edges { node { id } } } flowQueue { edges { node { id } } } flowCounts { total } }'))
    expect(seen).toEqual({ flows: { edges: [{ node: { id: own } }] }, flowQueue: { edges: [{ node: { id: own } }] }, flowCounts: { total: 1 } })
  })

  test('a token of a lane and a kind sees and creates nothing else', async () => {
    await dataOf(actors.ADMIN.ask('mutation { upsertLane(input: { name: "narrow" }) { __typename } }'))
    await createFlows(actors.ADMIN, [{ kind: 'work', lane: 'narrow' }, { kind: 'other', lane: 'narrow' }, { kind: 'work' }])
    const narrow = await server.principal('OPERATOR', { scopes: ['lane:narrow', 'kind:work'] })
    const seen = await dataOf(narrow.ask('{ flows { edges { node { kind lane { name } } } } flowCounts { total } }'))
    expect(seen).toEqual({ flows: { edges: [{ node: { kind: 'work', lane: { name: 'narrow' } } }] }, flowCounts: { total: 1 } })
    const create = 'mutation ($input: CreateFlowInput!) { createFlow(input: $input) { __typename } }'
    expect(await dataOf(narrow.ask(create, { input: { kind: 'work' } }))).toEqual({ createFlow: { __typename: 'Forbidden' } })
    expect(await dataOf(narrow.ask(create, { input: { kind: 'work', lane: 'narrow' } }))).toEqual({ createFlow: { __typename: 'CreateFlowPayload' } })
  })

  test('a priority above 0 and a forced start need rights of their own', async () => {
    const create = 'mutation ($input: CreateFlowInput!) { createFlow(input: $input) { __typename } }'
    expect(await dataOf(actors.SUBMITTER.ask(create, { input: { kind: 'work', priority: 1 } }))).toEqual({ createFlow: { __typename: 'Forbidden' } })
    const [id] = await createFlows(actors.OPERATOR, [{ kind: 'work', priority: 9 }])
    const promote = 'mutation ($input: PromoteNowInput!) { promoteNow(input: $input) { __typename } }'
    const input = { id, force: true, reason: 'now', waitMs: 0 }
    expect(await dataOf(actors.OPERATOR.ask(promote, { input }))).toEqual({ promoteNow: { __typename: 'Forbidden' } })
    expect(await dataOf(actors.ADMIN.ask(promote, { input }))).toEqual({ promoteNow: { __typename: 'PromoteNowPayload' } })
  })
})
