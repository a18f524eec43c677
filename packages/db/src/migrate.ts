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
 * after it was applied, one that failed (now or earlier), or one that others were in the way of for too long. A failed migration leaves nothing
 * behind but its record; one that was only disturbed leaves none, and the next start begins it again.
 */
export async function migrate(url: string, dir: string, { lockMs = 3_000 }: MigrateOptions = {}): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'sluice migrate' })
  // A connection that breaks says so here too, and would end the process; the statement under way fails with it.
  client.on('error', () => undefined)
  await client.connect()
  try {
    await refuseOldServer(client)
    await liftTimeLimits(client)
    await lockMigrations(client)
    await client.query(PRISMA_TABLE)
    return await applyAll(client, { known: readMigrations(dir), lockMs })
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

/** A server's own limits are for statements, not for the fill of a large table. A server before 17 does not know the last. */
const TIME_LIMITS = ['statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout']

async function liftTimeLimits(client: pg.Client): Promise<void> {
  await client.query(`SELECT set_config(name, '0', false) FROM pg_settings WHERE name = ANY($1)`, [TIME_LIMITS])
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

interface Applying { known: Migration[]; lockMs: number }

/** What is missing is read again after each: another process may have applied it while this one stood aside. */
async function applyAll(client: pg.Client, { known, lockMs }: Applying): Promise<string[]> {
  const applied: string[] = []
  let attempt = 1
  for (let [next] = await missing(client, known); next !== undefined; [next] = await missing(client, known)) {
    const done = await applyOne(client, { migration: next, lockMs, attempt })
    if (done) applied.push(next.name)
    else await standAside(client)
    attempt = done ? 1 : attempt + 1
  }
  return applied
}

interface Attempt { migration: Migration; lockMs: number; attempt: number }

/**
 * Answers false when it was disturbed and is to be tried again. Why it failed is recorded, and refuses every further start; what was disturbed,
 * killed or cut off is not, and the next start begins it again.
 */
async function applyOne(client: pg.Client, { migration, lockMs, attempt }: Attempt): Promise<boolean> {
  const apply = isInSteps(migration) ? inSteps : atOnce
  try {
    await client.query(`SET lock_timeout = ${apply === atOnce ? lockMs : 0}`)
    await apply(client, migration)
    return true
  } catch (error) {
    const code = await codeOf(client, error)
    if (RETRIED.has(code) && attempt < TRIES) return false
    if (RETRIED.has(code) || BROKEN_OFF.has(code)) throw brokenOff(migration, error)
    throw await recordFailure(client, { migration, error })
  }
}

/** A connection that is no more cannot roll back either; over it nothing can be said, and nothing was decided about the migration. */
async function codeOf(client: pg.Client, error: unknown): Promise<string> {
  const isOver = await client.query('ROLLBACK').then(() => false, () => true)
  return isOver ? CONNECTION_LOST : ((error as { code?: string }).code ?? '')
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const brokenOff = ({ name }: Migration, error: unknown): MigrationRefused =>
  new MigrationRefused(`The migration ${name} was broken off: ${reasonOf(error)}. Start again.`, { cause: error })

async function recordFailure(client: pg.Client, { migration, error }: { migration: Migration; error: unknown }): Promise<MigrationRefused> {
  const reason = reasonOf(error)
  await client.query(`INSERT INTO _prisma_migrations (${RECORD}, logs) VALUES ($1, $2, $3, now(), $4)`, [...recordOf(migration), reason])
  return new MigrationRefused(`The migration ${migration.name} failed: ${reason}`, { cause: error })
}

const RECORD = 'id, checksum, migration_name, started_at'
const recordOf = (migration: Migration): string[] => [randomUUID(), migration.checksum, migration.name]

/** The first line of a file whose one statement commits as it goes (a DO block in batches, an index built concurrently) and may be begun again. */
const IN_STEPS = '-- In steps.'
const isInSteps = ({ sql }: Migration): boolean => sql.startsWith(IN_STEPS)

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

/** Deadlock, and a lock not granted in time: an older version goes on beside us, and was in the way. It left nothing, and is done again. */
const RETRIED = new Set(['40P01', '55P03'])
const CONNECTION_LOST = '08006'
/** A person ended the statement or the session, the server stops, or the network broke: that says nothing about the migration. */
const BROKEN_OFF = new Set([CONNECTION_LOST, '57014', '57P01', '57P02'])
const TRIES = 20
const PAUSE_MS = 500

/**
 * Lets others pass before the next attempt. A start of an older version may wait for our lock in one statement, whose snapshot an index that is built
 * concurrently waits for: it takes the lock now, sees that the database is newer, and goes.
 */
async function standAside(client: pg.Client): Promise<void> {
  await client.query('SELECT pg_advisory_unlock($1)', [PRISMA_LOCK])
  await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
  await lockMigrations(client)
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
