/** D-25 as a table: what stands in the way × plain or forced. Force lifts caps and nothing else; the pin stays in every case. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cancelFlows, createToken, holdFlows, promoteNow, setCap, setLaneState } from '../src/index.ts'
import { expectConsistent, testbed } from './testbed.ts'
import type { Bed } from './testbed.ts'

/** Brings the bed into the situation and answers the flow to promote. */
const SITUATIONS: Record<string, (b: Bed) => Promise<string>> = {
  'cap full': async b => {
    await setCap(b.deps, { actor: b.owner, scope: 'GLOBAL', subject: '', maxActive: 1 })
    await b.create(1)
    await b.work(1)
    return one(b)
  },
  'lane cap full': async b => {
    await setCap(b.deps, { actor: b.owner, scope: 'LANE', subject: 'default', maxActive: 1 })
    await b.create(1)
    await b.work(1)
    return one(b)
  },
  'owner cap full': async b => {
    await setCap(b.deps, { actor: b.owner, scope: 'PRINCIPAL', subject: b.owner.principalId, maxActive: 1 })
    await b.create(1)
    await b.work(1)
    return one(b)
  },
  'no worker': async b => one(b, { kind: 'nobody.handles' }),
  'workers busy': async b => {
    await b.sql(`UPDATE worker SET capacity = 1`)
    await b.create(1)
    await b.work(1)
    return one(b)
  },
  'lane paused': async b => {
    const id = await one(b)
    await setLaneState(b.deps, { actor: b.owner, name: 'default', state: 'PAUSED', action: 'pauseLane' })
    return id
  },
  'delayed': async b => one(b, { notBefore: new Date(Date.now() + 3_600_000) }),
  'held': async b => {
    const id = await one(b)
    await holdFlows(b.deps, { caller: b.caller, items: [{ id }] })
    return id
  },
}

const one = async (b: Bed, item: Parameters<Bed['create']>[1] = {}): Promise<string> => (await b.create(1, item))[0] ?? ''

const EXPECTED: Record<string, { plain: string; forced: string }> = {
  'cap full': { plain: 'CAP', forced: 'started over the cap' },
  'lane cap full': { plain: 'CAP', forced: 'started over the cap' },
  'owner cap full': { plain: 'QUOTA', forced: 'started over the cap' },
  'no worker': { plain: 'NO_WORKER', forced: 'NO_WORKER' },
  'workers busy': { plain: 'WORKERS_BUSY', forced: 'WORKERS_BUSY' },
  'lane paused': { plain: 'LANE_PAUSED', forced: 'LANE_PAUSED' },
  'delayed': { plain: 'started', forced: 'started' },
  'held': { plain: 'HELD', forced: 'HELD' },
}

describe('promoteNow', () => {
  let b: Bed
  beforeEach(async () => { b = await testbed() })
  afterEach(async () => {
    expect(await expectConsistent(b)).toEqual([])
    await b[Symbol.asyncDispose]()
  })

  for (const [situation, arrange] of Object.entries(SITUATIONS)) {
    test.each(['plain', 'forced'] as const)(`D-25 with ${situation}, %s`, async how => {
      const id = await arrange(b)
      const asking = b.claim(1, { waitMs: 250 })
      const answer = await promoteNow(b.deps, { caller: b.caller, id, force: how === 'forced', reason: 'because', waitMs: 150 })
      if (answer instanceof Error) throw answer
      const said = answer.started ? (answer.overCap ? 'started over the cap' : 'started') : answer.reason
      expect(said).toBe(EXPECTED[situation]?.[how])
      expect((await asking).map(lease => lease.flowId)).toEqual(answer.started ? [id] : [])
      if (!answer.started) expect(await b.flow(id)).toMatchObject({ status: 'QUEUED', rank: 0 })
    })
  }

  test('D-25 a second promoteNow changes nothing but the pin’s time, and a flow that is not queued is refused', async () => {
    const [first = '', second = ''] = await b.create(2)
    for (const id of [first, second, first]) await promoteNow(b.deps, { caller: b.caller, id, force: false, waitMs: 0 })
    expect((await b.claim(1))[0]?.flowId).toBe(first)
    expect(await promoteNow(b.deps, { caller: b.caller, id: first, force: false, waitMs: 0 })).toMatchObject({ code: 'FLOW_NOT_QUEUED' })
    await cancelFlows(b.deps, { caller: b.caller, items: [{ id: second }] })
    expect(await promoteNow(b.deps, { caller: b.caller, id: second, force: false, waitMs: 0 })).toMatchObject({ code: 'FLOW_NOT_QUEUED' })
  })

  test('D-25 a plain promoteNow after a forced one keeps the force and whose it was', async () => {
    await setCap(b.deps, { actor: b.owner, scope: 'GLOBAL', subject: '', maxActive: 1 })
    await b.create(1)
    await b.work(1)
    const id = await one(b)
    await promoteNow(b.deps, { caller: b.caller, id, force: true, reason: 'because', waitMs: 0 })
    const operator = { ...b.caller, actor: b.workerActor }
    await promoteNow(b.deps, { caller: operator, id, force: false, waitMs: 0 })
    expect(await b.sql('SELECT pin_force, pin_reason, pinned_by FROM flow WHERE id = $1', [id])).toEqual([{ pin_force: true, pin_reason: 'because', pinned_by: b.owner.principalId }])
    expect(await b.claim(1)).toMatchObject([{ flowId: id }])
  })

  test('INV-38 a flow one may not see is as unknown as one that never was', async () => {
    const stranger = await createToken(b.deps.pool, { actor: b.owner, name: 'stranger', role: 'SUBMITTER' })
    if (stranger instanceof Error) throw stranger
    const id = await one(b)
    const caller = { actor: { kind: 'principal', principalId: stranger.principalId } as const, access: () => 'hide' as const }
    const hidden = await cancelFlows(b.deps, { caller, items: [{ id }, { id: 'flow_never' }] })
    expect(hidden.map(h => h instanceof Error && h.message.replace(/flow_\S+/, 'X'))).toEqual(['There is no flow X', 'There is no flow X'])
    expect(await b.events(id)).toHaveLength(1)
  })
})
