import { eventually } from '@sluice/testkit/db'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { finishFlows, heartbeat, recordMemos } from '../../src/index.ts'
import { sweepWaitpoints } from '../../src/services/sweep-waitpoints.ts'
import { openWaitTokens } from '../../src/waits/tokens.ts'
import { waitBed } from './wait-bed.ts'
import type { WaitBed } from './wait-bed.ts'

let b: WaitBed
beforeEach(async () => { b = await waitBed() })
afterEach(() => b[Symbol.asyncDispose]())

/** Until so many connections of this database wait for a lock. */
const stuck = (count: number): Promise<unknown> =>
  eventually(async () => (await b.sql(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)).length === count)

/** Something is under way in another transaction while these are sent, one after the other; they go on when it commits. */
async function behind(text: string, values: unknown[], sent: (() => Promise<unknown>)[]): Promise<unknown[]> {
  const other = await b.deps.pool.connect()
  const answers: Promise<unknown>[] = []
  try {
    await other.query('BEGIN')
    await other.query(text, values)
    for (const send of sent) {
      answers.push(send())
      await stuck(answers.length)
    }
    await other.query('COMMIT')
  } finally {
    other.release()
  }
  return Promise.all(answers)
}

test('INV-45 an acknowledgement that waits while the next question is asked and answered hides no answer', async () => {
  const lease = await b.working()
  const [one, two] = [await b.make(lease, { key: 'one' }), await b.make(lease, { key: 'two' })]
  await b.suspend(lease, one.waitpointId)
  await b.answer(one.waitpointId)
  const acknowledge = () => heartbeat(b.deps, { actor: b.workerActor, workerId: b.workerId, leases: [lease], waitMs: 0, acknowledged: [one.waitpointId] })
  const [, , heard] = await behind('SELECT 1 FROM flow WHERE id = $1 FOR UPDATE', [lease.flowId], [() => b.suspend(lease, two.waitpointId), () => b.answer(two.waitpointId), acknowledge])
  expect(heard).toMatchObject({ answered: [{ waitpointId: two.waitpointId }] })
  expect(await b.flow(lease.flowId)).toMatchObject({ status: 'RUNNING', answer_unread: true })
})

describe('what a flow remembers', () => {
  const STEP = `INSERT INTO memo (flow_id, key, kind, value, bytes, attempt, created_at) VALUES ($1, 'step', 'STEP', '1', 1, 0, clock_timestamp())`

  test('a step that is written again while its first write commits is answered with that one', async () => {
    const lease = await b.working()
    const [again] = await behind(STEP, [lease.flowId], [() => recordMemos(b.deps, { actor: b.workerActor, items: [{ lease, key: 'step', value: 2 }] })])
    expect(again).toEqual([{ key: 'step', kind: 'STEP', value: 1 }])
  })

  test('is bounded within one call too: what fits is written, and what is there already is answered', async () => {
    const lease = await b.working()
    const record = (from: number, to: number, value: unknown = 1) =>
      recordMemos(b.deps, { actor: b.workerActor, items: Array.from({ length: to - from }, (_, n) => ({ lease, key: `step ${from + n}`, value: value as number })) })
    await record(0, 990)
    const outcomes = await record(980, 1010)
    expect(outcomes.map(outcome => (outcome instanceof Error ? outcome.code : outcome.key))).toEqual(
      [...Array.from({ length: 20 }, (_, n) => `step ${980 + n}`), ...Array.from({ length: 10 }, () => 'LIMIT_EXCEEDED')])
    await b.sql('DELETE FROM memo')
    await record(0, 70, 'x'.repeat(250 * 1024))
    expect((await b.sql('SELECT count(*)::int AS n, sum(bytes) <= 16 * 1024 * 1024 AS fits FROM memo'))[0]).toEqual({ n: 65, fits: true })
  })
})

test('whatever a flow made and never waited for is over within one sweep, however much it is', async () => {
  const lease = await b.working()
  await b.sql(`INSERT INTO waitpoint (id, flow_id, key, kind, allowed_decisions, attempt, created_at)
    SELECT 'wpt_' || n, $1, n::text, 'APPROVAL', '{approve}', 0, clock_timestamp() FROM generate_series(1, 1200) n`, [lease.flowId])
  await finishFlows(b.deps, { actor: b.workerActor, items: [{ lease }] })
  await sweepWaitpoints(b.deps)
  expect(await b.sql('SELECT state, count(*)::int AS n FROM waitpoint GROUP BY state')).toEqual([{ state: 'EXPIRED', n: 1200 }])
})

describe('the keys of tokens', () => {
  test('more wrong tokens at once than the pool has connections do not make it wait for itself', async () => {
    const { token } = await b.waiting('RELEASED')
    const altered = token.replace(/^wt1\.[0-9a-f]{8}/, 'wt1.00000000')
    const all = Array.from({ length: 2 * (b.deps.pool.options.max ?? 10) }, () => b.byToken(altered))
    expect((await Promise.all(all)).every(outcome => 'code' in outcome && outcome.code === 'NOT_FOUND')).toBe(true)
    expect(await b.byToken(token)).toMatchObject({ waitpointId: expect.any(String) as unknown })
  })

  test('are of the database\'s clock: whatever this machine\'s says, a token is over when it is', async () => {
    const { token } = await b.waiting('RELEASED', { timeoutMs: 60_000 })
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 40 * 86_400_000)
    try {
      expect(await b.byToken(token)).toMatchObject({ waitpointId: expect.any(String) as unknown })
    } finally {
      clock.mockRestore()
    }
  })

  test('that could not be read are read again for whoever asks next', async () => {
    const { pool } = b.deps
    let away = true
    const broken = new Proxy(pool, {
      get: (of, name) => (name === 'query' && away ? () => Promise.reject(new Error('away')) : (Reflect.get(of, name) as unknown)),
    })
    const tokens = openWaitTokens({ pool: broken, keys: b.deps.webhooks.keys })
    await expect(tokens.currentKid()).rejects.toThrow('away')
    away = false
    expect(await tokens.currentKid()).toMatch(/^[0-9a-f]{8}$/)
  })
})
