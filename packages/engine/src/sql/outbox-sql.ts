import type { WebhookFlow } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import type { EndpointState } from '@sluice/protocol'

/** A move that was written: what some endpoint may ask for. */
export interface OutboxFact { flowId: string; sequence: number; type: string; at: Date }

/** One endpoint that asks for one of the facts, with the flow as it stands now. */
export interface Receiver {
  flow: WebhookFlow
  sequence: number
  endpointId: string
  state: EndpointState
  revision: number
  host: string
  inlineArtifacts: boolean
  strictOrder: boolean
}

/** D-41: the flow's own endpoint, else its lane's, else the environment's; and every one with a name whose owner covers the flow. Each once, if it asks for the type. */
export const matchReceivers = (tx: Tx, facts: OutboxFact[]): Promise<Receiver[]> =>
  tx.rows<Receiver & Record<string, unknown>>('matchReceivers', MATCH_RECEIVERS, [facts.map(f => f.flowId), facts.map(f => f.sequence), facts.map(f => f.type)])

/** An environment's endpoint whose variable went away is not there; any other that is disabled has its events recorded. */
export const ENVIRONMENT_GONE = 'FLOW_WEBHOOK_URL is no longer set.'

const COLUMNS = 'e.id, e.state, e.revision, e.events, e.inline_artifacts, e.strict_order'

// Its plan may be kept in the transaction of a promotion (ADR 26): from the facts to each row by its key, whatever the tables hold when it is made.
// Instants as text in JSON would lose their type: the flow's columns are read as columns and put together by toReceiver.
const MATCH_RECEIVERS = `
WITH fact AS MATERIALIZED (SELECT * FROM unnest($1::text[], $2::int[], $3::text[]) AS i(flow_id, sequence, type)),
told AS MATERIALIZED (
  SELECT i.sequence, i.type, f.*, coalesce(f.webhook_endpoint_id, l.defaults->>'webhookEndpointId',
           (SELECT e.id FROM webhook_endpoint e WHERE e.origin = 'ENVIRONMENT' AND e.disabled_reason IS DISTINCT FROM '${ENVIRONMENT_GONE}')) AS own_endpoint
    FROM fact i JOIN flow f ON f.id = ANY(ARRAY[i.flow_id]) LEFT JOIN lane l ON l.name = f.lane
)
SELECT json_build_object('id', t.id, 'kind', t.kind, 'title', t.title, 'lane', t.lane, 'labels', t.labels, 'status', t.status, 'phase', t.phase,
         'terminalReason', t.terminal_reason, 'principalId', t.principal_id, 'currentAttempt', t.current_attempt, 'retryOfId', t.retry_of_id,
         'createdAt', t.created_at, 'queuedAt', t.queued_at, 'startedAt', t.started_at, 'finishedAt', t.finished_at,
         -- Of a result that is no text a body tells only that it is there.
         'result', CASE WHEN jsonb_typeof(t.result) IN ('string', 'null') THEN t.result WHEN t.result IS NOT NULL THEN 'true'::jsonb END, 'error', t.error) AS flow,
       t.sequence, e.id AS "endpointId", e.state, e.revision, v.host, e.inline_artifacts AS "inlineArtifacts", e.strict_order AS "strictOrder"
  FROM told t
 CROSS JOIN LATERAL (
   SELECT ${COLUMNS} FROM webhook_endpoint e WHERE e.id = ANY(ARRAY[t.own_endpoint])
   UNION ALL
   SELECT ${COLUMNS} FROM webhook_endpoint e
    WHERE e.origin = 'NAMED' AND e.state <> 'DELETED' AND coalesce(e.principal_id, '') = ANY(ARRAY['', t.principal_id]) AND e.id IS DISTINCT FROM t.own_endpoint) e
  JOIN webhook_endpoint_version v ON v.endpoint_id = ANY(ARRAY[e.id]) AND v.revision = e.revision
 WHERE e.state <> 'DELETED' AND t.type = ANY(e.events)`

export interface EventToInsert { id: string; flow_id: string | null; sequence: number | null; type: string; body: string; body_inline: string | null; created_at: Date }
export interface DeliveryToInsert {
  id: string; event_id: string; endpoint_id: string; revision: number; host: string; strict_order: boolean; inline_artifacts: boolean
  flow_id: string | null; sequence: number | null; principal_id: string | null; event_type: string; state: 'PENDING' | 'SUPPRESSED'; last_error: string | null; created_at: Date
}

/** Events and one automatic delivery for each endpoint, in the transaction of the move (INV-26). */
export const insertOutbox = (tx: Tx, events: EventToInsert[], deliveries: DeliveryToInsert[]): Promise<unknown> =>
  tx.rows('insertOutbox', INSERT_OUTBOX, [JSON.stringify(events), JSON.stringify(deliveries)])

const INSERT_OUTBOX = `
WITH event AS (
  INSERT INTO webhook_event (id, flow_id, sequence, type, body, body_inline, created_at)
  SELECT e.id, e.flow_id, e.sequence, e.type, e.body, e.body_inline, e.created_at
    FROM json_to_recordset($1::json) AS e(id text, flow_id text, sequence int, type text, body text, body_inline text, created_at timestamptz)
)
INSERT INTO webhook_delivery (id, event_id, endpoint_id, revision, host, strict_order, inline_artifacts, flow_id, sequence, principal_id, event_type, state, trigger,
                              next_attempt_at, last_error, created_at, ended_at, xid)
SELECT d.id, d.event_id, d.endpoint_id, d.revision, d.host, d.strict_order, d.inline_artifacts, d.flow_id, d.sequence, d.principal_id, d.event_type, d.state, 'AUTO',
       CASE WHEN d.state = 'PENDING' THEN d.created_at END, d.last_error, d.created_at, CASE WHEN d.state = 'SUPPRESSED' THEN d.created_at END,
       pg_current_xact_id()::text::bigint
  FROM json_to_recordset($2::json) AS d(id text, event_id text, endpoint_id text, revision int, host text, strict_order boolean, inline_artifacts boolean,
         flow_id text, sequence int, principal_id text, event_type text, state delivery_state, last_error text, created_at timestamptz)`
