import { openKeyring, type UrlRefusal, type WebhookDeps } from '@sluice/engine'
import { AddressRefused, createOutbound, type Outbound } from '@sluice/outbound'
import { createWebhookSender, type WebhookSender } from '@sluice/webhooks'
import { VERSION } from './checkout.ts'
import type { Config } from './config.ts'

export type WebhookKnobs = Pick<Config, 'dataEncryptionKeys' | 'flowWebhookSecrets' | 'artifactInlineMaxBytes'>

/** address: how bodies name this server; asked each time, because a port of 0 is known late. */
export const webhookDeps = (config: WebhookKnobs, { outbound, address }: { outbound: Pick<Outbound, 'check'>; address(): string }): WebhookDeps => ({
  keys: openKeyring(config.dataEncryptionKeys ?? []),
  ownSecrets: config.flowWebhookSecrets ?? [],
  publicUrl: address,
  inlineMaxBytes: config.artifactInlineMaxBytes,
  refuseUrl: (url) => refuseUrl(outbound, url),
})

/** The address policy, which the door of every request out of here has too. */
export const openOutbound = ({ webhookAllowHosts, webhookAllowHttp }: Pick<Config, 'webhookAllowHosts' | 'webhookAllowHttp'>): Outbound =>
  createOutbound({ allowHosts: webhookAllowHosts ?? '', allowHttp: webhookAllowHttp })

export const openSender = ({ webhookAllowHosts, webhookAllowHttp, webhookTimeoutMs }: Pick<Config, 'webhookAllowHosts' | 'webhookAllowHttp' | 'webhookTimeoutMs'>): WebhookSender =>
  createWebhookSender({ allowHosts: webhookAllowHosts ?? '', allowHttp: webhookAllowHttp, timeoutMs: webhookTimeoutMs, version: VERSION })

// A resolver that is silent must not hold a command for as long as it likes.
const RESOLVED_WITHIN_MS = 5000

async function refuseUrl(outbound: Pick<Outbound, 'check'>, url: string): Promise<UrlRefusal | null> {
  let timer: NodeJS.Timeout | undefined
  try {
    await Promise.race([outbound.check(url), new Promise((_resolve, reject) => (timer = setTimeout(() => reject(new Error('late')), RESOLVED_WITHIN_MS)))])
    return null
  } catch (error) {
    if (error instanceof AddressRefused) return { rule: error.rule, message: `${error.message}.` }
    return { rule: null, unresolved: true, message: `${new URL(url).hostname} has no address now.` }
  } finally {
    clearTimeout(timer)
  }
}
