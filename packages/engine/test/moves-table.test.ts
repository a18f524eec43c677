/** Every state a flow can stand in × everything that may be asked of it: what happens, or which refusal, and that a refusal changes nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LeaseRef } from '@sluice/protocol'
import { cancelFlows, deleteFlows, failFlows, finishFlows, holdFlows, promoteNow, releaseFlows, retryFlows, returnFlows, setPriorities, startFlows } from '../src/index.ts'
import { expectConsistent, testbed } from './testbed.ts'
import type { Bed } from './testbed.ts'

const STATES = ['QUEUED', 'HELD', 'STARTING', 'WORKING', 'CANCELLING', 'FINISHED', 'FAILED', 'CANCELLED'] as const
type State = (typeof STATES)[number]
type Ask = (b: Bed, lease: LeaseRef) => Promise<unknown[]>

const ASKS: Record<string, Ask> = {
  cancel: (b, l) => cancelFlows(b.deps, { caller: b.caller, items: [{ id: l.flowId }] }),
  promoteNow: async (b, l) => [await promoteNow(b.deps, { caller: b.caller, id: l.flowId, force: false, waitMs: 0 })],
  hold: (b, l) => holdFlows(b.deps, { caller: b.caller, items: [{ id: l.flowId }] }),
  release: (b, l) => releaseFlows(b.deps, { caller: b.caller, items: [{ id: l.flowId }] }),
  setPriority: (b, l) => setPriorities(b.deps, { caller: b.caller, mayPrioritize: true, items: [{ id: l.flowId, priority: 7 }] }),
  retry: (b, l) => retryFlows(b.deps, { caller: b.caller, items: [{ id: l.flowId }] }),
  delete: (b, l) => deleteFlows(b.deps, { caller: b.caller, items: [{ id: l.flowId }] }),
  start: (b, l) => startFlows(b.deps, { actor: b.workerActor, items: [{ lease: l }] }),
  return: (b, l) => returnFlows(b.deps, { actor: b.workerActor, items: [{ lease: l }] }),
  finish: (b, l) => finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: l, result: 1 }] }),
  fail: (b, l) => failFlows(b.deps, { actor: b.workerActor, items: [{ lease: l, error: { code: 'X', message: 'x', retryable: true } }] }),
}

/** The status (and phase) afterwards, or the code of the refusal, or '=' where it is answered without any change. */
const EXPECTED: Record<keyof typeof ASKS, Record<State, string>> = {
  cancel: { QUEUED: 'CANCELLED', HELD: 'CANCELLED', STARTING: 'RUNNING/CANCELLING', WORKING: 'RUNNING/CANCELLING', CANCELLING: '=', FINISHED: '=', FAILED: '=', CANCELLED: '=' },
  promoteNow: { QUEUED: 'QUEUED', HELD: 'QUEUED', STARTING: 'FLOW_NOT_QUEUED', WORKING: 'FLOW_NOT_QUEUED', CANCELLING: 'FLOW_NOT_QUEUED', FINISHED: 'FLOW_NOT_QUEUED', FAILED: 'FLOW_NOT_QUEUED', CANCELLED: 'FLOW_NOT_QUEUED' },
  hold: { QUEUED: 'QUEUED', HELD: '=', STARTING: 'FLOW_NOT_QUEUED', WORKING: 'FLOW_NOT_QUEUED', CANCELLING: 'FLOW_NOT_QUEUED', FINISHED: 'FLOW_NOT_QUEUED', FAILED: 'FLOW_NOT_QUEUED', CANCELLED: 'FLOW_NOT_QUEUED' },
  release: { QUEUED: '=', HELD: 'QUEUED', STARTING: 'FLOW_NOT_QUEUED', WORKING: 'FLOW_NOT_QUEUED', CANCELLING: 'FLOW_NOT_QUEUED', FINISHED: 'FLOW_NOT_QUEUED', FAILED: 'FLOW_NOT_QUEUED', CANCELLED: 'FLOW_NOT_QUEUED' },
  setPriority: { QUEUED: 'QUEUED', HELD: 'QUEUED', STARTING: 'RUNNING/STARTING', WORKING: 'RUNNING/WORKING', CANCELLING: 'RUNNING/CANCELLING', FINISHED: 'FLOW_ALREADY_TERMINAL', FAILED: 'FLOW_ALREADY_TERMINAL', CANCELLED: 'FLOW_ALREADY_TERMINAL' },
  retry: { QUEUED: 'CONFLICT', HELD: 'CONFLICT', STARTING: 'CONFLICT', WORKING: 'CONFLICT', CANCELLING: 'CONFLICT', FINISHED: '=', FAILED: '=', CANCELLED: '=' },
  delete: { QUEUED: 'CONFLICT', HELD: 'CONFLICT', STARTING: 'CONFLICT', WORKING: 'CONFLICT', CANCELLING: 'CONFLICT', FINISHED: 'FINISHED', FAILED: 'FAILED', CANCELLED: 'CANCELLED' },
  start: { QUEUED: 'STALE_LEASE', HELD: 'STALE_LEASE', STARTING: 'RUNNING/WORKING', WORKING: '=', CANCELLING: 'CANCELLED', FINISHED: 'FLOW_ALREADY_TERMINAL', FAILED: 'FLOW_ALREADY_TERMINAL', CANCELLED: 'FLOW_ALREADY_TERMINAL' },
  return: { QUEUED: 'STALE_LEASE', HELD: 'STALE_LEASE', STARTING: 'QUEUED', WORKING: 'FAILED', CANCELLING: 'CANCELLED', FINISHED: 'FLOW_ALREADY_TERMINAL', FAILED: 'FLOW_ALREADY_TERMINAL', CANCELLED: 'FLOW_ALREADY_TERMINAL' },
  finish: { QUEUED: 'STALE_LEASE', HELD: 'STALE_LEASE', STARTING: 'FLOW_NOT_STARTED', WORKING: 'FINISHED', CANCELLING: 'CANCELLED', FINISHED: '=', FAILED: 'FLOW_ALREADY_TERMINAL', CANCELLED: 'FLOW_ALREADY_TERMINAL' },
  fail: { QUEUED: 'STALE_LEASE', HELD: 'STALE_LEASE', STARTING: 'FAILED', WORKING: 'FAILED', CANCELLING: 'CANCELLED', FINISHED: 'FLOW_ALREADY_TERMINAL', FAILED: '=', CANCELLED: 'FLOW_ALREADY_TERMINAL' },
}

