import { describe, test } from 'vitest'
import { named, transact } from '@sluice/db'
import { changedDeliveries } from '../../src/reads/delivery-feed.ts'
import { deliveryFigures, replayFacts, successRates } from '../../src/reads/delivery-figures.ts'
import type { DeliveryFilter } from '../../src/reads/delivery-filter.ts'
import { listDeliveries, nextDeliveries } from '../../src/reads/list-deliveries.ts'
import { findDue, lockDue, lockLost, lockSending, nextDueInMs, readToSend, writeAttempts, writeBegun, writeDeferred, writeDeliveryMoves, writeLostAttempts } from '../../src/sql/delivery-sql.ts'
import { countStreaks } from '../../src/sql/endpoint-sql.ts'
import { matchReceivers } from '../../src/sql/outbox-sql.ts'
import { insertReplays } from '../../src/sql/replay-sql.ts'
import { purgeBodies, purgeDeliveries } from '../../src/sql/retention-sql.ts'
import { explainedDatabase, plansOf, runAll } from './explained-database.ts'

// A hundred thousand flows with one ended delivery each over two hundred endpoints; one dead receiver with 20,000 that wait for their retry, and a few that are due elsewhere.
const SEED = [
  `INSERT INTO webhook_endpoint (id, origin, name, url_redacted, events, created_at) SELECT 'ep_' || lpad(n::text, 4, '0'), 'NAMED', 'n' || n, 'https://h/…', '{flow.finished}', now() FROM generate_series(1, 200) n`,
  `INSERT INTO webhook_endpoint_version SELECT id, 1, 'x', 'https://h' || id || ':443', false, false, now() FROM webhook_endpoint`,
  `INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, priority, rank, order_at, on_lease_lost, max_attempts, created_at, queued_at, started_at, finished_at, terminal_reason, last_sequence, last_event_at)
   SELECT 'flow_' || lpad(n::text, 6, '0'), 'work', 't', 'default', 'prn_' || n % 50, '{}', '{}', 'FINISHED', 0, 9002, now(), 'FAIL', 1, at, at, at, at, 'completed', 4, at
     FROM (SELECT n, now() - (100000 - n) * interval '20 s' AS at FROM generate_series(1, 100000) n) s`,
  `INSERT INTO webhook_event (id, flow_id, sequence, type, body, created_at) SELECT 'evt_' || substr(id, 6) || '.4', id, 4, 'flow.finished', '{}', finished_at FROM flow`,
  `INSERT INTO webhook_delivery (id, event_id, endpoint_id, revision, host, strict_order, inline_artifacts, flow_id, sequence, principal_id, event_type, state, trigger, attempt_count, next_attempt_at, created_at, ended_at, xid)
   SELECT 'dlv_' || n, 'evt_' || lpad(n::text, 6, '0') || '.4', e, 1, 'https://h' || e || ':443', false, false, 'flow_' || lpad(n::text, 6, '0'), 4, 'prn_' || n % 50, 'flow.finished', s::delivery_state, 'AUTO',
          CASE s WHEN 'PENDING' THEN 0 ELSE 1 END, CASE s WHEN 'RETRY_SCHEDULED' THEN now() + interval '5 min' WHEN 'PENDING' THEN now() - interval '1 s' END, at, CASE WHEN s IN ('DELIVERED', 'EXHAUSTED') THEN at END, n
     FROM (SELECT n, now() - (100000 - n) * interval '20 s' AS at, CASE WHEN n % 5 = 0 THEN 'ep_0001' ELSE 'ep_' || lpad((2 + n % 199)::text, 4, '0') END AS e,
                  CASE WHEN n % 5 = 0 THEN 'RETRY_SCHEDULED' WHEN n > 99900 THEN 'PENDING' WHEN n % 400 = 1 THEN 'EXHAUSTED' ELSE 'DELIVERED' END AS s FROM generate_series(1, 100000) n) x`,
  `INSERT INTO delivery_attempt (delivery_id, n, started_at, duration_ms, status_code) SELECT id, 1, created_at, 5, 200 FROM webhook_delivery WHERE attempt_count = 1`,
  'ANALYZE webhook_endpoint, webhook_endpoint_version, webhook_event, webhook_delivery, delivery_attempt, flow',
]
const database = explainedDatabase(runAll(SEED))

const HOT = ['webhook_delivery', 'delivery_attempt', 'webhook_event', 'flow']

const expectPlans = plansOf(database, HOT)

const some = (from: number, count: number): string[] => Array.from({ length: count }, (_, n) => `dlv_${from + n}`)

