import { deliveryFigures, flowCounts, flowQueuePage, listFlows, queueStats, type DeliveryFigures, type Deps, type QueueStatsRow } from '@sluice/engine'
import type { PrismaClient } from '@sluice/db/prisma'
import { listFilter } from '../policies/list-filter.ts'
import { kindsInScope, lanesInScope, type Viewer } from '../policies/policy.ts'
import { mayRead, onlyOwner } from '../policies/visible.ts'
import { readLightFlows, type LightFlow } from './changed-flows.ts'
import type { Shown } from './shared-view.ts'

const HEAD_SHOWN = 20
const HOLDERS_SHOWN = 200
const FAILURES_SHOWN = 10

export interface QueueView { stats: QueueStatsRow; head: LightFlow[] }
export interface OverviewView extends QueueView { slotHolders: LightFlow[]; recentFailures: LightFlow[]; openWaits: number; deliveries: DeliveryFigures }

interface Sources { pool: Deps['pool']; prisma: PrismaClient }
interface Page { items: { id: string }[] }

/** Viewers with the same key read the same flows, and share what is computed. */
export const sightOf = (viewer: Viewer): string => JSON.stringify([onlyOwner(viewer), lanesInScope(viewer), kindsInScope(viewer)])

export async function queueView(sources: Sources, { lane, viewer }: { lane: string | null; viewer: Viewer }): Promise<Shown<QueueView>> {
  const [stats, page] = await Promise.all([queueStats(sources.pool, lane), queueHead(sources, lane, viewer)])
  const [head = []] = await rowsOf(sources, viewer, [page])
  return { view: { stats, head }, text: JSON.stringify([stats, head.map(({ id }) => id)]) }
}

export async function overviewView(sources: Sources, viewer: Viewer): Promise<Shown<OverviewView>> {
  const { pool } = sources
  const [stats, deliveries, { total: openWaits }, ...pages] = await Promise.all([
    queueStats(pool),
    deliveryFigures(pool),
    // Whatever is WAITING has exactly one open waitpoint (INV-21).
    flowCounts(pool, listFilter({ status: ['WAITING'] }, viewer)),
    queueHead(sources, null, viewer),
    listFlows(pool, { filter: listFilter({ slotHeld: true }, viewer), orderBy: 'CREATED_ASC', page: { first: HOLDERS_SHOWN } }),
    listFlows(pool, { filter: listFilter({ status: ['FAILED'] }, viewer), orderBy: 'FINISHED_DESC', page: { first: FAILURES_SHOWN } }),
  ])
  const [head = [], slotHolders = [], recentFailures = []] = await rowsOf(sources, viewer, pages)
  // What a wall shows of a flow is told by its last event.
  const places = [head, slotHolders, recentFailures].map((rows) => rows.map(({ id, lastSequence }) => [id, lastSequence]))
  const { oldestDueMs: _, ...figures } = deliveries
  const text = JSON.stringify([stats, openWaits, figures, ...places])
  return { view: { stats, head, slotHolders, recentFailures, openWaits, deliveries }, text }
}

const queueHead = ({ pool }: Sources, lane: string | null, viewer: Viewer): Promise<Page> =>
  flowQueuePage(pool, { lane, principalId: onlyOwner(viewer), first: HEAD_SHOWN })

/** The rows of all pages by one statement, as far as the viewer may read them. */
async function rowsOf({ prisma }: Sources, viewer: Viewer, pages: Page[]): Promise<LightFlow[][]> {
  const byId = await readLightFlows(prisma, [...new Set(pages.flatMap(({ items }) => items.map(({ id }) => id)))])
  return pages.map(({ items }) => items.flatMap(({ id }) => {
    const row = byId.get(id)
    return row && mayRead(viewer, row) ? [row] : []
  }))
}
