import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { give, nameOf, OK, parseAnswer, type Answer } from './answer.ts'
import { receivedOf, type Received } from './received.ts'
import { NO_SECRET } from './verify.ts'
import { waitingRoom } from './waiting-room.ts'

/** The same for all, or chosen for each; a promise holds the answer back. */
export type Answering = Answer | ((received: Received) => Answer | Promise<Answer>)

export interface ReceiverOptions {
  /** Default: any free one. */
  port?: number
  /** Default: 127.0.0.1. */
  host?: string
  /** `whsec_…` to verify with; a function is asked for each delivery. Default: none, and nothing is verified. */
  secrets?: readonly string[] | (() => readonly string[])
  /** What a path without a word of its own is answered with. Default: 200. */
  answer?: Answering
  /** Whether what does not verify is answered with 400, as a receiver should; where it has a secret to verify with. Default: no. */
  refusesUnverified?: boolean
  /** How many of those that came are remembered. Default: 100,000. */
  remember?: number
  /** Called when it was answered, or when it was decided not to. */
  onReceived?: (received: Received) => void
}

export interface Receiver {
  /** `http://127.0.0.1:PORT/`; with a word of `parseAnswer` behind it, it does that. */
  url: string
  port: number
  /** All that came, in order. */
  received: readonly Received[]
  /** The first that came, or will come, fits, and was handed out by no call before. Fails after withinMs, default 10 s. */
  next(fits?: (received: Received) => boolean, o?: { withinMs?: number }): Promise<Received>
  /** From now on; with `times`, that often, and then 200 again. */
  answerWith(answer: Answering, o?: { times: number }): void
  /** How many connections were made to it. */
  connections(): number
  /** Ends what it holds as well. */
  close(): Promise<void>
}

const UNVERIFIED: Answer = { status: 400, body: 'not verified\n' }
const BODY_MAX = 4 * 1024 ** 2
const TIMES_MAX = 10_000

/** Throws what listening throws, such as EADDRINUSE. */
export async function startReceiver(o: ReceiverOptions = {}): Promise<Receiver> {
  const state = new ReceiverState(o)
  const server = createServer((request, response) => void state.receive(request, response).catch(() => request.socket.destroy()))
  server.on('connection', () => void state.connections++)
  await listen(server, { port: o.port ?? 0, host: o.host ?? '127.0.0.1' })
  const { port, address, family } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`, port, received: state.received,
    next: state.room.next,
    answerWith: (answer, { times } = { times: Number.POSITIVE_INFINITY }) => state.answerWith(answer, times),
    connections: () => state.connections,
    close: async () => {
      state.room.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function listen(server: Server, o: { port: number; host: string }): Promise<void> {
  return new Promise((resolve, reject) => server.once('error', reject).listen(o.port, o.host, () => resolve()))
}

class ReceiverState {
  readonly received: Received[] = []
  readonly room = waitingRoom<Received>()
  connections = 0
  readonly #options: ReceiverOptions
  readonly #times = new Map<string, number>()
  #answer: Answering
  #left = Number.POSITIVE_INFINITY

  constructor(options: ReceiverOptions) {
    this.#options = options
    this.#answer = options.answer ?? OK
  }

  answerWith(answer: Answering, times: number): void {
    this.#answer = answer
    this.#left = times
  }

  async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    if (body === null) return void response.writeHead(413, { connection: 'close' }).end()
    const { secrets = [] } = this.#options
    const received = receivedOf({ request, body, secrets: typeof secrets === 'function' ? secrets() : secrets, timeOf: id => this.#timeOf(id) })
    this.#remember(received)
    const answer = await this.#answerTo(received)
    received.answered = nameOf(answer)
    this.#options.onReceived?.(received)
    give(answer, { request, response })
  }

  #remember(received: Received): void {
    this.received.push(received)
    if (this.received.length > (this.#options.remember ?? 100_000)) this.received.shift()
    this.room.enter(received)
  }

  #answerTo(received: Received): Answer | Promise<Answer> {
    const ofPath = parseAnswer(received.path)
    if (ofPath !== null) return ofPath
    if (this.#options.refusesUnverified && received.unverified !== null && received.unverified !== NO_SECRET) return UNVERIFIED
    if (this.#left <= 0) this.answerWith(OK, Number.POSITIVE_INFINITY)
    this.#left--
    return typeof this.#answer === 'function' ? this.#answer(received) : this.#answer
  }

  #timeOf(deliveryId: string): number {
    const time = (this.#times.get(deliveryId) ?? 0) + 1
    this.#times.set(deliveryId, time)
    if (this.#times.size > TIMES_MAX) this.#times.delete(this.#times.keys().next().value ?? '')
    return time
  }
}

/** null when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > BODY_MAX) return null
  }
  return Buffer.concat(chunks)
}
