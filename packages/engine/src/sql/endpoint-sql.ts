import type { Tx } from '@sluice/db'
import type { EndpointOrigin, EndpointState } from '@sluice/protocol'

export interface EndpointRow {
  id: string; origin: EndpointOrigin; principalId: string | null; name: string | null; urlRedacted: string; events: string[]
  inlineArtifacts: boolean; strictOrder: boolean; state: EndpointState; disabledReason: string | null; disabledAt: Date | null
  consecutiveFailures: number; revision: number; version: number
  /** Of the current revision. */
  url: string; host: string
}

const COLUMNS = `e.id, e.origin, e.principal_id AS "principalId", e.name, e.url_redacted AS "urlRedacted", e.events, e.inline_artifacts AS "inlineArtifacts",
  e.strict_order AS "strictOrder", e.state, e.disabled_reason AS "disabledReason", e.disabled_at AS "disabledAt", e.consecutive_failures AS "consecutiveFailures",
  e.revision, e.version, v.url, v.host`

/** Locked, with the URL of its current revision, sealed; deleted ones too. */
export async function lockEndpoint(tx: Tx, id: string): Promise<EndpointRow | undefined> {
  const [row] = await tx.rows<EndpointRow & Record<string, unknown>>(
    'lockEndpoint',
    `SELECT ${COLUMNS} FROM webhook_endpoint e JOIN webhook_endpoint_version v ON v.endpoint_id = e.id AND v.revision = e.revision WHERE e.id = $1 FOR UPDATE OF e`, [id])
  return row
}

export async function lockEnvironmentEndpoint(tx: Tx): Promise<EndpointRow | undefined> {
  const [row] = await tx.rows<EndpointRow & Record<string, unknown>>(
    'lockEnvironmentEndpoint',
    `SELECT ${COLUMNS} FROM webhook_endpoint e JOIN webhook_endpoint_version v ON v.endpoint_id = e.id AND v.revision = e.revision
      WHERE e.origin = 'ENVIRONMENT' FOR UPDATE OF e`)
  return row
}

export interface NewEndpoint {
  id: string; origin: EndpointOrigin; principalId: string | null; name: string | null; urlRedacted: string; urlHash: string | null; events: readonly string[]
  inlineArtifacts: boolean; strictOrder: boolean; createdBy: string | null; url: string; host: string
}

/** Answers those that were made: an unnamed one that somebody else made meanwhile is left as it is. Its first revision and its interests come with it. */
export async function insertEndpoints(tx: Tx, endpoints: NewEndpoint[]): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>('insertEndpoints', INSERT_ENDPOINTS, [JSON.stringify(endpoints)])
  return rows.map(row => row.id)
}

const INSERT_ENDPOINTS = `
WITH item AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json) AS i(id text, origin endpoint_origin, "principalId" text, name text, "urlRedacted" text, "urlHash" text, events text[],
    "inlineArtifacts" boolean, "strictOrder" boolean, "createdBy" text, url text, host text)
),
made AS (
  INSERT INTO webhook_endpoint (id, origin, principal_id, name, url_redacted, url_hash, events, inline_artifacts, strict_order, created_at, created_by)
  SELECT i.id, i.origin, i."principalId", i.name, i."urlRedacted", i."urlHash", i.events, i."inlineArtifacts", i."strictOrder", clock_timestamp(), i."createdBy"
    FROM item i ORDER BY i."urlHash"
  ON CONFLICT DO NOTHING RETURNING id, created_at
),
version AS (
  INSERT INTO webhook_endpoint_version (endpoint_id, revision, url, host, inline_artifacts, strict_order, created_at)
  SELECT i.id, 1, i.url, i.host, i."inlineArtifacts", i."strictOrder", m.created_at FROM item i JOIN made m USING (id)
),
interest AS (
  INSERT INTO webhook_interest (event_type) SELECT DISTINCT unnest(i.events) FROM item i JOIN made m USING (id) ORDER BY 1 ON CONFLICT DO NOTHING
)
SELECT id FROM made`

/** A principal's unnamed endpoints by the hashes of their URLs, under the current key or a former one. */
export async function findUnnamed(tx: Tx, p: { principalId: string; hashes: string[] }): Promise<Map<string, string>> {
  const rows = await tx.rows<{ id: string; hash: string }>(
    'findUnnamed',
    `SELECT id, url_hash AS hash FROM webhook_endpoint WHERE principal_id = $1 AND url_hash = ANY($2::text[]) AND origin = 'UNNAMED' AND state <> 'DELETED'`,
    [p.principalId, p.hashes],
  )
  return new Map(rows.map(row => [row.hash, row.id]))
}

/** Which of the ids a flow of this principal may name: endpoints with a name that cover it. */
export async function namedEndpointsFor(tx: Tx, p: { principalId: string; ids: string[] }): Promise<Set<string>> {
  const rows = await tx.rows<{ id: string }>(
    'namedEndpointsFor',
    `SELECT id FROM webhook_endpoint WHERE id = ANY($2::text[]) AND origin = 'NAMED' AND state <> 'DELETED' AND coalesce(principal_id, $1) = $1`, [p.principalId, p.ids])
  return new Set(rows.map(row => row.id))
}

