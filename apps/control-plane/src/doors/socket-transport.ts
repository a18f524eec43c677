import type { IncomingMessage } from 'node:http'
import type { Log } from '@sluice/db'
import type { Server } from 'graphql-ws'
import type { WebSocket } from 'ws'

/** What the protocol's hooks know of their socket. */
export interface SocketExtra { socket: WebSocket; request: IncomingMessage }

interface Carried { protocol: Server<SocketExtra>; socket: WebSocket; request: IncomingMessage; keepaliveMs: number; log: Log }

// Close codes of graphql-transport-ws.
const INTERNAL_ERROR = 4500

/**
 * Carries the protocol over one socket. A send resolves when the network took it, so that a reader that hangs holds back its own
 * subscriptions and nothing else; one that does not answer pings is cut off.
 */
export function carry({ protocol, socket, request, keepaliveMs, log }: Carried): void {
  // A client that goes away in the middle of a frame; 'close' follows.
  socket.on('error', () => undefined)
  const stopPinging = keepAlive(socket, keepaliveMs)
  const closed = protocol.opened({
    protocol: socket.protocol,
    send: (data) => send(socket, data),
    close: (code, reason) => socket.close(code, reason),
    onMessage: (take) => socket.on('message', (data: Buffer) => {
      take(data.toString('utf8')).catch((error: Error) => {
        log({ event: 'socket.failed', message: error.message, stack: error.stack })
        socket.close(INTERNAL_ERROR, 'Internal server error')
      })
    }),
  }, { socket, request })
  socket.once('close', (code, reason) => {
    stopPinging()
    void closed(code, String(reason))
  })
}

/** What cannot be sent any more is not missed: its reader is gone, and continues from its cursor. */
const send = (socket: WebSocket, data: string): Promise<void> => new Promise((resolve) => {
  if (socket.readyState !== socket.OPEN) return resolve()
  socket.send(data, () => resolve())
})

function keepAlive(socket: WebSocket, everyMs: number): () => void {
  let answered = true
  socket.on('pong', () => {
    answered = true
  })
  const timer = setInterval(() => {
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
  }, everyMs)
  return () => clearInterval(timer)
}
