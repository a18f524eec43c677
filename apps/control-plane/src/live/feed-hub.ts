import { feedHead, readFeed, type Deps, type FeedCursor, type FeedItem } from '@sluice/engine'
import type { PrismaClient } from '@sluice/db/prisma'
import { readChangedFlows, type ChangedFlow } from './changed-flows.ts'
import { readChangedWaits, type ChangedWait } from './changed-waits.ts'
import { tellEach } from './tell-each.ts'
import { Woken } from './woken.ts'

/** What one read of the feed brought: events in feed order, and each changed flow once, in the order of its last event. */
export interface FeedBatch {
  cursor: FeedCursor
  events: FeedItem[]
  flows: ChangedFlow[]
  /** Only where some listener asked for them. */
  waits: ChangedWait[]
}

/** null: the feed could not be continued (restore, retention); read again, from head. */
export type FeedListener = (batch: FeedBatch | null, head: FeedCursor) => void

export interface FeedHub {
  /** Everything up to here was given to listeners. */
  readonly cursor: FeedCursor
  /** For how long the oldest committed event has been waiting to be shown. */
  readonly lagMs: number
  /** `failed`: the listener threw and has missed a batch; the others have not. */
  listen(listener: FeedListener, failed: () => void, wants?: { waits: boolean }): () => void
  close(): Promise<void>
}

export const BATCH_MAX = 500

interface Options {
  engine: Pick<Deps, 'pool' | 'wake' | 'log'>
  prisma: PrismaClient
  sweepMs: number
}

/**
 * The one reader of the feed in this process: woken by hints, and by a timer for the hints that got lost. Changed flows are read once
 * per batch for all subscribers.
 */
export async function openFeedHub({ engine, prisma, sweepMs }: Options): Promise<FeedHub> {
  const hub = new Hub(engine, prisma, await feedHead(engine.pool))
  const stopHints = engine.wake.on('feed', () => hub.wake())
  const timer = setInterval(() => hub.wake(), sweepMs)
  return {
    get cursor() { return hub.cursor },
    get lagMs() { return hub.lagMs },
    listen: (listener, failed, { waits } = { waits: false }) => {
      hub.listeners.set(listener, failed)
      if (waits) hub.wantWaits.add(listener)
      return () => {
        hub.listeners.delete(listener)
        hub.wantWaits.delete(listener)
      }
    },
    close: () => {
      stopHints()
      clearInterval(timer)
      return hub.close()
    },
  }
}

class Hub {
  readonly listeners = new Map<FeedListener, () => void>()
  readonly wantWaits = new Set<FeedListener>()
  cursor: FeedCursor
  lagMs = 0
  readonly #engine: Options['engine']
  readonly #prisma: PrismaClient
  readonly #reader: Woken

  constructor(engine: Options['engine'], prisma: PrismaClient, cursor: FeedCursor) {
    this.#engine = engine
    this.#prisma = prisma
    this.cursor = cursor
    this.#reader = new Woken(() => this.#readOnce(), ({ message }) => engine.log({ event: 'feed.failed', message }))
  }

  wake(): void {
    this.#reader.wake()
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  /** Answers whether more waits. The cursor moves only after the listeners were told, so that a failed read repeats the batch. */
  async #readOnce(): Promise<boolean> {
    const page = await readFeed(this.#engine.pool, this.cursor, BATCH_MAX)
    this.lagMs = page.lagMs
    if (!page.gap && page.items.length === 0) return false
    const flows = page.gap || this.listeners.size === 0 ? [] : await readChangedFlows(this.#prisma, page.items)
    // The last thing that is waited for: who comes while it is read finds it there, and who comes before a batch without it is not told of that batch.
    const waits = page.gap || this.wantWaits.size === 0 ? [] : await readChangedWaits(this.#prisma, page.items)
    const batch = page.gap ? null : { cursor: page.head, events: page.items, flows, waits }
    tellEach(this.listeners, (listener) => listener(batch, page.head), this.#engine.log)
    this.cursor = page.head
    return page.more
  }
}
