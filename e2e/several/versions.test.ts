/**
 * Version n beside n − 1 (product.md 11.1): the version before the newest migration starts first, on its own schema; this one migrates while it
 * works; then both go on. Where the clone has no history the tests are skipped and say so; in a clone that has it, nothing excuses a failure.
 */
import { startFleet, until, type ControlPlane, type Fleet, type FleetActor } from '@sluice/testkit/world'
import { createWorker, defineKind, type Worker } from '@sluice/worker'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readCounts, readLog } from '../crash/read-log.ts'
import { violations } from '../crash/replay-log.ts'
import { changesOf, leave, visit } from './follow.ts'
import { formerVersion, type FormerVersion } from './former-version.ts'

const CAP = 3
const FAST = { MAX_CONCURRENT_FLOWS: String(CAP), LEASE_TTL: '3s', HEARTBEAT: '500ms', SWEEP_LEASES: '200ms', QUERY_COST: '100000000' }
const FLOWS_EACH = 12
const QUEUED_MOST = 4
const quiet = (): undefined => undefined
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet }

/** What a dashboard of the former version asks. */
const READS = `{
  viewer { principal { name } } lanes { name state } workers { name capacity kinds } flowKinds { name inputSchema } caps { scope maxActive } servers { id version roles }
  queueStats { queued } flowCounts { total byStatus { status count } } throughput(minutes: 5) { at }
  flows(first: 5, orderBy: CREATED_ASC, filter: { status: [FINISHED] }) { edges { node { id title input result labels status attempts(first: 5) { edges { node { index endedAt } } }
    events(first: 20) { edges { node { sequence type status } } } } } }
  flowQueue(first: 5) { edges { node { id } } }
  audit(first: 5) { edges { node { id action } } } apiTokens { id name } principals { id name }
}`

describe('this version beside the one before the newest migration', () => {
  const created = new Map<string, string>()
  const handled = new Map<string, string>()
  const workers: Worker[] = []
  let former: FormerVersion | string
  let fleet: Fleet
  let older: ControlPlane
  let newer: ControlPlane
  let admin: FleetActor
  let workerActor: FleetActor

  beforeAll(async () => {
    ;[former, fleet] = await Promise.all([formerVersion(), startFleet({ size: 0, env: FAST })])
  })
  beforeEach(context => { if (typeof former === 'string') context.skip(former) })
  afterAll(async () => {
    await Promise.all(workers.map(worker => worker.stop({ graceMs: 0 })))
    await fleet[Symbol.asyncDispose]()
    if (typeof former !== 'string') await former[Symbol.asyncDispose]()
  })

  const work = async (at: ControlPlane, name: string): Promise<void> => {
    const handler = async ({ flow }: { flow: { id: string } }) => {
      handled.set(flow.id, name)
      await new Promise(resolve => setTimeout(resolve, 30))
    }
    const worker = createWorker({ name, url: at.url, token: workerActor.token, capacity: 1, log: SILENT, graceMs: 0, kinds: { 'versions.short': defineKind({ handler }) } })
    workers.push(worker)
    await worker.start()
  }
  const create = async (at: ControlPlane, name: string): Promise<void> => {
    const [id = ''] = await admin.at(at).createFlows([{ kind: 'versions.short', title: name }])
    created.set(id, name)
  }
  const migrations = async (): Promise<string[]> => (await fleet.query<{ name: string }>('SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1')).map(row => row.name)
  const allFinished = (at: ControlPlane): Promise<void> =>
    until(async () => (await readCounts(admin.at(at)))['FINISHED'] === created.size, { withinMs: 20_000, what: () => `${created.size} flows to finish` })

  test('INV-34 migrates while the former one works; each claims, finishes and shows what the other created', async () => {
    const { program, migration } = former as FormerVersion
    older = await fleet.add({ program })
    expect(await migrations()).not.toContain(migration)
    ;[admin, workerActor] = [await fleet.actor('ADMIN', 'versions-admin'), await fleet.actor('WORKER', 'versions-worker')]
    await work(older, 'older')
    const onOlder = await visit(admin, { at: older, after: null })

    const starting = fleet.add()
    let started = false
    void starting.then(() => { started = true }, () => { started = true })
    for (let at = 0; !started || at < FLOWS_EACH; at += 1) {
      await create(older, 'older')
      await until(() => created.size - handled.size < QUEUED_MOST, { withinMs: 20_000, what: () => 'the former one to go on while the newer one migrates' })
    }
    newer = await starting
    expect(await migrations()).toContain(migration)

    await work(newer, 'newer')
    const onNewer = await visit(admin, { at: newer, after: null })
    for (let at = 0; at < FLOWS_EACH; at += 1) await Promise.all([create(older, 'older'), create(newer, 'newer')])
    await allFinished(older)
    const pairs = new Set([...created].map(([id, by]) => `created by ${by}, worked by ${handled.get(id)}`))
    expect(pairs.size, [...pairs].join('; ')).toBe(4)

    const finished = (one: typeof onOlder) => changesOf(one).filter(item => item.flow?.status === 'FINISHED').map(item => item.flow?.id)
    await until(() => new Set(finished(onOlder)).size === created.size, { withinMs: 10_000, what: () => 'the subscription begun before the migration to show every end' })
    const last = [...created.keys()].at(-1)
    await until(() => finished(onNewer).includes(last), { withinMs: 10_000, what: () => 'the subscription on the newer one to show the last end' })
    const [seenOnOlder, seenOnNewer] = [await leave(onOlder), await leave(onNewer)]
    expect([seenOnOlder.gap, seenOnNewer.gap]).toEqual([false, false])

    // A dashboard that loses one finds the other: its cursor is good there.
    const hops = [{ at: newer, after: seenOnOlder.cursor }, { at: older, after: seenOnNewer.cursor }]
    const hopped = await Promise.all(hops.map(hop => visit(admin, hop)))
    await create(newer, 'newer')
    await until(() => hopped.every(one => changesOf(one).some(item => item.flow?.id === [...created.keys()].at(-1))), { withinMs: 10_000, what: () => 'both to show the next flow' })
    expect((await Promise.all(hopped.map(leave))).map(seen => seen.gap)).toEqual([false, false])
    await allFinished(newer)
  })

  test('both read the same, and no invariant is broken', async () => {
    const [atOlder, atNewer] = await Promise.all([older, newer].map(at => admin.at(at).ask<Record<string, unknown>>(READS)))
    const versionless = (answer: Record<string, unknown> | undefined): unknown => ({ ...answer, throughput: null })
    expect(versionless(atOlder)).toEqual(versionless(atNewer))
    const flows = await readLog(admin.at(older))
    expect(violations({ flows, accepted: [...created.keys()], counts: await readCounts(admin.at(newer)), cap: CAP })).toEqual([])
    expect(flows.filter(flow => flow.status !== 'FINISHED')).toEqual([])
    expect([older, newer].flatMap(one => one.logged().filter(line => /fail|differ|error/.test(line.event ?? '')))).toEqual([])
  })

  test('the former one goes on until it is stopped; started again it refuses by one sentence, while the newer one serves', async () => {
    await older.kill('SIGTERM')
    await expect(older.start()).rejects.toThrow(/The database is newer than this version of Sluice: it has the migration \S+\. Start the newer version\./)
    await newer.kill()
    await newer.start()
    expect((await admin.at(newer).ask<{ servers: unknown[] }>('{ servers { id } }')).servers.length).toBeGreaterThan(0)
  })
})
