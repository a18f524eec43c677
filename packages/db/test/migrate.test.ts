import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { cloneDatabase, eventually, type Clone } from '@sluice/testkit/db'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MigrationRefused, PRISMA_LOCK, migrate } from '../src/migrate.ts'

let clone: Clone
let dir: string

beforeEach(async () => {
  clone = await cloneDatabase()
  await query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  dir = mkdtempSync(path.join(tmpdir(), 'sluice-migrations-'))
  write('1_first', 'CREATE TABLE first (id int);')
  write('2_second', 'CREATE TABLE second (id int);')
})
afterEach(async () => {
  rmSync(dir, { recursive: true, force: true })
  await clone.drop()
})

test('applies in the order of the names, once, and records each as Prisma would', async () => {
  expect(await migrate(clone.url, dir)).toEqual(['1_first', '2_second'])
  expect(await migrate(clone.url, dir)).toEqual([])
  const rows = await query('SELECT migration_name, checksum, applied_steps_count, logs, rolled_back_at, finished_at >= started_at AS ended FROM _prisma_migrations ORDER BY 1')
  const checksum = (name: string) => createHash('sha256').update(readFileSync(path.join(dir, name, 'migration.sql'))).digest('hex')
  const recorded = (name: string) => ({ migration_name: name, checksum: checksum(name), applied_steps_count: 1, logs: null, rolled_back_at: null, ended: true })
  expect(rows).toEqual([recorded('1_first'), recorded('2_second')])
})

test('of three processes at once one applies and the others find nothing to do', async () => {
  const outcomes = await Promise.all([migrate(clone.url, dir), migrate(clone.url, dir), migrate(clone.url, dir)])
  expect(outcomes.map(each => each.length).sort()).toEqual([0, 0, 2])
})

test('a failing migration leaves only its record, and refuses every further start', async () => {
  write('3_broken', 'CREATE TABLE third (id int); SELECT 1/0;')
  await expect(migrate(clone.url, dir)).rejects.toThrow('3_broken failed: division by zero')
  expect(await query(`SELECT to_regclass('second') IS NOT NULL AS second, to_regclass('third') AS third`)).toEqual([{ second: true, third: null }])
  expect(await query('SELECT logs FROM _prisma_migrations WHERE finished_at IS NULL')).toEqual([{ logs: 'division by zero' }])
  await expect(migrate(clone.url, dir)).rejects.toThrow('3_broken failed earlier')
})

test('a failed migration that was marked as rolled back is applied again', async () => {
  write('3_broken', 'SELECT 1/0;')
  await expect(migrate(clone.url, dir)).rejects.toThrow(MigrationRefused)
  await query('UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL')
  write('3_broken', 'SELECT 1;')
  expect(await migrate(clone.url, dir)).toEqual(['3_broken'])
})

test('a database newer than this version is refused before anything is applied', async () => {
  const newer = mkdtempSync(path.join(tmpdir(), 'sluice-newer-'))
  cpSync(dir, newer, { recursive: true })
  write('9_future', 'CREATE TABLE future (id int);')
  await migrate(clone.url, dir)
  try {
    await expect(migrate(clone.url, newer)).rejects.toThrow('newer than this version of Sluice: it has the migration 9_future')
  } finally {
    rmSync(newer, { recursive: true })
  }
})

test('a file that was edited after it was applied is refused by name', async () => {
  await migrate(clone.url, dir)
  appendFileSync(path.join(dir, '1_first', 'migration.sql'), '\n')
  await expect(migrate(clone.url, dir)).rejects.toThrow('1_first was edited')
})

