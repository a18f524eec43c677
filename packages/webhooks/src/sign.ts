/** The signatures of Standard Webhooks 1.0: HMAC-SHA256 over the id, the time of the attempt and the body, under every secret that lives. */
import { createHmac } from 'node:crypto'

export interface Signable {
  deliveryId: string
  /** Of this attempt. */
  at: Date
  /** The bytes that are sent. */
  body: Buffer
  /** Newest first. None: the header of signatures is left out. */
  secrets: readonly Buffer[]
}

/** A full stop inside an id would let one signed text be read as another. */
const ID = /^[\w-]{1,128}$/

/** Throws a RangeError for an id that cannot be signed: ours are made here. */
export function signatureHeaders({ deliveryId, at, body, secrets }: Signable): Record<string, string> {
  if (!ID.test(deliveryId)) throw new RangeError('a delivery id is letters, digits, _ and -')
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const signed = Buffer.concat([Buffer.from(`${deliveryId}.${timestamp}.`), body])
  const signatures = secrets.map(secret => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`)
  return { 'webhook-id': deliveryId, 'webhook-timestamp': timestamp, ...(signatures.length > 0 && { 'webhook-signature': signatures.join(' ') }) }
}
