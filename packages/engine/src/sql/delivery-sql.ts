import type { DeliveryFacts, DeliveryMove } from '@sluice/domain'
import type { Named, Tx } from '@sluice/db'
import type { AttemptReport, EndpointState } from '@sluice/protocol'
import type { EndpointRow } from './endpoint-sql.ts'

const XID = 'pg_current_xact_id()::text::bigint'

export async function readClock(tx: Tx): Promise<Date> {
  const [row] = await tx.rows<{ now: Date }>('readDeliveryClock', 'SELECT clock_timestamp() AS now')
  return row?.now ?? new Date()
}

/** A delivery that may have its turn. host: what concurrency is counted by. */
export interface DueDelivery { id: string; endpointId: string; host: string }

/**
 * What is due, a few of each endpoint that has any, the endpoints in no order: none stands behind another's backlog. One probe for each endpoint with
 * something ahead of it, so the work grows with those and not with how much they have. full: hosts that have no room and are not looked at.
 */
export const findDue = (db: Named, p: { full: string[]; perEndpoint: number; limit: number }): Promise<DueDelivery[]> =>
  db.rows<DueDelivery & Record<string, unknown>>('findDue', FIND_DUE, [p.full, p.perEndpoint, p.limit])

const firstOf = (beyond: string): string =>
  `(SELECT d.endpoint_id, d.host, d.next_attempt_at FROM webhook_delivery d WHERE d.next_attempt_at IS NOT NULL ${beyond} ORDER BY d.endpoint_id, d.next_attempt_at, d.id LIMIT 1)`

const FIND_DUE = `
WITH RECURSIVE place AS (
  SELECT * FROM ${firstOf('')} first
  UNION ALL
  SELECT g.* FROM place p CROSS JOIN LATERAL ${firstOf('AND d.endpoint_id > p.endpoint_id')} g
),
open AS MATERIALIZED (
  SELECT endpoint_id FROM place WHERE next_attempt_at <= (SELECT clock_timestamp()) AND host <> ALL($1::text[]) ORDER BY random() LIMIT $3
)
SELECT n.id, n.endpoint_id AS "endpointId", n.host FROM open o CROSS JOIN LATERAL (
  SELECT d.id, d.endpoint_id, d.host, d.next_attempt_at, row_number() OVER (ORDER BY d.next_attempt_at, d.id) AS nth FROM webhook_delivery d
   WHERE d.next_attempt_at IS NOT NULL AND d.endpoint_id = o.endpoint_id AND d.next_attempt_at <= (SELECT clock_timestamp())
   ORDER BY d.next_attempt_at, d.id LIMIT $2) n
 ORDER BY n.nth, random() LIMIT $3`

/** Until the next becomes due that is not due yet, in ms; null when none waits. Asked before a look, which then sees all that are due. */
export async function nextDueInMs(db: Named): Promise<number | null> {
  const [row] = await db.rows<{ ms: number | null }>(
    'nextDueInMs',
    `WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
     SELECT (extract(epoch FROM (SELECT min(d.next_attempt_at) FROM webhook_delivery d WHERE d.next_attempt_at IS NOT NULL AND d.next_attempt_at > c.now) - c.now) * 1000)::float8 AS ms FROM clock c`)
  return row?.ms ?? null
}

/** What the turn of a delivery depends on, read under its lock. */
export interface TurnFacts extends DeliveryFacts {
  endpointState: EndpointState
  /** Another delivery of the same flow to the same endpoint stands before its first attempt (D-19). */
  orderBlocked: boolean
}

/** Locked in id order; what somebody else is changing, or what is not due any more, is left out. */
export const lockDue = (tx: Tx, ids: string[]): Promise<TurnFacts[]> =>
  tx.rows<TurnFacts & Record<string, unknown>>(
    'lockDue',
    `SELECT d.id, d.endpoint_id AS "endpointId", d.state, d.trigger, d.attempt_count AS "attemptCount", e.state AS "endpointState",
            d.trigger = 'AUTO' AND d.attempt_count = 0 AND EXISTS (
              SELECT 1 FROM webhook_delivery x WHERE x.flow_id = d.flow_id AND x.endpoint_id = d.endpoint_id AND x.sequence < d.sequence AND x.ended_at IS NULL AND x.trigger = 'AUTO'
                 AND (d.strict_order OR x.attempt_count = 0 OR x.attempt_count = 1 AND x.state = 'SENDING')) AS "orderBlocked"
       FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id
      WHERE d.id = ANY($1::text[]) AND d.next_attempt_at <= clock_timestamp()
      ORDER BY d.id FOR UPDATE OF d SKIP LOCKED`,
    [ids],
  )

