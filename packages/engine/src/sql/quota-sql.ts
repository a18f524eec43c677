import type { Tx } from '@sluice/db'
import type { CapScope } from '@sluice/protocol'

export interface QuotaRow { scope: CapScope; subject: string; maxActive: number; fromEnvironment: boolean; environmentValue: number | null }

export async function readQuota(tx: Tx, scope: CapScope, subject: string): Promise<QuotaRow | undefined> {
  const [row] = await tx.rows<QuotaRow & Record<string, unknown>>(
    'readQuota',
    `SELECT scope, subject, max_active AS "maxActive", from_environment AS "fromEnvironment", environment_value AS "environmentValue"
       FROM quota WHERE scope = $1::cap_scope AND subject = $2`, [scope, subject])
  return row
}

export const writeQuota = (tx: Tx, q: { scope: CapScope; subject: string; maxActive: number; fromEnvironment: boolean; setBy: string | null; reason: string | null }): Promise<unknown> =>
  tx.rows(
    'writeQuota',
    `INSERT INTO quota (scope, subject, max_active, from_environment, set_by, set_at, reason) VALUES ($1::cap_scope, $2, $3, $4, $5, clock_timestamp(), $6)
     ON CONFLICT (scope, subject) DO UPDATE SET max_active = excluded.max_active, from_environment = excluded.from_environment,
       set_by = excluded.set_by, set_at = excluded.set_at, reason = excluded.reason`,
    [q.scope, q.subject, q.maxActive, q.fromEnvironment, q.setBy, q.reason],
  )

export const deleteQuota = (tx: Tx, scope: CapScope, subject: string): Promise<unknown> =>
  tx.rows('deleteQuota', 'DELETE FROM quota WHERE scope = $1::cap_scope AND subject = $2', [scope, subject])

export const writeEnvironmentValue = (tx: Tx, value: number): Promise<unknown> =>
  tx.rows('writeEnvironmentValue', `UPDATE quota SET environment_value = $1 WHERE scope = 'GLOBAL' AND subject = ''`, [value])

/** Queued flows of capped principals that are not in their group yet: created while the cap was set, or skipped because somebody was changing them. */
export const gatherCapGroups = (tx: Tx, limit: number): Promise<unknown> =>
  tx.rows(
    'gatherCapGroups',
    `UPDATE flow f SET cap_group = s.subject FROM quota q CROSS JOIN LATERAL (
       SELECT id, q.subject FROM flow WHERE principal_id = q.subject AND status = 'QUEUED' AND deleted_at IS NULL AND cap_group <> q.subject
        LIMIT $1 FOR UPDATE SKIP LOCKED) s
      WHERE q.scope = 'PRINCIPAL' AND q.max_active > 0 AND f.id = s.id`,
    [limit],
  )

/** The cap group of queued flows follows a principal's cap in batches; the cut itself never depends on it (D-39 b). Answers how many it changed. */
export async function followPrincipalCap(tx: Tx, p: { principalId: string; capGroup: string; limit: number }): Promise<number> {
  const rows = await tx.rows<{ id: string }>(
    'followPrincipalCap',
    `UPDATE flow f SET cap_group = $2 FROM (
       SELECT id FROM flow WHERE principal_id = $1 AND deleted_at IS NULL AND status = ANY('{QUEUED}'::flow_status[]) AND cap_group <> $2
        ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED) q
      WHERE f.id = q.id RETURNING f.id`,
    [p.principalId, p.capGroup, p.limit],
  )
  return rows.length
}
