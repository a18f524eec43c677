import type { ItemHead, SubscriptionEnd } from './items.ts'

/**
 * Where one subscription waits for its items. It holds at most `limit`: a subscriber that reads too slowly loses what waits for it
 * and is told TOO_SLOW instead of being fed what is stale (INV-36). One reader.
 */
export class Outlet<Item extends ItemHead> {
  readonly #limit: number
  readonly #atEnd: (end: SubscriptionEnd) => Item
  #waiting: Item[] = []
  #wake: (() => void) | null = null
  #closed = false

  constructor(o: { limit: number; atEnd(end: SubscriptionEnd): Item }) {
    this.#limit = o.limit
    this.#atEnd = o.atEnd
  }

  push(items: Item[]): void {
    if (this.#closed) return
    if (this.#waiting.length + items.length > this.#limit) return this.end('TOO_SLOW')
    this.#waiting.push(...items)
    this.#tell()
  }

  /** The last item. TERMINAL comes after what waits; any other end replaces it. */
  end(reason: SubscriptionEnd): void {
    if (this.#closed) return
    if (reason !== 'TERMINAL') this.#waiting = []
    this.#waiting.push(this.#atEnd(reason))
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
      const next = this.#waiting.shift()
      if (next !== undefined) yield next
      else if (this.#closed) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  #tell(): void {
    this.#wake?.()
    this.#wake = null
  }
}
