/**
 * The executor of bulk operations (D-43), in the dispatcher role: batch after batch, each a transaction that locks the operation's row, acts through the same
 * command as a single item with the rights of who started it, and writes how far it came. Killed anywhere, the next turn, of whatever process, goes on
 * behind the last batch that committed. After each batch it rests as long as that took.
 */
import { Forbidden, Refusal } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import type { Json } from '@sluice/protocol'
import type { DeliveryCaller } from '../commands/replay-deliveries.ts'
import { replayIn } from '../commands/replay-deliveries.ts'
import type { Deps } from '../deps.ts'
import type { DeliveryFilter } from '../reads/delivery-filter.ts'
import { nextDeliveries } from '../reads/list-deliveries.ts'
import { lockRunningBulk, writeBulkProgress } from '../sql/bulk-sql.ts'
import type { BulkRow } from '../sql/bulk-sql.ts'
import { rest } from './rest.ts'

/** The rights that a principal has now; null: none, so that every item is refused. */
export type CallerOf = (principalId: string) => Promise<DeliveryCaller | null>

const BATCH = 200

/** How many items were looked at. Until no operation runs, or the process closes. */
export async function runBulk(deps: Deps, callerOf: CallerOf): Promise<number> {
  let total = 0
  while (!deps.closing.aborted) {
    const began = performance.now()
    const done = await transact(deps.pool, tx => oneBatch(tx, deps, callerOf))
    if (done === null) break
    total += done
    await rest(performance.now() - began, deps.closing)
  }
  return total
}

async function oneBatch(tx: Tx, deps: Deps, callerOf: CallerOf): Promise<number | null> {
  const bulk = await lockRunningBulk(tx)
  if (!bulk) return null
  const { ids, reached, over } = await nextItems(tx, bulk)
  const caller = await callerOf(bulk.requestedBy)
  const outcomes = caller ? await replayIn(tx, deps, { caller, ids }) : ids.map(() => new Forbidden('Who started this may not do it any more.'))
  const refused = outcomes.flatMap((o, at) => (o instanceof Refusal ? [{ target: ids[at] ?? '', code: o.code, message: o.message }] : []))
  await writeBulkProgress(tx, { id: bulk.id, done: ids.length - refused.length, refused, reached, over })
  tx.afterCommit(() => deps.wake.hint({ bulk: true }))
  return ids.length
}

interface Items { ids: string[]; reached: Json; over: boolean }

async function nextItems(tx: Tx, bulk: BulkRow): Promise<Items> {
  if (bulk.ids) {
    const from = typeof bulk.reached === 'number' ? bulk.reached : 0
    const ids = bulk.ids.slice(from, from + BATCH)
    return { ids, reached: from + ids.length, over: from + ids.length >= bulk.ids.length }
  }
  const places = await nextDeliveries(tx, { filter: filterOf(bulk.filter), beyond: bulk.reached as { at: string; id: string } | null, limit: BATCH })
  const last = places.at(-1)
  return { ids: places.map(p => p.id), reached: last ? { at: last.at, id: last.id } : bulk.reached, over: places.length < BATCH }
}

/** Instants were stored as text. */
function filterOf(stored: Json): DeliveryFilter {
  const filter = stored as Record<string, unknown>
  const instants = ['createdAfter', 'createdBefore', 'endedAfter', 'endedBefore'].filter(key => typeof filter[key] === 'string')
  return { ...filter, ...Object.fromEntries(instants.map(key => [key, new Date(filter[key] as string)])) } as DeliveryFilter
}
