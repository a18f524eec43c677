import type { ItemHead, SubscriptionEnd } from './items.ts'

/**
 * Where one subscription waits for its items. It holds at most `limit`, each item as much of it as it weighs (1): a subscriber that reads too slowly loses what waits for it
 * and is told TOO_SLOW instead of being fed what is stale (INV-36). Of items with the same key only the latest waits. One reader.
 */
export class Outlet<Item extends ItemHead> {
  readonly #limit: number
  readonly #atEnd: (end: SubscriptionEnd) => Item
  readonly #keyOf: (item: Item) => string | null
  readonly #weigh: (item: Item) => number
  #waiting = new Map<unknown, Item>()
  #weight = 0
  #wake: (() => void) | null = null
  #closed = false

  constructor(o: { limit: number; atEnd(end: SubscriptionEnd): Item; keyOf?: (item: Item) => string | null; weigh?: (item: Item) => number }) {
    this.#limit = o.limit
    this.#atEnd = o.atEnd
    this.#keyOf = o.keyOf ?? (() => null)
    this.#weigh = o.weigh ?? (() => 1)
  }

  push(items: Item[]): void {
    if (this.#closed) return
    for (const item of items) this.#keep(item)
    if (this.#weight > this.#limit) return this.end('TOO_SLOW')
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
    const amended = onto(waiting)
    this.#weight += this.#weigh(amended) - this.#weigh(waiting)
    this.#waiting.set(key, amended)
  }

  /** The last item. TERMINAL comes after what waits; any other end replaces it. */
  end(reason: SubscriptionEnd): void {
    if (this.#closed) return
    if (reason !== 'TERMINAL') this.#drop()
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
        this.#take(next)
        yield next[1]
      } else if (this.#closed) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Behind what waits, so that cursors only grow. */
  #keep(item: Item): void {
    const key = this.#keyOf(item) ?? item
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) this.#take([key, waiting])
    this.#waiting.set(key, item)
    this.#weight += this.#weigh(item)
  }

  #take([key, item]: [unknown, Item]): void {
    this.#waiting.delete(key)
    this.#weight -= this.#weigh(item)
  }

  #drop(): void {
    this.#waiting.clear()
    this.#weight = 0
  }

  #tell(): void {
    this.#wake?.()
    this.#wake = null
  }
}
