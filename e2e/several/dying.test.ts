/**
 * Control planes of one database die at random, by kill -9 or as an operator stops them, one at a time or all but one, while workers, creators and a
 * subscriber go on with whoever is left. Nothing here may be retried: a flow that an outage failed would stay failed, and be seen.
 */
import { startFleet, until, type ControlPlane, type Fleet, type FleetActor } from '@sluice/testkit/world'
import { createWorker, defineKind, type Worker } from '@sluice/worker'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCounts, readLog } from '../crash/read-log.ts'
import { violations } from '../crash/replay-log.ts'
import { seededDice } from '../crash/seeded-dice.ts'
import { answered } from './answered.ts'
import { leave, visit, type Seen } from './follow.ts'

const SEED = Number(process.env['CRASH_SEED'] ?? 20261121)
const CAP = 3
const ROUNDS = 8
const FLOWS_A_ROUND = 5
/** Everything that only bounds waiting is short. A lease must outlive the moment in which its worker finds another control plane. */
const FAST = {
  MAX_CONCURRENT_FLOWS: String(CAP), LEASE_TTL: '3s', HEARTBEAT: '500ms', START_TIMEOUT: '3s', SWEEP_LEASES: '200ms', SWEEP_DEADLINES: '500ms', SWEEP_PROMOTER: '500ms',
  QUERY_COST: '100000000',
}
const quiet = (): undefined => undefined
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

describe(`control planes that die (seed ${SEED})`, () => {
  const dice = seededDice(SEED)
  const handled: string[] = []
  const accepted: string[] = []
  let fleet: Fleet
  let admin: FleetActor
  let submitter: FleetActor
  let workers: Worker[] = []

  beforeAll(async () => {
    fleet = await startFleet({ size: 3, env: FAST })
    ;[admin, submitter] = [await fleet.actor('ADMIN', 'dying-admin'), await fleet.actor('SUBMITTER', 'dying-submitter')]
    const { token } = await fleet.actor('WORKER', 'dying-worker')
    // Each begins its list with another, so that claims are parked everywhere.
    workers = fleet.controlPlanes.map((_, first) => createWorker({
      name: `worker-${first}`, token, capacity: 2, log: SILENT, graceMs: 0, backoff: { minMs: 10, maxMs: 100 },
      url: [...fleet.controlPlanes.slice(first), ...fleet.controlPlanes.slice(0, first)].map(one => one.url).join(','),
      kinds: { 'dying.short': defineKind<{ ms: number }>({ handler: async ({ flow }) => { handled.push(flow.id); await pause(flow.input.ms); return flow.id } }) },
    }))
    await Promise.all(workers.map(worker => worker.start()))
  })
  afterAll(async () => {
    await Promise.all(workers.map(worker => worker.stop({ graceMs: 0 })))
    await fleet[Symbol.asyncDispose]()
  })

  const create = async (round: number): Promise<void> => {
    const flows = Array.from({ length: FLOWS_A_ROUND }, (_, at) => ({ kind: 'dying.short', idempotencyKey: `${round}.${at}`, input: { ms: Math.floor(dice() * 150) } }))
    accepted.push(...await answered({ fleet, actor: submitter, dice }, as => as.createFlows(flows)))
  }
  /** At least one stays; sometimes only one. */
  const die = async (): Promise<ControlPlane[]> => {
    const doomed = fleet.controlPlanes.map(one => ({ one, at: dice() })).sort((x, y) => x.at - y.at).slice(0, dice() < 0.3 ? 2 : 1).map(({ one }) => one)
    await Promise.all(doomed.map(one => one.kill(dice() < 0.7 ? 'SIGKILL' : 'SIGTERM')))
    return doomed
  }

  test('INV-2 INV-11 INV-16 INV-34 INV-42 INV-43 those who are left take over: each flow ends once, none by the outage, and a subscriber misses nothing', async () => {
    const following = follow({ fleet, reader: admin, dice })
    // Without a cursor it is shown what follows, so it must be there before anything is.
    await following.begun
    for (let round = 0; round < ROUNDS; round += 1) {
      await create(round)
      await until(() => handled.length >= round * FLOWS_A_ROUND, { withinMs: 30_000, what: () => `flows to go on; handled ${handled.length} in round ${round}` })
      await pause(dice() * 200)
      const dead = await die()
      await pause(dice() * 300)
      await Promise.all(dead.map(one => one.start()))
    }
    const at = admin.at(fleet.controlPlanes[0] as ControlPlane)
    await until(async () => (await readCounts(at))['FINISHED'] === accepted.length, { withinMs: 30_000, what: () => `all to finish (${JSON.stringify(accepted.length)})` })
    const flows = await readLog(at)
    expect(violations({ flows, accepted, counts: await readCounts(at), cap: CAP })).toEqual([])
    expect(flows.filter(flow => flow.status !== 'FINISHED').map(flow => [flow.id, flow.terminalReason])).toEqual([])
    expect(handled.length, 'INV-43: a handler that ran twice').toBe(new Set(handled).size)
    expect(await following.end(flows)).toEqual([])
  })

  test('who was killed is not among the servers fifteen seconds later, and who lives is', async () => {
    const [one, ...others] = fleet.controlPlanes as [ControlPlane, ...ControlPlane[]]
    const idOf = (controlPlane: ControlPlane): unknown => controlPlane.logged('started').at(-1)?.['id']
    await one.kill()
    // The rows of the dead say when they were last alive; nobody signs for them any more, so that moving those back is as good as waiting.
    await fleet.query(`UPDATE server_process SET alive_at = alive_at - interval '15 s' WHERE id <> ALL($1)`, [others.map(idOf)])
    const { servers, serverTime } = await admin.at(others[0] as ControlPlane)
      .ask<{ servers: { id: string; aliveAt: string }[]; serverTime: string }>('{ servers { id aliveAt } serverTime }')
    expect(servers.map(({ id }) => id).sort()).toEqual(others.map(idOf).sort())
    for (const { aliveAt } of servers) expect(Date.parse(serverTime) - Date.parse(aliveAt)).toBeLessThan(15_000)
  })
})

