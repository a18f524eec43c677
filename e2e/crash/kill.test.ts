/**
 * Kills every part of the running system again and again while flows come and go, then lets it end in peace and replays the log.
 * Seeded: CRASH_SEED runs the same order of kills and flows again.
 */
import { startWorld, until, type Part, type World } from '@sluice/testkit/world'
import { describe, expect, test } from 'vitest'
import { startLoad, startWorker } from './load.ts'
import { readCounts, readLog } from './read-log.ts'
import { violations } from './replay-log.ts'
import { seededDice } from './seeded-dice.ts'

const SEED = Number(process.env['CRASH_SEED'] ?? 20261121)
const CAP = 3
const KILLS_EACH = 20
const TARGETS: Part[] = ['controlPlane', 'runner', 'postgres']

/** Everything that only bounds waiting is short; the proportions stay. */
const FAST = {
  MAX_CONCURRENT_FLOWS: String(CAP), LEASE_TTL: '2500ms', HEARTBEAT: '500ms', START_TIMEOUT: '1500ms', CANCEL_GRACE: '1s',
  RETRY_BACKOFF_MIN: '50ms', RETRY_BACKOFF_MAX: '200ms', SWEEP_LEASES: '250ms', SWEEP_DEADLINES: '500ms', SWEEP_PROMOTER: '500ms', RUNNER_GRACE: '500ms', QUERY_COST: '100000000',
}

describe(`kill -9 under load (seed ${SEED})`, () => {
  test(`INV-2 INV-4 INV-11 INV-16 INV-37 INV-42 ${KILLS_EACH} kills each of ${TARGETS.join(', ')}: nothing is lost, the cap holds, each flow ends once`, async () => {
    await using world = await startWorld({ env: FAST })
    const dice = seededDice(SEED)
    const worker = await startWorker(world)
    const load = startLoad(await world.actor('SUBMITTER', 'crash submitter'), dice)
    try {
      for (const target of order(dice)) await killOnce(world, target, dice)
      await load.stop()
      await allEnded(world)
    } finally {
      await load.stop()
      await worker.stop()
    }
    const flows = await readLog(world.admin)
    expect(violations({ flows, accepted: load.accepted, counts: await readCounts(world.admin), cap: CAP })).toEqual([])
    expect(repeated(worker.handled), 'INV-42: attempts that were given out twice').toEqual([])
    expect(load.accepted.length).toBeGreaterThan(100)
  })
})

const repeated = (names: string[]): string[] => names.filter((name, at) => names.indexOf(name) !== at)

/** Every target KILLS_EACH times, shuffled. */
function order(dice: () => number): Part[] {
  const kills = TARGETS.flatMap(target => Array.from({ length: KILLS_EACH }, () => ({ target, at: dice() })))
  return kills.sort((a, b) => a.at - b.at).map(kill => kill.target)
}

/** A short while of work, then the kill of whatever process plays that part now. */
async function killOnce(world: World, target: Part, dice: () => number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 50 + dice() * 250))
  await until(async () => (await world.kill(target)) !== null, { withinMs: 30_000, what: () => `${target} to run again; printed:\n${world.printed().slice(-3000)}` })
}

async function allEnded(world: World): Promise<void> {
  let counts: Record<string, number> = {}
  await until(async () => {
    counts = await readCounts(world.admin).catch(() => ({ unread: 1 }))
    return ['QUEUED', 'RUNNING', 'WAITING', 'unread'].every(word => (counts[word] ?? 0) === 0)
  }, { withinMs: 90_000, what: () => `every flow to end; counts ${JSON.stringify(counts)}; printed:\n${world.printed().slice(-3000)}` })
}