export interface EndpointEdit {
  id: string; name: string | null; urlRedacted: string; events: readonly string[]; inlineArtifacts: boolean; strictOrder: boolean
  /** Of the revision that this edit makes; null where neither URL nor flags change. */
  revised: { revision: number; url: string; host: string } | null
}

/** Of a locked endpoint. What is pending keeps the revision that it captured. */
export const writeEndpoint = (tx: Tx, e: EndpointEdit): Promise<unknown> =>
  tx.rows('writeEndpoint', WRITE_ENDPOINT, [
    e.id, e.name, e.urlRedacted, e.events, e.inlineArtifacts, e.strictOrder, e.revised?.revision ?? null, e.revised?.url ?? null, e.revised?.host ?? null,
  ])

const WRITE_ENDPOINT = `
WITH written AS (
  UPDATE webhook_endpoint SET name = $2, url_redacted = $3, events = $4::text[], inline_artifacts = $5, strict_order = $6, revision = coalesce($7, revision), version = version + 1
   WHERE id = $1
),
version AS (
  INSERT INTO webhook_endpoint_version (endpoint_id, revision, url, host, inline_artifacts, strict_order, created_at)
  SELECT $1, $7, $8, $9, $5, $6, clock_timestamp() WHERE $7::int IS NOT NULL
)
INSERT INTO webhook_interest (event_type) SELECT unnest($4::text[]) ORDER BY 1 ON CONFLICT DO NOTHING`

/** reason: why it is disabled; only then. Enabling begins the streak anew (D-27). */
export const writeEndpointState = (tx: Tx, e: { id: string; state: EndpointState; reason: string | null }): Promise<unknown> =>
  tx.rows(
    'writeEndpointState',
    `UPDATE webhook_endpoint SET state = $2::endpoint_state, version = version + 1, disabled_reason = $3, disabled_at = CASE WHEN $3::text IS NOT NULL THEN clock_timestamp() END,
            deleted_at = CASE WHEN $2 = 'DELETED' THEN clock_timestamp() END, consecutive_failures = CASE WHEN $2 = 'ACTIVE' THEN 0 ELSE consecutive_failures END
      WHERE id = $1`,
    [e.id, e.state, e.reason],
  )

export interface Streak { endpointId: string; failures: number; reset: boolean; gone: boolean }
export interface Disabled { id: string; reason: string; failures: number }

/** What ended deliveries mean for their endpoints (D-27), in endpoint order. Answers those that this disabled. A success after a success writes nothing. */
export const countStreaks = (tx: Tx, p: { streaks: Streak[]; disableAfter: number }): Promise<Disabled[]> =>
  tx.rows<Disabled & Record<string, unknown>>('countStreaks', COUNT_STREAKS, [JSON.stringify(p.streaks), p.disableAfter])

const COUNT_STREAKS = `
WITH item AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS i("endpointId" text, failures int, reset boolean, gone boolean)),
held AS MATERIALIZED (
  SELECT e.id, CASE WHEN i.reset THEN i.failures ELSE e.consecutive_failures + i.failures END AS streak, i.gone, e.state
    FROM item i JOIN webhook_endpoint e ON e.id = i."endpointId"
   WHERE i.failures > 0 OR i.gone OR e.consecutive_failures > 0 ORDER BY e.id FOR UPDATE OF e
),
decided AS MATERIALIZED (
  SELECT h.*, CASE WHEN h.state <> 'ACTIVE' THEN NULL WHEN h.gone THEN 'The receiver answered 410 Gone.'
                   WHEN h.streak >= $2 THEN h.streak || ' deliveries in a row failed.' END AS reason FROM held h
),
written AS (
  UPDATE webhook_endpoint e SET consecutive_failures = d.streak, state = CASE WHEN d.reason IS NULL THEN e.state ELSE 'DISABLED' END,
         disabled_reason = coalesce(d.reason, e.disabled_reason), disabled_at = CASE WHEN d.reason IS NULL THEN e.disabled_at ELSE clock_timestamp() END,
         version = e.version + (d.reason IS NOT NULL)::int
    FROM decided d WHERE e.id = d.id
)
SELECT d.id, d.reason, d.streak AS failures FROM decided d WHERE d.reason IS NOT NULL`

export interface SecretRow { id: string; endpointId: string; secret: string; notAfter: Date | null }

export const insertSecret = (tx: Tx, s: { id: string; endpointId: string; secret: string }): Promise<unknown> =>
  tx.rows('insertSecret', 'INSERT INTO webhook_secret (id, endpoint_id, secret, created_at) VALUES ($1, $2, $3, clock_timestamp())', [s.id, s.endpointId, s.secret])

/** The one that signs alone until now signs beside the new one so much longer; one that was on its way out is gone at once: two live at most. Answers until when. */
export async function retireSecrets(tx: Tx, p: { endpointId: string; overlapMs: number }): Promise<Date> {
  const [row] = await tx.rows<{ until: Date }>(
    'retireSecrets',
    `WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
     gone AS (DELETE FROM webhook_secret s WHERE s.endpoint_id = $1 AND s.not_after IS NOT NULL),
     last AS (UPDATE webhook_secret s SET not_after = c.now + $2 * interval '1 ms' FROM clock c WHERE s.endpoint_id = $1 AND s.not_after IS NULL)
     SELECT now + $2 * interval '1 ms' AS until FROM clock`,
    [p.endpointId, p.overlapMs],
  )
  return row?.until ?? new Date()
}
