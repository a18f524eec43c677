/** D-37: a database restored by other means than ours, whose events carry transaction ids that this cluster has yet to give. */
import { startFleet, until, type ControlPlane, type Fleet, type FleetActor } from '@sluice/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seededDice } from '../crash/seeded-dice.ts'
import { changesOf, itemsOf, leave, visit } from './follow.ts'

const SEED = Number(process.env['CRASH_SEED'] ?? 20261121)
/** So many that a kill meets the work under way. */
const EVENTS = 80_000
const FOREIGN = 3_000_000_000

describe(`a foreign restore (seed ${SEED})`, () => {
  const dice = seededDice(SEED)
  let fleet: Fleet
  let admin: FleetActor
  beforeAll(async () => {
    fleet = await startFleet({ size: 3 })
    admin = await fleet.actor('ADMIN', 'restore-admin')
  })
  afterAll(async () => { await fleet[Symbol.asyncDispose]() })

  const ahead = async (): Promise<number> =>
    (await fleet.query<{ n: number }>('SELECT count(*)::int AS n FROM flow_event WHERE xid >= $1', [FOREIGN]))[0]?.n ?? 0
  const generation = async (): Promise<string> => (await fleet.query<{ generation: string }>('SELECT generation FROM system_state'))[0]?.generation ?? ''

  test('INV-34 is finished by the others when the process that noticed it is killed, and every old cursor answers a gap', async () => {
    const [a, b, c] = fleet.controlPlanes as [ControlPlane, ControlPlane, ControlPlane]
    await admin.at(a).createFlows([{ kind: 'restore.before' }])
    const before = await leave(await visit(admin, { at: a, after: null }))
    await Promise.all([a, b, c].map(one => one.kill()))
    await fleet.query('UPDATE flow_event SET xid = xid + $1', [FOREIGN])
    await fleet.query(`INSERT INTO flow_event (flow_id, sequence, type, status, actor, at, payload, xid)
      SELECT 'flow_' || n, 1, 'flow.queued', 'QUEUED', 'system', clock_timestamp(), '{}', $1::bigint + n FROM generate_series(1, $2) n`, [FOREIGN, EVENTS])
    const restored = await generation()

    const starting = a.start().catch(() => undefined)
    const killAt = EVENTS * (0.2 + 0.6 * dice())
    await until(async () => (await ahead()) < killAt, { withinMs: 30_000, what: () => 'the first batches' })
    await a.kill()
    await starting
    expect(await ahead(), 'it was killed on the way').toBeGreaterThan(0)
    expect(await generation(), 'the generation comes first').not.toBe(restored)

    await Promise.all([a, b, c].map(one => one.start()))
    expect(await ahead()).toBe(0)
    expect([a, b, c].flatMap(one => one.logged('feed.foreign_restore')).length).toBe(1)
    const [old, fresh] = await Promise.all([visit(admin, { at: b, after: before.cursor }), visit(admin, { at: c, after: null })])
    expect([itemsOf(old)[0]?.gap, itemsOf(fresh)[0]?.gap]).toEqual([true, false])
    const [id] = await admin.at(a).createFlows([{ kind: 'restore.after' }])
    await until(() => [old, fresh].every(one => changesOf(one).length > 0), { withinMs: 10_000, what: () => 'the new flow on both' })
    expect([old, fresh].map(one => changesOf(one).map(item => item.flow?.id))).toEqual([[id], [id]])
    await Promise.all([old, fresh].map(leave))
  })
})
