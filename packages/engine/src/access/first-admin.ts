import { SYSTEM, newId } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { writeAudit } from '../sql/audit-sql.ts'

/** The first start makes an admin (D-44); created false when there was one already. Two processes at once make one. */
export async function ensureFirstAdmin(pool: Pool): Promise<{ principalId: string; created: boolean }> {
  return transact(pool, async tx => {
    await tx.rows('lockFirstAdmin', `SELECT pg_advisory_xact_lock(hashtextextended('first admin', 4400))`)
    const [known] = await tx.rows<{ id: string }>(
      'findAdmin', `SELECT id FROM principal WHERE 'ADMIN' = ANY(roles) AND disabled_at IS NULL ORDER BY created_at, id LIMIT 1`)
    if (known) return { principalId: known.id, created: false }
    const id = newId('principal')
    await tx.rows('insertAdmin', `INSERT INTO principal (id, name, roles, created_at) VALUES ($1, 'admin', ARRAY['ADMIN']::role[], clock_timestamp())`, [id])
    await writeAudit(tx, SYSTEM, [{ action: 'createFirstAdmin', target: id, reason: null, before: null, after: null }])
    return { principalId: id, created: true }
  })
}
