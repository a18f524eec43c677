import type { IncomingMessage } from 'node:http'
import { InvalidInput } from '@sluice/domain'
import type { LeaseRef } from '@sluice/protocol'

/** By which a worker says that the flow is its own. */
export const LEASE_HEADER = 'sluice-lease'

/** @throws InvalidInput when there is none: bytes are written by who has the flow's lease. */
export function leaseOf({ headers }: IncomingMessage, flowId: string): LeaseRef {
  const [, attempt, epoch] = /^(\d{1,9})\.(\d{1,9})$/.exec(String(headers[LEASE_HEADER] ?? '')) ?? []
  if (attempt === undefined || epoch === undefined) throw new InvalidInput(['sluice-lease'], 'Send the lease as `sluice-lease: <attempt>.<epoch>`.')
  return { flowId, attempt: Number(attempt), epoch: Number(epoch) }
}

const SHA_256_BYTES = 32

/** The sha-256 among the digests of the content (RFC 9530), in hex. @throws InvalidInput when it is not there. */
export function digestOf({ headers }: IncomingMessage): string {
  const [, base64 = ''] = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]*):\s*(?:,|$)/.exec(String(headers['content-digest'] ?? '')) ?? []
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length !== SHA_256_BYTES || bytes.toString('base64') !== base64) {
    throw new InvalidInput(['content-digest'], 'Send the sha-256 of the bytes as `content-digest: sha-256=:BASE64:`.')
  }
  return bytes.toString('hex')
}

export const digestText = (hex: string): string => `sha-256=:${Buffer.from(hex, 'hex').toString('base64')}:`

export const etagOf = ({ digest }: { digest: string }): string => `"${digest}"`

/** Whether a list of tags has this one; a weak one is as good, and * is any. */
export const hasTag = (header: string | undefined, tag: string): boolean =>
  header !== undefined && header.split(',').map((one) => one.trim().replace(/^W\//, '')).some((one) => one === tag || one === '*')
