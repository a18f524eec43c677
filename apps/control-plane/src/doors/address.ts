import type { IncomingMessage } from 'node:http'

/** From where, for the audit: the other end of the connection. Headers that anybody can set are not believed. */
export const addressOf = ({ socket }: IncomingMessage): string | null => socket.remoteAddress ?? null