test('a process that is killed in the middle of a migration leaves nothing, and the next start begins it again', async () => {
  await migrate(clone.url, dir)
  write('3_third', 'CREATE TABLE third (id int); SELECT pg_sleep(60);')
  const killed = cutOff(migrate(clone.url, dir))
  // What the server sees of a kill -9 of its client: the connection is gone.
  await eventually(async () => (await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`)).length === 1)
  expect(await killed).toBe('57P01')
  expect(await query(`SELECT to_regclass('third') AS third, count(*)::int AS records FROM _prisma_migrations`)).toEqual([{ third: null, records: 2 }])
  write('3_third', 'CREATE TABLE third (id int);')
  expect(await migrate(clone.url, dir)).toEqual(['3_third'])
})

describe('a migration in steps', () => {
  const STEPS = `-- In steps.
DO $$ BEGIN
  LOOP
    EXIT WHEN (SELECT count(*) FROM first) >= 5;
    INSERT INTO first VALUES (1);
    COMMIT;
    IF to_regclass('gate') IS NOT NULL THEN PERFORM pg_sleep(60); END IF;
  END LOOP;
END $$`

  const VALID = `SELECT indisvalid FROM pg_index WHERE indexrelid = 'first_idx'::regclass`

  test('keeps what it has done when it is killed, is not recorded, and goes on with the next start', async () => {
    await migrate(clone.url, dir)
    await query('CREATE TABLE gate (id int)')
    write('3_steps', STEPS)
    const killed = cutOff(migrate(clone.url, dir))
    await eventually(async () => (await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`)).length === 1)
    expect(await killed).toBe('57P01')
    expect(await query('SELECT (SELECT count(*)::int FROM first) AS done, count(*)::int AS records FROM _prisma_migrations')).toEqual([{ done: 1, records: 2 }])
    await query('DROP TABLE gate')
    expect(await migrate(clone.url, dir)).toEqual(['3_steps'])
    expect(await query('SELECT count(*)::int AS done FROM first')).toEqual([{ done: 5 }])
  })

  test('may build an index concurrently, also where a killed one left half of it, while another start waits and an older version writes', async () => {
    await using old = await connected()
    await migrate(clone.url, dir)
    await old.query('BEGIN; INSERT INTO first VALUES (7)')
    write('3_index', '-- In steps.\nCREATE INDEX CONCURRENTLY IF NOT EXISTS first_idx ON first (id)')
    const building = `FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'`
    const killed = cutOff(migrate(clone.url, dir))
    await eventually(async () => (await query(`SELECT pg_terminate_backend(pid) ${building}`)).length === 1)
    expect(await killed).toBe('57P01')
    expect(await query(VALID), 'what the killed one left').toEqual([{ indisvalid: false }])
    const starts = [migrate(clone.url, dir), migrate(clone.url, dir)]
    await eventually(async () => (await query(`SELECT 1 AS one ${building}`)).length === 1)
    await old.query('INSERT INTO first VALUES (8); COMMIT')
    expect((await Promise.all(starts)).map(applied => applied.length).sort()).toEqual([0, 1])
    expect(await query(VALID)).toEqual([{ indisvalid: true }])
  })

  test('lets a start of an older version pass that waits for its lock in one statement, and builds the index then', async () => {
    await using old = await connected()
    await migrate(clone.url, dir)
    await query('CREATE TABLE gate (id int)')
    write('3_fill', `-- In steps.\nDO $$ BEGIN WHILE to_regclass('gate') IS NOT NULL LOOP PERFORM pg_sleep(0.02); COMMIT; END LOOP; END $$`)
    write('4_index', '-- In steps.\nCREATE INDEX CONCURRENTLY IF NOT EXISTS first_idx ON first (id)')
    const migrated = migrate(clone.url, dir)
    await eventually(async () => (await query(`SELECT 1 AS one FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`)).length === 1)
    // It waits longer before it looks for a deadlock, so that it is the build of the index that is ended.
    await old.query(`SET deadlock_timeout = '1min'`)
    const passed = old.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK]).then(() => old.query('SELECT pg_advisory_unlock($1)', [PRISMA_LOCK]))
    await eventually(async () => (await query(`SELECT 1 AS one FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)).length === 1)
    await query('DROP TABLE gate')
    await passed
    expect(await migrated).toEqual(['3_fill', '4_index'])
    expect(await query(VALID)).toEqual([{ indisvalid: true }])
    expect(await query('SELECT count(*)::int AS records, count(finished_at)::int AS finished FROM _prisma_migrations')).toEqual([{ records: 4, finished: 4 }])
  })

  test('has no record when a person ends its statement, and the next start begins it again', async () => {
    await migrate(clone.url, dir)
    await query('CREATE TABLE gate (id int)')
    write('3_steps', STEPS)
    const cancelled = migrate(clone.url, dir).catch((error: Error) => error)
    await eventually(async () => (await query(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`)).length === 1)
    expect(await cancelled).toEqual(new MigrationRefused('The migration 3_steps was broken off: canceling statement due to user request. Start again.'))
    expect(await query('SELECT count(*)::int AS records FROM _prisma_migrations')).toEqual([{ records: 2 }])
    await query('DROP TABLE gate')
    expect(await migrate(clone.url, dir)).toEqual(['3_steps'])
  })

  test('takes its time, whatever the time limits of the database are', async () => {
    await query(`DO $$ DECLARE name TEXT; BEGIN
      FOR name IN SELECT s.name FROM pg_settings s WHERE s.name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout') LOOP
        EXECUTE format('ALTER DATABASE %I SET %I = %L', current_database(), name, '300ms');
      END LOOP; END $$`)
    write('3_long', '-- In steps.\nDO $$ BEGIN PERFORM pg_sleep(0.4); END $$')
    write('4_long', 'SELECT pg_sleep(0.2); SELECT pg_sleep(0.2);')
    expect(await migrate(clone.url, dir)).toEqual(['1_first', '2_second', '3_long', '4_long'])
  })
})

