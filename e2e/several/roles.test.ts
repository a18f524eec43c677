/** ROLES: one serves workers and people, another does what happens by the clock. */
import { startFleet, until, type ControlPlane, type Fleet, type FleetActor } from '@sluice/testkit/world'
import { createWorker, defineKind, type Worker } from '@sluice/worker'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCounts, readLog } from '../crash/read-log.ts'
import { violations } from '../crash/replay-log.ts'

const FAST = { LEASE_TTL: '1s', HEARTBEAT: '300ms', SWEEP_LEASES: '100ms', SWEEP_DEADLINES: '100ms', SWEEP_COUNTS: '100ms', QUERY_COST: '100000000' }
const quiet = (): undefined => undefined
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet }

describe('an api beside a dispatcher', () => {
  const workers: Worker[] = []
  let fleet: Fleet
  let api: ControlPlane
  let admin: FleetActor
  beforeAll(async () => {
    fleet = await startFleet({ size: 0, env: FAST })
    api = await fleet.add({ env: { ROLES: 'api' } })
    admin = await fleet.actor('ADMIN', 'roles-admin')
  })
  afterAll(async () => {
    await Promise.all(workers.map(worker => worker.stop({ graceMs: 0 })))
    await fleet[Symbol.asyncDispose]()
  })
  const roles = async (): Promise<string[][]> => (await admin.at(api).ask<{ servers: { roles: string[] }[] }>('{ servers { roles } }')).servers.map(one => one.roles)
  const create = async (flow: Record<string, unknown>): Promise<string> => {
    const { createFlow } = await admin.at(api).ask<{ createFlow: { flow: { id: string } } }>(
      'mutation ($input: CreateFlowInput!) { createFlow(input: $input) { ... on CreateFlowPayload { flow { id } } } }', { input: flow })
    return createFlow.flow.id
  }
  const of = async (id: string) =>
    (await admin.at(api).ask<{ flow: { status: string; terminalReason: string | null } }>('query ($id: ID!) { flow(id: $id) { status terminalReason } }', { id })).flow
  /** Claims it as a worker that says that it has begun and is never heard of again. */
  const begin = async (id: string): Promise<void> => {
    const silent = (await fleet.actor('WORKER', 'roles-silent')).at(api)
    const { registerWorker } = await silent.ask<{ registerWorker: { worker: { id: string } } }>(
      'mutation ($input: RegisterWorkerInput!) { registerWorker(input: $input) { ... on RegisterWorkerPayload { worker { id } } } }',
      { input: { instanceId: 'silent', name: 'silent', kinds: [{ name: 'roles.lost' }], capacity: 1 } })
    const { claimFlows } = await silent.ask<{ claimFlows: { claims: { lease: { flowId: string } }[] } }>(
      'mutation ($input: ClaimFlowsInput!) { claimFlows(input: $input) { ... on ClaimFlowsPayload { claims { lease { flowId attempt epoch } } } } }',
      { input: { workerId: registerWorker.worker.id, max: 1, requestId: 'only', waitMs: 5000 } })
    const lease = claimFlows.claims[0]?.lease
    expect(lease?.flowId).toBe(id)
    await silent.ask('mutation ($input: StartFlowInput!) { startFlow(input: $input) { __typename } }', { input: { lease } })
  }
  let late = ''
  let quick = ''
  let lost = ''

  test('without a dispatcher flows run, what the clock ends waits, and the list of servers says that none is there', async () => {
    const { token } = await fleet.actor('WORKER', 'roles-worker')
    const worker = createWorker({ name: 'roles', url: api.url, token, kinds: { 'roles.quick': defineKind({ handler: () => 'done' }) }, log: SILENT, graceMs: 0 })
    workers.push(worker)
    await worker.start()
    lost = await create({ kind: 'roles.lost' })
    await begin(lost)
    late = await create({ kind: 'roles.nobody', queueTtlSeconds: 1 })
    quick = await create({ kind: 'roles.quick' })
    await until(async () => (await of(quick)).status === 'FINISHED', { withinMs: 10_000, what: () => 'it to finish' })
    expect(await roles()).toEqual([['api']])
    await until(async () => (await fleet.query<{ due: boolean }>('SELECT queue_expires_at < clock_timestamp() AS due FROM flow WHERE id = $1', [late]))[0]?.due === true,
      { withinMs: 10_000, what: () => 'its time in the queue to be over' })
    expect((await of(late)).status).toBe('QUEUED')
    await until(async () => (await fleet.query<{ over: boolean }>('SELECT expires_at < clock_timestamp() AS over FROM attempt WHERE flow_id = $1', [lost]))[0]?.over === true,
      { withinMs: 10_000, what: () => 'its lease to run out' })
    expect((await of(lost)).status).toBe('RUNNING')
    expect((await fleet.query<{ unfolded: number }>('SELECT count(*)::int AS unfolded FROM flow_count_ledger'))[0]?.unfolded).toBeGreaterThan(0)
  })

  test('INV-37 one that comes does all that waited: ends what is due, reaps, folds, and counts were right all along', async () => {
    const counts = await readCounts(admin.at(api))
    const dispatcher = await fleet.add({ env: { ROLES: 'dispatcher' } })
    await until(async () => (await of(late)).status !== 'QUEUED', { withinMs: 10_000, what: () => 'the late one to end' })
    expect(await of(late)).toMatchObject({ terminalReason: 'queue_ttl_expired' })
    await until(async () => (await of(lost)).status === 'FAILED', { withinMs: 10_000, what: () => 'the lost one to be reaped' })
    expect(counts).toMatchObject({ QUEUED: 1, RUNNING: 1, FINISHED: 1 })
    await until(async () => (await fleet.query<{ unfolded: number }>('SELECT count(*)::int AS unfolded FROM flow_count_ledger'))[0]?.unfolded === 0,
      { withinMs: 10_000, what: () => 'the ledger to be folded' })
    expect((await roles()).sort()).toEqual([['api'], ['dispatcher']])
    expect(violations({ flows: await readLog(admin.at(api)), accepted: [late, quick, lost], counts: await readCounts(admin.at(api)), cap: 9 })).toEqual([])
    await expect(fetch(`${dispatcher.url}/healthz`), 'a dispatcher alone listens nowhere').rejects.toThrow('fetch failed')
  })

  test('what a killed dispatcher would have done, the one beside it does', async () => {
    const [, dispatcher] = fleet.controlPlanes as [ControlPlane, ControlPlane]
    await fleet.add({ env: { ROLES: 'dispatcher' } })
    await dispatcher.kill()
    late = await create({ kind: 'roles.nobody', queueTtlSeconds: 1 })
    await until(async () => (await of(late)).status === 'FAILED', { withinMs: 10_000, what: () => 'the late one to end' })
  })

  test('stopped as an operator does, each is gone from the list at once', async () => {
    const [, , dispatcher] = fleet.controlPlanes as [ControlPlane, ControlPlane, ControlPlane]
    await dispatcher.kill('SIGTERM')
    const mine = api.logged('started').at(-1)?.['id']
    const rows = await fleet.query<{ id: string }>(`SELECT id FROM server_process WHERE alive_at > clock_timestamp() - interval '4 s' AND id <> $1`, [mine])
    expect(rows.filter(row => row.id === dispatcher.logged('started').at(-1)?.['id'])).toEqual([])
  })
})
