import { encodeFeedCursor, flowCounts, readFeed, type FeedCursor } from '@sluice/engine'
import type { Context } from '../graphql/context.ts'
import { listFilter } from '../policies/list-filter.ts'
import { mayRead } from '../policies/visible.ts'
import { readChangedWaits, type ChangedWait } from './changed-waits.ts'
import { isAfter, parseFeedCursor } from './feed-cursor.ts'
import { BATCH_MAX, type FeedHub } from './feed-hub.ts'
import type { WaitpointsChangedItem } from './items.ts'
import type { Subscription, Subscriptions } from './subscription.ts'

interface Sources { hub: FeedHub; subscriptions: Subscriptions }
interface Request { after: string | null; ctx: Context }
type Item = WaitpointsChangedItem

/**
 * Waits that open, are answered or end, of the flows that the viewer may read, each with the state that the whole batch left. They come from the feed of
 * milestones, and so their cursors are those of flowsChanged.
 */
export function waitpointsChanged(sources: Sources, { after, ctx }: Request) {
  const stream = new ChangedStream(sources, ctx)
  const from = after === null ? null : parseFeedCursor(after)
  return sources.subscriptions.open<Item>({
    viewer: ctx.viewer,
    // Of an end before the first item; else it is that of the last item the reader got.
    atEnd: (end) => ({ cursor: after ?? encodeFeedCursor(sources.hub.cursor), kind: 'END', end }),
    keyOf: ({ waitpoint }) => waitpoint?.id ?? null,
    start: (subscription) => stream.follow(subscription, from),
  })
}

class ChangedStream {
  readonly #sources: Sources
  readonly #ctx: Context

  constructor(sources: Sources, ctx: Context) {
    this.#sources = sources
    this.#ctx = ctx
  }

  /** Listens first, so that what the hub reads while the past is caught up with waits in the outlet. */
  async *follow(subscription: Subscription<Item>, from: FeedCursor | null): AsyncGenerator<Item, void> {
    const { hub } = this.#sources
    const joined = hub.cursor
    // A cursor from another server may be ahead of us: what it has shown is not shown again.
    const seen = from !== null && from.generation === joined.generation && isAfter(from, joined) ? from : joined
    subscription.atClose(hub.listen((batch, head) => {
      if (batch === null) return void this.#afterGap(subscription, head)
      subscription.outlet.push(batch.waits.filter((wait) => isAfter(wait, seen)).flatMap((wait) => this.#item(wait, head.generation)))
    }, () => subscription.outlet.end('SHUTDOWN'), { waits: true }))
    if (from !== null) return yield* this.#catchUp(from, joined)
    yield await this.#snapshot({ gap: false, at: joined })
  }

  /** What happened between the cursor and where the hub was when we joined it; a gap where that cannot be told. */
  async *#catchUp(from: FeedCursor, joined: FeedCursor): AsyncGenerator<Item, void> {
    let page = await readFeed(this.#ctx.deps.pool, from, BATCH_MAX)
    yield await this.#snapshot({ gap: page.gap, at: page.gap ? joined : from })
    while (page.items.length > 0) {
      const items = page.items.filter((item) => !isAfter(item, joined))
      for (const wait of await readChangedWaits(this.#ctx.prisma, items)) yield* this.#item(wait, joined.generation)
      if (!page.more || items.length < page.items.length) return
      page = await readFeed(this.#ctx.deps.pool, page.head, BATCH_MAX)
      // Retention overtook the reader: what lay between can no longer be told.
      if (page.gap) return yield await this.#snapshot({ gap: true, at: joined })
    }
  }

  /** A flow that is WAITING has exactly one open waitpoint (INV-21), and how many wait is counted as it happens. */
  async #snapshot({ gap, at }: { gap: boolean; at: FeedCursor }): Promise<Item> {
    const { total } = await flowCounts(this.#ctx.deps.pool, listFilter({ status: ['WAITING'] }, this.#ctx.viewer))
    return { cursor: encodeFeedCursor(at), kind: 'SNAPSHOT', gap, openCount: total }
  }

  async #afterGap({ outlet }: Subscription<Item>, head: FeedCursor): Promise<void> {
    try {
      outlet.push([await this.#snapshot({ gap: true, at: head })])
    } catch (error) {
      this.#ctx.deps.log({ event: 'subscription.failed', requestId: this.#ctx.requestId, message: (error as Error).message })
      // Its reader continues from its cursor, and meets the gap again.
      outlet.end('SHUTDOWN')
    }
  }

  #item({ row, flow, xid, position }: ChangedWait, generation: string): Item[] {
    if (!mayRead(this.#ctx.viewer, flow)) return []
    return [{ cursor: encodeFeedCursor({ generation, xid, position }), kind: 'CHANGE', waitpoint: row }]
  }
}
