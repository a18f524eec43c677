import type { IncomingMessage } from 'node:http'

/** The body is larger than BODY_MAX; the connection is not read any further. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'
}

/** The whole body. @throws BodyTooLarge as soon as more than `max` bytes are announced or have come. */
export async function readBody(request: IncomingMessage, max: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > max) throw new BodyTooLarge()
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > max) throw new BodyTooLarge()
    parts.push(part)
  }
  return Buffer.concat(parts)
}
