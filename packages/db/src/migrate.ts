import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'

/** The schema could not be brought up to date; the message is one sentence a person can act on. */
export class MigrationRefused extends Error {
  override name = 'MigrationRefused'
}

/** A migration as it lies in its folder; the checksum is Prisma's: SHA-256 of the file. */
export interface Migration {
  name: string
  sql: string
  checksum: string
}

interface Applied {
  migration_name: string
  checksum: string
  finished_at: Date | null
  rolled_back_at: Date | null
}

const OLDEST_SERVER = 140_000

/** Prisma's own lock and Prisma's own table, to the letter: its commands and this one exclude and understand each other. */
export const PRISMA_LOCK = 72_707_369
const PRISMA_TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL,
  logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`

export interface MigrateOptions {
  /** How long a migration may wait for a lock that a running process holds, while others wait behind it. Default 3 s. */
  lockMs?: number
}

/**
 * Applies what is missing of the migrations in `dir`, one process at a time, and returns the names of those it applied.
 * Throws MigrationRefused: server older than PostgreSQL 14, database newer than this version, a migration that was edited
 * after it was applied, or one that failed (now or earlier). A failed migration leaves nothing behind but its record.
 */
export async function migrate(url: string, dir: string, { lockMs = 3_000 }: MigrateOptions = {}): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'sluice migrate' })
  // A connection that breaks says so here too, and would end the process; the statement under way fails with it.
  client.on('error', () => undefined)
  await client.connect()
  try {
    await refuseOldServer(client)
    await lockMigrations(client)
    await client.query(PRISMA_TABLE)
    return await applyAll(client, { migrations: await missing(client, readMigrations(dir)), lockMs })
  } finally {
    await client.end()
  }
}

async function refuseOldServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: number; version: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version`,
  )
  const server = rows[0]
  if (server !== undefined && server.number < OLDEST_SERVER) {
    throw new MigrationRefused(`The server is PostgreSQL ${server.version}, and Sluice needs PostgreSQL 14 or newer.`)
  }
}

async function missing(client: pg.Client, known: Migration[]): Promise<Migration[]> {
  const { rows } = await client.query<Applied>('SELECT migration_name, checksum, finished_at, rolled_back_at FROM _prisma_migrations')
  const standing = rows.filter((row) => row.rolled_back_at === null)
  const failed = standing.find((row) => row.finished_at === null)
  if (failed !== undefined) throw new MigrationRefused(`The migration ${failed.migration_name} failed earlier: see its row in _prisma_migrations.`)
  const applied = new Map(standing.map((row) => [row.migration_name, row.checksum]))
  refuseNewer(applied, known)
  refuseEdited(applied, known)
  return known.filter((each) => !applied.has(each.name))
}

function refuseNewer(applied: Map<string, string>, known: Migration[]): void {
  const names = new Set(known.map((each) => each.name))
  const foreign = [...applied.keys()].find((name) => !names.has(name))
  if (foreign === undefined) return
  throw new MigrationRefused(`The database is newer than this version of Sluice: it has the migration ${foreign}. Start the newer version.`)
}

function refuseEdited(applied: Map<string, string>, known: Migration[]): void {
  const edited = known.find((each) => applied.has(each.name) && applied.get(each.name) !== each.checksum)
  if (edited !== undefined) throw new MigrationRefused(`The migration ${edited.name} was edited after it was applied to this database.`)
}

const LOOK_AGAIN_MS = 100

/** Asked again and again: a statement that waits holds a snapshot, and whoever builds an index concurrently waits for that. */
async function lockMigrations(client: pg.Client): Promise<void> {
  const isFree = async () => (await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [PRISMA_LOCK])).rows[0]?.got ?? false
  while (!(await isFree())) await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN_MS))
}

interface Applying { migrations: Migration[]; lockMs: number }

async function applyAll(client: pg.Client, { migrations, lockMs }: Applying): Promise<string[]> {
  for (const each of migrations) await applyOne(client, { migration: each, lockMs })
  return migrations.map((each) => each.name)
}

/** Why it failed is recorded, and refuses every further start. Killed or cut off on the way, it leaves nothing, and the next start begins it again. */
async function applyOne(client: pg.Client, { migration, lockMs }: { migration: Migration; lockMs: number }): Promise<void> {
  const apply = migration.sql.startsWith(IN_STEPS) ? inSteps : atOnce
  try {
    await untilUndisturbed(client, async () => {
      await client.query(`SET lock_timeout = ${apply === atOnce ? lockMs : 0}`)
      await apply(client, migration)
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const recorded = client.query(`INSERT INTO _prisma_migrations (${RECORD}, logs) VALUES ($1, $2, $3, now(), $4)`, [...recordOf(migration), reason])
    // Over a broken connection nothing can be said, and nothing was decided about the migration.
    await recorded.catch(() => Promise.reject(error as Error))
    throw new MigrationRefused(`The migration ${migration.name} failed: ${reason}`, { cause: error })
  }
}

const RECORD = 'id, checksum, migration_name, started_at'
const recordOf = (migration: Migration): string[] => [randomUUID(), migration.checksum, migration.name]

/** The first line of a file whose one statement commits as it goes (a DO block in batches, an index built concurrently) and may be begun again. */
const IN_STEPS = '-- In steps.'

async function inSteps(client: pg.Client, migration: Migration): Promise<void> {
  await dropHalfBuilt(client, migration.sql)
  await applyAndRecord(client, migration)
}

async function atOnce(client: pg.Client, migration: Migration): Promise<void> {
  await client.query('BEGIN')
  await applyAndRecord(client, migration)
  await client.query('COMMIT')
}

async function applyAndRecord(client: pg.Client, migration: Migration): Promise<void> {
  await client.query(migration.sql)
  const finished = `INSERT INTO _prisma_migrations (${RECORD}, finished_at, applied_steps_count) VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`
  await client.query(finished, recordOf(migration))
}

/** Whoever was killed while it built an index concurrently left one of that name that serves nobody. */
async function dropHalfBuilt(client: pg.Client, sql: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE NOT i.indisvalid AND pg_table_is_visible(c.oid) AND position(c.relname IN $1) > 0`, [sql])
  for (const { name } of rows) await client.query(`DROP INDEX CONCURRENTLY ${name}`)
}

/** Deadlock, and a lock not granted in time: an older version goes on beside us, and was in the way. */
const DISTURBED = new Set(['40P01', '55P03'])
const TRIES = 20
const PAUSE_MS = 500

/** What was disturbed left nothing, and is done again. */
async function untilUndisturbed(client: pg.Client, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      await client.query('ROLLBACK').catch(() => Promise.reject(error as Error))
      if (attempt === TRIES || !DISTURBED.has((error as { code?: string }).code ?? '')) throw error
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
    }
  }
}

/** All migrations in the folder, in the order in which they are applied. */
export function readMigrations(dir: string): Migration[] {
  const folders = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.map((folder) => readMigration(dir, folder.name)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function readMigration(dir: string, name: string): Migration {
  const bytes = readFileSync(path.join(dir, name, 'migration.sql'))
  return { name, sql: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') }
}
