import type { Viewer } from '../policies/policy.ts'
import type { ItemHead, SubscriptionEnd } from './items.ts'
import { Outlet } from './outlet.ts'
import type { Rights } from './rights.ts'

/** One open subscription, from its first item to its typed end. */
export interface Subscription<Item extends ItemHead> {
  outlet: Outlet<Item>
  /** What must be undone when it ends, however it ends. */
  atClose(undo: () => void): void
}

export interface Subscriptions {
  /** Opens one: `first` are the items read before the outlet's own, and prepares what feeds it. */
  open<Item extends ItemHead>(o: OpenSubscription<Item>): AsyncIterableIterator<Item>
  /** Ends all with SHUTDOWN. */
  endAll(): void
  /** How many are open. */
  count(): number
}

interface OpenSubscription<Item extends ItemHead> {
  viewer: Viewer
  atEnd(end: SubscriptionEnd): Item
  /** Of items with the same key only the latest waits for a reader that is busy; null = each counts. */
  keyOf?: (item: Item) => string | null
  /** How much of the limit a waiting item takes; 1. */
  weigh?: (item: Item) => number
  start(subscription: Subscription<Item>): AsyncIterable<Item>
}

interface Options { limit: number; rights: Rights; ended?: ((reason: SubscriptionEnd) => void) | undefined }

/** Every open subscription of the process: bounded, ended by a revoked right or by the shutdown. */
export function openSubscriptions({ limit, rights, ended }: Options): Subscriptions {
  const open = new Set<(end: SubscriptionEnd) => void>()
  return {
    open: ({ viewer, atEnd, keyOf, weigh, start }) => {
      const told = (reason: SubscriptionEnd) => {
        ended?.(reason)
        return atEnd(reason)
      }
      const outlet = new Outlet({ limit, atEnd: told, ...(keyOf ? { keyOf } : {}), ...(weigh ? { weigh } : {}) })
      const end = (reason: SubscriptionEnd): void => outlet.end(reason)
      const undo: (() => void)[] = [() => open.delete(end), rights.watch(viewer, () => outlet.end('REVOKED'))]
      let closed = false
      open.add(end)
      const close = (): void => {
        closed = true
        outlet.close()
        undo.splice(0).forEach((one) => one())
      }
      // What was prepared too late is undone at once.
      const atClose = (one: () => void): void => (closed ? one() : void undo.push(one))
      return closable(read(start({ outlet, atClose }), outlet), close)
    },
    endAll: () => open.forEach((end) => end('SHUTDOWN')),
    count: () => open.size,
  }
}

async function* read<Item extends ItemHead>(first: AsyncIterable<Item>, outlet: Outlet<Item>): AsyncGenerator<Item, void> {
  let seen: string | null = null
  for await (const item of first) {
    // A right that ended meanwhile: what was prepared is no longer for this reader.
    if (outlet.closed) break
    seen = item.cursor
    yield item
  }
  for await (const item of outlet.items()) {
    // An end may drop what waited: who continues after it must get that.
    yield item.kind === 'END' && seen !== null ? { ...item, cursor: seen } : item
    seen = item.cursor
  }
}

/** return() of a generator waits for its pending next(); closing the outlet first ends that wait at once. */
function closable<Item>(items: AsyncGenerator<Item, void>, close: () => void): AsyncIterableIterator<Item> {
  const finish = async (): Promise<IteratorResult<Item>> => {
    close()
    await items.return()
    return { done: true, value: undefined }
  }
  return {
    next: async () => {
      const result = await items.next().catch(async (error: unknown) => {
        await finish()
        throw error
      })
      if (result.done) close()
      return result
    },
    return: finish,
    [Symbol.asyncIterator]() { return this },
  }
}
