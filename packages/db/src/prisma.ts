import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from './generated/prisma/client.ts'
import { SESSION_LIMITS, limitTransactions } from './session-limits.ts'

export type { PrismaClient } from './generated/prisma/client.ts'

/**
 * The Prisma client over a connection pool of its own, of at most `max` connections. Close it with `$disconnect()`.
 * Statements and transactions end after 30 s, as in the pool of the hot statements, see session-limits.ts.
 */
export function openPrisma(url: string, o: { max: number }): PrismaClient {
  const adapter = new PrismaPg({
    connectionString: url, max: o.max, application_name: 'sluice', connectionTimeoutMillis: 10_000,
    options: SESSION_LIMITS, onConnect: limitTransactions,
  })
  return new PrismaClient({ adapter })
}
