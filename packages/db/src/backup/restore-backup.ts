import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Tx } from '../transact.ts'
import { altered, columnList, quoted, type BackupHeader, type SavedTable } from './format.ts'
import { readBackup, type ReadBackup } from './read-backup.ts'
import { readTables } from './read-tables.ts'
import { LIMITS, filledTables, refuseInUse, refuseRows, whatItMeans } from './refuse-occupied.ts'
import { isKept } from './tables.ts'

export interface RestoreOptions {
  /** An empty database on which the migrations of the file were applied. */
  url: string
  file: string
  /** Ends the restore in the same transaction, when all rows are there. */
  settle(tx: Tx, header: BackupHeader): Promise<void>
}

/** A statement of a killed restore ends within this, where the server can notice. */
const NOTICE_LOSS = `SELECT set_config(name, '1s', false) FROM pg_settings WHERE name = 'client_connection_check_interval'`
const IN_UTC = `SET TimeZone = 'UTC'`

/**
 * Fills an empty database from a backup, in one transaction: whatever ends it half-way leaves the database as empty as it was. While it runs no
 * start passes its migrations. Throws BackupRefused: the file is not whole, the database is in use or not empty, or is of another version.
 */
export async function restoreBackup(o: RestoreOptions): Promise<ReadBackup> {
  const client = new pg.Client({ connectionString: o.url, application_name: 'sluice restore', keepAlive: true })
  client.on('error', () => undefined)
  await client.connect()
  try {
    for (const setting of [...LIMITS, IN_UTC, NOTICE_LOSS]) await client.query(setting)
    await refuseInUse(client)
    await client.query('BEGIN')
    const read = await fill(client, o)
    await client.query('COMMIT')
    return read
  } catch (error) {
    throw whatItMeans(error)
  } finally {
    // Uncommitted work goes with its connection.
    await client.end()
  }
}

async function fill(client: pg.Client, o: RestoreOptions): Promise<ReadBackup> {
  const tables = filledTables(await readTables(client))
  await emptyTables(client, tables)
  const read = await readBackup(o.file, {
    header: header => refuseOtherShape(o.file, header, tables),
    table: (table, rows) => copyIn(client, { table, rows }),
  })
  for (const table of read.header.tables) await liftSequences(client, table)
  await client.query(`ANALYZE ${tables.map(({ name }) => quoted(name)).join(', ')}`)
  await o.settle(txOver(client), read.header)
  return read
}

/**
 * Locks them all, sees that nobody has used them, and begins their storage anew: a rollback then leaves nothing behind, and rows can be written
 * frozen, which spares the first vacuum. The rows of migrations give way to those of the file.
 */
async function emptyTables(client: pg.Client, tables: SavedTable[]): Promise<void> {
  const list = tables.map(({ name }) => quoted(name)).join(', ')
  await client.query(`LOCK TABLE ${list} IN ACCESS EXCLUSIVE MODE`)
  await refuseRows(client, tables)
  await client.query(`TRUNCATE ${list}`)
}

/** The caller compared the migrations; this is about a file that lies about them. */
function refuseOtherShape(file: string, header: BackupHeader, tables: SavedTable[]): void {
  const shape = (list: SavedTable[]) => JSON.stringify(list.filter(({ name }) => isKept(name)).map(({ name, columns }) => [name, columns]).sort())
  const named = header.tables.every(({ name }) => isKept(name))
  if (!named || shape(header.tables) !== shape(tables)) throw altered(file, 'its tables are not those of its version')
}

async function copyIn(client: pg.Client, o: { table: SavedTable; rows: AsyncIterable<Buffer> }): Promise<void> {
  const copy = client.query(copyFrom(`COPY ${quoted(o.table.name)} (${columnList(o.table)}) FROM STDIN WITH (FREEZE)`))
  await pipeline(Readable.from(o.rows), copy)
}

/** What is given out next follows what was restored. */
async function liftSequences(client: pg.Client, { name, columns }: SavedTable): Promise<void> {
  const { rows } = await client.query<{ column: string; sequence: string }>(
    `SELECT c AS column, pg_get_serial_sequence($1, c) AS sequence FROM unnest($2::text[]) c WHERE pg_get_serial_sequence($1, c) IS NOT NULL`,
    [quoted(name), columns],
  )
  for (const { column, sequence } of rows) {
    const max = `(SELECT max(${quoted(column)}) FROM ${quoted(name)})`
    await client.query(`SELECT setval($1, greatest(coalesce(${max}, 1), 1), ${max} IS NOT NULL)`, [sequence])
  }
}

/** Nobody sleeps on a database that was empty a moment ago, so there is nobody to hint to after the commit. */
const txOver = (client: pg.Client): Tx => ({
  rows: async <R extends Record<string, unknown>>(name: string, text: string, values: unknown[] = []) =>
    (await client.query<R>({ text: `/* ${name} */ ${text}`, values })).rows,
  afterCommit: () => undefined,
})
