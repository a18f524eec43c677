/**
 * The sender's loop (9.3). Begin commits SENDING with a lease before a request leaves; record commits what came of it. A crash between the two sends again
 * when the lease is over, a crash before begin changes nothing, one after record leaves nothing to do: at least once, never lost (INV-33).
 *
 * Nothing polls: it runs when deliveries were written, when one becomes due, when a request ended and left room, and, as a safety net, every
 * sweepDeliveriesMs. Requests never hold a transaction, so no receiver can delay a flow (INV-27), and rooms bound what one host can take (D-27).
 */
import { setMaxListeners } from 'node:events'
import { chooseByRoom, fullHosts } from '@sluice/domain'
import type { HostLoad, RoomLimits } from '@sluice/domain'
import { named } from '@sluice/db'
import type { AttemptReport } from '@sluice/protocol'
import type { Deps } from '../deps.ts'
import { findDue, nextDueInMs } from '../sql/delivery-sql.ts'
import type { AttemptEnd, DueDelivery } from '../sql/delivery-sql.ts'
import { beginDeliveries } from './begin-deliveries.ts'
import type { DeliveryToSend } from './begin-deliveries.ts'
import { recordDeliveries, sweepLostDeliveries } from './record-deliveries.ts'

/** One request: what came of it, whatever it was. Rejects only for the reason of an aborted signal, or a bug. */
export type SendDelivery = (delivery: DeliveryToSend, o: { signal: AbortSignal }) => Promise<AttemptReport>

export interface Deliverer {
  /** Something may be due. Safe to call at any rate. */
  wake(): void
  /** Begins nothing more, and waits up to graceMs for what is under way; what is not over then is ended as SENDER_LOST, and sent again by another process. */
  close(graceMs: number): Promise<void>
}

/** Looks at the queue bring so many of each endpoint, in so many rows. */
const PER_ENDPOINT = 8
const LOOK_LIMIT = 400
/** Hosts that nothing is under way for are remembered so long as there are not more of them. */
const HOSTS_KEPT = 10_000
const RECORD_AGAIN_MS = 1000

export function openDeliverer(deps: Deps, o: { send: SendDelivery; sentBy: string }): Deliverer {
  const deliverer = new Loop(deps, o.send, o.sentBy)
  return { wake: () => deliverer.wake(), close: graceMs => deliverer.close(graceMs) }
}

const abandoned = (began: number): AttemptReport => ({
  durationMs: Math.round(performance.now() - began), address: null, requestHeaders: {}, statusCode: null, errorClass: 'SENDER_LOST', responseHeaders: null, responseExcerpt: null, retryAfterMs: null,
})

class Loop {
  readonly #deps: Deps
  readonly #send: SendDelivery
  readonly #sentBy: string
  readonly #limits: RoomLimits
  readonly #loads = new Map<string, HostLoad>()
  readonly #underWay = new Set<Promise<void>>()
  readonly #abort = new AbortController()
  readonly #stopListening: () => void
  readonly #sweep: NodeJS.Timeout
  #dueTimer: NodeJS.Timeout | undefined
  #ended: AttemptEnd[] = []
  #turn: Promise<void> | undefined
  #recording: Promise<void> | undefined
  #again = false
  #closed = false

