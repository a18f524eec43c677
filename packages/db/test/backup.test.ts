import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { cloneDatabase, eventually, type Clone } from '@sluice/testkit/db'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BackupRefused, readBackup, refuseOtherVersion, restoreBackup, writeBackup, type BackupHeader } from '../src/backup/index.ts'
import { TABLES, isKept } from '../src/backup/tables.ts'
import { migrate } from '../src/migrate.ts'

const MIGRATIONS = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url))
/** What COPY escapes, what looks like its end, what JSON and arrays quote. */
const NASTY = ['tab\tnewline\nend \\. \\N', '\\.', '\\.\n\\.\n', 'ü 🦭 " \' , {}', '']

let dir: string
let source: Clone
const clones: Clone[] = []

const query = async (url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows
  } finally {
    await client.end()
  }
}

const empty = async (): Promise<string> => {
  const clone = await cloneDatabase()
  clones.push(clone)
  return clone.url
}

const INSERT_FLOW = `INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, queue_class, priority, rank, order_at, on_lease_lost, max_attempts, created_at, queued_at,
  last_sequence, last_event_at) VALUES ($1, 'k', $2, 'default', 'prn_1', $3, '{"team": "a"}', 'QUEUED', 'NEW', 0, 9002, now(), 'FAIL', 1, now(), now(), 1, now())`
const INSERT_EVENT = `INSERT INTO flow_event (flow_id, sequence, type, status, actor, at, payload, xid) VALUES ($1, 1, 'flow.queued', 'QUEUED', 'prn_1', clock_timestamp(), $2, 4711)`

async function fillSource(url: string): Promise<void> {
  await query(url, `INSERT INTO principal (id, name, roles, created_at) VALUES ('prn_1', 'nasty', '{ADMIN,WORKER}', '1969-07-20 20:17:40.123456+00')`)
  await query(url, `INSERT INTO api_token (id, principal_id, name, hash, scopes, created_at) VALUES ('tok_1', 'prn_1', 't', 'h', $1, now())`, [NASTY])
  await query(url, `INSERT INTO session (id, principal_id, created_at, expires_at) VALUES ('ses', 'prn_1', now(), now() + interval '1 hour')`)
  await query(url, `INSERT INTO worker (id, instance_id, name, principal_id, kinds, lanes, capacity, registered_at, heartbeat_at, expires_at) VALUES ('wrk_1', 'i', 'w', 'prn_1', $1, '{}', 1, now(), now(), now())`, [NASTY])
  await query(url, `UPDATE quota SET max_active = 3, from_environment = false, set_by = 'prn_1'`)
  await query(url, `INSERT INTO lane (id, name, created_at) VALUES ('lane_2', 'second', now())`)
  for (const [n, text] of NASTY.entries()) {
    await query(url, INSERT_FLOW, [`flow_${n}`, text, JSON.stringify({ text, deep: [{ text }] })])
    await query(url, INSERT_EVENT, [`flow_${n}`, JSON.stringify({ text })])
  }
  await query(url, `INSERT INTO flow_count_ledger (minute, lane, kind, word, delta) VALUES (now(), 'default', 'k', 'QUEUED', 5)`)
}

/** All rows of a table as the server would print them, in order. */
async function contents(url: string, table: string): Promise<unknown[]> {
  const without = table === 'flow_event' ? ` - 'xid'` : ''
  return (await query(url, `SELECT (to_jsonb(t)${without})::text AS row FROM "${table}" t ORDER BY 1`)).map(({ row }) => row)
}

const backUp = (file: string, o: { force?: boolean } = {}) => writeBackup({ url: source.url, file, sluice: '9.9.9', ...o })
const restore = (url: string, file: string) => restoreBackup({ url, file, settle: () => Promise.resolve() })

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'sluice-backup-'))
  source = await cloneDatabase()
  await fillSource(source.url)
})
afterAll(async () => {
  for (const clone of [source, ...clones]) await clone.drop()
  rmSync(dir, { recursive: true, force: true })
})

