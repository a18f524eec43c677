import { encodeFeedCursor, flowCounts, readFeed, type FeedCursor } from '@sluice/engine'
import type { Context } from '../graphql/context.ts'
import type { FlowFilter } from '../graphql/flow-filter.ts'
import { listFilter } from '../policies/list-filter.ts'
import { mayRead } from '../policies/visible.ts'
import { readChangedFlows, type ChangedFlow, type LightFlow } from './changed-flows.ts'
import { isAfter, parseFeedCursor } from './feed-cursor.ts'
import { BATCH_MAX, type FeedHub } from './feed-hub.ts'
import { matchesNow, neverMatches } from './flow-filter.ts'
import type { FlowsChangedItem } from './items.ts'
import type { Progress } from './progress.ts'
import type { Subscription, Subscriptions } from './subscription.ts'

interface Sources { hub: FeedHub; subscriptions: Subscriptions; progress: Progress }
interface Request { filter: FlowFilter; after: string | null; ctx: Context }

/** Changes of the flows that the viewer may read and the filter can show, each with the state that the whole batch left. */
export function flowsChanged(sources: Sources, { filter, after, ctx }: Request) {
  const stream = new ChangedStream(sources, ctx, filter)
  const from = after === null ? null : parseFeedCursor(after)
  return sources.subscriptions.open<FlowsChangedItem>({
    viewer: ctx.viewer,
    atEnd: (end) => ({ cursor: stream.cursorText, kind: 'END', end }),
    keyOf: ({ flow, deletedId }) => flow?.id ?? deletedId ?? null,
    start: (subscription) => stream.follow(subscription, from),
  })
}

class ChangedStream {
  readonly #sources: Sources
  readonly #ctx: Context
  readonly #filter: FlowFilter
  #cursor: FeedCursor

  constructor(sources: Sources, ctx: Context, filter: FlowFilter) {
    this.#sources = sources
    this.#ctx = ctx
    this.#filter = filter
    this.#cursor = sources.hub.cursor
  }

  get cursorText(): string {
    return encodeFeedCursor(this.#cursor)
  }

  /** Listens first, so that what the hub reads while the past is caught up with waits in the outlet. */
  async *follow(subscription: Subscription<FlowsChangedItem>, from: FeedCursor | null): AsyncGenerator<FlowsChangedItem, void> {
    const { hub, progress } = this.#sources
    const joined = hub.cursor
    // A cursor from another server may be ahead of us: what it has shown is not shown again.
    const seen = from !== null && from.generation === joined.generation && isAfter(from, joined) ? from : joined
    subscription.atClose(hub.listen((batch) => {
      if (batch === null) return void this.#afterGap(subscription)
      subscription.outlet.push(this.#items(batch.flows.filter((flow) => isAfter(flow, seen))))
    }))
    subscription.atClose(progress.listen((rows) => subscription.outlet.push(rows.flatMap((row) => this.#item(row, this.cursorText)))))
    if (from !== null) return yield* this.#catchUp(from, joined)
    this.#cursor = joined
    yield await this.#snapshot(false)
  }

  /** What happened between the cursor and where the hub was when we joined it; a gap where that cannot be told. */
  async *#catchUp(from: FeedCursor, joined: FeedCursor): AsyncGenerator<FlowsChangedItem, void> {
    let page = await readFeed(this.#ctx.deps.pool, from, BATCH_MAX)
    this.#cursor = page.gap ? joined : from
    yield await this.#snapshot(page.gap)
    while (page.items.length > 0) {
      const items = page.items.filter((item) => !isAfter(item, joined))
      yield* this.#items(await readChangedFlows(this.#ctx.prisma, items))
      if (!page.more || items.length < page.items.length) return
      page = await readFeed(this.#ctx.deps.pool, page.head, BATCH_MAX)
    }
  }

  async #snapshot(gap: boolean): Promise<FlowsChangedItem> {
    const cursor = this.cursorText
    return { cursor, kind: 'SNAPSHOT', gap, counts: await flowCounts(this.#ctx.deps.pool, listFilter(this.#filter, this.#ctx.viewer)) }
  }

  async #afterGap(subscription: Subscription<FlowsChangedItem>): Promise<void> {
    this.#cursor = this.#sources.hub.cursor
    subscription.outlet.push([await this.#snapshot(true)])
  }

  #items(flows: ChangedFlow[]): FlowsChangedItem[] {
    return flows.flatMap(({ row, xid, position }) => {
      this.#cursor = { generation: this.#cursor.generation, xid, position }
      return this.#item(row, this.cursorText)
    })
  }

  #item(row: LightFlow, cursor: string): FlowsChangedItem[] {
    if (!mayRead(this.#ctx.viewer, row) || neverMatches(this.#filter, row)) return []
    if (row.deletedAt !== null) return [{ cursor, kind: 'CHANGE', deletedId: row.id, matches: false }]
    return [{ cursor, kind: 'CHANGE', flow: this.#ctx.flows.granted(row.id, row), matches: matchesNow(this.#filter, row) }]
  }
}
