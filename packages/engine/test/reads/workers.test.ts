import { beforeEach, describe, expect, test } from 'vitest'
import { kindFigures, unservedQueues } from '../../src/reads/kind-figures.ts'
import { workerLeases } from '../../src/reads/worker-leases.ts'
import { readsBed } from './bed.ts'
import { seedFlows, seedLanes, seedWorkers } from './seed.ts'

const bed = readsBed()
beforeEach(async () => {
  await bed.empty()
  await seedLanes(bed.pool, ['batch'])
})

describe('what workers hold', () => {
  beforeEach(async () => {
    await seedWorkers(bed.pool, [{ id: 'wrk_1', kinds: ['k'], capacity: 8 }, { id: 'wrk_2', kinds: ['k'], capacity: 8 }])
    await seedFlows(bed.pool, [
      { id: 'young', status: 'RUNNING', queuedIn: -1, worker: 'wrk_1' }, { id: 'old', status: 'RUNNING', queuedIn: -9, worker: 'wrk_1', principalId: 'prn_other' },
      { id: 'batched', status: 'RUNNING', queuedIn: -5, worker: 'wrk_1', lane: 'batch' }, { id: 'theirs', status: 'RUNNING', worker: 'wrk_2' }, { id: 'queued' },
    ])
  })
  const held = async (p: Omit<Parameters<typeof workerLeases>[1], 'workerIds'>): Promise<string[]> =>
    (await workerLeases(bed.pool, { workerIds: ['wrk_1', 'wrk_2', 'wrk_none'], ...p })).map(({ workerId, flowId }) => `${workerId} ${flowId}`)

  test('the oldest leases first, at most so many of each worker', async () => {
    expect((await held({ first: 2 })).toSorted()).toEqual(['wrk_1 batched', 'wrk_1 old', 'wrk_2 theirs'])
    expect((await held({ first: 9 })).filter(one => one.startsWith('wrk_1'))).toEqual(['wrk_1 old', 'wrk_1 batched', 'wrk_1 young'])
  })

  test('INV-38 what the reader may not see is left out, and takes nobody’s place', async () => {
    expect(await held({ first: 1, among: { owner: 'prn_other' } })).toEqual(['wrk_1 old'])
    expect(await held({ first: 1, among: { lanes: ['batch'] } })).toEqual(['wrk_1 batched'])
    expect(await held({ first: 1, among: { kinds: ['another'] } })).toEqual([])
  })
})

describe('kinds without a worker', () => {
  beforeEach(() => seedFlows(bed.pool, [
    { id: 'a', kind: 'served' }, { id: 'b', kind: 'served', lane: 'batch' }, { id: 'c', kind: 'late' }, { id: 'd', kind: 'late' }, { id: 'e', kind: 'unheard' },
    { id: 'f', kind: 'leaving' }, { id: 'g', kind: 'never', status: 'FINISHED', finishedIn: -1 },
  ]))

  test('are those with queued flows that no live worker handles in their lane, the longest queue first', async () => {
    await seedWorkers(bed.pool, [
      { id: 'wrk_1', kinds: ['served'], capacity: 1, lanes: ['default'] }, { id: 'wrk_2', kinds: ['late'], capacity: 1, expiresIn: -1 },
      { id: 'wrk_3', kinds: ['leaving'], capacity: 1, state: 'DRAINING' }, { id: 'wrk_4', kinds: ['unheard'], capacity: 1, state: 'DEAD' },
    ])
    expect((await unservedQueues(bed.pool)).map(({ kind, lane, queued }) => `${kind} ${lane} ${queued}`))
      .toEqual(['late default 2', 'served batch 1', 'leaving default 1', 'unheard default 1'])
    expect([...(await kindFigures(bed.pool, ['served', 'late', 'unheard', 'never', 'unknown']))]).toEqual([
      ['served', { queued: 2, liveWorkers: 1 }], ['late', { queued: 2, liveWorkers: 0 }], ['unheard', { queued: 1, liveWorkers: 0 }],
      ['never', { queued: 0, liveWorkers: 0 }], ['unknown', { queued: 0, liveWorkers: 0 }],
    ])
  })

  test('are none as soon as workers of all lanes handle them', async () => {
    await seedWorkers(bed.pool, [{ id: 'wrk_1', kinds: ['served', 'late', 'unheard', 'leaving'], capacity: 1 }])
    expect(await unservedQueues(bed.pool)).toEqual([])
  })
})