/** Those of a sender that still hold what it was given; others were taken over meanwhile. */
export const lockSending = (tx: Tx, p: { ids: string[]; sentBy: string }): Promise<DeliveryFacts[]> =>
  tx.rows<DeliveryFacts & Record<string, unknown>>(
    'lockSending',
    `SELECT d.id, d.endpoint_id AS "endpointId", d.state, d.trigger, d.attempt_count AS "attemptCount" FROM webhook_delivery d
      WHERE d.id = ANY($1::text[]) AND d.state = ANY('{SENDING}'::delivery_state[]) AND d.sent_by = $2 ORDER BY d.id FOR UPDATE OF d`,
    [p.ids, p.sentBy],
  )

/** Senders that died: their lease is over. */
export const lockLost = (tx: Tx, limit: number): Promise<DeliveryFacts[]> =>
  tx.rows<DeliveryFacts & Record<string, unknown>>(
    'lockLost',
    `SELECT d.id, d.endpoint_id AS "endpointId", d.state, d.trigger, d.attempt_count AS "attemptCount" FROM webhook_delivery d
      WHERE d.lease_until IS NOT NULL AND d.lease_until < (SELECT clock_timestamp()) ORDER BY d.lease_until LIMIT $1 FOR UPDATE OF d SKIP LOCKED`,
    [limit],
  )

/** The attempt counts from here on (INV-29), whatever becomes of the sender. */
export const writeBegun = (tx: Tx, p: { ids: string[]; sentBy: string; leaseMs: number }): Promise<unknown> =>
  tx.rows(
    'writeBegun',
    `WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
     begun AS (
       UPDATE webhook_delivery d SET state = 'SENDING', attempt_count = d.attempt_count + 1, next_attempt_at = NULL, lease_until = c.now + $3 * interval '1 ms', sent_by = $2, xid = ${XID}
         FROM clock c WHERE d.id = ANY($1::text[]) AND d.next_attempt_at IS NOT NULL RETURNING d.id, d.attempt_count
     )
     INSERT INTO delivery_attempt (delivery_id, n, started_at) SELECT b.id, b.attempt_count, c.now FROM begun b CROSS JOIN clock c`,
    [p.ids, p.sentBy, p.leaseMs],
  )

/** Another one of the flow comes first: it is looked at again then, or at the latest after so long. */
export const writeDeferred = (tx: Tx, p: { ids: string[]; ms: number }): Promise<unknown> =>
  tx.rows('writeDeferred', `UPDATE webhook_delivery SET next_attempt_at = clock_timestamp() + $2 * interval '1 ms' WHERE id = ANY($1::text[]) AND next_attempt_at IS NOT NULL`, [p.ids, p.ms])

/** Ends and retries. The guard repeats where the decision found the row. */
export async function writeDeliveryMoves(tx: Tx, moves: DeliveryMove[]): Promise<string[]> {
  const items = moves.map(({ delivery, state, delayMs, error }) => ({ id: delivery.id, was: delivery.state, n: delivery.attemptCount, state, delay_ms: delayMs, error }))
  const rows = await tx.rows<{ id: string }>('writeDeliveryMoves', WRITE_DELIVERY_MOVES, [JSON.stringify(items)])
  return rows.map(row => row.id)
}

// What waited for this one to be tried first has its turn (D-19).
const WRITE_DELIVERY_MOVES = `
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
item AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS i(id text, was delivery_state, n int, state delivery_state, delay_ms bigint, error text)),
moved AS (
  UPDATE webhook_delivery d SET state = i.state, next_attempt_at = CASE WHEN i.state = 'RETRY_SCHEDULED' THEN c.now + i.delay_ms * interval '1 ms' END,
         lease_until = NULL, sent_by = NULL, last_error = i.error, ended_at = CASE WHEN i.state <> 'RETRY_SCHEDULED' THEN c.now END, xid = ${XID}
    FROM item i CROSS JOIN clock c WHERE d.id = i.id AND d.state = i.was AND d.attempt_count = i.n
  RETURNING d.id, d.flow_id, d.endpoint_id
),
follower AS (
  UPDATE webhook_delivery d SET next_attempt_at = c.now FROM moved m CROSS JOIN clock c
   WHERE d.flow_id = m.flow_id AND d.endpoint_id = m.endpoint_id AND d.ended_at IS NULL AND d.attempt_count = 0 AND d.next_attempt_at > c.now AND d.id <> ALL(SELECT id FROM item)
)
SELECT id FROM moved`

