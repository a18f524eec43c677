/** Secrets of Standard Webhooks: `whsec_` and the base64 of 24 to 64 bytes. */
import { randomBytes } from 'node:crypto'

const PREFIX = 'whsec_'
const [BYTES_MIN, BYTES_MAX, BYTES_NEW] = [24, 64, 32]

/** Completes "NAME ": what a text must be that `parseWebhookSecret` takes. It repeats nothing of what was given. */
export const WEBHOOK_SECRET_FORM = `must be ${PREFIX} followed by base64 of ${BYTES_MIN} to ${BYTES_MAX} bytes`

export const newWebhookSecret = (): string => PREFIX + randomBytes(BYTES_NEW).toString('base64')

/** The key that is signed with; null when it is no such secret. Only the one spelling that every receiver's library decodes alike is taken. */
export function parseWebhookSecret(text: string): Buffer | null {
  if (!text.startsWith(PREFIX)) return null
  const encoded = text.slice(PREFIX.length)
  const key = Buffer.from(encoded, 'base64')
  return key.toString('base64') === encoded && key.length >= BYTES_MIN && key.length <= BYTES_MAX ? key : null
}
