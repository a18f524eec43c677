/** D-26: a new delivery of the same event, with the same content, to the endpoint as it is now. The old row never changes (INV-32). */
import { DeliveryInProgress, Forbidden, NotFound, Refusal, newId, refuseReplay } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import type { Access, Deps, Outcome, OwnedFlow } from '../deps.ts'
import { writeAudit } from '../sql/audit-sql.ts'
import { insertReplays, readReplayRows } from '../sql/replay-sql.ts'
import type { ReplayRow } from '../sql/replay-sql.ts'

/** access is asked with the flow that a delivery is of, or with null for a test. */
export interface DeliveryCaller { actor: Actor & { principalId: string }; access(flow: OwnedFlow | null): Access }

export interface Replayed { deliveryId: string }

export const replayDeliveries = (deps: Deps, cmd: { caller: DeliveryCaller; ids: string[] }): Promise<Outcome<Replayed>[]> =>
  transact(deps.pool, async tx => {
    const outcomes = await replayIn(tx, deps, cmd)
    await writeAudit(tx, cmd.caller.actor, outcomes.flatMap((o, at) =>
      (o instanceof Refusal ? [] : [{ action: 'replayWebhookDelivery', target: cmd.ids[at] ?? '', reason: null, before: null, after: { delivery: o.deliveryId } }])))
    return outcomes
  })

/** One outcome for each id, in order. */
export async function replayIn(tx: Tx, deps: Pick<Deps, 'wake'>, { caller, ids }: { caller: DeliveryCaller; ids: string[] }): Promise<Outcome<Replayed>[]> {
  const rows = new Map((await readReplayRows(tx, ids)).map(row => [row.id, row]))
  const drafts = ids.map(of => refuse(caller, of, rows.get(of)) ?? { id: newId('delivery'), of })
  const replays = drafts.flatMap(d => (d instanceof Refusal ? [] : [d]))
  const made = replays.length > 0 ? await insertReplays(tx, { replays, requestedBy: caller.actor.principalId }) : new Set()
  if (made.size > 0) tx.afterCommit(() => deps.wake.hint({ deliveries: 'due' }))
  return drafts.map(d => (d instanceof Refusal ? d : made.has(d.id) ? { deliveryId: d.id } : new DeliveryInProgress('Somebody else is replaying it at this moment.')))
}

function refuse(caller: DeliveryCaller, id: string, row: ReplayRow | undefined): Refusal | undefined {
  const access = row && !row.flow?.deleted ? caller.access(row.flow) : 'hide'
  if (access === 'hide' || !row) return NotFound.of('webhook delivery', id)
  return access === 'forbid' ? new Forbidden(`You may not replay delivery ${id}.`) : refuseReplay(row)
}