export interface AttemptEnd { deliveryId: string; n: number; report: AttemptReport }

export const writeAttempts = (tx: Tx, attempts: AttemptEnd[]): Promise<unknown> =>
  tx.rows('writeAttempts', WRITE_ATTEMPTS, [JSON.stringify(attempts.map(({ deliveryId, n, report }) => ({ delivery_id: deliveryId, n, ...report })))])

const WRITE_ATTEMPTS = `
UPDATE delivery_attempt a SET duration_ms = i."durationMs", address = i.address, request_headers = i."requestHeaders", status_code = i."statusCode", error_class = i."errorClass",
       response_headers = i."responseHeaders", response_excerpt = i."responseExcerpt", retry_after_ms = i."retryAfterMs"
  FROM json_to_recordset($1::json) AS i(delivery_id text, n int, "durationMs" int, address text, "requestHeaders" jsonb, "statusCode" int, "errorClass" text,
         "responseHeaders" jsonb, "responseExcerpt" text, "retryAfterMs" bigint)
 WHERE a.delivery_id = i.delivery_id AND a.n = i.n`

/** Attempts that nobody will tell the end of. */
export const writeLostAttempts = (tx: Tx, lost: DeliveryFacts[]): Promise<unknown> =>
  tx.rows(
    'writeLostAttempts',
    `UPDATE delivery_attempt a SET error_class = 'SENDER_LOST', duration_ms = least(extract(epoch FROM clock_timestamp() - a.started_at) * 1000, 2147483647)::int
       FROM unnest($1::text[], $2::int[]) AS i(delivery_id, n) WHERE a.delivery_id = i.delivery_id AND a.n = i.n AND a.duration_ms IS NULL`,
    [lost.map(d => d.id), lost.map(d => d.attemptCount)],
  )

/** What is sent: URL and secrets as they are stored. */
export interface ToSend {
  id: string; attemptCount: number; endpointId: string; revision: number; host: string; url: string; body: string; ownSecrets: boolean
  secrets: { id: string; secret: string }[]
}

export const readToSend = (tx: Tx, ids: string[]): Promise<ToSend[]> =>
  tx.rows<ToSend & Record<string, unknown>>(
    'readToSend',
    `SELECT d.id, d.attempt_count AS "attemptCount", d.endpoint_id AS "endpointId", d.revision, d.host, v.url,
            CASE WHEN d.inline_artifacts THEN coalesce(w.body_inline, w.body) ELSE w.body END AS body, e.origin <> 'NAMED' AS "ownSecrets",
            (SELECT coalesce(json_agg(json_build_object('id', s.id, 'secret', s.secret) ORDER BY s.created_at DESC), '[]') FROM webhook_secret s
              WHERE s.endpoint_id = d.endpoint_id AND coalesce(s.not_after, 'infinity') > clock_timestamp()) AS secrets
       FROM webhook_delivery d JOIN webhook_event w ON w.id = d.event_id JOIN webhook_endpoint e ON e.id = d.endpoint_id
       JOIN webhook_endpoint_version v ON v.endpoint_id = d.endpoint_id AND v.revision = d.revision
      WHERE d.id = ANY($1::text[])`,
    [ids],
  )

interface NewDelivery { id: string; eventId: string; endpoint: EndpointRow; requestedBy: string | null; body: string; at: Date }

/** An event of its own, with the one delivery that somebody asked for. */
export const insertTest = (tx: Tx, { id, eventId, endpoint, requestedBy, body, at }: NewDelivery): Promise<unknown> =>
  tx.rows(
    'insertTest',
    `WITH event AS (INSERT INTO webhook_event (id, type, body, created_at) VALUES ($2, 'webhook.test', $7, $8))
     INSERT INTO webhook_delivery (id, event_id, endpoint_id, revision, host, strict_order, inline_artifacts, event_type, state, trigger, next_attempt_at, requested_by, created_at, xid)
     VALUES ($1, $2, $3, $4, $5, false, false, 'webhook.test', 'PENDING', 'TEST', $8, $6, $8, ${XID})`,
    [id, eventId, endpoint.id, endpoint.revision, endpoint.host, requestedBy, body, at],
  )
