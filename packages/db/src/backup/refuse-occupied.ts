/** A restore fills an empty database that nobody uses; every other one is left alone. */
import pg from 'pg'
import { PRISMA_LOCK } from '../migrate.ts'
import { BackupRefused } from './errors.ts'
import { quoted, type SavedTable } from './format.ts'
import { readTables } from './read-tables.ts'
import { TABLES, type TableFate } from './tables.ts'

/** A restore takes its time, and waits for nobody's lock. */
export const LIMITS = [
  `SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '3s'`,
  `SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'`,
]

/**
 * To be asked before the database is migrated: throws BackupRefused where somebody uses it or its tables have rows, whatever version they are of.
 * Only reads.
 */
export async function refuseOccupied(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'sluice restore', keepAlive: true })
  client.on('error', () => undefined)
  await client.connect()
  try {
    for (const limit of LIMITS) await client.query(limit)
    await refuseInUse(client)
    await refuseRows(client, filledTables(await readTables(client)))
  } catch (error) {
    throw whatItMeans(error)
  } finally {
    await client.end()
  }
}

/** What keeps the rows that the migrations gave it. */
const STANDING: (TableFate | undefined)[] = ['schema', 'system']

/** Those that a restore empties and fills, and tables that are not ours, which it must not empty. */
export const filledTables = (tables: SavedTable[]): SavedTable[] => tables.filter(({ name }) => !STANDING.includes(TABLES[name]?.fate))

/** The rows of migrations give way to those of the file. */
export async function refuseRows(client: pg.Client, tables: SavedTable[]): Promise<void> {
  for (const { name } of tables.filter(each => TABLES[each.name]?.fate !== 'seeded')) {
    const { rowCount } = await client.query(`SELECT 1 FROM ${quoted(name)} LIMIT 1`)
    if (rowCount !== 0) throw new BackupRefused(`The database is not empty (${name} has rows): restore into a new one. Nothing was changed.`)
  }
}

const LINGER_MS = 2_000
const LOOK_AGAIN_MS = 100

/** Whoever comes meanwhile waits at the migrations' lock, which a start takes first. The connection of one that was just killed is waited for. */
export async function refuseInUse(client: pg.Client): Promise<void> {
  const until = Date.now() + LINGER_MS
  for (;;) {
    const use = await whoUses(client)
    if (use === null) return
    if (Date.now() > until) throw inUse(use)
    await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}

const LOCK_TIMEOUT = '55P03'
const inUse = (how: string): BackupRefused => new BackupRefused(`The database is in use (${how}): stop every Sluice on it, then restore. Nothing was changed.`)

export const whatItMeans = (error: unknown): unknown => ((error as { code?: string }).code === LOCK_TIMEOUT ? inUse('somebody holds a lock on its tables') : error)

async function whoUses(client: pg.Client): Promise<string | null> {
  const { rows: others } = await client.query<{ name: string }>(
    `SELECT application_name AS name FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'sluice%' LIMIT 1`,
  )
  if (others[0] !== undefined) return `a connection named "${others[0].name}" is open`
  const { rows } = await client.query<{ free: boolean }>('SELECT pg_try_advisory_lock($1) AS free', [PRISMA_LOCK])
  return rows[0]?.free === true ? null : 'a start or another restore is under way'
}
