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
    end: () => void response.end(),
  }
}

/** The comment every so often, or since the timer was last refreshed; ends a connection that takes nothing. */
export function keepAlive(response: ServerResponse, { keepaliveMs, comment }: { keepaliveMs: number; comment: string }): NodeJS.Timeout {
  response.setTimeout(STALLED_KEEPALIVES * keepaliveMs, () => void response.destroy())
  const timer = setInterval(() => {
    if (!response.writableNeedDrain) response.write(comment)
  }, keepaliveMs)
  response.once('close', () => clearInterval(timer))
  return timer
}

/** Waits for a reader that is slower than we are. */
export async function taken(response: ServerResponse, text: string): Promise<boolean> {
  if (response.closed || response.destroyed) return false
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
