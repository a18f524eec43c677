import { createClient, type Client } from 'graphql-ws'
import { WebSocket } from 'ws'

/** What a subscription sent so far, and a way to wait for more. Nothing that arrives is missed. */
export interface Stream<T> {
  items: T[]
  /** The first item that fits, among those that came and those to come; fails after deadlineMs (default 10 s) with what came. */
  first(fits: (item: T) => boolean, deadlineMs?: number): Promise<T>
  close(): void
}

export interface LiveSocket {
  subscribe<T>(document: string, variables?: Record<string, unknown>): Stream<T>
  close(): Promise<void>
}

/** A graphql-transport-ws client with a bearer token in connection_init, as scripts use it. It does not reconnect: a test that wants that says so. */
export function openSocket(o: { url: string; token: string; retryAttempts?: number }): LiveSocket {
  const address = new URL('/graphql', o.url)
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
  const client = createClient({
    url: address.href, webSocketImpl: WebSocket, retryAttempts: o.retryAttempts ?? 0, lazy: true,
    connectionParams: { authorization: `Bearer ${o.token}` },
  })
  return { subscribe: (query, variables) => openStream(client, { query, variables: variables ?? {} }), close: async () => { await client.dispose() } }
}

function openStream<T>(client: Client, request: { query: string; variables: Record<string, unknown> }): Stream<T> {
  const items: T[] = []
  const listeners = new Set<() => void>()
  let failure: Error | null = null
  const tell = (): void => listeners.forEach(listener => listener())
  const close = client.subscribe<T>(request, {
    next: item => { if (item.data) items.push(item.data); else failure = new Error(JSON.stringify(item.errors)); tell() },
    error: error => { failure = error instanceof Error ? error : new Error(JSON.stringify(error)); tell() },
    complete: tell,
  })
  const first = (fits: (item: T) => boolean, deadlineMs = 10_000): Promise<T> => new Promise((resolve, reject) => {
    const settle = (): void => { listeners.delete(look); clearTimeout(timer) }
    const look = (): void => {
      const found = items.find(fits)
      if (found !== undefined) { settle(); resolve(found) } else if (failure) { settle(); reject(failure) }
    }
    const timer = setTimeout(() => { settle(); reject(new Error(`no such item in ${deadlineMs} ms; came: ${JSON.stringify(items).slice(0, 2000)}`)) }, deadlineMs)
    listeners.add(look)
    look()
  })
  return { items, first, close }
}
