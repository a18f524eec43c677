/**
 * Connections that wait for the next request to the same origin. What was checked once is not trusted later: one is handed out only while
 * the check that was just made admits the address it goes to.
 */
import type { Connection } from './connection.ts'

export interface KeepOptions {
  /** The most that wait at once, over all origins; the one unused for longest goes first. */
  max: number
  /** The most that wait for one origin. */
  perOrigin: number
  /** How long one waits, unless its receiver says how long it does. */
  idleMs: number
}

export class KeptConnections {
  readonly #options: KeepOptions
  /** The one unused for longest is first. */
  #waiting: Connection[] = []
  #closed = false

  constructor(options: KeepOptions) {
    this.#options = options
  }

  /** The one used last of those that go to an admitted address; the others of this origin are let go. */
  take(origin: string, isAdmitted: (address: string) => boolean): Connection | null {
    const mine = this.#waiting.filter(each => each.origin === origin)
    for (const each of mine) if (!each.isOpen || each.address === null || !isAdmitted(each.address)) this.#letGo(each)
    const taken = this.#waiting.findLast(each => each.origin === origin) ?? null
    if (taken) this.forget(taken)
    return taken
  }

  give(connection: Connection): void {
    if (this.#closed || !connection.isOpen) return void connection.destroy()
    this.#waiting.push(connection)
    const mine = this.#waiting.filter(each => each.origin === connection.origin)
    const [surplus] = mine.length > this.#options.perOrigin ? mine : this.#waiting.length > this.#options.max ? this.#waiting : []
    if (surplus) this.#letGo(surplus)
  }

  /** It was closed, or is in use. */
  forget(connection: Connection): void {
    this.#waiting = this.#waiting.filter(each => each !== connection)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#waiting.splice(0).map(each => each.destroy()))
  }

  #letGo(connection: Connection): void {
    this.forget(connection)
    void connection.destroy()
  }
}
