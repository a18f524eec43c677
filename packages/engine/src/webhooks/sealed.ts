/** Where a sealed value stands: it opens nowhere else. */
import type { Keyring } from '../secrets/keyring.ts'

export const urlPlace = (endpointId: string, revision: number): string => `webhook_endpoint_version:${endpointId}:${revision}:url`
export const secretPlace = (secretId: string): string => `webhook_secret:${secretId}:secret`

/** null: it cannot be opened with these keys. */
export function openSealed(keys: Keyring, sealed: string, place: string): string | null {
  const opened = keys.open(sealed, place)
  return typeof opened === 'string' ? opened : null
}

/** What concurrency is counted by: who answers there is one receiver (D-27). */
export function hostOf(text: string): string {
  const { protocol, hostname, port } = new URL(text)
  return `${protocol}//${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
}
