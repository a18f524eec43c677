import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from './generated/prisma/client.ts'

export type { PrismaClient } from './generated/prisma/client.ts'

/** The Prisma client over a connection pool of its own, of at most `max` connections. Close it with `$disconnect()`. */
export function openPrisma(url: string, o: { max: number }): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: o.max }) })
}
