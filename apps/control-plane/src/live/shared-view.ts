import type { Log } from '@sluice/db'
import { paced, type Paced } from './paced.ts'

/** What a view shows, and the text by which two states of it are told apart. */
export interface Shown<View> { view: View; text: string }

type Listener<View> = (view: View, before: View) => void

interface Running<View> { listeners: Set<Listener<View>>; latest: Promise<Shown<View>>; pace: Paced; stop(): void }

interface Options {
  /** Calls back when there may be something new. */
  news(look: () => void): () => void
  log: Log
  everyMs: number
  /** Looked at again this often without news: for figures that change by the clock alone, and for news that got lost. */
  refreshMs?: number
}

const REFRESH_MS = 5000

/** Views that many subscribers share: each is computed once per key, however many look at it, and at most once per interval. */
export class SharedViews<View> {
  readonly #options: Options
  readonly #running = new Map<string, Running<View>>()

  constructor(options: Options) {
    this.#options = options
  }

  /** The view as it is now, and every later state of it. */
  async join(key: string, compute: () => Promise<Shown<View>>, listener: Listener<View>): Promise<{ view: View; leave(): void }> {
    const running = this.#running.get(key) ?? this.#start(key, compute)
    running.listeners.add(listener)
    const leave = (): void => this.#leave(key, running, listener)
    try {
      return { view: (await running.latest).view, leave }
    } catch (error) {
      leave()
      throw error
    }
  }

  #start(key: string, compute: () => Promise<Shown<View>>): Running<View> {
    const { news, log, everyMs, refreshMs = REFRESH_MS } = this.#options
    const listeners = new Set<Listener<View>>()
    const pace = paced(async () => {
      const before = await running.latest
      const now = await compute()
      if (now.text === before.text) return
      running.latest = Promise.resolve(now)
      listeners.forEach((listener) => listener(now.view, before.view))
    }, { everyMs, onError: (error) => log({ event: 'view.failed', message: error.message }) })
    const stopNews = news(() => pace.wish())
    const timer = setInterval(() => pace.wish(), refreshMs)
    const stop = (): void => {
      stopNews()
      clearInterval(timer)
      pace.close()
    }
    const running: Running<View> = { listeners, latest: compute(), pace, stop }
    // A change between the first computing and the listening is looked for once.
    pace.wish()
    this.#running.set(key, running)
    return running
  }

  #leave(key: string, running: Running<View>, listener: Listener<View>): void {
    running.listeners.delete(listener)
    if (running.listeners.size > 0 || this.#running.get(key) !== running) return
    running.stop()
    this.#running.delete(key)
  }
}
