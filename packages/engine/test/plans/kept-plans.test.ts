import { describe, expect, test } from 'vitest'
import { finish, promote, reportStart } from '@sluice/domain'
import type { FlowFacts, FlowMove } from '@sluice/domain'
import { openPool, transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { cloneDatabase } from '@sluice/testkit/db'
import { takeKept } from '../../src/sql/kept-sql.ts'
import { attemptsOf, lockFlows, lockLeasedFlows } from '../../src/sql/lock-sql.ts'
import { writeMoves } from '../../src/sql/move-sql.ts'
import { lockPromotion, readKindsAhead, readLanesAhead, readScopes, takeForced, takePromotable } from '../../src/sql/promotion-sql.ts'
import { explainedPool } from './explained-pool.ts'
import type { Explained } from './explained-pool.ts'
import { RUNNING, fillUnnoticed } from './skewed-queue.ts'

const WORKERS = ['wrk_1', 'wrk_2', 'wrk_3', 'wrk_4', 'wrk_5']
const HEADS = ['default', 'batch', 'quiet', 'empty'].flatMap(lane => ['report', 'mail'].map(kind => ({ lane, kind })))
const FRONT = { rank: -1, orderAt: 'infinity', id: '' }

/** Every statement whose plan is kept, as a promotion, reports and moves of people send them. */
async function sendAll(tx: Tx): Promise<void> {
  await lockPromotion(tx)
  const { at } = await readScopes(tx, WORKERS)
  await takeForced(tx, HEADS, 50)
  await takeKept(tx, { heads: HEADS, limit: 50 })
  await readLanesAhead(tx, { from: [{ lane: 'default', after: FRONT }, { lane: 'quiet', after: FRONT }], limit: 28, edge: null, at })
  const ahead = await readKindsAhead(tx, { from: HEADS.map(head => ({ ...head, after: FRONT })), limit: 10, edge: null, at, full: ['prn_capped'] })
  const flows = await takePromotable(tx, ahead)
  await writeMoves(tx, orNone(flows).map(promotion), () => 'system')
  const leases = flows.map(flow => ({ flowId: flow.id, attempt: 0, epoch: 1 }))
  const started = await lockLeasedFlows(tx, leases)
  await writeMoves(tx, orNone([...started.flows.values()]).map(reportStart), () => 'wrk_1')
  await writeMoves(tx, orNone([...(await lockFlows(tx, leases.map(l => l.flowId))).values()]).map(flow => finish(flow, { ok: true })), () => 'wrk_1')
  await attemptsOf(tx, leases)
}

const promotion = (flow: FlowFacts): FlowMove =>
  promote(flow, { workerId: 'wrk_1', workerName: 'w1', requestId: 'req_1', codeVersion: null, ttlMs: 60_000, overCap: false })

const NOBODY = { id: 'flow_none', status: 'QUEUED', epoch: 0, cancelRequested: false, deleted: false, slotHeld: false, overCap: false, retriesUsed: 0, lostStarts: 0, priority: 0 } as FlowFacts
/** An empty statement is not sent: a move that meets no row. */
const orNone = (flows: FlowFacts[]): FlowFacts[] => (flows.length > 0 ? flows : [NOBODY])

/** How the planner saw the tables when it made the plans. */
const BEFORE = {
  'never analysed': '',
  'analysed while they were empty': 'VACUUM ANALYZE flow; VACUUM ANALYZE attempt; VACUUM ANALYZE flow_event',
  'analysed with one flow that had ended': `INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, terminal_reason, priority, rank, order_at, on_lease_lost, max_attempts,
      created_at, queued_at, finished_at, last_sequence, last_event_at) VALUES ('flow_0', 'k', 't', 'default', 'p', '{}', '{}', 'FINISHED', 'completed', 0, 9002, now(), 'FAIL', 1, now(), now(), now(), 1, now());
    INSERT INTO attempt (flow_id, index, type, worker_id, epoch, started_at, renewed_at, expires_at, ended_at, end_reason) VALUES ('flow_0', 0, 'INITIAL', 'w', 1, now(), now(), now(), now(), 'finished'); ANALYZE`,
}

describe('kept plans do not depend on when they were made (traps 1 and 5)', () => {
  test.each(Object.entries(BEFORE))('made when the tables were %s, then 100,000 skewed rows', async (_, before) => {
    const database = await cloneDatabase()
    const plain = openPool({ url: database.url, max: 1, log: () => undefined })
    const kept = openPool({ url: database.url, max: 1, log: () => undefined })
    // What a connection has prepared goes with it.
    kept.options.idleTimeoutMillis = 0
    const recording = explainedPool(kept)
    const send = (): Promise<void> => transact(recording.pool, sendAll, { plans: 'kept' })
    try {
      for (const table of ['flow', 'attempt', 'flow_event', 'worker']) await plain.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`)
      await plain.query('ALTER TABLE flow DISABLE TRIGGER USER')
      for (const statement of before.split(/; (?=VACUUM)/)) await plain.query(statement)
      await send()
      recording.explained.length = 0
      await fillUnnoticed(database.url)
      await send()
      expectOneWay(recording.explained)
    } finally {
      await recording.pool.end()
      await plain.end()
      await database.drop()
    }
  }, 120_000)
})

const WAYS: Record<string, { indexes: string[]; buffers: number }> = {
  lockPromotion: { indexes: [], buffers: 20 },
  readScopes: { indexes: ['attempt_worker_live_idx', 'flow_due_idx', 'flow_forced_idx', 'flow_kept_idx', 'flow_slot_idx'], buffers: 4 * RUNNING },
  takeKept: { indexes: ['flow_kept_idx'], buffers: 20 },
  takeForced: { indexes: ['flow_forced_idx'], buffers: 20 },
  readLanesAhead: { indexes: ['flow_queue_lane_idx'], buffers: 600 },
  readKindsAhead: { indexes: ['flow_promotable_idx'], buffers: 600 },
  takePromotable: { indexes: [], buffers: 5 * 50 },
  writeMoves: { indexes: ['attempt_pkey', 'flow_pkey'], buffers: 100 * 50 },
  lockLeasedFlows: { indexes: ['attempt_pkey', 'flow_pkey'], buffers: 20 * 50 },
  lockFlows: { indexes: ['flow_pkey'], buffers: 10 * 50 },
  attemptsOf: { indexes: ['attempt_pkey'], buffers: 10 * 50 },
}

function expectOneWay(explained: Explained[]): void {
  expect([...new Set(explained.map(e => e.name))].sort()).toEqual(Object.keys(WAYS).sort())
  for (const { name, indexes, scanned, buffers } of explained) {
    const hot = [...indexes].filter(i => /^(flow|attempt|flow_event)_/.test(i)).map(i => (i === 'attempt_live_key' ? 'attempt_worker_live_idx' : i))
    expect(hot.sort(), name).toEqual(WAYS[name]?.indexes)
    expect([...scanned].filter(t => ['flow', 'attempt', 'flow_event'].includes(t)), name).toEqual([])
    expect(buffers, name).toBeLessThanOrEqual(WAYS[name]?.buffers ?? 0)
  }
}
