import { once } from 'node:events'
import { WebSocket } from 'ws'

interface Message { id?: string; type: string; payload?: { data?: Record<string, unknown>; errors?: { extensions?: Record<string, unknown> }[] } | { message: string; extensions?: Record<string, unknown> }[] }

/** A raw graphql-transport-ws client: it keeps every message, and every wait can expire. */
export interface TestSocket extends AsyncDisposable {
  messages: Message[]
  closed: Promise<{ code: number; reason: string }>
  subscribe<Item>(document: string, variables?: Record<string, unknown>): Stream<Item>
  /** Stops reading from the network, as a reader does that hangs. */
  pause(): void
  resume(): void
  close(): Promise<void>
}

export interface Stream<Item> {
  items(): Item[]
  /** The first item that fits, of those that came and those to come. */
  first(fits?: (item: Item) => boolean): Promise<Item>
  /** Resolves with the errors of an operation that was refused. */
  refused(): Promise<{ message: string; extensions?: Record<string, unknown> }[]>
  stop(): void
}

const refusalOf = ({ payload }: Message) => (Array.isArray(payload) ? [payload] : payload?.errors ? [payload.errors as { message: string; extensions?: Record<string, unknown> }[]] : [])

interface Options { token?: string; headers?: Record<string, string>; protocol?: string }

/** Opens and says connection_init; rejects when the upgrade or the credential is refused. */
export async function openSocket(url: string, { token, headers = {}, protocol = 'graphql-transport-ws' }: Options = {}): Promise<TestSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, protocol, { headers })
  const messages: Message[] = []
  const listeners = new Set<() => void>()
  const closed = new Promise<{ code: number; reason: string }>((resolve) => socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })))
  socket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString('utf8')) as Message)
    listeners.forEach((listener) => listener())
  })
  await once(socket, 'open')
  void closed.then(() => listeners.forEach((listener) => listener()))
  socket.send(JSON.stringify({ type: 'connection_init', payload: token === undefined ? {} : { authorization: `Bearer ${token}` } }))
  const wait = <Found>(find: () => Found | undefined, what: string): Promise<Found> => new Promise((resolve, reject) => {
    const look = (): void => {
      const found = find()
      if (found === undefined) return
      clearTimeout(timer)
      listeners.delete(look)
      resolve(found)
    }
    const timer = setTimeout(() => {
      listeners.delete(look)
      reject(new Error(`${what} did not come; came: ${JSON.stringify(messages).slice(0, 3000)}`))
    }, 8000)
    listeners.add(look)
    look()
  })
  const acknowledged = await Promise.race([wait(() => messages.find(({ type }) => type === 'connection_ack'), 'connection_ack'), closed])
  if ('code' in acknowledged) throw new Error(`closed with ${acknowledged.code}`)
  let operations = 0
  return {
    messages, closed,
    subscribe: <Item>(query: string, variables: Record<string, unknown> = {}): Stream<Item> => {
      operations += 1
      const id = String(operations)
      socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }))
      const items = (): Item[] => messages.flatMap((message) => (message.id === id && message.type === 'next' && message.payload && 'data' in message.payload ? [Object.values(message.payload.data ?? {})[0] as Item] : []))
      return {
        items,
        first: (fits = () => true) => wait(() => items().find(fits), 'the item'),
        refused: () => wait(() => messages.flatMap((message) => (message.id === id ? refusalOf(message) : []))[0], 'the error'),
        stop: () => socket.send(JSON.stringify({ id, type: 'complete' })),
      }
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: async () => {
      socket.close()
      await closed
    },
    [Symbol.asyncDispose]: async () => {
      socket.terminate()
      await closed
    },
  }
}
