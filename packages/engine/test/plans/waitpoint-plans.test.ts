import { describe, expect, test } from 'vitest'
import { named, transact } from '@sluice/db'
import { readGauges } from '../../src/reads/gauges.ts'
import { listWaitpoints } from '../../src/reads/list-waitpoints.ts'
import type { WaitpointFilter } from '../../src/reads/list-waitpoints.ts'
import { memoKeysFrom } from '../../src/reads/memo-keys.ts'
import { memosByKey, memosOfFlows } from '../../src/sql/memo-sql.ts'
import { purgeDeleted } from '../../src/sql/retention-sql.ts'
import { findTimedOut, lockOpen } from '../../src/sql/wait-sql.ts'
import { explainedDatabase, plansOf, runAll } from './explained-database.ts'

// A hundred thousand flows that asked: nineteen of twenty were answered, the last 5,000 wait, each for a person who is named or for its owner; three memos each.
const SEED = [
  `INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, wait_kind, wait_mode, waiting_since, slot_held, priority, rank, order_at, on_lease_lost, max_attempts, created_at, queued_at, started_at, finished_at, terminal_reason, last_sequence, last_event_at, deleted_at)
   SELECT 'flow_' || lpad(n::text, 6, '0'), 'work', 't', CASE WHEN n % 10 = 0 THEN 'tenth' ELSE 'default' END, 'prn_' || n % 50, '{}', '{}', CASE WHEN w THEN 'WAITING' ELSE 'FINISHED' END::flow_status,
          CASE WHEN w THEN 'APPROVAL' END::wait_kind, CASE WHEN w THEN 'RELEASED' END::wait_mode, CASE WHEN w THEN at END, false, 0, 9002, at, 'FAIL', 1, at, at, at, CASE WHEN NOT w THEN at END, CASE WHEN NOT w THEN 'completed' END, 4, at,
          CASE WHEN n <= 1000 THEN now() - interval '1 day' END
     FROM (SELECT n, n > 95000 AS w, now() - (100000 - n) * interval '20 s' AS at FROM generate_series(1, 100000) n) s`,
  `INSERT INTO waitpoint (id, flow_id, key, kind, mode, state, allowed_decisions, answerable_by, on_timeout, attempt, created_at, opened_at, timeout_at, closed_at, decision, answered_by, answered_at)
   SELECT 'wpt_' || substr(id, 6), id, 'ask', 'APPROVAL', 'RELEASED', CASE WHEN status = 'WAITING' THEN 'OPEN' ELSE 'SATISFIED' END::waitpoint_state, '{approve,reject}',
          CASE WHEN substr(id, 6)::int % 100 = 0 THEN '{prn_7}'::text[] WHEN substr(id, 6)::int % 2 = 0 THEN '{role:operator}'::text[] ELSE '{}'::text[] END, 'FAIL', 0, created_at, created_at,
          CASE WHEN status = 'WAITING' AND substr(id, 6)::int % 10 = 1 THEN now() + interval '1 hour' END, finished_at, CASE WHEN finished_at IS NOT NULL THEN 'approve' END, CASE WHEN finished_at IS NOT NULL THEN 'prn_1' END, finished_at FROM flow`,
  `INSERT INTO signal SELECT 'sig_' || substr(id, 5), id, flow_id, 'approve', NULL, 'prn_1', NULL, 'SATISFIED', closed_at FROM waitpoint WHERE state = 'SATISFIED'`,
  `INSERT INTO memo (flow_id, key, kind, value, bytes, attempt, created_at) SELECT id, k, 'STEP', '1', 1, 0, created_at FROM flow CROSS JOIN unnest('{a,b,c}'::text[]) k`,
  'ANALYZE flow, waitpoint, signal, memo',
]
const database = explainedDatabase(runAll(SEED))

const HOT = ['waitpoint', 'signal', 'memo', 'flow']

const expectPlans = plansOf(database, HOT)

const ME = { names: ['role:submitter', 'prn_7'], asOwner: 'prn_7', asOperator: false, override: false }
const OPERATOR = { names: ['role:operator', 'role:submitter', 'role:viewer', 'prn_9'], asOwner: 'prn_9', asOperator: true, override: false }

describe('lists of waits', () => {
  test.each<[string, WaitpointFilter, number]>([
    ['everything', {}, 500], ['what stands open', { state: ['OPEN'] }, 500], ['what was answered', { state: ['SATISFIED'] }, 500], ['what an operator may answer', { state: ['OPEN'], answerableBy: { who: OPERATOR, holds: true } }, 800],
    ['what only a named one may answer', { state: ['OPEN'], answerableBy: { who: ME, holds: true } }, 25_000], ['of an owner', { state: ['OPEN'], owner: 'prn_7' }, 12_000], ['in a lane', { state: ['OPEN'], lane: ['tenth'] }, 3000],
    ['in a lane that there is not, of all', { state: ['OPEN'], lane: ['none'] }, 25_000],
  ])('a page: %s', (_, filter, buffers) => expectPlans(pool => listWaitpoints(pool, { filter, after: null, limit: 51 }), buffers))

  test('the page behind a cursor costs as little', async () => {
    const page = await listWaitpoints(database.plain, { filter: {}, after: null, limit: 5000 })
    await expectPlans(pool => listWaitpoints(pool, { filter: {}, after: page.at(-1)?.cursor ?? null, limit: 51 }), 800)
  })
})

describe('what waits and memory ask', () => {
  test('the sweep finds what is over by its index', () => expectPlans(pool => transact(pool, tx => findTimedOut(tx, 500)), 100))
  test('a scrape sees the oldest that stands open', async () => {
    await expectPlans(async pool => expect((await readGauges(pool)).oldestWaitSeconds).toBeGreaterThan(4998 * 20), 200)
  })
  test('what 50 flows wait for', () => expectPlans(pool => transact(pool, tx => lockOpen(tx, Array.from({ length: 50 }, (_, n) => `flow_0999${String(n + 10)}`))), 600))
  test('what 50 flows remember', () => expectPlans(pool => memosOfFlows(named(pool), { flowIds: Array.from({ length: 50 }, (_, n) => `flow_0999${String(n + 10)}`), mostBytes: 1000 }), 800))
  test('by key', () => expectPlans(pool => memosByKey(named(pool), { flowId: 'flow_099999', epoch: 1, keys: ['a', 'b'], principalId: null }), 60))
  test('the keys of one flow, and those beyond one of them', () => expectPlans(async pool => {
    for (const after of [null, 'b']) await memoKeysFrom(pool, { flowId: 'flow_099999', after, limit: 51 })
  }, 60))
  test('a purge takes them by their flows', () => expectPlans(pool => transact(pool, async tx => {
    await purgeDeleted(tx, { restMs: 1000, limit: 100 })
    throw new Error('back')
  }).catch(() => undefined), 12_000))
})
