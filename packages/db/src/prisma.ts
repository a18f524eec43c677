import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from './generated/prisma/client.ts'

export type { PrismaClient } from './generated/prisma/client.ts'

/**
 * The Prisma client over a connection pool of its own, of at most `max` connections. Close it with `$disconnect()`.
 * Statements and idle transactions end after 30 s, as in the pool of the hot statements (D-37).
 */
export function openPrisma(url: string, o: { max: number }): PrismaClient {
  const adapter = new PrismaPg({
    connectionString: url, max: o.max, application_name: 'sluice', connectionTimeoutMillis: 10_000,
    options: '-c statement_timeout=30s -c idle_in_transaction_session_timeout=30s',
  })
  return new PrismaClient({ adapter })
}
