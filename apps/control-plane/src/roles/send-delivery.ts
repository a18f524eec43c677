import { parseWebhookSecret } from '@sluice/domain'
import type { SendDelivery } from '@sluice/engine'
import type { AttemptReport } from '@sluice/protocol'
import type { WebhookSender } from '@sluice/webhooks'

interface Options {
  sender: Pick<WebhookSender, 'send'>
  /** By which what is sent is stamped: receivers refuse what was signed minutes ago, and clocks of machines differ (D-45). */
  now(): Promise<Date>
  unsignedAllowed: boolean
}

/** One attempt as the engine asks for it. What cannot be decrypted here is an attempt that failed: another process may have the key. */
export const sendDelivery = ({ sender, now, unsignedAllowed }: Options): SendDelivery => async ({ deliveryId, url, body, secrets }, { signal }) => {
  if (url === null || secrets === null) return KEY_UNKNOWN
  return sender.send({ deliveryId, url, body, secrets: secrets.map(keyOf), unsignedAllowed, at: await now(), signal })
}

function keyOf(secret: string): Buffer {
  const key = parseWebhookSecret(secret)
  if (key === null) throw new Error('A secret that is stored is none.')
  return key
}

const KEY_UNKNOWN: AttemptReport = {
  durationMs: 0, address: null, requestHeaders: {}, statusCode: null, errorClass: 'KEY_UNKNOWN', responseHeaders: null, responseExcerpt: null, retryAfterMs: null,
}
