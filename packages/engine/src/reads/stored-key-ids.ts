import type { Named } from '@sluice/db'

/** Where sealed texts stand (secrets/keyring.ts). */
export interface SealedColumn { table: string; column: string }

/** All of them: what looks for keys, and what seals anew under another key, goes through this list. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [{ table: 'webhook_endpoint_version', column: 'url' }, { table: 'webhook_secret', column: 'secret' }]

/** The ids of the keys that the database needs to be read, in the order of the alphabet. What is not sealed has none, and is not shown. */
export async function storedKeyIds(db: Named, columns: readonly SealedColumn[] = SEALED_COLUMNS): Promise<string[]> {
  if (columns.length === 0) return []
  const idsOf = ({ table, column }: SealedColumn): string => `SELECT left(${column}, 8) AS id FROM ${table} WHERE ${column} ~ '^[0-9a-f]{8}[.]'`
  const rows = await db.rows<{ id: string }>('storedKeyIds', `${columns.map(idsOf).join(' UNION ')} ORDER BY id`, [], { prepared: false })
  return rows.map(row => row.id)
}
