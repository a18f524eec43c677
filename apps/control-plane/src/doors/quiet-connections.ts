import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Ends the connections of a server that have nothing to answer. Node's own closeIdleConnections leaves those that never sent a request, and browsers open
 * such ahead of need: a stop waited for them.
 */
export function quietConnections(server: Server): { end(): void } {
  const answering = new Map<Socket, number>()
  const change = (socket: Socket, by: 1 | -1): void => {
    const now = answering.get(socket)
    if (now !== undefined) answering.set(socket, now + by)
  }
  server.on('connection', (socket: Socket) => {
    answering.set(socket, 0)
    socket.once('close', () => answering.delete(socket))
  })
  server.prependListener('request', ({ socket }, response) => {
    change(socket, 1)
    response.once('close', () => change(socket, -1))
  })
  return {
    end: () => {
      for (const [socket, count] of answering) if (count === 0) socket.destroySoon()
    },
  }
}
