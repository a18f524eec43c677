import type { IncomingMessage } from 'node:http'

/** The body is larger than BODY_MAX; the connection is not read any further. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'
}

/** Who sent it left before it had all come: nobody is there to be answered, and nothing failed here. */
export class SenderLeft extends Error {
  override readonly name = 'SenderLeft'
}

/** A sender that takes longer is not waited for: with a body that trickles in it could hold a connection for as long as it likes. */
const READ_WITHIN_MS = 120_000

/** The whole body. @throws BodyTooLarge as soon as more than `max` bytes are announced or have come, SenderLeft when the rest will not come. */
export async function readBody(request: IncomingMessage, max: number, withinMs = READ_WITHIN_MS): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > max) throw new BodyTooLarge()
  const late = setTimeout(() => void request.destroy(), withinMs)
  try {
    return await whole(request, max)
  } catch (error) {
    // Nothing else ends reading but the end of the connection.
    throw error instanceof BodyTooLarge ? error : new SenderLeft()
  } finally {
    clearTimeout(late)
  }
}

async function whole(request: IncomingMessage, max: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > max) throw new BodyTooLarge()
    parts.push(part)
  }
  return Buffer.concat(parts)
}