describe('beside an older version that goes on', () => {
  test('a lock that is not granted in time is given up, so that others do not wait behind it, and asked for again', async () => {
    await using old = await connected()
    await migrate(clone.url, dir)
    await old.query('BEGIN; SELECT * FROM first')
    write('3_third', 'ALTER TABLE first ADD COLUMN more int;')
    const migrated = migrate(clone.url, dir, { lockMs: 50 })
    const waiting = async () => (await query(`SELECT 1 AS one FROM pg_locks WHERE NOT granted AND relation = 'first'::regclass`)).length
    await eventually(async () => (await waiting()) === 1)
    await eventually(async () => (await waiting()) === 0)
    await old.query('SELECT * FROM first; COMMIT')
    expect(await migrated).toEqual(['3_third'])
    expect(await query('SELECT count(*)::int AS records FROM _prisma_migrations WHERE finished_at IS NOT NULL')).toEqual([{ records: 3 }])
  })

  test('a deadlock with it fails no migration', async () => {
    await using old = await connected()
    await migrate(clone.url, dir)
    // The other party waits longer before it looks for a deadlock, so that it is the migration that is ended.
    await old.query(`SET deadlock_timeout = '1min'; BEGIN; SELECT * FROM second`)
    write('3_third', 'ALTER TABLE first ADD COLUMN more int; ALTER TABLE second ADD COLUMN more int;')
    const migrated = migrate(clone.url, dir, { lockMs: 30_000 })
    await eventually(async () => (await query(`SELECT 1 AS one FROM pg_locks WHERE NOT granted AND relation = 'second'::regclass`)).length === 1)
    await old.query('SELECT * FROM first; COMMIT')
    expect(await migrated).toEqual(['3_third'])
  })
})

/** PostgreSQL's code for why it broke off. */
const cutOff = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'done', (error: Error) => (error.cause as { code?: string } | undefined)?.code ?? error.message)

async function connected(): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString: clone.url })
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

function write(name: string, sql: string): void {
  mkdirSync(path.join(dir, name), { recursive: true })
  writeFileSync(path.join(dir, name, 'migration.sql'), sql)
}

async function query(statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: clone.url })
  await client.connect()
  try {
    return (await client.query(statement)).rows as unknown[]
  } finally {
    await client.end()
  }
}