  constructor(deps: Deps, send: SendDelivery, sentBy: string) {
    this.#deps = deps
    this.#send = send
    this.#sentBy = sentBy
    this.#limits = { concurrency: deps.settings.webhookConcurrency, perHost: deps.settings.webhookPerHost }
    // Every request listens.
    setMaxListeners(0, this.#abort.signal)
    this.#stopListening = deps.wake.on('sender', () => this.wake())
    this.#sweep = setInterval(() => void this.#sweepLost(), deps.settings.sweepDeliveriesMs)
    this.wake()
  }

  wake(): void {
    this.#again = true
    if (this.#closed) return
    this.#turn ??= this.#run().finally(() => {
      this.#turn = undefined
      // Woken after the last look and before this: nobody else would look.
      if (this.#again) this.wake()
    })
  }

  async close(graceMs: number): Promise<void> {
    this.#closed = true
    this.#stopListening()
    clearInterval(this.#sweep)
    clearTimeout(this.#dueTimer)
    await this.#turn
    const late = setTimeout(() => this.#abort.abort(new Error('this process stops')), graceMs)
    await Promise.all(this.#underWay)
    clearTimeout(late)
    await this.#recording
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false
        this.#armDue(await nextDueInMs(named(this.#deps.pool)))
        if (await this.#beginSome()) this.#again = true
      }
    } catch (error) {
      this.#deps.log({ event: 'deliveries.failed', message: (error as Error).message })
    }
  }

  /** Whether another look may find more. */
  async #beginSome(): Promise<boolean> {
    if (this.#underWay.size >= this.#limits.concurrency) return false
    const due = await findDue(named(this.#deps.pool), { full: fullHosts(this.#loads, this.#limits), perEndpoint: PER_ENDPOINT, limit: LOOK_LIMIT })
    const chosen = chooseByRoom<DueDelivery>(due, { loads: this.#loads, limits: this.#limits })
    if (chosen.length === 0) return false
    const { toSend, suppressed, deferred } = await beginDeliveries(this.#deps, { ids: chosen.map(d => d.id), sentBy: this.#sentBy })
    toSend.forEach(delivery => this.#start(delivery))
    return toSend.length + suppressed + deferred > 0
  }

  #start(delivery: DeliveryToSend): void {
    this.#load(delivery.host, +1)
    const request = this.#attempt(delivery).finally(() => {
      this.#underWay.delete(request)
      this.wake()
    })
    this.#underWay.add(request)
  }

  async #attempt(delivery: DeliveryToSend): Promise<void> {
    const began = performance.now()
    try {
      const report = await this.#send(delivery, { signal: this.#abort.signal })
      this.#load(delivery.host, -1, report)
      await this.#record({ deliveryId: delivery.deliveryId, n: delivery.n, report })
    } catch (error) {
      this.#load(delivery.host, -1)
      this.#deps.log({ event: 'delivery.abandoned', delivery: delivery.deliveryId, message: (error as Error).message })
      // The receiver may have had it, and nobody will hear: it is tried again at once, and not when the lease is over.
      if (this.#abort.signal.aborted) await this.#record({ deliveryId: delivery.deliveryId, n: delivery.n, report: abandoned(began) })
    }
  }

  /** What ended meanwhile is written by one transaction: a batch is as large as the database is slow. */
  #record(end: AttemptEnd): Promise<void> {
    this.#ended.push(end)
    this.#recording ??= this.#recordAll()
    return this.#recording
  }

  async #recordAll(): Promise<void> {
    while (this.#ended.length > 0) {
      const ends = this.#ended.splice(0, LOOK_LIMIT)
      try {
        await recordDeliveries(this.#deps, { ends, sentBy: this.#sentBy })
      } catch (error) {
        this.#deps.log({ event: 'deliveries.not_recorded', deliveries: ends.length, message: (error as Error).message })
        // The answers are known: nothing is sent again while this process can still say so.
        this.#ended.unshift(...ends)
        if (this.#closed) break
        await new Promise(resolve => setTimeout(resolve, RECORD_AGAIN_MS))
      }
    }
    // Here and not after the promise: what ends in between would find a recording that looks no more.
    this.#recording = undefined
  }

  #load(host: string, change: 1 | -1, report?: AttemptReport): void {
    const load = this.#loads.get(host) ?? { busy: 0, standing: 'unknown' }
    const standing = report === undefined ? load.standing : report.statusCode === null ? 'silent' : 'answers'
    // At the end of the map: what is forgotten first is what was asked the longest ago.
    this.#loads.delete(host)
    this.#loads.set(host, { busy: load.busy + change, standing })
    if (this.#loads.size > HOSTS_KEPT) this.#forgetOldest()
  }

  #forgetOldest(): void {
    for (const [host, { busy }] of this.#loads) if (busy === 0) return void this.#loads.delete(host)
  }

  /** What is due and finds no room waits for a request to end. */
  #armDue(ms: number | null): void {
    clearTimeout(this.#dueTimer)
    if (ms !== null && ms < this.#deps.settings.sweepDeliveriesMs && !this.#closed) this.#dueTimer = setTimeout(() => this.wake(), ms + 1)
  }

  async #sweepLost(): Promise<void> {
    try {
      const lost = await sweepLostDeliveries(this.#deps)
      if (lost > 0) this.#deps.log({ event: 'deliveries.lost_sender', deliveries: lost })
    } catch (error) {
      this.#deps.log({ event: 'deliveries.sweep_failed', message: (error as Error).message })
    }
    this.wake()
  }
}
