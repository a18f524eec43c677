import { encodeDeliveryCursor, encodeFeedCursor, type Deps, type FramePlace } from '@sluice/engine'
import type { PrismaClient } from '@sluice/db/prisma'
import type { Context } from '../graphql/context.ts'
import type { FlowFilter } from '../graphql/flow-filter.ts'
import type { DeliveryFilterGiven } from '../graphql/webhook-delivery-filter.ts'
import type { BulkOperationRow } from '../graphql/webhook-refs.ts'
import { bulkOperationChanged } from './bulk-operation-stream.ts'
import type { LightFlow } from './changed-flows.ts'
import { deliveriesChanged } from './deliveries-changed-stream.ts'
import { openDeliveryHub } from './delivery-hub.ts'
import { eventCursorText, parseEventCursor } from './feed-cursor.ts'
import { openFeedHub } from './feed-hub.ts'
import { flowEvents } from './flow-events-stream.ts'
import { flowFrames } from './flow-frames-stream.ts'
import { flowsChanged } from './flows-changed-stream.ts'
import { frameCursorText, parseFrameCursor } from './frame-cursor.ts'
import { openFrameHub } from './frame-hub.ts'
import type { BulkOperationItem, FlowEventItem, FlowFrameItem, FlowsChangedItem, OverviewItem, QueueChangedItem, SubscriptionEnd, WaitpointsChangedItem, WebhookDeliveryChangedItem } from './items.ts'
import { overviewView, queueView, sightOf, type OverviewView, type QueueView } from './queue-views.ts'
import { openProgress } from './progress.ts'
import { openRights, type Rights } from './rights.ts'
import { SharedViews, type Shown } from './shared-view.ts'
import { openSubscriptions, type Subscriptions } from './subscription.ts'
import { waitpointsChanged } from './waitpoints-changed-stream.ts'

type Stream<Item> = Promise<AsyncIterableIterator<Item>> | AsyncIterableIterator<Item>

/** What subscriptions are made of; one per process. */
export interface Live {
  flowEvents(o: { id: string; after: string | null; ctx: Context }): Stream<FlowEventItem>
  flowFrames(o: { id: string; after: string | null; ctx: Context }): Stream<FlowFrameItem>
  flowsChanged(o: { filter: FlowFilter; after: string | null; ctx: Context }): Stream<FlowsChangedItem>
  queueChanged(o: { lane: string | null; ctx: Context }): Stream<QueueChangedItem>
  overview(o: { ctx: Context }): Stream<OverviewItem>
  waitpointsChanged(o: { after: string | null; ctx: Context }): Stream<WaitpointsChangedItem>
  deliveriesChanged(o: { filter: DeliveryFilterGiven; after: string | null; ctx: Context }): Stream<WebhookDeliveryChangedItem>
  bulkOperationChanged(o: { id: string; ctx: Context }): Stream<BulkOperationItem>
  /** The cursor of an event, for lists and subscriptions alike. */
  eventCursor(sequence: number): string
  /** @throws InvalidInput when it is no cursor of events. */
  sequenceOf(cursor: string): number
  /** The cursor of a frame, for lists and subscriptions alike. */
  frameCursor(place: FramePlace): string
  /** @throws InvalidInput when it is no cursor of frames. */
  framePlaceOf(cursor: string): FramePlace
  rights: Rights
  /** For who watches: open subscriptions, and for how long the oldest event waits. */
  figures(): { subscriptions: number; feedDelayMs: number }
  /** Ends every subscription with SHUTDOWN and reads the feed no more. */
  close(): Promise<void>
}

interface Options {
  engine: Pick<Deps, 'pool' | 'wake' | 'log'>
  prisma: PrismaClient
  settings: { sweepFeedMs: number; subscriberBuffer: number }
  /** Told of each subscription that ended with a reason. */
  ended?: (reason: SubscriptionEnd) => void
}

// At most ten times and twice a second (api.graphql).
const QUEUE_EVERY_MS = 100
const OVERVIEW_EVERY_MS = 500
const OPERATION_EVERY_MS = 250

