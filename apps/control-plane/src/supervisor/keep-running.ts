/** Something that runs until it ends or is ended: a process of ours or the database. */
export interface Running {
  pid: number
  /** Resolves when it is over, with the cause in a few words. */
  ended: Promise<string>
  /** Asks it to end, and resolves when it has; gives up waiting by force. */
  stop(): Promise<void>
  /** Ends it at once. */
  kill(): void
}

export interface Kept {
  /** How often it had to be started again. */
  readonly restarts: number
  stop(): Promise<void>
  kill(): void
}

interface Keeping {
  /** For people: "control plane". */
  name: string
  start(): Promise<Running>
  /** Called with every start, the first one included. */
  onStart(running: Running): void
  /** Resolves when what was started again does its work. It may never: then that ends, or nobody is told. */
  ready(running: Running): Promise<void>
  say(line: string): void
}

const BACKOFF_MIN_MS = 100
const BACKOFF_MAX_MS = 5_000
/** Who ran this long is forgiven earlier ends: it was killed, and is not one that cannot run. */
const STEADY_MS = 1_000

/** Starts it, and starts it again whenever it ends. Rejects when the first start fails; later failures are tried again for ever. */
export async function keepRunning(o: Keeping): Promise<Kept> {
  const keeper = new Keeper(o)
  await keeper.begin()
  return keeper
}

class Keeper implements Kept {
  restarts = 0
  readonly #keeping: Keeping
  #running: Running | null = null
  #stopping = false
  #backoffMs = BACKOFF_MIN_MS
  #timer: NodeJS.Timeout | null = null
  #starting: Promise<void> = Promise.resolve()

  constructor(keeping: Keeping) {
    this.#keeping = keeping
  }

  async begin(): Promise<void> {
    const startedAt = Date.now()
    const running = await this.#keeping.start()
    if (this.#stopping) return running.stop()
    this.#running = running
    this.#keeping.onStart(running)
    if (this.restarts > 0) void this.#sayReady(running)
    void running.ended.then(cause => this.#again({ cause: `ended (${cause})`, ranMs: Date.now() - startedAt, pid: running.pid }))
  }

  async stop(): Promise<void> {
    this.#halt()
    await this.#starting
    await this.#running?.stop()
  }

  kill(): void {
    this.#halt()
    this.#running?.kill()
  }

  #halt(): void {
    this.#stopping = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #again(o: { cause: string; ranMs: number; pid?: number }): void {
    if (this.#stopping) return
    this.#running = null
    this.restarts += 1
    if (o.ranMs > STEADY_MS) this.#backoffMs = BACKOFF_MIN_MS
    const who = o.pid === undefined ? this.#keeping.name : `${this.#keeping.name}, process ${o.pid},`
    this.#keeping.say(`The ${who} ${o.cause}; starting it again.`)
    this.#timer = setTimeout(() => {
      this.#starting = this.#retry()
    }, this.#backoffMs)
    this.#backoffMs = Math.min(this.#backoffMs * 2, BACKOFF_MAX_MS)
  }

  /** Whoever read that it ended reads that it is back, and not of one that ended before it was. */
  async #sayReady(running: Running): Promise<void> {
    await Promise.race([this.#keeping.ready(running), running.ended])
    if (this.#running === running && !this.#stopping) this.#keeping.say(`The ${this.#keeping.name} is ready again.`)
  }

  async #retry(): Promise<void> {
    try {
      await this.begin()
    } catch (error) {
      this.#again({ cause: `did not start: ${error instanceof Error ? error.message : String(error)}`, ranMs: 0 })
    }
  }
}
