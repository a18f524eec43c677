import DataLoader from 'dataloader'
import type PrismaTypes from '@sluice/db/pothos-types'
import type { PrismaClient } from '@sluice/db/prisma'
import type { Deps } from '@sluice/engine'
import { successRates } from '../engine-to-come.ts'
import type { Viewer } from '../policies/policy.ts'
import { mayReadDelivery, readDeliveryFlows } from '../policies/visible-deliveries.ts'
import { databaseTime } from './database-time.ts'
import type { DeliveryRow, EndpointRow } from './webhook-refs.ts'

type Row<Model extends keyof PrismaTypes> = PrismaTypes[Model] extends { Shape: infer Shape } ? Shape : never
export type SecretRow = Omit<Row<'WebhookSecret'>, 'secret'>
export type DeliveryAttemptRow = Row<'DeliveryAttempt'>
export type EventRow = Omit<Row<'WebhookEvent'>, 'body' | 'bodyInline'>
interface EventAt { eventId: string; endpointId: string }
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
  hasBody: DataLoader<string, boolean>
  /** Whether a delivery of the event to the endpoint has not ended. */
  isInProgress: DataLoader<EventAt, boolean, string>
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
    visibleDelivery: one(async (ids) => visibleOf(await readDeliveries(ids), { prisma, viewer }), ({ id }) => id),
    event: one(readEvents, ({ id }) => id),
    visibleEvent: one(async (ids) => visibleOf(await readEvents(ids), { prisma, viewer }), ({ id }) => id),
    deliveryAttempts: many((ids) => prisma.deliveryAttempt.findMany({ where: { deliveryId: { in: ids } }, orderBy: { n: 'asc' } }), ({ deliveryId }) => deliveryId),
    eventBody: new DataLoader(async (asked) => {
      const rows = await prisma.webhookEvent.findMany({ where: { id: { in: eventsOf(asked) } }, select: { id: true, body: true, bodyInline: true } })
      const byId = new Map(rows.map((row) => [row.id, row]))
      return asked.map(({ eventId, inline }) => (inline ? byId.get(eventId)?.bodyInline : null) ?? byId.get(eventId)?.body ?? null)
    }, { cache: false, cacheKeyFn: bodyKey, maxBatchSize: 20 }),
    hasBody: new DataLoader(async (eventIds) => {
      const rows = await prisma.webhookEvent.findMany({ where: { id: { in: [...new Set(eventIds)] }, body: { not: null } }, select: { id: true } })
      const having = new Set(rows.map(({ id }) => id))
      return eventIds.map((id) => having.has(id))
    }, { cache: false }),
    isInProgress: new DataLoader(async (asked) => {
      const rows = await prisma.webhookDelivery.findMany({
        where: { eventId: { in: eventsOf(asked) }, endpointId: { in: asked.map(({ endpointId }) => endpointId) }, endedAt: null },
        select: { eventId: true, endpointId: true },
      })
      const live = new Set(rows.map(eventKey))
      return asked.map((at) => live.has(eventKey(at)))
    }, { cache: false, cacheKeyFn: eventKey }),
  }
}

/** Those of these whose flow the viewer may read. */
async function visibleOf<Of extends { flowId: string | null }>(rows: Of[], { prisma, viewer }: Pick<Sources, 'prisma' | 'viewer'>): Promise<Of[]> {
  const flows = await readDeliveryFlows(prisma, rows)
  return rows.filter(({ flowId }) => mayReadDelivery(viewer, (flowId === null ? null : flows.get(flowId)) ?? null))
}

const eventsOf = (asked: readonly { eventId: string }[]): string[] => [...new Set(asked.map(({ eventId }) => eventId))]
const bodyKey = ({ eventId, inline }: BodyOf): string => `${eventId} ${inline}`
const eventKey = ({ eventId, endpointId }: EventAt): string => `${eventId} ${endpointId}`

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
