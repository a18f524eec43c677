/** The turn of deliveries: one transaction locks those that are due, decides what becomes of each, and answers what is to be sent after the commit. */
import { suppress, withDeliveryId } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Deps } from '../deps.ts'
import { lockDue, readToSend, writeBegun, writeDeferred, writeDeliveryMoves } from '../sql/delivery-sql.ts'
import type { ToSend, TurnFacts } from '../sql/delivery-sql.ts'
import { openSealed, secretPlace, urlPlace } from '../webhooks/sealed.ts'

/** A crashed sender's row is anybody's again after this (9.3). */
export const SENDING_LEASE_MS = 60_000
/** One that waits for another of its flow is let go by the end of that one's attempt; this is for a wake-up that was lost. */
const DEFERRED_MS = 1000

/** What a sender needs for one request. body is what is signed and sent. */
export interface DeliveryToSend {
  deliveryId: string
  /** Which attempt it is, from 1. */
  n: number
  host: string
  /** null: it cannot be decrypted with the keys of this server. */
  url: string | null
  body: string
  /** whsec_…, live now, newest first; null: one cannot be decrypted. */
  secrets: string[] | null
}

type Turn = 'send' | 'suppress' | 'defer'

/** ENDPOINT_DISABLED counts for automatic deliveries only: a replay or a test was asked for by hand. */
const turnOf = ({ endpointState, trigger, orderBlocked }: TurnFacts): Turn => {
  if (endpointState === 'DELETED' || (endpointState === 'DISABLED' && trigger === 'AUTO')) return 'suppress'
  return orderBlocked ? 'defer' : 'send'
}

export interface Begun { toSend: DeliveryToSend[]; suppressed: number; deferred: number }

export const beginDeliveries = (deps: Pick<Deps, 'pool' | 'webhooks' | 'wake'>, { ids, sentBy }: { ids: string[]; sentBy: string }): Promise<Begun> =>
  transact(deps.pool, async tx => {
    const due = await lockDue(tx, ids)
    const [sent, suppressed, deferred] = (['send', 'suppress', 'defer'] as const).map(turn => due.filter(d => turnOf(d) === turn)) as [TurnFacts[], TurnFacts[], TurnFacts[]]
    if (suppressed.length > 0) await writeDeliveryMoves(tx, suppressed.map(d => suppress(d, `ENDPOINT_${d.endpointState}`)))
    if (deferred.length > 0) await writeDeferred(tx, { ids: deferred.map(d => d.id), ms: DEFERRED_MS })
    const counts = { suppressed: suppressed.length, deferred: deferred.length }
    if (sent.length + suppressed.length > 0) tx.afterCommit(() => deps.wake.hint({ deliveries: 'changed' }))
    if (sent.length === 0) return { toSend: [], ...counts }
    const begun = sent.map(d => d.id)
    await writeBegun(tx, { ids: begun, sentBy, leaseMs: SENDING_LEASE_MS })
    return { toSend: (await readToSend(tx, begun)).map(row => opened(deps, row)), ...counts }
  })

function opened({ webhooks }: Pick<Deps, 'webhooks'>, row: ToSend): DeliveryToSend {
  const own = row.ownSecrets ? [...webhooks.ownSecrets] : row.secrets.map(s => openSealed(webhooks.keys, s.secret, secretPlace(s.id)))
  return {
    deliveryId: row.id, n: row.attemptCount, host: row.host, url: openSealed(webhooks.keys, row.url, urlPlace(row.endpointId, row.revision)),
    body: withDeliveryId(row.body, row.id), secrets: own.includes(null) ? null : (own as string[]),
  }
}
