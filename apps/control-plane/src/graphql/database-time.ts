import type { Pool } from '@sluice/db'

/** The database's clock, by which everything is judged: that of this process may differ (D-45). */
export async function databaseTime(pool: Pool): Promise<Date> {
  const { rows } = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now')
  if (rows[0] === undefined) throw new Error('The database told no time.')
  return rows[0].now
}

export async function databaseTimeBefore(pool: Pool, ms: number): Promise<Date> {
  return new Date((await databaseTime(pool)).getTime() - ms)
}
