/** D-43: one act on many things, on the server: the set is fixed when it starts, it can be aborted, and each item is refused or done by itself. */
import { InvalidInput, LimitExceeded, NotFound, newId, refuseText } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { LIMITS } from '@sluice/protocol'
import type { Json } from '@sluice/protocol'
import type { Deps, Outcome } from '../deps.ts'
import { boundedRead } from '../reads/bounded-read.ts'
import type { DeliveryFilter } from '../reads/delivery-filter.ts'
import { countDeliveries, countKnown } from '../reads/list-deliveries.ts'
import { writeAudit } from '../sql/audit-sql.ts'
import { insertBulk, writeBulkAborted } from '../sql/bulk-sql.ts'
import { readClock } from '../sql/delivery-sql.ts'

export interface ReplayInBulk {
  actor: Actor & { principalId: string }
  /** Either a filter or ids. Of a filter's deliveries only the latest to each endpoint counts: what was sent again since is not sent once more. */
  filter?: DeliveryFilter | undefined
  ids?: string[] | undefined
  reason?: string | null | undefined
  dryRun: boolean
}

/** exact false: there are more than matched says. operationId null: a dry run. */
export interface BulkStarted { matched: number; exact: boolean; operationId: string | null }

export async function replayInBulk(deps: Deps, cmd: ReplayInBulk): Promise<Outcome<BulkStarted>> {
  const refusal = refuse(cmd)
  if (refusal) return refusal
  if (cmd.dryRun) return boundedRead(deps.pool, tx => dryRun(tx, cmd))
  return boundedRead(deps.pool, tx => startBulk(tx, deps, cmd))
}

function refuse(cmd: ReplayInBulk) {
  if ((cmd.filter === undefined) === (cmd.ids === undefined)) return new InvalidInput(['filter'], 'Give either a filter or ids.')
  if ((cmd.ids?.length ?? 0) > LIMITS.itemsMax) return new LimitExceeded(LIMITS.itemsMax, `At most ${LIMITS.itemsMax} ids are taken; use a filter for more.`)
  return refuseText(['reason'], cmd.reason, LIMITS.reasonMax)
}

async function dryRun(tx: Tx, { filter, ids }: ReplayInBulk): Promise<BulkStarted> {
  const count = filter ? await countDeliveries(tx, { filter: asOf(filter, await readClock(tx)), limit: LIMITS.countMax }) : await countKnown(tx, ids ?? [])
  return { matched: Math.min(count, LIMITS.countMax), exact: count <= LIMITS.countMax, operationId: null }
}

/** Within a transaction: the set is what there is at its clock. */
export async function startBulk(tx: Tx, deps: Pick<Deps, 'wake'>, cmd: Omit<ReplayInBulk, 'dryRun'>): Promise<BulkStarted & { operationId: string }> {
  const bound = await readClock(tx)
  const ids = cmd.ids ? [...new Set(cmd.ids)] : null
  const filter = cmd.filter ? asOf(cmd.filter, bound) : null
  const matched = ids ? ids.length : await countDeliveries(tx, { filter: filter ?? {}, limit: COUNT_ALL })
  const operationId = newId('bulk')
  await insertBulk(tx, { id: operationId, action: 'REPLAY', filter: filter as unknown as Json, ids, bound, matched, requestedBy: cmd.actor.principalId, reason: cmd.reason ?? null })
  await writeAudit(tx, cmd.actor, [{ action: 'replayWebhookDeliveries', target: operationId, reason: cmd.reason ?? null, before: null, after: { matched, filter: filter as unknown as Json, ids } }])
  tx.afterCommit(() => deps.wake.hint({ bulk: true }))
  return { matched, exact: true, operationId }
}

/** Above what two seconds can count: who asks for more is told to narrow the filter. */
const COUNT_ALL = 10_000_000

/** What had ended by then: a set that nothing enters any more. What is alive is being sent anyway. */
const asOf = (filter: DeliveryFilter, bound: Date): DeliveryFilter => ({ ...filter, endedBefore: bound })

/** What a batch has done stays done. Ended already: nothing changes. */
export const abortBulkOperation = (deps: Deps, cmd: { actor: Actor; id: string }): Promise<Outcome<{ operationId: string }>> =>
  transact<Outcome<{ operationId: string }>>(deps.pool, async tx => {
    const { known, aborted } = await writeBulkAborted(tx, cmd.id)
    if (!known) return NotFound.of('bulk operation', cmd.id)
    if (aborted) await writeAudit(tx, cmd.actor, [{ action: 'abortBulkOperation', target: cmd.id, reason: null, before: { state: 'RUNNING' }, after: { state: 'ABORTED' } }])
    tx.afterCommit(() => deps.wake.hint({ bulk: true }))
    return { operationId: cmd.id }
  })
