import DataLoader from 'dataloader'
import type PrismaTypes from '@sluice/db/pothos-types'
import type { PrismaClient } from '@sluice/db/prisma'
import type { ReplayFacts } from '@sluice/domain'
import { replayFacts, successRates, type Deps } from '@sluice/engine'
import type { Viewer } from '../policies/policy.ts'
import { readable } from '../policies/visible-deliveries.ts'
import { databaseTime } from './database-time.ts'
import type { DeliveryRow, EndpointRow } from './webhook-refs.ts'

type Row<Model extends keyof PrismaTypes> = PrismaTypes[Model] extends { Shape: infer Shape } ? Shape : never
export type SecretRow = Omit<Row<'WebhookSecret'>, 'secret'>
export type DeliveryAttemptRow = Row<'DeliveryAttempt'>
export type EventRow = Omit<Row<'WebhookEvent'>, 'body' | 'bodyInline'>
/** inline: the fuller of an event's two bodies, where it has two. */
interface BodyOf { eventId: string; inline: boolean }

/** What stands around webhooks, read for all of a tick in one statement. Nothing that is sealed is ever read here. */
export interface WebhookLoaders {
  endpoint: DataLoader<string, EndpointRow | null>
  successRate: DataLoader<string, number | null>
  /** Those that sign now. */
  secrets: DataLoader<string, SecretRow[]>
  delivery: DataLoader<string, DeliveryRow | null>
  /** Null also when the viewer may not read its flow. */
  visibleDelivery: DataLoader<string, DeliveryRow | null>
  event: DataLoader<string, EventRow | null>
  /** Null also when the viewer may not read its flow. */
  visibleEvent: DataLoader<string, EventRow | null>
  deliveryAttempts: DataLoader<string, DeliveryAttemptRow[]>
  eventBody: DataLoader<BodyOf, string | null, string>
  /** What decides whether a delivery may be replayed. */
  replayFacts: DataLoader<string, ReplayFacts | null>
}

interface Sources { prisma: PrismaClient; pool: Deps['pool']; viewer: Viewer }

export function createWebhookLoaders({ prisma, pool, viewer }: Sources): WebhookLoaders {
  const readDeliveries = (ids: readonly string[]): Promise<DeliveryRow[]> => prisma.webhookDelivery.findMany({ where: { id: { in: [...ids] } } })
  const readEvents = (ids: readonly string[]): Promise<EventRow[]> =>
    prisma.webhookEvent.findMany({ where: { id: { in: [...ids] } }, omit: { body: true, bodyInline: true } })
  return {
    endpoint: one((ids) => prisma.webhookEndpoint.findMany({ where: { id: { in: ids } } }), ({ id }) => id),
    successRate: new DataLoader(async (ids) => {
      const rates = await successRates(pool, [...new Set(ids)])
      return ids.map((id) => rates.get(id) ?? null)
    }, { cache: false }),
    secrets: many(async (ids) => prisma.webhookSecret.findMany({
      where: { endpointId: { in: ids }, OR: [{ notAfter: null }, { notAfter: { gt: await databaseTime(pool) } }] },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], select: { id: true, endpointId: true, createdAt: true, notAfter: true },
    }), ({ endpointId }) => endpointId),
    delivery: one(readDeliveries, ({ id }) => id),
    visibleDelivery: one(async (ids) => readable(prisma, viewer, await readDeliveries(ids)), ({ id }) => id),
    event: one(readEvents, ({ id }) => id),
    visibleEvent: one(async (ids) => readable(prisma, viewer, await readEvents(ids)), ({ id }) => id),
    deliveryAttempts: many((ids) => prisma.deliveryAttempt.findMany({ where: { deliveryId: { in: ids } }, orderBy: { n: 'asc' } }), ({ deliveryId }) => deliveryId),
    eventBody: new DataLoader(async (asked) => {
      const rows = await prisma.webhookEvent.findMany({ where: { id: { in: eventsOf(asked) } }, select: { id: true, body: true, bodyInline: true } })
      const byId = new Map(rows.map((row) => [row.id, row]))
      return asked.map(({ eventId, inline }) => (inline ? byId.get(eventId)?.bodyInline : null) ?? byId.get(eventId)?.body ?? null)
    }, { cache: false, cacheKeyFn: bodyKey, maxBatchSize: 20 }),
    replayFacts: new DataLoader(async (ids) => {
      const facts = await replayFacts(pool, ids)
      return ids.map((id) => facts.get(id) ?? null)
    }, { cache: false }),
  }
}

const eventsOf = (asked: readonly { eventId: string }[]): string[] => [...new Set(asked.map(({ eventId }) => eventId))]
const bodyKey = ({ eventId, inline }: BodyOf): string => `${eventId} ${inline}`

// Not cached: as the other loaders, so that a payload shows what its own command left.
function one<Found>(read: (ids: string[]) => Promise<Found[]>, idOf: (row: Found) => string): DataLoader<string, Found | null> {
  return new DataLoader(async (ids) => {
    const found = new Map((await read([...new Set(ids)])).map((row) => [idOf(row), row]))
    return ids.map((id) => found.get(id) ?? null)
  }, { cache: false })
}

function many<Found>(read: (ids: string[]) => Promise<Found[]>, idOf: (row: Found) => string): DataLoader<string, Found[]> {
  return new DataLoader(async (ids) => {
    const found = new Map<string, Found[]>(ids.map((id) => [id, []]))
    for (const row of await read([...found.keys()])) found.get(idOf(row))?.push(row)
    return ids.map((id) => found.get(id) ?? [])
  }, { cache: false })
}
