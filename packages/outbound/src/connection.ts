/**
 * One connection to one origin. It is made when it is first needed, by a lookup of ours: the name is resolved and checked once more, the
 * socket goes only to an address of that answer, and where it ended up is looked at again. So it is when it must be made a second time.
 */
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { buildConnector, Client, type Dispatcher } from 'undici'
import type { OutboundAnswer } from './failure.ts'
import { AddressRefused, type Policy } from './policy.ts'

export interface Exchange {
  /** Path and query. */
  path: string
  method: string
  headers: Record<string, string>
  body: string | Buffer | null
  maxBytes: number
  signal: AbortSignal
  /** Told what has come so far, from the headers on. */
  onAnswer: (answer: OutboundAnswer) => void
}

/** Beside its body an answer may cost this much to read: interim answers, the wrapping of chunks, and one reading beyond what is kept. */
const READ_FACTOR = 8
const READ_MARGIN = 256 * 1024

export interface ConnectionOptions {
  policy: Policy
  origin: string
  /** How long it may stay open unused, unless the other side says how long it waits; 0 = it serves one exchange. */
  idleMs: number
  /** It was closed, by whichever side. */
  onClosed?: (connection: Connection) => void
}

/** A receiver's own word for how long it keeps an unused connection is believed up to this. */
const IDLE_MAX_MS = 30_000

export class Connection {
  readonly origin: string
  /** Where it goes; null while it goes nowhere. */
  address: string | null = null
  readonly #client: Client
  readonly #end = new AbortController()
  #socket: Socket | null = null
  /** What was read on the socket for earlier answers, and what may be for this one. */
  #readBefore = 0
  #readMax = 0

  constructor({ policy, origin, idleMs, onClosed }: ConnectionOptions) {
    this.origin = origin
    const keeping = idleMs > 0 ? { pipelining: 1, keepAliveTimeout: idleMs, keepAliveMaxTimeout: IDLE_MAX_MS } : { pipelining: 0 }
    this.#client = new Client(origin, { connect: this.#connector(policy), headersTimeout: 0, bodyTimeout: 0, ...keeping })
    this.#client.on('disconnect', () => onClosed?.(this))
  }

  get isOpen(): boolean {
    return this.#socket !== null && !this.#socket.destroyed
  }

  /** One at a time. Throws AddressRefused, what the resolver throws, and what the platform throws. */
  async exchange({ maxBytes, onAnswer, path, method, headers, body, signal }: Exchange): Promise<OutboundAnswer> {
    this.#readBefore = this.#socket?.bytesRead ?? 0
    this.#readMax = maxBytes * READ_FACTOR + READ_MARGIN
    const { statusCode, headers: answered, body: stream } = await this.#client.request({
      path, method: method as Dispatcher.HttpMethod, signal, headers: { 'accept-encoding': 'identity', ...headers }, body,
    })
    const answer: OutboundAnswer = { status: statusCode, headers: answered, body: Buffer.alloc(0), truncated: false, address: this.address ?? '' }
    onAnswer(answer)
    await readBody(stream, { answer, maxBytes })
    return answer
  }

  /** Also ends what is still connecting. */
  async destroy(): Promise<void> {
    const destroyed = this.#client.destroy()
    this.#end.abort()
    await destroyed
  }

  /** A literal address is connected to without a lookup, a name only through ours. */
  #connector(policy: Policy): buildConnector.connector {
    const dial = buildConnector({
      lookup: lookupBy(policy), timeout: 0, maxCachedSessions: 0, autoSelectFamily: true, signal: this.#end.signal,
    } as buildConnector.BuildOptions)
    return (options, callback) => {
      this.address = null
      const refused = policy.refuseHost(options.hostname)
      if (refused) return callback(refused, null)
      dial(options, (...[error, socket]) => {
        if (error) return callback(error, null)
        if (this.#goesTo(socket, { policy, host: options.hostname })) return callback(null, socket)
        socket.destroy()
        callback(new AddressRefused(options.hostname, []), null)
      })
    }
  }

  #goesTo(socket: Socket, { policy, host }: { policy: Policy; host: string }): boolean {
    const { remoteAddress } = socket
    if (remoteAddress === undefined || !policy.admits(host, remoteAddress)) return false
    this.address = remoteAddress
    this.#socket = socket
    this.#readBefore = 0
    socket.on('readable', () => {
      if (socket.bytesRead - this.#readBefore > this.#readMax) socket.destroy(new Error('the answer has no end'))
    })
    return true
  }
}

function lookupBy(policy: Policy): LookupFunction {
  return (name, options, tell) => {
    policy.addressesOf(name).then(
      addresses => {
        const found = addresses.map(address => ({ address, family: isIP(address) }))
        if (options.all) tell(null, found)
        else tell(null, found[0]?.address ?? '', found[0]?.family ?? 0)
      },
      (error: NodeJS.ErrnoException) => tell(error, [])
    )
  }
}

/** Into the answer chunk by chunk, so that what had come is there when the rest does not. */
async function readBody(stream: Dispatcher.ResponseData['body'], { answer, maxBytes }: { answer: OutboundAnswer; maxBytes: number }): Promise<void> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size > maxBytes) break
    }
  } finally {
    answer.body = Buffer.concat(chunks).subarray(0, maxBytes)
    answer.truncated = size > maxBytes
  }
}
