import type { Context } from '../graphql/context.ts'
import { deliveryFilter, type DeliveryFilterGiven } from '../graphql/webhook-delivery-filter.ts'
import { changedDeliveries, decodeDeliveryCursor, encodeDeliveryCursor, type DeliveryCursor } from '@sluice/engine'
import { isInSight } from '../policies/visible-deliveries.ts'
import { readChangedDeliveries, type ChangedDelivery } from './changed-deliveries.ts'
import { matchesNow, neverMatches } from './delivery-filter.ts'
import { BATCH_MAX, type DeliveryHub } from './delivery-hub.ts'
import type { WebhookDeliveryChangedItem } from './items.ts'
import type { Subscription, Subscriptions } from './subscription.ts'

interface Sources { deliveries: DeliveryHub; subscriptions: Subscriptions }
interface Request { filter: DeliveryFilterGiven; after: string | null; ctx: Context }
type Item = WebhookDeliveryChangedItem

/**
 * Changes of the deliveries that the viewer may read and the filter can show, each with its latest state: what lay between is not repeated (D-37).
 * @throws InvalidInput, naming what is wrong with the filter or the cursor.
 */
export function deliveriesChanged(sources: Sources, { filter, after, ctx }: Request) {
  // Refused here, as lists refuse it.
  deliveryFilter(filter, ctx.viewer)
  const from = after === null ? null : decodeDeliveryCursor(after)
  const stream = new ChangedStream(sources, ctx, filter)
  return sources.subscriptions.open<Item>({
    viewer: ctx.viewer,
    atEnd: (end) => ({ cursor: after ?? encodeDeliveryCursor(sources.deliveries.cursor), kind: 'END', end }),
    keyOf: ({ delivery }) => delivery?.id ?? null,
    start: (subscription) => stream.follow(subscription, from),
  })
}

class ChangedStream {
  readonly #sources: Sources
  readonly #ctx: Context
  readonly #filter: DeliveryFilterGiven

  constructor(sources: Sources, ctx: Context, filter: DeliveryFilterGiven) {
    this.#sources = sources
    this.#ctx = ctx
    this.#filter = filter
  }

  /** Listens first, so that what the hub reads while the past is caught up with waits in the outlet. */
  async *follow({ outlet, atClose }: Subscription<Item>, from: DeliveryCursor | null): AsyncGenerator<Item, void> {
    const { deliveries } = this.#sources
    const joined = deliveries.cursor
    // A cursor from another server may be ahead of us: what it has shown is not shown again.
    const seen = from !== null && from.generation === joined.generation && isAfter(from, joined) ? from : joined
    atClose(deliveries.listen((changed, head) => {
      if (changed === null) return outlet.push([snapshot({ gap: true, at: head })])
      outlet.push(changed.filter((one) => isAfter(one, seen)).flatMap((one) => this.#item(one, head.generation)))
    }, () => outlet.end('SHUTDOWN')))
    if (from !== null) return yield* this.#catchUp(from, joined)
    yield snapshot({ gap: false, at: joined })
  }

  /** What changed between the cursor and where the hub was when we joined it; a gap where that cannot be told. */
  async *#catchUp(from: DeliveryCursor, joined: DeliveryCursor): AsyncGenerator<Item, void> {
    const { deps, prisma } = this.#ctx
    let page = await changedDeliveries(deps.pool, from, BATCH_MAX)
    yield snapshot({ gap: page.gap, at: page.gap ? joined : from })
    while (!page.gap && page.items.length > 0) {
      const items = page.items.filter((item) => !isAfter(item, joined))
      for (const one of await readChangedDeliveries(prisma, items)) yield* this.#item(one, joined.generation)
      if (!page.more || items.length < page.items.length) return
      page = await changedDeliveries(deps.pool, page.head, BATCH_MAX)
      // A restore between two pages.
      if (page.gap) yield snapshot({ gap: true, at: joined })
    }
  }

  #item({ row, flow, xid, id }: ChangedDelivery, generation: string): Item[] {
    if (!isInSight(this.#ctx.viewer, flow) || neverMatches(this.#filter, row)) return []
    return [{ cursor: encodeDeliveryCursor({ generation, xid, id }), kind: 'CHANGE', delivery: row, matches: matchesNow(this.#filter, row) }]
  }
}

const snapshot = ({ gap, at }: { gap: boolean; at: DeliveryCursor }): Item => ({ cursor: encodeDeliveryCursor(at), kind: 'SNAPSHOT', gap })

type Place = Pick<DeliveryCursor, 'xid' | 'id'>

/** Whether a lies after b; of one generation. */
const isAfter = (a: Place, b: Place): boolean => BigInt(a.xid) > BigInt(b.xid) || (a.xid === b.xid && a.id > b.id)