describe('the sender’s statements touch what they take, whatever waits for a dead receiver', () => {
  test('looking for what is due', () => expectPlans(pool => findDue(named(pool), { full: [], perEndpoint: 8, limit: 400 }), 3500))
  test('with hosts that have no room', () => expectPlans(pool => findDue(named(pool), { full: ['https://hep_0001:443'], perEndpoint: 8, limit: 400 }), 3500))
  test('until the next is due', () => expectPlans(pool => nextDueInMs(named(pool)), 60))
  test('beginning 32', () => expectPlans(pool => transact(pool, async tx => {
    const ids = some(99_901, 40)
    await lockDue(tx, ids)
    await writeBegun(tx, { ids, sentBy: 'srv_1', leaseMs: 60_000 })
    await readToSend(tx, ids)
    await writeDeferred(tx, { ids, ms: 10 })
    throw new Error('back')
  }).catch(() => undefined), 4500))
  test('recording 32', () => expectPlans(pool => transact(pool, async tx => {
    const facts = (await lockSending(tx, { ids: some(1, 32), sentBy: 'srv_1' }))
    const moves = some(2, 32).map(id => ({ name: 'exhaust' as const, delivery: { id, endpointId: 'ep_0002', state: 'DELIVERED' as const, trigger: 'AUTO' as const, attemptCount: 1 }, state: 'EXHAUSTED' as const, delayMs: null, error: 'X' }))
    await writeAttempts(tx, some(1, 32).map(deliveryId => ({ deliveryId, n: 1, report: { durationMs: 1, address: null, requestHeaders: {}, statusCode: 200, errorClass: null, responseHeaders: null, responseExcerpt: null, retryAfterMs: null } })))
    await writeDeliveryMoves(tx, moves)
    await writeLostAttempts(tx, facts)
    await countStreaks(tx, { streaks: [{ endpointId: 'ep_0002', failures: 1, reset: false, gone: false }], disableAfter: 20 })
    throw new Error('back')
  }).catch(() => undefined), 4500))
  test('looking for senders that died', () => expectPlans(pool => transact(pool, tx => lockLost(tx, 500)), 60))
})

describe('what a move and a replay ask', () => {
  test('who hears of 200 flows, of 200 endpoints that all do', () =>
    expectPlans(pool => transact(pool, tx => matchReceivers(tx, Array.from({ length: 5 }, (_, n) => ({ flowId: `flow_00000${n + 1}`, sequence: 4, type: 'flow.finished', at: new Date() })))), 8000))
  test('replays of 200', () => expectPlans(pool => transact(pool, async tx => {
    await insertReplays(tx, { replays: some(1, 200).map(of => ({ id: `${of}_again`, of })), requestedBy: null })
    throw new Error('back')
  }).catch(() => undefined), 9000))
  test('whether 50 may be replayed', () => expectPlans(pool => replayFacts(pool, some(1, 50)), 2500))
})

describe('lists, feed and figures', () => {
  test.each<[string, DeliveryFilter, number]>([
    ['everything', {}, 400], ['of a flow', { flow: 'flow_050000' }, 60], ['of an endpoint', { endpoint: ['ep_0001'] }, 700], ['of an endpoint in a state', { endpoint: ['ep_0007'], state: ['EXHAUSTED'] }, 400],
    ['in a state', { state: ['EXHAUSTED'] }, 500], ['of an owner', { owner: 'prn_7' }, 500], ['that failed', { state: ['EXHAUSTED', 'REJECTED', 'BLOCKED'] }, 500],
  ])('a page: %s', (_, filter, buffers) => expectPlans(pool => listDeliveries(pool, { filter, after: null, limit: 51 }), buffers))
  test('the next of a bulk operation', () => expectPlans(pool => transact(pool, tx => nextDeliveries(tx, { filter: { state: ['EXHAUSTED'], endedBefore: new Date() }, beyond: null, limit: 200 })), 3000))
  test('changes since a cursor', () => expectPlans(pool => changedDeliveries(pool, { generation: 'x', xid: '10', id: 'dlv_' }), 300))
  test('figures', () => expectPlans(pool => deliveryFigures(pool), 12_000))
  test('success rates of 50 endpoints', () => expectPlans(pool => successRates(pool, Array.from({ length: 50 }, (_, n) => `ep_00${String(n + 10)}`)), 9000))
})

describe('retention', () => {
  test('purges what is old by its indexes', () => expectPlans(pool => transact(pool, async tx => {
    await purgeDeliveries(tx, { days: 10, limit: 500 })
    await purgeBodies(tx, { days: 10, limit: 500 })
    throw new Error('back')
  }).catch(() => undefined), 25_000))
})
