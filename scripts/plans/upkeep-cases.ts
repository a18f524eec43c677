/** What runs by itself, when it finds nothing and when it finds little: all the time, beside everything else. */
import { transact } from '@sluice/db'
import type { Pool, Tx } from '@sluice/db'
import { foldCounts } from '../../packages/engine/src/services/fold-counts.ts'
import { sweepDeadlines } from '../../packages/engine/src/services/sweep-deadlines.ts'
import { sweepLeases } from '../../packages/engine/src/services/sweep-leases.ts'
import { gatherCapGroups } from '../../packages/engine/src/sql/quota-sql.ts'
import { findOld, purgeDeleted, trim } from '../../packages/engine/src/sql/retention-sql.ts'
import type { PlanCase } from './plan-case.ts'

const BATCH = 500
const CENTURY_MS = 3_155_760_000_000

export const upkeepCases = (): PlanCase[] => [
  { group: 'upkeep', name: 'leases, none lost', run: d => sweepLeases(d) },
  { group: 'upkeep', name: 'deadlines, none over', run: d => sweepDeadlines(d) },
  { group: 'upkeep', name: 'cap groups, all gathered', run: d => transact(d.pool, tx => gatherCapGroups(tx, 1000)) },
  { group: 'upkeep', name: 'fold of the ledger', run: d => foldCounts(d.pool) },
  { group: 'upkeep', name: 'flows that are old', run: d => transact(d.pool, tx => findOld(tx, { days: 30, beyond: null, limit: BATCH })) },
  { group: 'upkeep', name: 'flows that are old, none', run: d => transact(d.pool, tx => findOld(tx, { days: 36_500, beyond: null, limit: BATCH })) },
  { group: 'upkeep', name: 'purge of 500', run: d => rolledBack(d.pool, purgeOld) },
  { group: 'upkeep', name: 'purge, none', run: d => transact(d.pool, tx => purgeDeleted(tx, { restMs: CENTURY_MS, limit: BATCH })) },
  ...(['idempotencyKeys', 'minutes'] as const).map((what): PlanCase => (
    { group: 'upkeep', name: `trim of ${what}, none`, run: d => transact(d.pool, tx => trim(tx, { what, olderThanMs: CENTURY_MS, limit: BATCH })) })),
]

async function purgeOld(tx: Tx): Promise<void> {
  const ids = await findOld(tx, { days: 30, beyond: null, limit: BATCH })
  await tx.rows('asIfDeleted', 'UPDATE flow SET deleted_at = finished_at WHERE id = ANY($1::text[])', [ids.map(flow => flow.id)])
  await purgeDeleted(tx, { restMs: 0, limit: BATCH })
}

/** What is purged stays, so that the next run finds it too. */
async function rolledBack(pool: Pool, work: (tx: Tx) => Promise<unknown>): Promise<void> {
  const undone = new Error('undone')
  await transact(pool, async tx => { await work(tx); throw undone }).catch((error: unknown) => { if (error !== undone) throw error })
}
