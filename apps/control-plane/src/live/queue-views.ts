import { flowQueuePage, queueStats, type Deps, type QueueStatsRow } from '@sluice/engine'
import type { PrismaClient } from '@sluice/db/prisma'
import { kindsInScope, lanesInScope, type Viewer } from '../policies/policy.ts'
import { onlyOwner, visibleFlows } from '../policies/visible.ts'
import { LIGHT_COLUMNS, type LightFlow } from './changed-flows.ts'
import type { Shown } from './shared-view.ts'

const HEAD_SHOWN = 20
const HOLDERS_SHOWN = 200
const FAILURES_SHOWN = 10

export interface QueueView { stats: QueueStatsRow; head: LightFlow[] }
export interface OverviewView extends QueueView { slotHolders: LightFlow[]; recentFailures: LightFlow[] }

interface Sources { pool: Deps['pool']; prisma: PrismaClient }

/** Viewers with the same key read the same flows, and share what is computed. */
export const sightOf = (viewer: Viewer): string => JSON.stringify([onlyOwner(viewer), lanesInScope(viewer), kindsInScope(viewer)])

export async function queueView({ pool, prisma }: Sources, { lane, viewer }: { lane: string | null; viewer: Viewer }): Promise<Shown<QueueView>> {
  const [stats, head] = await Promise.all([queueStats(pool, lane), queueHead({ pool, prisma }, lane, viewer)])
  return { view: { stats, head }, text: JSON.stringify([stats, head.map(({ id }) => id)]) }
}

export async function overviewView({ pool, prisma }: Sources, viewer: Viewer): Promise<Shown<OverviewView>> {
  const visible = visibleFlows(viewer)
  const [queue, slotHolders, recentFailures] = await Promise.all([
    queueView({ pool, prisma }, { lane: null, viewer }),
    prisma.flow.findMany({ where: { AND: [visible, { slotHeld: true }] }, select: LIGHT_COLUMNS, orderBy: [{ queuedAt: 'asc' }, { id: 'asc' }], take: HOLDERS_SHOWN }),
    prisma.flow.findMany({ where: { AND: [visible, { status: 'FAILED' }] }, select: LIGHT_COLUMNS, orderBy: [{ finishedAt: 'desc' }, { id: 'desc' }], take: FAILURES_SHOWN }),
  ])
  const text = JSON.stringify([queue.text, slotHolders.map(({ id, status, phase, overCap }) => [id, status, phase, overCap]), recentFailures.map(({ id }) => id)])
  return { view: { ...queue.view, slotHolders, recentFailures }, text }
}

async function queueHead({ pool, prisma }: Sources, lane: string | null, viewer: Viewer): Promise<LightFlow[]> {
  const page = await flowQueuePage(pool, { lane, principalId: onlyOwner(viewer), first: HEAD_SHOWN })
  const rows = await prisma.flow.findMany({ where: { AND: [visibleFlows(viewer), { id: { in: page.items.map(({ id }) => id) } }] }, select: LIGHT_COLUMNS })
  const byId = new Map(rows.map((row) => [row.id, row]))
  return page.items.flatMap(({ id }) => byId.get(id) ?? [])
}