describe('what is in a backup', () => {
  test('every table of the database is decided about, and what is decided exists', async () => {
    const rows = await query(source.url, `SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'`)
    expect(Object.keys(TABLES).sort()).toEqual(rows.map(({ name }) => name).sort())
  })

  test('a table that nobody decided about is refused and not silently left out', async () => {
    await query(source.url, 'CREATE TABLE tomorrow (id int)')
    await expect(backUp(path.join(dir, 'tomorrow'))).rejects.toThrow('a table tomorrow that this version does not know')
    await query(source.url, 'DROP TABLE tomorrow')
    expect(existsSync(path.join(dir, 'tomorrow'))).toBe(false)
  })

  test('all rows of all kept tables come back as they were, search is filled by its trigger, and who was signed in is not', async () => {
    const file = path.join(dir, 'all')
    await backUp(file)
    const url = await empty()
    const { rows, header } = await restore(url, file)
    expect(rows).toMatchObject({ flow: NASTY.length, flow_event: NASTY.length, quota: 1, lane: 2 })
    expect(header).toMatchObject({ sluice: '9.9.9', migrations: expect.arrayContaining([expect.objectContaining({ name: '20261121000000_queue' })]) as unknown })
    for (const table of [...Object.keys(TABLES).filter(isKept), 'flow_search']) expect(await contents(url, table), table).toEqual(await contents(source.url, table))
    expect(await query(url, 'SELECT DISTINCT xid FROM flow_event')).toEqual([{ xid: '0' }])
    expect(await query(url, 'SELECT 1 FROM session')).toEqual([])
  })

  test('INV-42 what sequences give out next follows what was restored', async () => {
    const file = path.join(dir, 'sequences')
    await backUp(file)
    const url = await empty()
    await restore(url, file)
    const [before] = await query(url, 'SELECT max(position)::int AS max FROM flow_event')
    await query(url, `INSERT INTO flow_event (flow_id, sequence, type, actor, at, payload, xid) VALUES ('flow_0', 2, 't', 'a', now(), '{}', 9)`)
    expect(await query(url, 'SELECT max(position)::int - $1 AS more FROM flow_event', [before?.['max']])).toEqual([{ more: 1 }])
    await query(url, `INSERT INTO flow_count_ledger (minute, lane, kind, word, delta) VALUES (now(), 'l', 'k', 'w', 1)`)
  })

  test('it is one instant: what commits while it is written is in all tables or in none', async () => {
    const file = path.join(dir, 'instant')
    let writing = true
    const load = (async () => {
      for (let n = 0; writing; n++) {
        const client = new pg.Client({ connectionString: source.url })
        await client.connect()
        await client.query('BEGIN')
        await client.query(INSERT_FLOW, [`flow_live_${n}`, 'x', '{}'])
        await client.query(INSERT_EVENT, [`flow_live_${n}`, '{}'])
        await client.query('COMMIT')
        await client.end()
      }
    })()
    for (let n = 0; n < 5; n++) {
      await backUp(file, { force: true })
      const { rows } = await readBackup(file)
      expect(rows['flow_event']).toBe(rows['flow'])
    }
    writing = false
    await load
  })
})

describe('the file', () => {
  const file = () => path.join(dir, 'whole')
  const bent = () => path.join(dir, 'bent')
  let target: string
  beforeAll(async () => {
    await backUp(file())
    target = await empty()
  })
  /** Refused by the check and by a restore, which leaves the database empty. */
  const refused = async (bytes: Buffer, why: RegExp) => {
    writeFileSync(bent(), bytes)
    await expect(readBackup(bent())).rejects.toThrow(why)
    await expect(readBackup(bent())).rejects.toThrow(BackupRefused)
    await expect(restore(target, bent())).rejects.toThrow(why)
    expect(await query(target, 'SELECT count(*)::int AS n FROM flow')).toEqual([{ n: 0 }])
  }
  /** Re-gzipped, as one would who edits it. */
  const edited = (change: (text: string) => string) => gzipSync(change(gunzipSync(readFileSync(file())).toString()))

  test('is readable by its owner only, and leaves nothing beside it', () => {
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(readdirSync(dir).filter(name => name.endsWith('.partial'))).toEqual([])
  })

  test('is not written over one that is there, unless that is asked for', async () => {
    const before = readFileSync(file())
    await expect(backUp(file())).rejects.toThrow(/is there already.*--force/)
    expect(readFileSync(file()).equals(before)).toBe(true)
    await backUp(file(), { force: true })
    await expect(backUp(path.join(dir, 'no', 'folder'))).rejects.toThrow(/cannot be written: ENOENT/)
    await expect(backUp(dir, { force: true })).rejects.toThrow(/cannot be written/)
  })

  test('cut off anywhere is refused', async () => {
    const whole = readFileSync(file())
    for (const share of [0.2, 0.5, 0.9]) await refused(whole.subarray(0, Math.floor(whole.length * share)), /ends before its end/)
    await refused(whole.subarray(0, whole.length - 1), /ends before its end/)
    await refused(edited(text => text.slice(0, text.lastIndexOf('{"rows"'))), /ends before its end/)
    await refused(edited(text => text.slice(0, text.indexOf('flow_1') + 3)), /ends before its end/)
  })

  test('altered anywhere is refused, with what is wrong', async () => {
    const whole = readFileSync(file())
    for (const share of [0.3, 0.6]) {
      const flipped = Buffer.from(whole)
      flipped[Math.floor(whole.length * share)]! ^= 0x40
      await refused(flipped, /was altered or damaged|ends before its end/)
    }
    await refused(edited(text => text.replace('nasty', 'tasty')), /its digest is not the one/)
    await refused(edited(text => text.replace(/^flow_1\t.*\n/m, '')), /the table flow has \d+ rows where \d+ were written/)
    await refused(edited(text => text.replace('COPY "lane"', 'COPY "lame"')), /the table lane is not where it should be/)
    await refused(edited(text => `${text}more\n`), /altered/)
    await refused(Buffer.concat([whole, Buffer.from('more')]), /something follows its end/)
    await refused(Buffer.concat([whole, gzipSync('more\n')]), /altered/)
  })

  test('of another kind, format or shape is refused', async () => {
    await refused(Buffer.from('PGDMP'), /is no backup of Sluice/)
    await refused(Buffer.alloc(0), /is no backup of Sluice/)
    await refused(gzipSync('hello\n'), /is no backup of Sluice/)
    await refused(edited(text => text.replace('sluice backup 1', 'sluice backup 2')), /in format 2, and this version reads format 1/)
    await expect(readBackup(path.join(dir, 'nowhere'))).rejects.toThrow(/cannot be read: ENOENT/)
    const lying = edited(text => {
      const lines = text.replaceAll('"max_attempts"', '"attempts_max"').split('\n').slice(0, -2)
      const said = `${lines.join('\n')}\n`
      const trailer = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as object
      return `${said}${JSON.stringify({ ...trailer, sha256: createHash('sha256').update(said).digest('hex') })}\n`
    })
    writeFileSync(bent(), lying)
    await expect(restore(target, bent())).rejects.toThrow(/its tables are not those of its version/)
  })

  test('of another version is refused with what to do', async () => {
    const { header } = await readBackup(file())
    const refusal = (migrations: BackupHeader['migrations']) => () => refuseOtherVersion('FILE', { ...header, migrations }, MIGRATIONS)
    expect(refusal(header.migrations)).not.toThrow()
    expect(refusal([...header.migrations, { name: '29990101_future', checksum: 'x' }])).toThrow(/newer than this one \(it has the migration 29990101_future\): restore it with that version/)
    expect(refusal(header.migrations.slice(0, -1))).toThrow(/older than this one .*then start this version on that database/)
    expect(refusal(header.migrations.map(each => ({ ...each, checksum: 'x' })))).toThrow(/restore it with the version that wrote it/)
  })
})

