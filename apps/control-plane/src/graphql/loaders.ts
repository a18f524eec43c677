import DataLoader from 'dataloader'
import type PrismaTypes from '@sluice/db/pothos-types'
import type { PrismaClient } from '@sluice/db/prisma'
import { named } from '@sluice/db'
import {
  artifactsOfFlows, capsInUse, inputsOfFlows, inputsOfLeases, kindFigures, laneStats, queuePlaces, scopeHolders, workerLeases,
  type ArtifactRow, type CapInUse, type FlowInputRow, type Deps, type KindFigures, type LiveAttemptRow, type QueuePlaceRow, type QueueStatsRow, type Scope,
} from '@sluice/engine'
import { kindsInScope, lanesInScope, type Viewer } from '../policies/policy.ts'
import { onlyOwner } from '../policies/visible.ts'
import { ofFlows } from './of-flows.ts'
import { createWaitpointLoaders, type WaitpointLoaders } from './waitpoint-loaders.ts'
import { createWebhookLoaders, type WebhookLoaders } from './webhook-loaders.ts'

type Row<Model extends keyof PrismaTypes> = PrismaTypes[Model] extends { Shape: infer Shape } ? Shape : never

/** What stands around flows, read once per request and for all of a tick in one statement. Null where there is none. */
export interface Loaders extends WebhookLoaders, WaitpointLoaders {
  laneByName: DataLoader<string, Row<'Lane'> | null>
  laneCap: DataLoader<string, number>
  capOfLane: DataLoader<string, CapInUse | null>
  laneStats: DataLoader<string, QueueStatsRow>
  principal: DataLoader<string, Row<'Principal'> | null>
  worker: DataLoader<string, Row<'Worker'> | null>
  progress: DataLoader<string, Row<'FlowProgress'> | null>
  artifacts: DataLoader<string, ArtifactRow[]>
  inputs: DataLoader<string, FlowInputRow[]>
  /** Without those that were taken back. */
  leaseInputs: DataLoader<string, FlowInputRow[]>
  currentAttempt: DataLoader<{ flowId: string; index: number }, Row<'Attempt'> | null, string>
  queuePlace: DataLoader<string, QueuePlaceRow | null>
  /** The first flows that hold slots of a scope, of those that the viewer may read. */
  holders: DataLoader<Scope & { first: number }, string[]>
  leased: DataLoader<string, number>
  /** What a worker holds, the oldest first, of the flows that the viewer may read. */
  workerLeases: DataLoader<{ workerId: string; first: number }, LiveAttemptRow[]>
  kindFigures: DataLoader<string, KindFigures>
}

export const createLoaders = ({ prisma, pool, viewer }: { prisma: PrismaClient; pool: Deps['pool']; viewer: Viewer }): Loaders => ({
  ...createWebhookLoaders({ prisma, pool, viewer }),
  ...createWaitpointLoaders({ prisma, pool, viewer }),
  laneByName: byKey((names) => prisma.lane.findMany({ where: { name: { in: names } } }), (lane) => lane.name),
  laneCap: new DataLoader(async (names) => {
    const caps = await prisma.quota.findMany({ where: { scope: 'LANE', subject: { in: [...names] } } })
    const byName = new Map(caps.map((cap) => [cap.subject, cap.maxActive]))
    return names.map((name) => byName.get(name) ?? 0)
  }, { cache: false }),
  capOfLane: new DataLoader(async (names) => {
    const byName = new Map((await capsInUse(pool)).flatMap((cap) => (cap.scope === 'LANE' ? [[cap.subject, cap]] : [])))
    return names.map((name) => byName.get(name) ?? null)
  }, { cache: false }),
  laneStats: new DataLoader(async (names) => {
    const stats = await laneStats(pool, names)
    return names.map((name) => stats.get(name) ?? new Error(`The lane ${name} has no stats.`))
  }, { cache: false }),
  principal: byKey((ids) => prisma.principal.findMany({ where: { id: { in: ids } } }), (principal) => principal.id),
  worker: byKey((ids) => prisma.worker.findMany({ where: { id: { in: ids } } }), (worker) => worker.id),
  progress: byKey((flowIds) => prisma.flowProgress.findMany({ where: { flowId: { in: flowIds } } }), (progress) => progress.flowId),
  inputs: ofFlows((flowIds) => inputsOfFlows(named(pool), flowIds)),
  leaseInputs: ofFlows((flowIds) => inputsOfLeases(named(pool), flowIds)),
  artifacts: ofFlows((flowIds) => artifactsOfFlows(named(pool), flowIds)),
  currentAttempt: new DataLoader(async (keys) => {
    const rows = await prisma.attempt.findMany({ where: { OR: keys.map(({ flowId, index }) => ({ flowId, index })) } })
    const byAttempt = new Map(rows.map((row) => [attemptKey(row), row]))
    return keys.map((key) => byAttempt.get(attemptKey(key)) ?? null)
  }, { cache: false, cacheKeyFn: attemptKey, maxBatchSize: 200 }),
  queuePlace: new DataLoader(async (ids) => {
    const places = await queuePlaces(pool, [...ids])
    return ids.map((id) => places.get(id) ?? null)
  }, { cache: false }),
  holders: new DataLoader(async (asked) => {
    const found = await scopeHolders(pool, { scopes: asked, first: Math.max(...asked.map(({ first }) => first)), among: sightOf(viewer) })
    return asked.map(({ first }, at) => (found[at] ?? []).slice(0, first))
  }, { cache: false }),
  leased: new DataLoader(async (workerIds) => {
    const counts = await prisma.attempt.groupBy({ by: ['workerId'], where: { workerId: { in: [...workerIds] }, endedAt: null }, _count: true })
    const byWorker = new Map(counts.map((count) => [count.workerId, count._count]))
    return workerIds.map((id) => byWorker.get(id) ?? 0)
  }, { cache: false }),
  workerLeases: new DataLoader(async (asked) => {
    const rows = await workerLeases(pool, { workerIds: asked.map(({ workerId }) => workerId), first: Math.max(...asked.map(({ first }) => first)), among: sightOf(viewer) })
    return asked.map(({ workerId, first }) => rows.filter((row) => row.workerId === workerId).slice(0, first))
  }, { cache: false }),
  kindFigures: new DataLoader(async (kinds) => {
    const figures = await kindFigures(pool, kinds)
    return kinds.map((kind) => figures.get(kind) ?? new Error(`The kind ${kind} has no figures.`))
  }, { cache: false }),
})

const sightOf = (viewer: Viewer) => ({ owner: onlyOwner(viewer), lanes: lanesInScope(viewer), kinds: kindsInScope(viewer) })

const attemptKey = ({ flowId, index }: { flowId: string; index: number }): string => `${flowId}.${index}`

// Not cached: commands of one request run one after the other, and each payload shows what its own left.
function byKey<Found>(read: (keys: string[]) => Promise<Found[]>, keyOf: (row: Found) => string): DataLoader<string, Found | null> {
  return new DataLoader(async (keys) => {
    const found = new Map((await read([...new Set(keys)])).map((row) => [keyOf(row), row]))
    return keys.map((key) => found.get(key) ?? null)
  }, { cache: false })
}
