/**
 * What an operator does so that nothing is lost: a backup while everything runs, and a restore elsewhere that goes on with the queue. Both are
 * killed on the way, at moments that CRASH_SEED repeats.
 */
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { actorWith, startReceiver, startWorld, until, type Received, type Receiver, type Submitter, type World } from '@sluice/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLoad, startWorker, type CrashWorker, type Load } from '../crash/load.ts'
import { readCounts, readLog } from '../crash/read-log.ts'
import { violations } from '../crash/replay-log.ts'
import { seededDice } from '../crash/seeded-dice.ts'
import { LOCAL, createEndpoint, deliveriesOf, endFlows } from '../webhooks/endpoints.ts'
import { finishHeld, holdLease, type Lease } from './held-lease.ts'
import { killVerb, startVerb, type Ended } from './verbs.ts'

const SEED = Number(process.env['CRASH_SEED'] ?? 20261121)
const CAP = 3
const KILLS = 3
const FAST = {
  MAX_CONCURRENT_FLOWS: String(CAP), LEASE_TTL: '30s', HEARTBEAT: '500ms', START_TIMEOUT: '10s', RETRY_BACKOFF_MIN: '50ms', RETRY_BACKOFF_MAX: '200ms',
  SWEEP_LEASES: '250ms', SWEEP_PROMOTER: '500ms', RUNNER_GRACE: '500ms', QUERY_COST: '100000000',
  ...LOCAL, WEBHOOK_SCHEDULE: '1s', WEBHOOK_MAX_ATTEMPTS: '100',
}
const HELD = 'keeping.held'