describe('a restore', () => {
  const file = () => path.join(dir, 'to-restore')
  let url: string
  beforeAll(() => backUp(file()))
  beforeEach(async () => { url = await empty() })

  test('refuses a database that is not empty and changes nothing in it', async () => {
    await query(url, `INSERT INTO principal (id, name, roles, created_at) VALUES ('prn_x', 'x', '{}', now())`)
    await expect(restore(url, file())).rejects.toThrow(/not empty \(principal has rows\).*Nothing was changed/)
    expect(await query(url, 'SELECT name FROM lane')).toEqual([{ name: 'default' }])
  })

  test('refuses a database that a Sluice uses, or that a start is migrating', async () => {
    const other = new pg.Client({ connectionString: url, application_name: 'sluice sluice' })
    await other.connect()
    await expect(restore(url, file())).rejects.toThrow(/in use \(a connection named "sluice sluice" is open\): stop every Sluice on it/)
    await other.end()
    const start = new pg.Client({ connectionString: url })
    await start.connect()
    await start.query('SELECT pg_advisory_lock(72707369)')
    await eventually(() => expect(restore(url, file())).rejects.toThrow(/in use \(a start or another restore is under way\)/))
    await start.end()
    const reader = new pg.Client({ connectionString: url })
    await reader.connect()
    await reader.query('BEGIN; LOCK TABLE flow IN ACCESS SHARE MODE')
    await eventually(() => expect(restore(url, file())).rejects.toThrow(/in use \(somebody holds a lock on its tables\)/), { deadlineMs: 10_000 })
    await reader.end()
  })

  test('lets no start pass until it has ended', async () => {
    let started: Promise<string[]> | undefined
    let isWaiting = true
    await restoreBackup({
      url, file: file(),
      settle: async () => {
        started = migrate(url, MIGRATIONS).finally(() => { isWaiting = false })
        await eventually(async () => (await query(url, `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sluice migrate'`)).length > 0)
        expect(isWaiting).toBe(true)
      },
    })
    expect(await started).toEqual([])
    expect((await query(url, 'SELECT 1 FROM flow')).length).toBeGreaterThan(0)
  })

  test('that fails at its very end leaves the database as empty as it was, and the next one succeeds', async () => {
    const before = await contents(url, 'system_state')
    await expect(restoreBackup({ url, file: file(), settle: () => Promise.reject(new Error('power cut')) })).rejects.toThrow('power cut')
    for (const table of Object.keys(TABLES).filter(name => TABLES[name]?.fate === 'rows')) expect(await contents(url, table), table).toEqual([])
    expect(await contents(url, 'system_state')).toEqual(before)
    await eventually(async () => expect((await restore(url, file())).rows['flow']).toBeGreaterThan(0))
  })
})
