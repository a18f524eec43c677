import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { NewFlow } from './new-flow.ts'

/** D-13: SHA-256 of the RFC 8785 form of the input as given, without the key. */
export function requestHash(item: NewFlow): string {
  const { idempotencyKey: _, ...given } = item
  const plain: unknown = JSON.parse(JSON.stringify(given))
  return createHash('sha256').update(canonicalizeJson(plain)).digest('hex')
}

function canonicalizeJson(value: unknown): string {
  const text = (canonicalize as unknown as (v: unknown) => string | undefined)(value)
  if (text === undefined) throw new Error('the request has no canonical form')
  return text
}
