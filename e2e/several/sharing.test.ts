/**
 * Three control planes on one database, as alike as three can be. The promoter's safety sweep comes once in a minute here: what happens
 * sooner on one because of another happened by a wake-up.
 */
import { startFleet, until, type ControlPlane, type Fleet, type FleetActor } from '@sluice/testkit/world'
import { createWorker, defineKind, WorkerReplaced, type Worker, type WorkerOptions } from '@sluice/worker'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readCounts, readLog } from '../crash/read-log.ts'
import { violations } from '../crash/replay-log.ts'
import { seededDice } from '../crash/seeded-dice.ts'
import { changesOf, leave, visit, type Seen } from './follow.ts'

const SEED = Number(process.env['CRASH_SEED'] ?? 20261121)
const CAP = 3
const quiet = (): undefined => undefined
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet }

describe(`three control planes on one database (seed ${SEED})`, () => {
  const dice = seededDice(SEED)
  const workers: Worker[] = []
  const accepted: string[] = []
  let fleet: Fleet
  let [a, b, c] = [] as unknown as [ControlPlane, ControlPlane, ControlPlane]
  let admin: FleetActor
  let workerActor: FleetActor

  beforeAll(async () => {
    fleet = await startFleet({ size: 3, env: { MAX_CONCURRENT_FLOWS: String(CAP), SWEEP_PROMOTER: '60s', QUERY_COST: '100000000' } })
    ;[a, b, c] = fleet.controlPlanes as [ControlPlane, ControlPlane, ControlPlane]
    admin = await fleet.actor('ADMIN', 'several-admin')
    workerActor = await fleet.actor('WORKER', 'several-worker')
  })
  afterEach(async () => { await Promise.all(workers.splice(0).map(worker => worker.stop({ graceMs: 0 }))) })
  afterAll(async () => { await fleet[Symbol.asyncDispose]() })

  const create = async (at: ControlPlane, o: { kind: string; count?: number; title?: string }): Promise<string[]> => {
    const ids = await admin.at(at).createFlows(Array.from({ length: o.count ?? 1 }, () => ({ kind: o.kind, title: o.title ?? o.kind })))
    accepted.push(...ids)
    return ids
  }
  const work = async (at: ControlPlane, kinds: WorkerOptions['kinds'], capacity = 4): Promise<void> => {
    const worker = createWorker({ name: 'several', url: at.url, token: workerActor.token, capacity, kinds, log: SILENT, graceMs: 0 })
    workers.push(worker)
    await worker.start()
  }
  const statusAt = async (at: ControlPlane, id: string): Promise<string> =>
    (await admin.at(at).ask<{ flow: { status: string } }>('query ($id: ID!) { flow(id: $id) { status } }', { id })).flow.status
  const isIn = (id: string, o: { at: ControlPlane; status: string }): Promise<void> =>
    until(async () => (await statusAt(o.at, id)) === o.status, { withinMs: 10_000, what: () => `${id} to be ${o.status}` })
  /** One that ends when it is told to, on whichever worker it runs. */
  const gated = () => {
    const gates: (() => void)[] = []
    const kind = defineKind({ handler: ({ signal }) => new Promise((resolve, reject) => {
      gates.push(() => resolve('opened'))
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    }) })
    return { kind, started: () => gates.length, open: () => gates.splice(0).forEach(gate => gate()) }
  }

  test('each serves what another wrote at once, and knows all three with their roles and version', async () => {
    const [id = ''] = await create(a, { kind: 'several.read' })
    expect(await Promise.all([a, b, c].map(at => statusAt(at, id)))).toEqual(['QUEUED', 'QUEUED', 'QUEUED'])
    const { servers } = await admin.at(b).ask<{ servers: { id: string; roles: string[]; version: string; aliveAt: string; startedAt: string }[] }>(
      '{ servers { id roles version startedAt aliveAt } }')
    const said = [a, b, c].map(one => one.logged('started').at(-1))
    expect(servers.map(one => one.id).sort()).toEqual(said.map(line => line?.['id']).sort())
    for (const one of servers) expect(one).toMatchObject({ roles: ['api', 'dispatcher'], version: said[0]?.['version'] })
    await Promise.all([admin.at(c).ask('mutation ($id: ID!) { cancelFlow(input: { id: $id }) { __typename } }', { id }), isIn(id, { at: a, status: 'CANCELLED' })])
  })

  test('INV-12 a flow created on one is claimed by a worker parked at another, by a wake-up', async () => {
    await work(b, { 'several.quick': defineKind({ handler: () => 'done' }) })
    for (const at of [a, c, b]) {
      const [id = ''] = await create(at, { kind: 'several.quick' })
      const { waitForFlow } = await admin.at(c).ask<{ waitForFlow: { status: string } }>(
        'query ($id: ID!) { waitForFlow(id: $id, timeoutMs: 10000) { status } }', { id })
      expect(waitForFlow.status).toBe('FINISHED')
    }
  })

  test('a cap raised and a lane resumed on one wake the promoter of another', async () => {
    const { kind, started, open } = gated()
    const setCap = (maxActive: number): Promise<unknown> => admin.at(a).ask('mutation ($n: Int!) { setCap(input: { maxActive: $n }) { __typename } }', { n: maxActive })
    const setLane = (verb: 'pauseLane' | 'resumeLane'): Promise<unknown> => admin.at(a).ask(`mutation { ${verb}(input: { name: "default" }) { __typename } }`)
    await setCap(1)
    await work(b, { 'several.gated': kind })
    const ids = await create(c, { kind: 'several.gated', count: 2 })
    await until(() => started() === 1, { withinMs: 10_000, what: () => 'the first to start' })
    await setCap(CAP)
    await until(() => started() === 2, { withinMs: 10_000, what: () => 'the second to start after the cap was raised' })
    await setLane('pauseLane')
    ids.push(...await create(b, { kind: 'several.gated' }))
    await setLane('resumeLane')
    await until(() => started() === 3, { withinMs: 10_000, what: () => 'the third to start after the lane was resumed' })
    open()
    for (const id of ids) await isIn(id, { at: c, status: 'FINISHED' })
  })

  test('a cancel on one reaches the handler whose worker is parked at another', async () => {
    const { kind, started } = gated()
    await work(b, { 'several.gated': kind })
    const [id = ''] = await create(a, { kind: 'several.gated' })
    await until(() => started() === 1, { withinMs: 10_000, what: () => 'it to start' })
    await admin.at(c).ask('mutation ($id: ID!) { cancelFlow(input: { id: $id }) { __typename } }', { id })
    await isIn(id, { at: a, status: 'CANCELLED' })
  })

  test('a worker that registers again at another replaces the first, whose flow is lost to it at once', async () => {
    const first = gated()
    const second = gated()
    const register = (at: ControlPlane, kind: WorkerOptions['kinds'][string]): Worker => {
      const worker = createWorker({ name: 'twice', instanceId: 'several-twice', url: at.url, token: workerActor.token, kinds: { 'several.twice': kind }, log: SILENT, graceMs: 0 })
      workers.push(worker)
      return worker
    }
    const older = register(a, first.kind)
    await older.start()
    const [id = ''] = await create(c, { kind: 'several.twice' })
    await until(() => first.started() === 1, { withinMs: 10_000, what: () => 'it to start' })
    await register(b, second.kind).start()
    await expect(older.closed).rejects.toBeInstanceOf(WorkerReplaced)
    await isIn(id, { at: a, status: 'FAILED' })
  })

  test('queueChanged and overview of one see what another did', async () => {
    const socket = admin.at(b).open()
    const queue = socket.subscribe<{ queueChanged: { stats: { queued: number } } }>('subscription { queueChanged { stats { queued } } }')
    const wall = socket.subscribe<{ overview: { queueHead: { title: string }[] } }>('subscription { overview { queueHead { title } } }')
    await Promise.all([queue.first(() => true), wall.first(() => true)])
    const [id = ''] = await create(a, { kind: 'several.seen', title: 'seen on a wall' })
    await queue.first(item => item.queueChanged.stats.queued === 1)
    await wall.first(item => item.overview.queueHead.some(flow => flow.title === 'seen on a wall'))
    await admin.at(c).ask('mutation ($id: ID!) { cancelFlow(input: { id: $id }) { __typename } }', { id })
    await queue.first(item => queue.items.indexOf(item) > 1 && item.queueChanged.stats.queued === 0)
    await socket.close()
  })

  test('INV-34 flowsChanged goes on from one to another by its cursor, again and again, without gap or repeat', async () => {
    const reader = await fleet.actor('VIEWER', 'several-reader')
    const all = [a, b, c]
    const made: string[] = []
    let creating = true
    const first = await visit(reader, { at: a, after: null })
    const creator = (async () => {
      while (creating) made.push(...await create(all[Math.floor(dice() * 3)] ?? a, { kind: 'several.followed', title: `flow ${made.length}` }))
    })()
    const seen: Seen[] = []
    for (let one = first, hop = 0; ; hop += 1) {
      const enough = 1 + Math.floor(dice() * 8)
      await until(() => changesOf(one).length >= enough, { withinMs: 10_000, what: () => `${enough} changes` })
      seen.push(await leave(one))
      one = await visit(reader, { at: all[Math.floor(dice() * 3)] ?? a, after: seen.at(-1)?.cursor ?? null })
      if (hop < 12) continue
      creating = false
      await creator
      await until(() => changesOf(one).some(item => item.flow?.id === made.at(-1)), { withinMs: 10_000, what: () => 'the last flow' })
      seen.push(await leave(one))
      break
    }
    expect(seen.some(one => one.gap)).toBe(false)
    expect(seen.flatMap(one => one.changes.map(item => item.flow?.id))).toEqual(made)
    for (const id of made) await admin.at(a).ask('mutation ($id: ID!) { cancelFlow(input: { id: $id }) { __typename } }', { id })
  })

  test('INV-34 flowEvents begun on one goes on at another by its cursor', async () => {
    const { kind, started, open } = gated()
    const [id = ''] = await create(a, { kind: 'several.gated' })
    const subscribe = (at: ControlPlane, after: string | null) => {
      const socket = admin.at(at).open()
      const document = 'subscription ($id: ID!, $after: Cursor) { flowEvents(id: $id, after: $after) { cursor kind gap end event { sequence } } }'
      const stream = socket.subscribe<{ flowEvents: { cursor: string; kind: string; gap: boolean; end: string | null; event: { sequence: number } | null } }>(document, { id, after })
      return { socket, stream, items: () => stream.items.map(item => item.flowEvents) }
    }
    const onA = subscribe(a, null)
    const { flowEvents: { cursor } } = await onA.stream.first(() => true)
    await work(c, { 'several.gated': kind })
    await until(() => started() === 1, { withinMs: 10_000, what: () => 'it to start' })
    await onA.stream.first(item => (item.flowEvents.event?.sequence ?? 0) >= 3)
    const half = onA.items().find(item => item.event?.sequence === 2)?.cursor ?? cursor
    await onA.socket.close()
    const onB = subscribe(b, half)
    await onB.stream.first(item => item.flowEvents.kind === 'SNAPSHOT')
    open()
    await onB.stream.first(item => item.flowEvents.kind === 'END')
    const numbers = onB.items().flatMap(item => item.event?.sequence ?? [])
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => at + 3))
    expect(onB.items().map(item => [item.gap, item.end]).filter(([gap, end]) => gap || end !== null)).toEqual([[false, 'TERMINAL']])
    await onB.socket.close()
  })

  test('INV-35 a token revoked on one ends its requests, its session and its sockets on the others', async () => {
    const actor = await fleet.actor('VIEWER', 'several-revoked')
    const signedIn = await fetch(`${b.url}/session`, {
      method: 'POST', headers: { 'content-type': 'application/json', origin: b.url }, body: JSON.stringify({ token: actor.token }),
    })
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
    const viewerBy = async (headers: Record<string, string>): Promise<boolean> => {
      const answer = await fetch(`${c.url}/graphql`, {
        method: 'POST', headers: { 'content-type': 'application/json', origin: c.url, ...headers }, body: JSON.stringify({ query: '{ queueStats { queued } }' }),
      })
      return ((await answer.json()) as { data?: unknown }).data != null
    }
    const bearer = { authorization: `Bearer ${actor.token}` }
    expect([await viewerBy(bearer), await viewerBy({ cookie })]).toEqual([true, true])
    const watching = await visit(actor, { at: b, after: null })
    const { apiTokens } = await admin.at(a).ask<{ apiTokens: { id: string; principal: { name: string } }[] }>('{ apiTokens { id principal { name } } }')
    const token = apiTokens.find(one => one.principal.name === 'several-revoked')
    await admin.at(a).ask('mutation ($id: ID!) { revokeApiToken(input: { id: $id }) { __typename } }', { id: token?.id })
    await watching.stream.first(item => item.flowsChanged.end === 'REVOKED')
    expect([await viewerBy(bearer), await viewerBy({ cookie })]).toEqual([false, false])
    await watching.socket.close()
  })

  test('INV-11 INV-37 the cap holds over all of them while claims are parked at each, and every count is right', async () => {
    const short = defineKind({ handler: () => new Promise<null>(resolve => setTimeout(() => resolve(null), dice() * 20)) })
    await Promise.all([a, b, c, a, b, c].map(at => work(at, { 'several.short': short }, 3)))
    await Promise.all([a, b, c].map(at => create(at, { kind: 'several.short', count: 20 })))
    await until(async () => (await readCounts(admin.at(b)))['QUEUED'] === 0 && (await readCounts(admin.at(c)))['RUNNING'] === 0, { withinMs: 30_000, what: () => 'all to end' })
    expect(violations({ flows: await readLog(admin.at(a)), accepted, counts: await readCounts(admin.at(c)), cap: CAP })).toEqual([])
  })

  test('nothing of all this was found by a safety sweep', () => {
    expect([a, b, c].flatMap(one => one.logged('promoter.sweep_found_work'))).toEqual([])
  })
})