describe(`backup and restore (seed ${SEED})`, () => {
  const dice = seededDice(SEED)
  let dir: string
  let world: World
  let worker: CrashWorker
  let load: Load
  let holder: Submitter
  let lease: Lease
  let accepted: string[]
  /** Refuses for now, so that what is for it is not delivered when the backup is made. */
  let receiver: Receiver
  let told: Received
  /** Queued in the backup, ended after it: what it told then is of a life that is lost. */
  let ended: string
  const file = () => join(dir, 'sluice.backup')
  const env = () => ({ SLUICE_DATA_DIR: world.dataDir })
  const run = (verb: 'backup' | 'restore'): Promise<Ended> => startVerb(verb, { file: file(), env: env() }).ended

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-keeping-'))
    receiver = await startReceiver({ answer: { status: 503 } })
    world = await startWorld({ env: FAST })
    worker = await startWorker(world)
    holder = await world.actor('WORKER', 'held-worker')
    load = await startLoad(world, dice)
    await handledMore(20)
  })
  afterAll(async () => {
    await load?.stop()
    await worker?.stop()
    await world[Symbol.asyncDispose]()
    await receiver.close()
    rmSync(dir, { recursive: true, force: true })
  })
  const cancel = (id: string): Promise<unknown> => world.admin.ask('mutation ($id: ID!) { cancelFlow(input: { id: $id }) { __typename } }', { id })
  const handledMore = async (count: number): Promise<void> => {
    const enough = worker.handled.length + count
    await until(() => worker.handled.length >= enough, { withinMs: 30_000, what: () => `flows to go on; printed:\n${world.printed().slice(-2000)}` })
  }

  test('a backup that is killed leaves no file of its name, or a whole one', async () => {
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const { code } = await killVerb(startVerb('backup', { file: file(), env: env() }), 100 + dice() * 300)
        // Killed after its last step and before it could say so, it was a backup all the same.
        if (code === 0 || existsSync(file())) await expectWhole()
        rmSync(file(), { force: true })
      }
    } finally {
      for (const name of readdirSync(dir)) rmSync(join(dir, name))
    }
  })

  /** A restore reads the whole file before it minds the server that runs. */
  const expectWhole = async (): Promise<void> => expect((await run('restore')).said).toMatch(/already running at http/)

  test('a backup that is killed as its file appears has written all of it', async () => {
    const verb = startVerb('backup', { file: file(), env: env() })
    const watcher = watch(dir, () => { if (existsSync(file())) verb.child.kill('SIGKILL') })
    await verb.ended
    watcher.close()
    await expectWhole()
    rmSync(file())
  })

  test('a backup is written while everything runs, and says that keys are not in it', async () => {
    accepted = await world.admin.createFlows([{ kind: HELD, onLeaseLost: 'RETRY' }])
    lease = await holdLease(holder, HELD)
    accepted.push(...load.accepted)
    await createEndpoint(world.admin, { name: 'keeping', url: receiver.url })
    accepted.push(...await endFlows(world.admin, 1))
    told = await receiver.next()
    ;[ended = ''] = await world.admin.createFlows([{ kind: 'webhooks.nobody' }])
    accepted.push(ended)
    const { code, said } = await run('backup')
    expect(said).toMatch(/sluice.backup holds everything as of .*Z: [\d,]+ flows/)
    expect(said).toContain('Keys are not in it')
    expect(code).toBe(0)
    expect(readdirSync(dir)).toEqual(['sluice.backup'])
    // The future that the restore loses.
    await cancel(ended)
    await receiver.next(({ event }) => event?.data?.flow?.id === ended)
    await handledMore(10)
  })

  test('a restore is refused beside a running server', async () => {
    const { code, said } = await run('restore')
    expect(said).toMatch(/already running at http/)
    expect(code).toBe(1)
  })

  test('INV-42 after a restore that was killed on the way another one succeeds, and nothing but its own outcome is there', async () => {
    await load.stop()
    await worker.stop()
    await world.stop()
    writeFileSync(join(dir, 'no.backup'), 'no')
    const { said } = await startVerb('restore', { file: join(dir, 'no.backup'), env: env() }).ended
    expect(said).toContain('is no backup of Sluice')
    const notEmpty = await run('restore')
    expect(notEmpty.said).toMatch(/The database is not empty/)
    renameSync(join(world.dataDir, 'postgres'), join(world.dataDir, 'postgres.lost'))
    for (let kill = 0; kill < KILLS; kill++) await killVerb(startVerb('restore', { file: file(), env: env() }), 200 + dice() * 2500)
    const { said: last } = await run('restore')
    // Rows are there only after the commit: one of the killed was restored all the same, and the next test holds it to its outcome.
    if (!last.includes('The database is not empty')) expect(last).toMatch(/Restored [\d,]+ flows as of .*\n(.*\n)*Keys are not in the file/)
  })

  test('INV-2 INV-4 INV-11 INV-16 INV-37 the queue is finished where it was restored: each flow ends once, and counts are the rows', async () => {
    await world.startAgain()
    expect(await finishHeld(actorWith({ url: world.url, name: holder.name, token: holder.token }), lease), 'INV-42: a lease of before').toBe('STALE_LEASE')
    await cancel(ended)
    worker = await startWorker(world, { [HELD]: { handler: () => ({ done: true }) } })
    await allEnded()
    const flows = await readLog(world.admin)
    expect(violations({ flows, accepted, counts: await readCounts(world.admin), cap: CAP })).toEqual([])
    expect(flows.find(flow => flow.id === lease.flowId)).toMatchObject({ status: 'FINISHED', attempts: [{ epoch: lease.epoch }, { index: 1 }] })
    expect(flows.some(flow => (flow.attempts.at(-1)?.epoch ?? 0) > 1_000_000), 'the queue was not empty').toBe(true)
    expect(worker.handled.length).toBeGreaterThan(0)
  })

  test('INV-28 INV-33 a webhook that was not delivered at the time of the backup is sent where it was restored, with the same id and body', async () => {
    receiver.answerWith({ status: 200 })
    const flow = told.event?.data?.flow?.id ?? ''
    await until(async () => (await deliveriesOf(world.admin, flow))[0]?.state === 'DELIVERED', { withinMs: 30_000, what: () => 'it to be delivered' })
    const heard = receiver.received.filter(({ event }) => event?.data?.flow?.id === flow)
    expect(heard.at(-1)?.answered).toBe('200')
    expect(heard.every(({ deliveryId, body }) => deliveryId === told.deliveryId && body.equals(told.body))).toBe(true)
  })

  test('INV-42 what a flow does again after a restore is told again, as another event and another delivery', async () => {
    await until(async () => (await deliveriesOf(world.admin, ended))[0]?.state === 'DELIVERED', { withinMs: 30_000, what: () => 'it to be delivered' })
    const heard = receiver.received.filter(({ event }) => event?.data?.flow?.id === ended)
    expect(new Set(heard.map(({ event }) => event?.event_id)).size).toBe(2)
    expect(new Set(heard.map(({ deliveryId }) => deliveryId)).size).toBe(2)
  })

  const allEnded = async (): Promise<void> => {
    let counts: Record<string, number> = {}
    await until(async () => {
      counts = await readCounts(world.admin)
      return ['QUEUED', 'RUNNING', 'WAITING'].every(word => (counts[word] ?? 0) === 0)
    }, { withinMs: 60_000, what: () => `every flow to end; counts ${JSON.stringify(counts)}` })
  }
})
