import type { PrismaClient } from '@sluice/db/prisma'
import type { Engine, SendDelivery } from '@sluice/engine'
import { bulkCallerOf } from '../policies/caller-of.ts'

/** What happens by the clock: lost leases, timeouts, deadlines, the fold of counts; and what is sent: deliveries, bulk operations. It ends with the engine. */
export const startDispatcher = (engine: Engine, { prisma, send }: { prisma: PrismaClient; send: SendDelivery }): void =>
  engine.startDispatcher({ send, callerOf: bulkCallerOf(prisma) })
