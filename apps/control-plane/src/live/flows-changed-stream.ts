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
    // Of an end before the first item; else it is that of the last item the reader got.
    atEnd: (end) => ({ cursor: after ?? stream.cursorText, kind: 'END', end }),
    keyOf: ({ flow, deletedId }) => flow?.id ?? deletedId ?? null,
    start: (subscription) => stream.follow(subscription, from),
  })
}

const placeOf = ({ xid, position }: ChangedFlow, { generation }: FeedCursor): FeedCursor => ({ generation, xid, position })

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
    this.#cursor = seen
    subscription.atClose(hub.listen((batch, head) => {
      if (batch === null) return void this.#afterGap(subscription, head)
      subscription.outlet.push(this.#live(batch.flows.filter((flow) => isAfter(flow, seen))))
    }, () => subscription.outlet.end('SHUTDOWN')))
    subscription.atClose(progress.listen((rows) => rows.forEach((row) => this.#progress(row, subscription))))
    if (from !== null) return yield* this.#catchUp(from, joined)
    yield await this.#snapshot({ gap: false, at: joined })
  }

  /** No milestone, so no place of its own in the feed; and what was read before a milestone says nothing new after it. */
  #progress(row: LightFlow, { outlet }: Subscription<FlowsChangedItem>): void {
    for (const item of this.#item(row, this.cursorText)) {
      outlet.amend(item, (waiting) => ((waiting.flow?.row.lastSequence ?? Infinity) <= row.lastSequence ? { ...item, cursor: waiting.cursor } : waiting))
    }
  }

  /** What happened between the cursor and where the hub was when we joined it; a gap where that cannot be told. */
  async *#catchUp(from: FeedCursor, joined: FeedCursor): AsyncGenerator<FlowsChangedItem, void> {
    let page = await readFeed(this.#ctx.deps.pool, from, BATCH_MAX)
    yield await this.#snapshot({ gap: page.gap, at: page.gap ? joined : from })
    while (page.items.length > 0) {
      const items = page.items.filter((item) => !isAfter(item, joined))
      const flows = await readChangedFlows(this.#ctx.prisma, items)
      yield* flows.flatMap((flow) => this.#item(flow.row, encodeFeedCursor(placeOf(flow, joined))))
      if (!page.more || items.length < page.items.length) return
      page = await readFeed(this.#ctx.deps.pool, page.head, BATCH_MAX)
      // Retention overtook the reader: what lay between can no longer be told.
      if (page.gap) return yield await this.#snapshot({ gap: true, at: joined })
    }
  }

  async #snapshot({ gap, at }: { gap: boolean; at: FeedCursor }): Promise<FlowsChangedItem> {
    return { cursor: encodeFeedCursor(at), kind: 'SNAPSHOT', gap, counts: await flowCounts(this.#ctx.deps.pool, listFilter(this.#filter, this.#ctx.viewer)) }
  }

  async #afterGap({ outlet }: Subscription<FlowsChangedItem>, head: FeedCursor): Promise<void> {
    this.#cursor = head
    try {
      outlet.push([await this.#snapshot({ gap: true, at: head })])
    } catch (error) {
      this.#ctx.deps.log({ event: 'subscription.failed', requestId: this.#ctx.requestId, message: (error as Error).message })
      // Its reader continues from its cursor, and meets the gap again.
      outlet.end('SHUTDOWN')
    }
  }

  #live(flows: ChangedFlow[]): FlowsChangedItem[] {
    return flows.flatMap((flow) => {
      this.#cursor = placeOf(flow, this.#cursor)
      return this.#item(flow.row, this.cursorText)
    })
  }

  #item(row: LightFlow, cursor: string): FlowsChangedItem[] {
    if (!mayRead(this.#ctx.viewer, row) || neverMatches(this.#filter, row)) return []
    if (row.deletedAt !== null) return [{ cursor, kind: 'CHANGE', deletedId: row.id, matches: false }]
    return [{ cursor, kind: 'CHANGE', flow: this.#ctx.flows.granted(row.id, row), matches: matchesNow(this.#filter, row) }]
  }
}
