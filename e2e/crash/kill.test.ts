/**
 * Kills every part of the running system again and again while flows come and go, then lets it end in peace and replays the log.
 * Seeded: CRASH_SEED runs the same order of kills and flows again.
 */
import { startWorld, until, type Part, type World } from '@sluice/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLoad, startWorker, type CrashWorker, type Load } from './load.ts'
import { readCounts, readLog } from './read-log.ts'
import { violations } from './replay-log.ts'
import { seededDice } from './seeded-dice.ts'

const SEED = Number(process.env['CRASH_SEED'] ?? 20261121)
const CAP = 3
const KILLS_EACH = 20
const ROUNDS = 30
const FLOWS_BETWEEN = 5
const TARGETS: Part[] = ['controlPlane', 'runner', 'postgres']

/** Everything that only bounds waiting is short; the proportions stay. */
const FAST = {
  MAX_CONCURRENT_FLOWS: String(CAP), LEASE_TTL: '1s', HEARTBEAT: '300ms', START_TIMEOUT: '600ms', CANCEL_GRACE: '1s',
  RETRY_BACKOFF_MIN: '50ms', RETRY_BACKOFF_MAX: '200ms', SWEEP_LEASES: '200ms', SWEEP_DEADLINES: '500ms', SWEEP_PROMOTER: '500ms', RUNNER_GRACE: '500ms', QUERY_COST: '100000000',
}

describe(`kill -9 under load (seed ${SEED})`, () => {
  const dice = seededDice(SEED)
  let world: World
  let worker: CrashWorker
  let load: Load

  beforeAll(async () => {
    world = await startWorld({ env: FAST })
    worker = await startWorker(world)
    load = await startLoad(world, dice)
  })

  afterAll(async () => {
    await load.stop()
    await worker.stop()
    await world[Symbol.asyncDispose]()
  })

  test(`INV-2 INV-4 INV-11 INV-16 INV-37 INV-42 ${KILLS_EACH} kills each of ${TARGETS.join(', ')}: nothing is lost, the cap holds, each flow ends once`, async () => {
    for (const targets of rounds(dice)) await killRound({ world, worker, targets, dice })
    await load.stop()
    await allEnded(world)
    const flows = await readLog(world.admin)
    expect(violations({ flows, accepted: load.accepted, counts: await readCounts(world.admin), cap: CAP })).toEqual([])
    expect(repeated(worker.handled), 'INV-42: attempts that were given out twice').toEqual([])
    expect(load.accepted.length).toBeGreaterThan(100)
  })
})

const repeated = (names: string[]): string[] => names.filter((name, at) => names.indexOf(name) !== at)

/** Every target in KILLS_EACH of the rounds, so that some rounds kill one, some two and some all of them. */
function rounds(dice: () => number): Part[][] {
  const plan = Array.from({ length: ROUNDS }, (): Part[] => [])
  for (const target of TARGETS) {
    for (const round of shuffled(plan, dice).slice(0, KILLS_EACH)) round.splice(Math.floor(dice() * (round.length + 1)), 0, target)
  }
  return plan
}

const shuffled = <T>(items: T[], dice: () => number): T[] => items.map(item => ({ item, at: dice() })).sort((a, b) => a.at - b.at).map(one => one.item)

/** Some flows reach their handler, a moment passes, and then come the kills of this round, almost at once. */
async function killRound({ world, worker, targets, dice }: { world: World; worker: CrashWorker; targets: Part[]; dice: () => number }): Promise<void> {
  const what = (): string => `${targets.join(', ')} to run and flows to go on; printed:\n${world.printed().slice(-3000)}`
  const enough = worker.handled.length + FLOWS_BETWEEN
  await until(() => worker.handled.length >= enough, { withinMs: 30_000, what })
  await pause(dice() * 100)
  for (const target of targets) {
    await until(async () => (await world.kill(target)) !== null, { withinMs: 30_000, what })
    await pause(dice() * 50)
  }
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

async function allEnded(world: World): Promise<void> {
  let counts: Record<string, number> = {}
  await until(async () => {
    counts = await readCounts(world.admin).catch(() => ({ unread: 1 }))
    return ['QUEUED', 'RUNNING', 'WAITING', 'unread'].every(word => (counts[word] ?? 0) === 0)
  }, { withinMs: 90_000, what: () => `every flow to end; counts ${JSON.stringify(counts)}; printed:\n${world.printed().slice(-3000)}` })
}
