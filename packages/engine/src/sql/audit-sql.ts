import { newId } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import type { Json } from '@sluice/protocol'

export interface Audited { action: string; target: string | null; reason: string | null; before: Json; after: Json }

/** Who did what to which object, in the transaction that did it. Secrets never come here. What the system does is in the flow's events. */
export async function writeAudit(tx: Tx, actor: { principalId: string | null; address?: string | null | undefined }, entries: Audited[]): Promise<void> {
  if (entries.length === 0) return
  const rows = entries.map(e => ({ ...e, id: newId('audit') }))
  await tx.rows(
    'writeAudit',
    `INSERT INTO audit_entry (id, at, principal_id, action, target, reason, before, after, address)
     SELECT e.id, clock_timestamp(), $2, e.action, e.target, e.reason, e.before, e.after, $3
       FROM json_to_recordset($1::json) AS e(id text, action text, target text, reason text, before jsonb, after jsonb)`,
    [JSON.stringify(rows), actor.principalId, actor.address ?? null],
  )
}
