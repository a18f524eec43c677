import { named } from '@sluice/db'
import type { Json } from '@sluice/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addFlowInput, cancelFlows, finishFlows, inputsOfFlows, inputsOfLeases, removeFlowInput } from '../src/index.ts'
import type { Caller, FlowInputRow } from '../src/index.ts'
import { sweepRetention } from '../src/services/sweep-retention.ts'
import { expectConsistent, testbed } from './testbed.ts'
import type { Bed } from './testbed.ts'

let bed: Bed
beforeAll(async () => { bed = await testbed() })
afterAll(() => bed[Symbol.asyncDispose]())

const add = (flowId: string, content: Json, caller: Caller = bed.caller) => addFlowInput(bed.deps, { caller, flowId, content })
const remove = (id: string, caller: Caller = bed.caller) => removeFlowInput(bed.deps, { caller, id })
const of = (flowId: string): Promise<FlowInputRow[]> => inputsOfFlows(named(bed.deps.pool), [flowId])
const added = async (flowId: string, content: Json): Promise<FlowInputRow> => {
  const input = await add(flowId, content)
  if (input instanceof Error) throw input
  return input
}
const lease = async () => (await bed.work(1))[0]!

describe('inputs of a flow', () => {
  test('are kept in their order with their author, each with a milestone', async () => {
    const [id = ''] = await bed.create()
    const one = await added(id, 'use the blue one')
    const two = await added(id, { file: 'a.csv', rows: [1, 2] })
    expect(await of(id)).toMatchObject([
      { id: one.id, author: bed.owner.principalId, content: 'use the blue one', state: 'PENDING', attempt: null }, { id: two.id, content: { file: 'a.csv', rows: [1, 2] }, state: 'PENDING' },
    ])
    expect((await bed.events(id)).slice(1)).toMatchObject([
      { sequence: 2, type: 'flow.input_added', status: 'QUEUED', actor: bed.owner.principalId, payload: { input: one.id, by: bed.owner.principalId, bytes: 18 } }, { sequence: 3, type: 'flow.input_added', payload: { input: two.id } },
    ])
    expect(await bed.sql(`SELECT action, target FROM audit_entry WHERE target = $1`, [id])).toEqual([{ action: 'addFlowInput', target: id }, { action: 'addFlowInput', target: id }])
    await cancelFlows(bed.deps, { caller: bed.caller, items: [{ id }] })
  })

  test('can be taken back until they are handed over; twice is once', async () => {
    const [id = ''] = await bed.create()
    const [wrong, right] = [await added(id, 'wrong'), await added(id, 'right')]
    expect(await remove(wrong.id)).toMatchObject({ id: wrong.id, state: 'REMOVED' })
    expect(await remove(wrong.id)).toMatchObject({ id: wrong.id, state: 'REMOVED' })
    expect((await bed.events(id)).filter(e => e.type === 'flow.input_removed')).toMatchObject([{ payload: { input: wrong.id, by: bed.owner.principalId } }])
    const held = await lease()
    expect(held.flowId).toBe(id)
    expect((await of(id)).map(i => [i.content, i.state, i.attempt])).toEqual([['wrong', 'REMOVED', null], ['right', 'DELIVERED', 0]])
    expect(await remove(right.id)).toMatchObject({ code: 'CONFLICT' })
    await finishFlows(bed.deps, { actor: bed.workerActor, items: [{ lease: held, result: 1 }] })
    expect(await expectConsistent(bed)).toEqual([])
  })

  test('go to a flow that is queued, not to one that runs or has ended', async () => {
    const [id = ''] = await bed.create()
    const kept = await added(id, 1)
    const held = await lease()
    expect(await add(id, 2)).toMatchObject({ code: 'FLOW_NOT_QUEUED' })
    await finishFlows(bed.deps, { actor: bed.workerActor, items: [{ lease: held, result: 1 }] })
    expect(await add(id, 2)).toMatchObject({ code: 'FLOW_ALREADY_TERMINAL', flowId: id })
    expect((await of(id)).map(i => i.id)).toEqual([kept.id])
    const [queued = ''] = await bed.create()
    const left = await added(queued, 1)
    await cancelFlows(bed.deps, { caller: bed.caller, items: [{ id: queued }] })
    expect(await remove(left.id)).toMatchObject({ code: 'FLOW_ALREADY_TERMINAL' })
  })

  test('at most 32 wait, of 256 KiB each, and none is nothing', async () => {
    const [id = ''] = await bed.create()
    expect(await add(id, null)).toMatchObject({ code: 'INVALID_INPUT', path: ['content'] })
    expect(await add(id, 'x'.repeat(256 * 1024))).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 262_144 })
    expect(await add(id, 'a\0b')).toMatchObject({ code: 'INVALID_INPUT' })
    const all = await Promise.all(Array.from({ length: 40 }, (_, n) => add(id, n)))
    expect(all.filter(one => 'state' in one)).toHaveLength(32)
    expect(all.filter(one => 'code' in one)).toEqual(Array.from({ length: 8 }, () => expect.objectContaining({ code: 'LIMIT_EXCEEDED', limit: 32 })))
    await remove((await of(id))[0]!.id)
    expect(await add(id, 'again')).toMatchObject({ state: 'PENDING' })
    await cancelFlows(bed.deps, { caller: bed.caller, items: [{ id }] })
  })

  test('a mebibyte is what a flow gets with a lease: one more is refused, whether the others were handed over or not, and taking one back makes room', async () => {
    const [id = ''] = await bed.create()
    const large = 'x'.repeat(250 * 1024)
    const [first] = await Promise.all(Array.from({ length: 4 }, () => added(id, large)))
    expect(await add(id, large)).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 1024 * 1024 })
    await remove(first!.id)
    await added(id, large)
    await bed.sql(`UPDATE flow_input SET state = 'DELIVERED', attempt = 0 WHERE flow_id = $1 AND state = 'PENDING'`, [id])
    expect(await add(id, large)).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 1024 * 1024 })
    await cancelFlows(bed.deps, { caller: bed.caller, items: [{ id }] })
  })

  test('a thousand are given to one flow in its life, those that were taken back included', async () => {
    const [id = ''] = await bed.create()
    await bed.sql(`INSERT INTO flow_input (id, flow_id, author, content, bytes, state, created_at) SELECT 'fin_' || n, $1, 'prn', '1', 1, 'REMOVED', now() FROM generate_series(1, 999) n`, [id])
    await added(id, 'the last')
    expect(await add(id, 'one more')).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 1000 })
    await cancelFlows(bed.deps, { caller: bed.caller, items: [{ id }] })
  })

  test('nor more bytes than may be listed at once; what was taken back goes with no lease', async () => {
    const [id = ''] = await bed.create()
    const large = 'x'.repeat(250 * 1024)
    for (let n = 0; n < 32; n++) await remove((await added(id, large)).id)
    expect(await add(id, large)).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 8 * 1024 * 1024 })
    const kept = await added(id, 'small')
    expect((await inputsOfLeases(named(bed.deps.pool), [id])).map(input => input.id)).toEqual([kept.id])
    await cancelFlows(bed.deps, { caller: bed.caller, items: [{ id }] })
  })

  test('INV-38 of a flow that may not be read there is neither the flow nor the input', async () => {
    const [id = ''] = await bed.create()
    const input = await added(id, 1)
    const stranger: Caller = { actor: bed.workerActor, access: () => 'hide' }
    expect(await add(id, 1, stranger)).toMatchObject({ code: 'NOT_FOUND', message: `There is no flow ${id}.` })
    expect(await remove(input.id, stranger)).toMatchObject({ code: 'NOT_FOUND', message: `There is no flow input ${input.id}.` })
    expect(await remove('fin_none')).toMatchObject({ code: 'NOT_FOUND' })
    expect(await remove(input.id, { ...stranger, access: () => 'forbid' })).toMatchObject({ code: 'FORBIDDEN' })
    await cancelFlows(bed.deps, { caller: bed.caller, items: [{ id }] })
  })

  test('an input and its flow’s lease race: it is handed over or refused, never left behind', async () => {
    for (let n = 0; n < 30; n++) {
      const [id = ''] = await bed.create()
      const [outcome] = await Promise.all([add(id, n), bed.work(1)])
      const [input] = await of(id)
      if ('state' in outcome) expect(input).toMatchObject({ state: 'DELIVERED', attempt: 0 })
      else expect([outcome.code, input]).toEqual(['FLOW_NOT_QUEUED', undefined])
    }
  })

  test('D-48 go with the purge of their flow', async () => {
    const [id = ''] = await bed.create()
    await added(id, 1)
    await cancelFlows(bed.deps, { caller: bed.caller, items: [{ id }] })
    await bed.sql(`UPDATE flow SET deleted_at = now() - interval '2 hours' WHERE id = $1`, [id])
    expect(await sweepRetention(bed.deps)).toMatchObject({ purged: 1 })
    expect(await bed.sql('SELECT 1 FROM flow_input WHERE flow_id = $1', [id])).toEqual([])
  })
})
