/** The end of attempts: what came of each decides the delivery's next state, and ended deliveries count for their endpoints. Many in one transaction. */
import { SYSTEM, countsAs, decideAfterAttempt, decideLost } from '@sluice/domain'
import type { DeliveryMove, DeliveryPolicy } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import type { Deps } from '../deps.ts'
import { writeAudit } from '../sql/audit-sql.ts'
import { lockLost, lockSending, writeAttempts, writeDeliveryMoves, writeLostAttempts } from '../sql/delivery-sql.ts'
import type { AttemptEnd } from '../sql/delivery-sql.ts'
import { countStreaks } from '../sql/endpoint-sql.ts'
import type { Streak } from '../sql/endpoint-sql.ts'

const policyOf = (deps: Deps): DeliveryPolicy => ({ maxAttempts: deps.settings.webhookMaxAttempts, scheduleMs: deps.settings.webhookScheduleMs, dice: deps.dice() })

/** Answers how many were recorded; one whose lease was over meanwhile belongs to somebody else and is left. */
export const recordDeliveries = (deps: Deps, { ends, sentBy }: { ends: AttemptEnd[]; sentBy: string }): Promise<number> =>
  transact(deps.pool, async tx => {
    const byId = new Map(ends.map(end => [end.deliveryId, end]))
    const held = (await lockSending(tx, { ids: [...byId.keys()], sentBy })).filter(d => byId.get(d.id)?.n === d.attemptCount)
    const reports = held.flatMap(d => byId.get(d.id) ?? [])
    if (reports.length === 0) return 0
    const moves = held.map((d, at) => decideAfterAttempt(d, (reports[at] as AttemptEnd).report, policyOf(deps)))
    await writeAttempts(tx, reports)
    await writeEnds(tx, deps, { moves, gone: new Set(held.filter((_, at) => reports[at]?.report.statusCode === 410).map(d => d.endpointId)) })
    tx.afterCommit(() => deps.observe.attempted(reports.map(r => r.report), moves))
    return reports.length
  })

const LOST_BATCH = 500

/** Deliveries whose sender died are tried again (INV-33). How many there were. */
export const sweepLostDeliveries = (deps: Deps): Promise<number> =>
  transact(deps.pool, async tx => {
    const lost = await lockLost(tx, LOST_BATCH)
    if (lost.length === 0) return 0
    await writeLostAttempts(tx, lost)
    await writeEnds(tx, deps, { moves: lost.map(d => decideLost(d, policyOf(deps))), gone: new Set() })
    return lost.length
  })

async function writeEnds(tx: Tx, deps: Deps, { moves, gone }: { moves: DeliveryMove[]; gone: Set<string> }): Promise<void> {
  const written = await writeDeliveryMoves(tx, moves)
  if (written.length !== moves.length) throw new Error(`${moves.length - written.length} of ${moves.length} deliveries did not stand where they were locked`)
  tx.afterCommit(() => deps.wake.hint({ deliveries: 'changed' }))
  const streaks = streaksOf(moves, gone)
  if (streaks.length === 0) return
  const disabled = await countStreaks(tx, { streaks, disableAfter: deps.settings.webhookDisableAfter })
  await writeAudit(tx, SYSTEM, disabled.map(d => ({ action: 'webhookEndpointDisabled', target: d.id, reason: d.reason, before: { state: 'ACTIVE' }, after: { state: 'DISABLED', consecutiveFailures: d.failures } })))
  tx.afterCommit(() => disabled.forEach(d => deps.log({ event: 'webhook.endpoint_disabled', endpoint: d.id, reason: d.reason })))
}

/** One row for each endpoint: whether a delivery arrived, and how many failed after the last that did. */
export function streaksOf(moves: DeliveryMove[], gone: Set<string>): Streak[] {
  const streaks = new Map<string, Streak>()
  for (const move of moves) {
    const { endpointId, trigger } = move.delivery
    const counts = countsAs(move)
    if (counts === 'nothing') continue
    const streak = streaks.get(endpointId) ?? { endpointId, failures: 0, reset: false, gone: trigger === 'AUTO' && gone.has(endpointId) }
    streaks.set(endpointId, counts === 'success' ? { ...streak, failures: 0, reset: true } : { ...streak, failures: streak.failures + 1 })
  }
  return [...streaks.values()].sort((a, b) => (a.endpointId < b.endpointId ? -1 : 1))
}
