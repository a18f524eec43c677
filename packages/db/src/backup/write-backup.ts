import { createHash, randomBytes, type Hash } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { BackupRefused } from './errors.ts'
import { FORMAT, SECTION_END, sectionStart, quoted, type AppliedMigration, type BackupHeader, type BackupTrailer, type SavedTable } from './format.ts'
import { readTables } from './read-tables.ts'
import { TABLES, isKept } from './tables.ts'

export interface BackupOptions {
  url: string
  /** Where to; appears whole or not at all, readable by its owner only. */
  file: string
  /** The version of Sluice that writes it. */
  sluice: string
  /** Replace a file that is there. Default: false. */
  force?: boolean
  /** Ends it early: what was written of the file goes away. */
  signal?: AbortSignal
}

export interface WrittenBackup { rows: Record<string, number>; bytes: number; madeAt: string }

/** Beyond 3 the file is hardly smaller and takes twice the time of a processor that the running system needs as well. */
const GZIP_LEVEL = 3

/**
 * Writes every table that is kept, as it was at one instant, beside a running system: it reads under one snapshot and takes no lock that a
 * statement of ours waits for. Throws BackupRefused: no database of Sluice, a table nobody decided about, a file that is there, a folder that is not.
 */
export async function writeBackup(o: BackupOptions): Promise<WrittenBackup> {
  refuseExisting(o)
  const client = new pg.Client({ connectionString: o.url, application_name: 'sluice backup', keepAlive: true })
  // What breaks fails the statement in flight as well.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await writeFile(o, await beginSnapshot(client), client)
  } finally {
    await client.end()
  }
}

/**
 * One snapshot for all that follows. It only reads, so it has no transaction id and the feed goes on beside it (D-37); a server's own time limits
 * are for statements, not for this. Dates and numbers are written so that every server reads them back as they were.
 */
export async function beginSnapshot(client: pg.Client): Promise<Pick<BackupHeader, 'madeAt' | 'postgres'>> {
  await client.query(`SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'`)
  await client.query(`SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'`)
  await client.query(`SET client_encoding = 'UTF8'; SET extra_float_digits = 3; SET IntervalStyle = 'postgres'; SET bytea_output = 'hex'`)
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  const { rows } = await client.query<{ madeAt: Date; postgres: string }>(`SELECT clock_timestamp() AS "madeAt", current_setting('server_version') AS postgres`)
  const [row] = rows
  if (row === undefined) throw new Error('the snapshot answered no row')
  return { madeAt: row.madeAt.toISOString(), postgres: row.postgres }
}

async function writeFile(o: BackupOptions, instant: Pick<BackupHeader, 'madeAt' | 'postgres'>, client: pg.Client): Promise<WrittenBackup> {
  const header: BackupHeader = { sluice: o.sluice, ...instant, migrations: await readMigrations(client), tables: await keptTables(client) }
  const rows: Record<string, number> = {}
  const draft = `${o.file}.${randomBytes(4).toString('hex')}.partial`
  try {
    // flush: what is renamed must have reached the disk.
    const out = createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true })
    await pipeline(Readable.from(linesOf(client, { header, rows })), createGzip({ level: GZIP_LEVEL }), out, { signal: o.signal })
    refuseExisting(o)
    await rename(draft, o.file)
    await syncFolder(path.dirname(o.file))
  } catch (error) {
    await rm(draft, { force: true })
    throw refusalOf(error, o) ?? error
  }
  return { rows, bytes: (await stat(o.file)).size, madeAt: header.madeAt }
}

/** The whole file, before gzip. Fills `rows` on the way. */
async function* linesOf(client: pg.Client, o: { header: BackupHeader; rows: Record<string, number> }): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  yield hashed(hash, `${FORMAT}\n${JSON.stringify(o.header)}\n`)
  for (const table of o.header.tables) {
    yield hashed(hash, `${sectionStart(table)}\n`)
    const copy = client.query(copyTo(`COPY (${selectOf(table)}) TO STDOUT`))
    for await (const piece of copy as AsyncIterable<Buffer>) yield hashed(hash, piece)
    // Answered after the copy is over, when its count has arrived.
    await client.query('SELECT 1')
    o.rows[table.name] = copy.rowCount
    yield hashed(hash, SECTION_END)
  }
  yield Buffer.from(`${JSON.stringify({ rows: o.rows, sha256: hash.digest('hex') } satisfies BackupTrailer)}\n`)
}

function hashed(hash: Hash, piece: Buffer | string): Buffer {
  hash.update(piece)
  return Buffer.from(piece)
}

function selectOf(table: SavedTable): string {
  const instead = TABLES[table.name]?.instead ?? {}
  return `SELECT ${table.columns.map(column => instead[column] ?? quoted(column)).join(', ')} FROM ${quoted(table.name)}`
}

/** The tables to write, in the order in which they can be restored. A database of an older version has fewer of them. */
async function keptTables(client: pg.Client): Promise<SavedTable[]> {
  const found = await readTables(client)
  const unknown = found.find(({ name }) => TABLES[name] === undefined)
  if (unknown !== undefined) {
    throw new BackupRefused(`The database has a table ${unknown.name} that this version does not know: back it up with the version that runs on it.`)
  }
  return Object.keys(TABLES).filter(isKept).flatMap(name => found.filter(table => table.name === name))
}

async function readMigrations(client: pg.Client): Promise<AppliedMigration[]> {
  const { rows: known } = await client.query(`SELECT to_regclass('_prisma_migrations') AS found`)
  if ((known[0] as { found: string | null }).found === null) throw new BackupRefused('There is no Sluice in this database, so there is nothing to back up.')
  const text = 'SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS whole FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY migration_name'
  const { rows } = await client.query<AppliedMigration & { whole: boolean }>(text)
  const broken = rows.find(row => !row.whole)
  if (broken !== undefined) throw new BackupRefused(`The migration ${broken.name} is not whole: start Sluice on this database first, it says why.`)
  return rows.map(({ name, checksum }) => ({ name, checksum }))
}

function refuseExisting({ file, force }: BackupOptions): void {
  if (force !== true && existsSync(file)) throw new BackupRefused(`${file} is there already: choose another name, or add --force to replace it.`)
}

/** A folder that is not there, a disk that is full, somebody who pressed Ctrl-C; anything else is a bug or the database's. */
function refusalOf(error: unknown, o: BackupOptions): BackupRefused | undefined {
  if (o.signal?.aborted) return new BackupRefused('Stopped: no backup was written.')
  const { syscall, message } = error as NodeJS.ErrnoException
  const ofFiles = ['open', 'write', 'fsync', 'close', 'rename'].includes(syscall ?? '')
  return ofFiles ? new BackupRefused(`The backup cannot be written: ${message}.`) : undefined
}

/** The name must outlive a power cut as well as the bytes. Where folders cannot be opened (Windows), it cannot be asked for. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r').catch(() => null)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}
