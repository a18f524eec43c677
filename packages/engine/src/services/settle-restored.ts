/**
 * The end of a restore, in the transaction that filled the tables (D-37, INV-42). Rows of a backup tell of a life that went on without them: workers
 * of that future hold leases, subscribers hold cursors. After this none of them matches, and every flow that was RUNNING has moved on by the door.
 */
import { SYSTEM, decideLeaseRevoked } from '@sluice/domain'
import type { FlowMove } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import { applyMoves } from '../apply-moves.ts'
import type { Told } from '../apply-moves.ts'
import { UNOBSERVED } from '../observe.ts'
import { writeAudit } from '../sql/audit-sql.ts'
import { lockFlows } from '../sql/lock-sql.ts'
import { openWakeUps } from '../wake-ups.ts'
import { beginGeneration } from './feed-generation.ts'

/** madeAt: the instant of the backup; sluice: the version that wrote it. */
export interface Restored {
  madeAt: Date
  sluice: string
  /** How the webhooks of what this ends name a flow; default: nothing before its path. */
  publicUrl?: string
}
/** How many flows were RUNNING in the backup, and what became of them. */
export interface Settled { queuedAgain: number; failed: number; cancelled: number; lift: number }

/** Far above what one flow may have been leased since the backup. */
const LIFT = 1_000_000
const BATCH = 500
/** No process serves a database that was empty until now. */
const nobody = (publicUrl: string): Told => ({ wake: openWakeUps({ transport: null, processId: 'restore' }), observe: UNOBSERVED, webhooks: { publicUrl: () => publicUrl } })

/** tx holds every table alone. */
export async function settleRestored(tx: Tx, restored: Restored): Promise<Settled> {
  const moves = await revokeLeases(tx, restored)
  const lift = await liftEpochs(tx, restored.madeAt)
  await tx.rows('buryAllWorkers', BURY_ALL_WORKERS)
  await beginGeneration(tx)
  await tx.rows('restWhenStarted', REST_WHEN_STARTED)
  const became = (status: FlowMove['set']['status']) => moves.filter(move => move.set.status === status).length
  const settled = { queuedAgain: became('QUEUED'), failed: became('FAILED'), cancelled: became('CANCELLED'), lift }
  const after = { backupOf: restored.madeAt.toISOString(), sluice: restored.sluice, ...settled }
  await writeAudit(tx, SYSTEM, [{ action: 'restore', target: null, reason: null, before: null, after }])
  return settled
}

async function revokeLeases(tx: Tx, { madeAt, publicUrl = '' }: Restored): Promise<FlowMove[]> {
  const all: FlowMove[] = []
  for (;;) {
    const leased = await tx.rows<{ id: string }>('findLeased', 'SELECT flow_id AS id FROM attempt WHERE ended_at IS NULL ORDER BY flow_id LIMIT $1', [BATCH])
    if (leased.length === 0) return all
    const flows = await lockFlows(tx, leased.map(({ id }) => id))
    const moves = [...flows.values()].filter(flow => flow.status === 'RUNNING' || flow.waitMode === 'HELD').map(flow => decideLeaseRevoked(flow, madeAt))
    if (moves.length !== leased.length) throw new Error(`${leased.length - moves.length} leases of the backup are of flows that hold none`)
    await applyMoves(tx, nobody(publicUrl), 'system', moves)
    all.push(...moves)
  }
}

/**
 * By a million, and by one more for each second since the backup, so that two lives restored from the same file differ as well. Of flows that can
 * still be leased: no lease of an ended one was ever given after the backup, and rewriting millions of rows would say nothing new.
 */
async function liftEpochs(tx: Tx, madeAt: Date): Promise<number> {
  const [row] = await tx.rows<{ lift: number }>(
    'readLift', 'SELECT $1::int + greatest(0, least(extract(epoch FROM clock_timestamp() - $2::timestamptz), 1e9))::int AS lift', [LIFT, madeAt])
  const lift = row?.lift ?? LIFT
  await tx.rows('liftEpochs', 'UPDATE flow SET epoch = epoch + $1 WHERE finished_at IS NULL', [lift])
  return lift
}

// Nobody is connected to a database that was empty until now, and a flow must not be said to be next where nobody takes it. One that comes back is told that
// it is not known, and registers again.
const BURY_ALL_WORKERS = `UPDATE worker SET state = 'DEAD' WHERE state <> 'DEAD'`

// Signed long ago: the first start finds a silence and rests, so that workers of before have their lease time to come back (D-35).
const REST_WHEN_STARTED = `UPDATE system_state SET alive_at = timestamptz 'epoch', resting_until = clock_timestamp() WHERE id = 1`
