import { cloneDatabase, type Clone } from '@sluice/testkit/db'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MigrationRefused, migrate } from '../src/migrate.ts'
import { openPool } from '../src/pool.ts'
import { openPrisma } from '../src/prisma.ts'
import { startOldServer } from './fixtures/old-server.ts'

const NAMES = ['idle_in_transaction_session_timeout', 'statement_timeout', 'transaction_timeout']
const LIMITS = { text: 'SELECT name, setting FROM pg_settings WHERE name = ANY($1) ORDER BY 1', values: [NAMES] }
const THIRTY_SECONDS = NAMES.map(name => ({ name, setting: '30000' }))
const quiet = (): undefined => undefined

describe('D-37 on a server that knows transaction_timeout', () => {
  let clone: Clone
  beforeAll(async () => { clone = await cloneDatabase() })
  afterAll(() => clone.drop())

  test('statements, idle transactions and transactions of the hot pool end after 30 s', async () => {
    const pool = openPool({ url: clone.url, max: 2, log: quiet })
    const [one, other] = await Promise.all([pool.query(LIMITS), pool.query(LIMITS)])
    await pool.end()
    expect([one.rows, other.rows]).toEqual([THIRTY_SECONDS, THIRTY_SECONDS])
  })

  test("and of Prisma's", async () => {
    const prisma = openPrisma(clone.url, { max: 1 })
    const rows = await prisma.$queryRaw`SELECT name, setting FROM pg_settings WHERE name = ANY(${NAMES}) ORDER BY 1`
    await prisma.$disconnect()
    expect(rows).toEqual(THIRTY_SECONDS)
  })

  test('a transaction that is over its time is ended by the server, busy or not, and the pool goes on', async () => {
    const pool = openPool({ url: clone.url, max: 1, log: quiet })
    const client = await pool.connect()
    const lost = new Promise(resolve => client.once('error', resolve))
    await client.query(`SET transaction_timeout = '50ms'; SET idle_in_transaction_session_timeout = 0`)
    await client.query('BEGIN; SELECT pg_current_xact_id()')
    await expect(lost).resolves.toMatchObject({ message: expect.stringContaining('transaction timeout') })
    client.release(true)
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await pool.end()
  })
})

describe('on a server of an older version', () => {
  test('a pool asks for nothing that the server would refuse', async () => {
    await using server = await startOldServer(query => (query === 'SELECT 1 AS one' ? { one: '1' } : null))
    const pool = openPool({ url: server.url, max: 1, log: quiet })
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: '1' }])
    await pool.end()
    const [options, limit] = server.asked
    expect(options).toContain('statement_timeout=30s')
    expect(options).not.toContain('transaction_timeout')
    expect(limit).toMatch(/WHERE current_setting\('server_version_num'\)::int >= 170000$/)
  })

  test('PostgreSQL 13 is refused by one sentence, before anything is written', async () => {
    await using server = await startOldServer(query => (query.includes('server_version_num') ? { number: '130014', version: '13.14' } : null))
    await expect(migrate(server.url, 'nowhere')).rejects.toThrow(new MigrationRefused('The server is PostgreSQL 13.14, and Sluice needs PostgreSQL 14 or newer.'))
    expect(server.asked).toHaveLength(2)
  })
})
