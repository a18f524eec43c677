/** `npm run restore` at the wrong DATABASE_URL: what runs there is of an older version, and must stay as it is. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeBackup } from '@sluice/db/backup'
import { migrate } from '@sluice/db/migrate'
import { cloneDatabase, type Clone } from '@sluice/testkit/db'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MIGRATIONS, VERSION } from '../src/checkout.ts'

const RESTORE = fileURLToPath(new URL('../src/cli/restore.ts', import.meta.url))
const TSX = import.meta.resolve('tsx')
const [FIRST = ''] = readdirSync(MIGRATIONS).sort()

let dir: string
let source: Clone
let production: Clone

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'sluice-restore-'))
  ;[source, production] = await Promise.all([cloneDatabase(), cloneDatabase()])
  await writeBackup({ url: source.url, file: path.join(dir, 'sluice.backup'), sluice: VERSION })
  cpSync(path.join(MIGRATIONS, FIRST), path.join(dir, 'older', FIRST), { recursive: true })
  await query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  await migrate(production.url, path.join(dir, 'older'))
})
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true })
  await Promise.all([source.drop(), production.drop()])
})

test('a database that a Sluice uses is refused as it is, before it is migrated', async () => {
  const server = new pg.Client({ connectionString: production.url, application_name: 'sluice' })
  await server.connect()
  const said = await restore()
  await server.end()
  expect(await migrations()).toEqual([FIRST])
  expect(said).toMatch(/^The database is in use \(a connection named "sluice" is open\): .* Nothing was changed\.\n$/)
})

test('and so is one that has rows', async () => {
  await query(`INSERT INTO principal (id, name, roles, created_at) VALUES ('prn_1', 'somebody', '{ADMIN}', now())`)
  expect(await restore()).toMatch(/^The database is not empty \(principal has rows\): .* Nothing was changed\.\n$/)
  expect(await migrations()).toEqual([FIRST])
})

test('one that has neither is brought up to date and filled', async () => {
  await query('DELETE FROM principal')
  expect(await restore()).toContain('Restored 0 flows')
  expect(await migrations()).toHaveLength(readdirSync(MIGRATIONS, { withFileTypes: true }).filter(each => each.isDirectory()).length)
})

const migrations = async (): Promise<unknown[]> =>
  (await query('SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1')).map(({ name }) => name)

/** What the program says, on both streams. */
async function restore(): Promise<string> {
  const env = { PATH: path.dirname(process.execPath), DATABASE_URL: production.url, SLUICE_DATA_DIR: path.join(dir, 'data') }
  const child = spawn(process.execPath, ['--import', TSX, RESTORE, path.join(dir, 'sluice.backup')], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => { said += part.toString() })
  await once(child, 'close')
  return said
}

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: production.url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}
