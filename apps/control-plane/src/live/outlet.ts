import type { ItemHead, SubscriptionEnd } from './items.ts'

/**
 * Where one subscription waits for its items. It holds at most `limit`: a subscriber that reads too slowly loses what waits for it
 * and is told TOO_SLOW instead of being fed what is stale (INV-36). Of items with the same key only the latest waits. One reader.
 */
export class Outlet<Item extends ItemHead> {
  readonly #limit: number
  readonly #atEnd: (end: SubscriptionEnd) => Item
  readonly #keyOf: (item: Item) => string | null
  #waiting = new Map<unknown, Item>()
  #wake: (() => void) | null = null
  #closed = false

  constructor(o: { limit: number; atEnd(end: SubscriptionEnd): Item; keyOf?: (item: Item) => string | null }) {
    this.#limit = o.limit
    this.#atEnd = o.atEnd
    this.#keyOf = o.keyOf ?? (() => null)
  }

  push(items: Item[]): void {
    if (this.#closed) return
    for (const item of items) this.#keep(item)
    if (this.#waiting.size > this.#limit) return this.end('TOO_SLOW')
    this.#tell()
  }

  /**
   * News of something that waits already, or else of its own. In place: moved back it would let newer cursors pass what it stands for, and
   * who continues from one of those would never see that (INV-34). `onto` makes the item that waits from then on.
   */
  amend(item: Item, onto: (waiting: Item) => Item): void {
    if (this.#closed) return
    const key = this.#keyOf(item) ?? item
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return this.push([item])
    this.#waiting.set(key, onto(waiting))
  }

  /** The last item. TERMINAL comes after what waits; any other end replaces it. */
  end(reason: SubscriptionEnd): void {
    if (this.#closed) return
    if (reason !== 'TERMINAL') this.#waiting.clear()
    this.#keep(this.#atEnd(reason))
    this.close()
  }

  /** Nothing is added any more; what waits is still read. */
  close(): void {
    this.#closed = true
    this.#tell()
  }

  get closed(): boolean {
    return this.#closed
  }

  async *items(): AsyncGenerator<Item, void> {
    for (;;) {
      const [next] = this.#waiting
      if (next !== undefined) {
        this.#waiting.delete(next[0])
        yield next[1]
      } else if (this.#closed) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Behind what waits, so that cursors only grow. */
  #keep(item: Item): void {
    const key = this.#keyOf(item) ?? item
    this.#waiting.delete(key)
    this.#waiting.set(key, item)
  }

  #tell(): void {
    this.#wake?.()
    this.#wake = null
  }
}