describe('INV-3 every state × every move', () => {
  let b: Bed
  beforeAll(async () => { b = await testbed() })
  afterAll(() => b[Symbol.asyncDispose]())

  /** A flow in that state, with the lease it has or last had. For QUEUED: one whose first lease was lost. */
  async function flowIn(state: State): Promise<LeaseRef> {
    const [id = ''] = await b.create(1)
    const [lease] = await b.claim(1)
    if (lease?.flowId !== id) throw new Error('another flow was in the way')
    const items = [{ lease }]
    if (state === 'QUEUED' || state === 'HELD') await b.sql(`UPDATE attempt SET started_at = clock_timestamp() - interval '1 h' WHERE flow_id = $1`, [id])
    if (state === 'QUEUED' || state === 'HELD') await (await import('../src/services/sweep-leases.ts')).sweepLeases(b.deps)
    if (state === 'HELD') await holdFlows(b.deps, { caller: b.caller, items: [{ id }] })
    if (['WORKING', 'CANCELLING', 'FINISHED', 'FAILED'].includes(state)) await startFlows(b.deps, { actor: b.workerActor, items })
    if (state === 'CANCELLING' || state === 'CANCELLED') await cancelFlows(b.deps, { caller: b.caller, items: [{ id }] })
    if (state === 'CANCELLED') await b.sql(`UPDATE flow SET cancel_requested_at = clock_timestamp() - interval '1 h' WHERE id = $1`, [id])
    if (state === 'CANCELLED') await (await import('../src/services/sweep-leases.ts')).sweepLeases(b.deps)
    if (state === 'FINISHED') await finishFlows(b.deps, { actor: b.workerActor, items })
    if (state === 'FAILED') await failFlows(b.deps, { actor: b.workerActor, items: [{ lease, error: { code: 'X', message: 'x', retryable: false } }] })
    return lease
  }

  for (const [name, ask] of Object.entries(ASKS)) {
    test.each(STATES)(`${name} of a flow that is %s`, async state => {
      await b.sql(`UPDATE system_state SET resting_until = clock_timestamp(), alive_at = clock_timestamp()`)
      const lease = await flowIn(state)
      const before = await b.flow(lease.flowId)
      const [answer] = await ask(b, lease)
      const after = await b.flow(lease.flowId)
      const expected = EXPECTED[name]?.[state] ?? ''
      const refused = answer instanceof Error ? (answer as Error & { code: string }).code : undefined
      if (refused ?? expected === '=') expect(after).toEqual(before)
      if (refused || /^[A-Z]+_/.test(expected) || expected === 'CONFLICT') expect(refused).toBe(expected)
      else if (expected !== '=') {
        expect([after.status, after.phase].filter(Boolean).join('/')).toBe(expected)
        expect(after.last_sequence).toBe(before.last_sequence + 1)
      }
      await b.sql(`UPDATE flow SET held_at = coalesce(held_at, clock_timestamp()), blocked = true WHERE status = 'QUEUED'`)
    })
  }

  test('INV-1 INV-4 after all of it the log, the rows and the counts agree', async () => {
    expect(await expectConsistent(b)).toEqual([])
  })
})
