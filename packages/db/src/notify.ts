import pg from 'pg'

export interface Notify {
  /** Tells every listener of the channel, in this process and in others; resolves when the server took it. Throws when unreachable or too long. */
  send(payload: string): Promise<void>
  /** Called with every payload; returns what ends it. */
  onMessage(listener: (payload: string) => void): () => void
  /** Called when listening begins again after a loss: what was sent meanwhile is gone, so re-read. Returns what ends it. */
  onReconnect(listener: () => void): () => void
  close(): Promise<void>
}

export interface NotifyOptions {
  url: string
  /** A lower-case SQL name. */
  channel: string
  log(line: string): void
}

/** PostgreSQL's limit: 8000 bytes are refused. */
const PAYLOAD_MAX_BYTES = 7999
const BACKOFF_MIN_MS = 50
const BACKOFF_MAX_MS = 5_000

/**
 * One channel of wake-ups between processes, on one dedicated connection that is opened again for ever.
 * Resolves when it listens. Messages are hints: they are lost while the connection is.
 */
export async function openNotify(o: NotifyOptions): Promise<Notify> {
  if (!/^[a-z_][a-z0-9_]*$/.test(o.channel)) throw new Error(`"${o.channel}" is no lower-case channel name.`)
  const wire = new Wire(o)
  await wire.open()
  return {
    send: (payload) => wire.send(payload),
    onMessage: (listener) => subscribe(wire.messages, listener),
    onReconnect: (listener) => subscribe(wire.reconnects, listener),
    close: () => wire.close(),
  }
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** The connection and its life: open, lost, opened again, closed. */
class Wire {
  readonly messages = new Set<(payload: string) => void>()
  readonly reconnects = new Set<() => void>()
  readonly #options: NotifyOptions
  #client: pg.Client | null = null
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: NotifyOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#options.url, keepAlive: true, application_name: `sluice ${this.#options.channel}` })
    client.on('error', () => undefined)
    client.on('notification', (message) => this.#deliver(message.payload ?? ''))
    await client.connect()
    await client.query(`LISTEN ${this.#options.channel}`)
    if (this.#closed) return client.end()
    this.#client = client
    client.once('end', () => this.#lost())
  }

  async send(payload: string): Promise<void> {
    if (Buffer.byteLength(payload) > PAYLOAD_MAX_BYTES) throw new RangeError(`A wake-up holds at most ${PAYLOAD_MAX_BYTES} bytes.`)
    if (this.#client === null) throw new Error('The wake-up connection is not open.')
    await this.#client.query('SELECT pg_notify($1, $2)', [this.#options.channel, payload])
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    const client = this.#client
    this.#client = null
    await client?.end()
  }

  #deliver(payload: string): void {
    for (const listener of this.messages) listener(payload)
  }

  #lost(): void {
    if (this.#closed) return
    this.#client = null
    this.#options.log(`wake-ups on ${this.#options.channel}: the connection to the database is lost`)
    this.#reopen(BACKOFF_MIN_MS)
  }

  /** Jitter, so that a server that comes back is not met by everybody at once. */
  #reopen(backoffMs: number): void {
    this.#timer = setTimeout(() => void this.#tryOpen(backoffMs), backoffMs * (0.5 + Math.random()))
  }

  async #tryOpen(backoffMs: number): Promise<void> {
    try {
      await this.open()
    } catch {
      if (!this.#closed) this.#reopen(Math.min(backoffMs * 2, BACKOFF_MAX_MS))
      return
    }
    if (this.#closed) return
    this.#options.log(`wake-ups on ${this.#options.channel}: connected again`)
    for (const listener of this.reconnects) listener()
  }
}