/** Reads flowsChanged wherever it finds somebody, always after the last item it got; says at the end what was wrong with what it was shown. */
function follow(o: { fleet: Fleet; reader: FleetActor; dice(): number }) {
  const finished = new Set<string>()
  const wrong: string[] = []
  let cursor: string | null = null
  let over = false
  const take = ({ changes, gap, cursor: last }: Seen): void => {
    if (gap) wrong.push(`a gap after ${cursor}`)
    for (const item of changes) {
      if (cursor !== null && !isAfter(item.cursor, cursor)) wrong.push(`${item.cursor} was shown after ${cursor}`)
      ;({ cursor } = item)
      if (item.flow?.status === 'FINISHED') finished.add(item.flow.id)
    }
    if (last !== '') cursor = last
  }
  let begin = quiet as () => void
  const begun = new Promise<void>(resolve => { begin = resolve })
  const running = (async () => {
    while (!over) {
      const at = o.fleet.controlPlanes[Math.floor(o.dice() * o.fleet.controlPlanes.length)] as ControlPlane
      const one = await visit(o.reader, { at, after: cursor }).catch(() => null)
      if (one === null) {
        await pause(20)
        continue
      }
      begin()
      const stay = Date.now() + o.dice() * 400
      while (!over && Date.now() < stay) await pause(20)
      take(await leave(one))
    }
  })()
  return {
    begun,
    end: async (flows: { id: string }[]): Promise<string[]> => {
      await until(() => finished.size === flows.length, { withinMs: 20_000, what: () => `the subscriber to see ${flows.length} ends, it saw ${finished.size}` })
      over = true
      await running
      return wrong
    },
  }
}

/** Cursors are opaque to clients; this test looks inside to see that none goes back: generation, transaction id, position. */
function isAfter(one: string, other: string): boolean {
  const [a, b] = [one, other].map(text => text.split('.').map((part, at) => (at === 0 ? 0n : BigInt(part)))) as [bigint[], bigint[]]
  return one.split('.')[0] === other.split('.')[0] && ((a[1] ?? 0n) > (b[1] ?? 0n) || (a[1] === b[1] && (a[2] ?? 0n) > (b[2] ?? 0n)))
}
