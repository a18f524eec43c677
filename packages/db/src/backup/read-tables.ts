import type pg from 'pg'
import type { SavedTable } from './format.ts'

/** Every table of ours with its columns in order; generated columns fill themselves and are not among them. */
export async function readTables(client: pg.Client): Promise<SavedTable[]> {
  const { rows } = await client.query<SavedTable & Record<string, unknown>>(
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') GROUP BY c.relname ORDER BY c.relname`,
  )
  return rows
}
