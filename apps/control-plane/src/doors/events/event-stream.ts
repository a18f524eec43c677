import type { ServerResponse } from 'node:http'
import { HEADERS } from '../respond.ts'

/** One event as the browser's EventSource reads it. */
export interface StreamEvent { id?: string; event: string; data: unknown }

export interface EventStream {
  /** Resolves when the network took it; true when there is still somebody to read. */
  send(event: StreamEvent): Promise<boolean>
  end(): void
}

// Something is always said within KEEPALIVE: a connection that took nothing for so many of them has no reader.
const STALLED_KEEPALIVES = 4

/** Server-sent events on this response: a comment whenever nothing else was said for keepaliveMs, and retryMs as the pause before a reconnect. */
export function openEventStream(response: ServerResponse, { keepaliveMs, retryMs }: { keepaliveMs: number; retryMs: number }): EventStream {
  response.writeHead(200, {
    ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', vary: 'accept, authorization',
    // Proxies that collect an answer before they pass it on would pass on nothing.
    'x-accel-buffering': 'no',
  })
  const timer = keepAlive(response, { keepaliveMs, comment: ': keep-alive\n\n' })
  response.write(`retry: ${retryMs}\n\n`)
  return {
    send: async ({ id, event, data }) => {
      timer.refresh()
      return taken(response, `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    },
    end: () => {
      timer.stop()
      response.end()
    },
  }
}

/** Ends a connection whose reader takes nothing. Whoever asks for it says something within keepaliveMs, or has something to say. */
export const endWhenStalled = (response: ServerResponse, keepaliveMs: number): void =>
  void response.setTimeout(STALLED_KEEPALIVES * keepaliveMs, () => void response.destroy())

export interface KeepAlive {
  /** Something else was said. */
  refresh(): void
  stop(): void
}

/** The comment every so often, or since it was last refreshed, up to the end; ends a connection that takes nothing. */
export function keepAlive(response: ServerResponse, { keepaliveMs, comment }: { keepaliveMs: number; comment: string }): KeepAlive {
  // It will not close again, so nothing would ever stop a timer.
  if (!isOpen(response)) return { refresh: () => undefined, stop: () => undefined }
  endWhenStalled(response, keepaliveMs)
  const timer = setInterval(() => {
    // The end may be waiting for its reader, and nothing comes after it.
    if (isOpen(response) && !response.writableEnded && !response.writableNeedDrain) response.write(comment)
  }, keepaliveMs)
  const stop = (): void => clearInterval(timer)
  response.once('close', stop)
  return { refresh: () => void (isOpen(response) && timer.refresh()), stop }
}

export const isOpen = (response: ServerResponse): boolean => !response.closed && !response.destroyed

/** Waits for a reader that is slower than we are. */
export async function taken(response: ServerResponse, text: string | Uint8Array): Promise<boolean> {
  if (!isOpen(response)) return false
  if (response.write(text)) return true
  return new Promise((resolve) => {
    const done = (open: boolean) => (): void => {
      response.off('drain', drained).off('close', closed)
      resolve(open)
    }
    const drained = done(true)
    const closed = done(false)
    response.once('drain', drained).once('close', closed)
  })
}
