import { openKeyring } from '../secrets/keyring.ts'
import type { Keyring } from '../secrets/keyring.ts'

/** Why the address policy refuses a URL (D-17). */
export interface UrlRefusal {
  /** What is wrong with it as it is written; null for a name that resolves to an address that is not allowed, or to none. */
  rule: string | null
  message: string
  /** Its name has no address at this moment, so nothing is known against it. */
  unresolved?: boolean
}

/** What commands on webhooks need besides the database. The control plane gives it; the engine itself calls nobody. */
export interface WebhookDeps {
  /** Seals URLs and secrets (DATA_ENCRYPTION_KEY). */
  keys: Keyring
  /** Asked before a URL is saved; resolves names, so never inside a transaction. */
  refuseUrl(url: string): Promise<UrlRefusal | null>
  /** FLOW_WEBHOOK_SECRET: sign for unnamed endpoints and the environment's, newest first. */
  ownSecrets: readonly string[]
  /** PUBLIC_URL, without a slash at its end: how the body names a flow. Asked each time: a port may only be known later. */
  publicUrl(): string
  /** ARTIFACT_INLINE_MAX: what is larger is told by its address; absent: 256 KiB. */
  inlineMaxBytes?: number
}

/** Of an engine that was given none: moves are still told to endpoints that exist, and no URL can be added. */
export const NO_WEBHOOKS: WebhookDeps = {
  keys: openKeyring([]), ownSecrets: [], publicUrl: () => '', refuseUrl: () => Promise.resolve({ rule: null, message: 'This process takes no webhook URLs.' }),
}