export async function openLive({ engine, prisma, settings, ended }: Options): Promise<Live> {
  const hub = await openFeedHub({ engine, prisma, sweepMs: settings.sweepFeedMs })
  const deliveries = await openDeliveryHub({ engine, prisma, sweepMs: settings.sweepFeedMs })
  const frames = openFrameHub({ engine, feed: hub, sweepMs: settings.sweepFeedMs })
  const rights = openRights(engine)
  const progress = openProgress({ engine, prisma })
  const subscriptions = openSubscriptions({ limit: settings.subscriberBuffer, rights, ended })
  const sources = { pool: engine.pool, prisma }
  const ofFlows = (look: () => void) => hub.listen(look, () => undefined)
  const ofDeliveries = (look: () => void) => engine.wake.on('deliveries', look)
  const ofOperations = (look: () => void) => engine.wake.on('bulk', look)
  const queues = new SharedViews<QueueView>({ news: ofFlows, log: engine.log, everyMs: QUEUE_EVERY_MS })
  const overviews = new SharedViews<OverviewView>({ news: both(ofFlows, ofDeliveries), log: engine.log, everyMs: OVERVIEW_EVERY_MS })
  const operations = new SharedViews<BulkOperationRow>({ news: ofOperations, log: engine.log, everyMs: OPERATION_EVERY_MS, refreshMs: settings.sweepFeedMs })
  const cursor = (): string => encodeFeedCursor(hub.cursor)
  return {
    flowEvents: (o) => flowEvents({ hub, subscriptions, progress }, o),
    flowFrames: (o) => flowFrames({ hub, frames, subscriptions }, o),
    flowsChanged: (o) => flowsChanged({ hub, subscriptions, progress }, o),
    queueChanged: ({ lane, ctx }) => viewStream<QueueView, QueueChangedItem>({
      subscriptions, ctx, cursor, views: queues, key: JSON.stringify([lane, sightOf(ctx.viewer)]),
      compute: () => queueView(sources, { lane, viewer: ctx.viewer }),
      item: (view, before) => ({ stats: view.stats, head: handles(view.head, ctx), orderChanged: before === null || !sameOrder(view.head, before.head) }),
    }),
    overview: ({ ctx }) => viewStream<OverviewView, OverviewItem>({
      subscriptions, ctx, cursor, views: overviews, key: sightOf(ctx.viewer),
      compute: () => overviewView(sources, ctx.viewer),
      item: (view) => ({
        stats: view.stats, openWaits: view.openWaits, feedLagMs: hub.lagMs,
        liveDeliveries: view.deliveries.live, exhaustedLastHour: view.deliveries.exhaustedLastHour, disabledEndpoints: view.deliveries.disabledEndpoints,
        slotHolders: handles(view.slotHolders, ctx), queueHead: handles(view.head, ctx), recentFailures: handles(view.recentFailures, ctx),
      }),
    }),
    waitpointsChanged: (o) => waitpointsChanged({ hub, subscriptions }, o),
    deliveriesChanged: (o) => deliveriesChanged({ deliveries, subscriptions }, o),
    bulkOperationChanged: (o) => bulkOperationChanged({ views: operations, subscriptions, cursor: () => encodeDeliveryCursor(deliveries.cursor) }, o),
    eventCursor: (sequence) => eventCursorText(hub.cursor.generation, sequence),
    sequenceOf: (text) => parseEventCursor(text).sequence,
    frameCursor: (place) => frameCursorText(hub.cursor.generation, place),
    framePlaceOf: parseFrameCursor,
    rights,
    figures: () => ({ subscriptions: subscriptions.count(), feedDelayMs: hub.lagMs }),
    close: async () => {
      subscriptions.endAll()
      rights.close()
      progress.close()
      frames.close()
      await Promise.all([hub.close(), deliveries.close()])
    },
  }
}

interface ViewStream<View, Item> {
  subscriptions: Subscriptions
  ctx: Context
  views: SharedViews<View>
  key: string
  cursor(): string
  compute(): Promise<Shown<View>>
  item(view: View, before: View | null): Omit<Item, 'cursor' | 'kind' | 'gap' | 'end'>
}

/** A snapshot of a shared view, then every later state of it. */
function viewStream<View, Item extends QueueChangedItem | OverviewItem>({ subscriptions, ctx, views, key, cursor, compute, item }: ViewStream<View, Item>) {
  const change = (view: View, before: View): Item => ({ cursor: cursor(), kind: 'CHANGE', ...item(view, before) }) as Item
  return subscriptions.open<Item>({
    viewer: ctx.viewer,
    atEnd: (end: SubscriptionEnd) => ({ cursor: cursor(), kind: 'END', end }) as Item,
    start: async function* ({ outlet, atClose }) {
      const { view, leave } = await views.join(key, compute, (now, before) => outlet.push([change(now, before)]))
      atClose(leave)
      yield { cursor: cursor(), kind: 'SNAPSHOT', ...item(view, null) } as Item
    },
  })
}

type News = (look: () => void) => () => void

const both = (a: News, b: News): News => (look) => {
  const stops = [a(look), b(look)]
  return () => stops.forEach((stop) => stop())
}

const handles = (rows: LightFlow[], ctx: Context) => rows.map((row) => ctx.flows.granted(row.id, row))
const sameOrder = (a: LightFlow[], b: LightFlow[]): boolean => a.length === b.length && a.every(({ id }, at) => id === b[at]?.id)
