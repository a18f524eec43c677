/** Whether a delivery is from who knows a secret, as a receiver of Standard Webhooks looks at it. */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** null = verified. */
export type Verdict = { why: string } | null

/** It has none itself, so nothing is known against the sender. */
export const NO_SECRET = 'no secret to verify with'

const TOLERANCE_MS = 5 * 60_000

export interface Verifiable {
  headers: Record<string, string | string[] | undefined>
  body: Buffer
  /** `whsec_…`; one that fits is enough. */
  secrets: readonly string[]
  now?: Date
}

export function verify({ headers, body, secrets, now = new Date() }: Verifiable): Verdict {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(name => [headers[name] ?? ''].flat().join(' '))
  if (!id || !timestamp) return { why: 'no webhook-id or webhook-timestamp' }
  if (!signatures) return { why: 'not signed' }
  if (secrets.length === 0) return { why: NO_SECRET }
  if (!(Math.abs(now.getTime() - Number(timestamp) * 1000) <= TOLERANCE_MS)) return { why: 'signed more than five minutes ago or ahead' }
  const expected = secrets.map(secret => signatureOf({ secret, signed: Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]) }))
  const fits = signatures.split(' ').some(each => expected.some(one => isEqual(each, one)))
  return fits ? null : { why: 'signed with another secret, or changed on its way' }
}

const signatureOf = ({ secret, signed }: { secret: string; signed: Buffer }): string =>
  `v1,${createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64')).update(signed).digest('base64')}`

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
