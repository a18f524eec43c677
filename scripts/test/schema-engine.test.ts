import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { cloneDatabase, type Clone } from '@sluice/testkit/db'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SCHEMA = 'prisma/schema.prisma'

let clone: Clone
beforeAll(async () => {
  clone = await cloneDatabase()
})
afterAll(() => clone.drop())

test('Prisma finds what our applier made up to date', async () => {
  const { code, said } = await prisma('migrate', 'status')
  expect(said).toContain('Database schema is up to date')
  expect(code).toBe(0)
})

test('the migrated database and the schema do not differ', async () => {
  const { code, said } = await prisma('migrate', 'diff', '--from-config-datasource', '--to-schema', SCHEMA, '--exit-code')
  expect(said).toContain('No difference detected')
  expect(code).toBe(0)
})

test('the migrations, replayed, and the schema do not differ, and no shadow database is left', async () => {
  const { code, said } = await prisma('migrate', 'diff', '--from-migrations', 'prisma/migrations', '--to-schema', SCHEMA, '--exit-code')
  expect(said).toContain('No difference detected')
  expect(code).toBe(0)
  expect(await query(`SELECT 1 FROM pg_database WHERE datname LIKE 'prisma_migrate_shadow%'`)).toBe(0)
})

test('a schema that asks for more is a difference: the check can fail', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-schema-'))
  const wider = path.join(dir, 'schema.prisma')
  writeFileSync(wider, `${readFileSync(path.join(ROOT, SCHEMA), 'utf8')}\nmodel Extra {\n  id Int @id\n}\n`)
  try {
    const { code } = await prisma('migrate', 'diff', '--from-config-datasource', '--to-schema', wider, '--exit-code')
    expect(code).toBe(2)
  } finally {
    rmSync(dir, { recursive: true })
  }
})

async function prisma(...args: string[]): Promise<{ code: unknown; said: string }> {
  const child = spawn(process.execPath, [path.join(ROOT, 'scripts', 'prisma.mjs'), ...args], { env: { ...process.env, DATABASE_URL: clone.url } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', part => (said += String(part)))
  const [code] = await once(child, 'close')
  return { code, said }
}

async function query(statement: string): Promise<number | null> {
  const client = new pg.Client({ connectionString: clone.url })
  await client.connect()
  try {
    return (await client.query(statement)).rowCount
  } finally {
    await client.end()
  }
}
