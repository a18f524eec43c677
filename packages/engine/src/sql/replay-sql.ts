import type { ReplayFacts } from '@sluice/domain'
import type { Named, Tx } from '@sluice/db'

/** Whose flow a delivery is of; null for a test. */
export interface ReplayRow extends ReplayFacts { id: string; flow: { principalId: string; lane: string; kind: string; deleted: boolean } | null }

/** What decides whether deliveries may be replayed. A look without locks: the unique index decides who comes first. */
export const readReplayRows = (db: Named | Tx, ids: string[]): Promise<ReplayRow[]> =>
  db.rows<ReplayRow & Record<string, unknown>>(
    'readReplayRows',
    `SELECT d.id, d.event_type AS "eventType", e.state AS "endpointState", w.body IS NOT NULL AS "hasBody",
            EXISTS (SELECT 1 FROM webhook_delivery x WHERE x.event_id = d.event_id AND x.endpoint_id = d.endpoint_id AND x.ended_at IS NULL) AS live,
            CASE WHEN d.flow_id IS NOT NULL THEN json_build_object('principalId', f.principal_id, 'lane', f.lane, 'kind', f.kind, 'deleted', f.deleted_at IS NOT NULL) END AS flow
       FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id LEFT JOIN webhook_event w ON w.id = d.event_id LEFT JOIN flow f ON f.id = d.flow_id
      WHERE d.id = ANY($1::text[])`,
    [ids],
  )

export interface Replay { id: string; of: string }

/** A new row for each, to the endpoint as it is now (D-26). Of two for the same event and endpoint only one is made, whoever asks (INV-46): answers those that were. */
export async function insertReplays(tx: Tx, p: { replays: Replay[]; requestedBy: string | null }): Promise<Set<string>> {
  const rows = await tx.rows<{ id: string }>(
    'insertReplays',
    `WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
     INSERT INTO webhook_delivery (id, event_id, endpoint_id, revision, host, strict_order, inline_artifacts, flow_id, sequence, principal_id, event_type, state, trigger, next_attempt_at,
                                   replay_of, requested_by, created_at, xid)
     SELECT i.id, d.event_id, d.endpoint_id, v.revision, v.host, v.strict_order, v.inline_artifacts, d.flow_id, d.sequence, d.principal_id, d.event_type, 'PENDING', 'REPLAY', c.now,
            d.id, $3, c.now, pg_current_xact_id()::text::bigint
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS i(id, of, nth) CROSS JOIN clock c JOIN webhook_delivery d ON d.id = i.of
       JOIN webhook_endpoint e ON e.id = d.endpoint_id JOIN webhook_endpoint_version v ON v.endpoint_id = e.id AND v.revision = e.revision
      ORDER BY d.event_id, d.endpoint_id, i.nth
     ON CONFLICT (event_id, endpoint_id) WHERE ended_at IS NULL DO NOTHING
     RETURNING id`,
    [p.replays.map(r => r.id), p.replays.map(r => r.of), p.requestedBy],
  )
  return new Set(rows.map(row => row.id))
}
