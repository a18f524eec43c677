import DataLoader from 'dataloader'
import type { PrismaClient } from '@sluice/db/prisma'
import { memosWithLeases, type Deps, type Memo } from '@sluice/engine'
import type { LeaseRef } from '@sluice/protocol'
import type { Viewer } from '../policies/policy.ts'
import { readableWaitpoints } from '../policies/visible-waitpoints.ts'
import { ofFlows } from './of-flows.ts'
import type { WaitpointRow } from './waitpoint-ref.ts'

/** What stands around waits, read for all of a tick in one statement. */
export interface WaitpointLoaders {
  waitpoint: DataLoader<string, WaitpointRow | null>
  /** Null also when the viewer may not read its flow. */
  visibleWaitpoint: DataLoader<string, WaitpointRow | null>
  /** By flow, the first made first. */
  waitpointsOf: DataLoader<string, WaitpointRow[]>
  openWaitpoint: DataLoader<string, WaitpointRow | null>
  /** What goes with a lease of the flow. */
  leaseMemos: DataLoader<LeaseRef, LeaseMemos, string>
}

export interface LeaseMemos { memos: Memo[]; complete: boolean }

export function createWaitpointLoaders({ prisma, pool, viewer }: { prisma: PrismaClient; pool: Deps['pool']; viewer: Viewer }): WaitpointLoaders {
  const read = (ids: readonly string[]): Promise<WaitpointRow[]> => prisma.waitpoint.findMany({ where: { id: { in: [...ids] } } })
  return {
    waitpoint: one(read, ({ id }) => id),
    visibleWaitpoint: one(async (ids) => readableWaitpoints(prisma, viewer, await read(ids)), ({ id }) => id),
    waitpointsOf: ofFlows((flowIds) => prisma.waitpoint.findMany({ where: { flowId: { in: [...flowIds] } }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })),
    openWaitpoint: one((flowIds) => prisma.waitpoint.findMany({ where: { flowId: { in: [...flowIds] }, state: 'OPEN' } }), ({ flowId }) => flowId),
    // The two fields that ask share what was read; another lease of the flow is read for itself.
    leaseMemos: new DataLoader(async (leases) => {
      // Nobody could have remembered anything before the first attempt.
      const later = leases.filter(({ attempt }) => attempt > 0)
      const found = await memosWithLeases({ pool }, later.map(({ flowId }) => flowId))
      return leases.map(({ flowId }) => found.get(flowId) ?? { memos: [], complete: true })
    }, { cacheKeyFn: ({ flowId, epoch }) => `${flowId}.${epoch}` }),
  }
}

// Not cached: as the other loaders, so that a payload shows what its own command left.
function one(read: (keys: readonly string[]) => Promise<WaitpointRow[]>, keyOf: (row: WaitpointRow) => string): DataLoader<string, WaitpointRow | null> {
  return new DataLoader(async (keys) => {
    const found = new Map((await read([...new Set(keys)])).map((row) => [keyOf(row), row]))
    return keys.map((key) => found.get(key) ?? null)
  }, { cache: false })
}
