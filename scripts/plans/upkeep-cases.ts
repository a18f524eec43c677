/** What runs by itself, when it finds nothing and when it finds little: all the time, beside everything else. */
import { transact } from '@sluice/db'
import { foldCounts } from '../../packages/engine/src/services/fold-counts.ts'
import { sweepDeadlines } from '../../packages/engine/src/services/sweep-deadlines.ts'
import { sweepLeases } from '../../packages/engine/src/services/sweep-leases.ts'
import { gatherCapGroups } from '../../packages/engine/src/sql/quota-sql.ts'
import type { PlanCase } from './plan-case.ts'

export const upkeepCases = (): PlanCase[] => [
  { group: 'upkeep', name: 'leases, none lost', run: d => sweepLeases(d) },
  { group: 'upkeep', name: 'deadlines, none over', run: d => sweepDeadlines(d) },
  { group: 'upkeep', name: 'cap groups, all gathered', run: d => transact(d.pool, tx => gatherCapGroups(tx, 1000)) },
  { group: 'upkeep', name: 'fold of the ledger', run: d => foldCounts(d.pool) },
]
