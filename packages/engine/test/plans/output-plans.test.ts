import { describe, expect, test } from 'vitest'
import { named, transact } from '@sluice/db'
import type { Pool, Tx } from '@sluice/db'
import { artifactsOfFlows } from '../../src/reads/artifacts.ts'
import { FRAMES_START, framesAfter, framesBefore, framesEnd } from '../../src/reads/frames.ts'
import { artifactsToTell, expireArtifacts, findArtifact, purgeOrphanChunks } from '../../src/sql/artifact-sql.ts'
import { trimFrames, writeFrames } from '../../src/sql/frame-sql.ts'
import { deliverInputs, inputsFrom, inputsOfFlows, weighInputs } from '../../src/sql/input-sql.ts'
import { purgeFrames } from '../../src/sql/retention-sql.ts'
import { explainedDatabase, plansOf, runAll } from './explained-database.ts'

// Ten thousand flows with twenty frames, one artifact and one input each; one of them has a thousand frames. Every tenth ended long ago.
const SEED = [
  `INSERT INTO worker (id, instance_id, name, principal_id, kinds, lanes, capacity, registered_at, heartbeat_at, expires_at) VALUES ('wrk_1', 'i', 'w', 'prn_w', '{work}', '{}', 9, now(), now(), now())`,
  `INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, phase, slot_held, priority, rank, order_at, on_lease_lost, max_attempts, created_at, queued_at, started_at, finished_at, terminal_reason, last_sequence, last_event_at, epoch, current_attempt)
   SELECT 'flow_' || lpad(n::text, 6, '0'), 'work', 't', 'default', 'prn_1', '{}', '{}', CASE WHEN old THEN 'FINISHED' ELSE 'RUNNING' END::flow_status, CASE WHEN NOT old THEN 'WORKING' END::flow_phase, NOT old, 0, 9002, at, 'FAIL', 1, at, at, at,
          CASE WHEN old THEN at END, CASE WHEN old THEN 'completed' END, 4, at, 1, 0
     FROM (SELECT n, n % 10 = 0 AS old, CASE WHEN n % 10 = 0 THEN now() - interval '9 days' ELSE now() - interval '1 hour' END AS at FROM generate_series(1, 10000) n) s`,
  `INSERT INTO attempt (flow_id, index, type, worker_id, epoch, started_at, renewed_at, expires_at, reported_at, ended_at, end_reason, last_frame, frame_bytes)
   SELECT id, 0, 'INITIAL', 'wrk_1', 1, created_at, created_at, created_at, created_at, finished_at, CASE WHEN finished_at IS NOT NULL THEN 'finished' END, CASE WHEN id = 'flow_000001' THEN 1000 ELSE 20 END, 200 FROM flow`,
  `INSERT INTO output_frame (flow_id, attempt, sequence, kind, payload, bytes, at)
   SELECT a.flow_id, 0, n, 'LOG', '"a line of it"', 14, a.started_at FROM attempt a CROSS JOIN LATERAL generate_series(1, a.last_frame) n ORDER BY a.started_at`,
  `INSERT INTO artifact (id, flow_id, name, media_type, size, digest, attempt, created_at, expires_at)
   SELECT 'art_' || substr(id, 6), id, 'report', 'text/plain', 4, 'd', 0, created_at, CASE WHEN substr(id, 6)::int % 100 = 1 THEN created_at END FROM flow`,
  `INSERT INTO artifact_chunk (artifact_id, n, bytes, written_at) SELECT id, 0, 'abcd', created_at FROM artifact`,
  `INSERT INTO flow_input (id, flow_id, author, content, bytes, created_at) SELECT 'fin_' || substr(id, 6), id, 'prn_1', '1', 1, created_at FROM flow`,
  'ANALYZE flow, attempt, worker, output_frame, artifact, artifact_chunk, flow_input',
]
const database = explainedDatabase(runAll(SEED))

const HOT = ['flow', 'attempt', 'output_frame', 'artifact', 'artifact_chunk', 'flow_input']
const FLOW = 'flow_000001'
const FIFTY = Array.from({ length: 50 }, (_, n) => `flow_0050${String(n + 10)}`)

const expectPlans = plansOf(database, HOT)
const inTransaction = (work: (tx: Tx) => Promise<unknown>) => (pool: Pool): Promise<unknown> => transact(pool, work)

describe('frames', () => {
  const lease = { flowId: FLOW, attempt: 0, epoch: 1 }
  const frames = Array.from({ length: 100 }, (_, n) => ({ sequence: 1001 + n, kind: 'LOG' as const, payload: 'x', bytes: 3 }))

  test('an append touches its attempt and what it adds', () => expectPlans(inTransaction(tx => writeFrames(tx, { lease, principalId: 'prn_w', frames })), 1200))
  test('a trim reads the attempt it trims', () => expectPlans(inTransaction(tx => trimFrames(tx, { flowId: FLOW, attempt: 0, kept: 900, bytesKept: 1e9 })), 3000))
  test('a page, from the front and from the middle', async () => {
    await expectPlans(pool => framesAfter(pool, { flowId: FLOW, after: FRAMES_START, limit: 100 }), 100)
    await expectPlans(pool => framesAfter(pool, { flowId: FLOW, after: { attempt: 0, sequence: 600 }, limit: 100 }), 100)
    await expectPlans(pool => framesBefore(pool, { flowId: FLOW, before: null, limit: 100 }), 100)
    await expectPlans(pool => framesEnd(pool, FLOW), 20)
  })
  test('the sweep finds old frames by their time', () => expectPlans(inTransaction(tx => purgeFrames(tx, { days: 7, limit: 500 })), 20_000))
})

describe('artifacts and inputs', () => {
  test('by name, by flows, and as a webhook tells them', async () => {
    await expectPlans(pool => findArtifact(named(pool), { flowId: FLOW, name: 'report' }), 20)
    await expectPlans(pool => artifactsOfFlows(named(pool), FIFTY), 400)
    await expectPlans(inTransaction(tx => artifactsToTell(tx, { flows: FIFTY.map(id => ({ id, inline: true })), inlineMaxBytes: 1000 })), 800)
  })
  test('the sweeps find what is over, and bytes without an artifact', async () => {
    await expectPlans(inTransaction(tx => expireArtifacts(tx, { limit: 50 })), 1000)
    await database.plain.query(`DELETE FROM artifact WHERE id = 'art_000777'`)
    // Every chunk is looked at once an hour: of each MiB stored one row.
    await expectPlans(inTransaction(tx => purgeOrphanChunks(tx, { restMs: 1000, limit: 32 })), 60_000)
    expect((await database.plain.query(`SELECT 1 FROM artifact_chunk WHERE artifact_id = 'art_000777'`)).rows).toEqual([])
  })
  test('what was added to flows', async () => {
    await expectPlans(pool => inputsOfFlows(named(pool), FIFTY), 400)
    await expectPlans(pool => inputsFrom(named(pool), { flowId: FLOW, after: null, limit: 5 }), 20)
    await expectPlans(pool => inputsFrom(named(pool), { flowId: FLOW, after: 'fin_000001', limit: 5 }), 20)
    await expectPlans(inTransaction(tx => weighInputs(tx, FLOW)), 20)
    await expectPlans(inTransaction(tx => deliverInputs(tx, FIFTY.map(flowId => ({ flowId, attempt: 0 })))), 1500)
  })
})
