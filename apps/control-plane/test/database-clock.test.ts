import { openPrisma } from '@sluice/db/prisma'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { dataOf, testServer, testWorker, type Principal, type TestServer } from './server.ts'

const DAY_MS = 86_400_000

let server: TestServer
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())
afterEach(() => void vi.useRealTimers())

const shiftOwnClock = (ms: number): void => {
  const now = Date.now() + ms
  vi.useFakeTimers({ toFake: ['Date'], now })
}

describe.each([['a day ahead', DAY_MS], ['a day behind', -DAY_MS]])('D-45 on a server whose clock is %s', (_how, shift) => {
  test('servers are up by the clock of the database', async () => {
    await server.sql(`INSERT INTO server_process (id, version, roles, started_at, alive_at)
      SELECT 'srv_' || n, 'x', '{}', clock_timestamp(), clock_timestamp() - n * interval '1 minute' FROM (VALUES (0), (5)) v(n) ON CONFLICT (id) DO UPDATE SET alive_at = EXCLUDED.alive_at`)
    shiftOwnClock(shift)
    const { servers } = await dataOf(admin.ask<{ servers: { id: string }[] }>('{ servers { id } }'))
    expect(servers.map(({ id }) => id)).toContain('srv_0')
    expect(servers.map(({ id }) => id)).not.toContain('srv_5')
  })

  test('lost workers stay listed for ten minutes by the clock of the database', async () => {
    const [recent, old] = [await testWorker(server), await testWorker(server)]
    await server.sql(`UPDATE worker SET state = 'DEAD' WHERE id = ANY($1)`, [[recent.workerId, old.workerId]])
    await server.sql(`UPDATE worker SET heartbeat_at = clock_timestamp() - interval '11 minutes' WHERE id = $1`, [old.workerId])
    shiftOwnClock(shift)
    const { workers } = await dataOf(admin.ask<{ workers: { id: string }[] }>('{ workers { id } }'))
    expect(workers.map(({ id }) => id)).toContain(recent.workerId)
    expect(workers.map(({ id }) => id)).not.toContain(old.workerId)
  })

  test.each([['an hour ahead', 3_600_000, 'CreateApiTokenPayload'], ['an hour ago', -3_600_000, 'InvalidInput']])('a token may end %s by the clock of the database: %i', async (_when, ms, answer) => {
    const create = 'mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { __typename } }'
    const expiresAt = new Date(Date.now() + ms).toISOString()
    shiftOwnClock(shift)
    expect(await dataOf(admin.ask(create, { input: { name: `ends-${shift}-${ms}`, role: 'VIEWER', expiresAt } }))).toEqual({ createApiToken: { __typename: answer } })
  })
})

describe('statements that take too long', () => {
  test('D-37 end after 30 s over Prisma too, and so do idle transactions', async () => {
    const prisma = openPrisma(server.databaseUrl, { max: 1 })
    const [row] = await prisma.$queryRaw<unknown[]>`SELECT current_setting('statement_timeout') AS statement, current_setting('idle_in_transaction_session_timeout') AS idle`
    await prisma.$disconnect()
    expect(row).toEqual({ statement: '30s', idle: '30s' })
  })

  test.each([['by', ['prn_x']], ['action', ['setCap']]])('D-37 the audit filtered %s, which no index serves, is given up after 2 s', async (field, words) => {
    const locking = await server.pool.connect()
    try {
      await locking.query('BEGIN; LOCK TABLE audit_entry IN ACCESS EXCLUSIVE MODE')
      const { errors } = await admin.ask('query ($filter: AuditFilter!) { audit(filter: $filter) { edges { cursor } } }', { filter: { [field]: words } })
      expect(errors).toMatchObject([{ message: expect.stringContaining('narrow the filter'), extensions: { code: 'LIMIT_EXCEEDED', limit: 2000 } }])
    } finally {
      await locking.query('ROLLBACK')
      locking.release()
    }
  })
})

interface Page { audit: { edges: { node: { id: string } }[]; pageInfo: { endCursor: string | null; hasNextPage: boolean } } }

describe('the audit', () => {
  test('pages show every entry once, also those of one millisecond', async () => {
    await server.sql(`INSERT INTO audit_entry (id, at, action, target, reason, before, after)
      SELECT 'aud_same' || n, timestamptz '2026-01-31 12:00:00.1230Z' + n * interval '100 microseconds', 'setCap', 'same', NULL, NULL, NULL FROM generate_series(0, 4) n`)
    const seen: string[] = []
    let after: string | null = null
    for (let more = true; more;) {
      const { audit }: Page = await dataOf(admin.ask<Page>(
        'query ($after: String) { audit(first: 2, after: $after, filter: { target: "same" }) { edges { node { id } } pageInfo { endCursor hasNextPage } } }', { after }))
      seen.push(...audit.edges.map(({ node }) => node.id))
      after = audit.pageInfo.endCursor
      more = audit.pageInfo.hasNextPage
    }
    expect(seen).toEqual(['aud_same4', 'aud_same3', 'aud_same2', 'aud_same1', 'aud_same0'])
  })
})
