/** D-41: a webhookUrl is one endpoint for each principal and URL, so ten thousand flows with one URL share a row, a streak and a place in the list. */
import { InvalidInput, UrlNotAllowed, newId, redactUrl, refuseText } from '@sluice/domain'
import type { Refusal } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import { LIMITS, TERMINAL_EVENT_TYPES } from '@sluice/protocol'
import type { Deps } from '../deps.ts'
import { findUnnamed, insertEndpoints } from '../sql/endpoint-sql.ts'
import type { NewEndpoint } from '../sql/endpoint-sql.ts'
import { hostOf, urlPlace } from './sealed.ts'

/** Each URL once, and why it is refused. It resolves names: outside any transaction. */
export async function refuseWebhookUrls(deps: Pick<Deps, 'webhooks' | 'settings'>, urls: string[], path: string[]): Promise<Map<string, Refusal>> {
  const refused = await Promise.all([...new Set(urls)].map(async url => [url, await refuseWebhookUrl(deps, url, path)] as const))
  return new Map(refused.flatMap(([url, refusal]) => (refusal ? [[url, refusal]] : [])))
}

async function refuseWebhookUrl(deps: Pick<Deps, 'webhooks' | 'settings'>, url: string, path: string[]): Promise<Refusal | undefined> {
  if (deps.webhooks.ownSecrets.length === 0 && !deps.settings.webhookAllowUnsigned) {
    return new InvalidInput(path, `${path.join('.')} needs a secret to sign with: set FLOW_WEBHOOK_SECRET, or WEBHOOK_ALLOW_UNSIGNED=true.`)
  }
  // A resolver that is away keeps no flow from being created (INV-27): each attempt asks again, and tells.
  return refuseUrl(deps, url, path, { unresolved: 'taken' })
}

/** The address policy, and whether it can be kept (D-17). unresolved: what becomes of a name without an address now. */
export async function refuseUrl(deps: Pick<Deps, 'webhooks'>, url: string, path: string[], { unresolved }: { unresolved: 'taken' | 'refused' } = { unresolved: 'refused' }): Promise<Refusal | undefined> {
  const text = refuseText(path, url, LIMITS.urlMax)
  if (text) return text
  const refused = await deps.webhooks.refuseUrl(url)
  if (refused && !(refused.unresolved && unresolved === 'taken')) return new UrlNotAllowed(refused.rule, refused.message)
  if (deps.webhooks.keys.currentId === null) return new InvalidInput(path, `${path.join('.')} cannot be kept: set DATA_ENCRYPTION_KEY.`)
  return undefined
}

/** The endpoints of these URLs, found or made. Two requests that make the same one at once get the same. */
export async function unnamedEndpoints(tx: Tx, deps: Pick<Deps, 'webhooks'>, p: { principalId: string; urls: string[] }): Promise<Map<string, string>> {
  const urls = [...new Set(p.urls)]
  if (urls.length === 0) return new Map()
  const found = await findAll(tx, deps, { ...p, urls })
  const missing = urls.filter(url => !found.has(url))
  if (missing.length === 0) return found
  await insertEndpoints(tx, missing.map(url => unnamed(deps, url, p.principalId)))
  return findAll(tx, deps, { ...p, urls })
}

async function findAll(tx: Tx, { webhooks }: Pick<Deps, 'webhooks'>, p: { principalId: string; urls: string[] }): Promise<Map<string, string>> {
  const hashes = new Map(p.urls.map(url => [url, webhooks.keys.keyedHashes(url)]))
  const ids = await findUnnamed(tx, { principalId: p.principalId, hashes: [...hashes.values()].flat() })
  return new Map(p.urls.flatMap(url => {
    const hash = hashes.get(url)?.find(h => ids.has(h))
    return hash ? [[url, ids.get(hash) ?? '']] : []
  }))
}

function unnamed({ webhooks }: Pick<Deps, 'webhooks'>, url: string, principalId: string): NewEndpoint {
  const id = newId('endpoint')
  return {
    id, origin: 'UNNAMED', principalId, name: null, urlRedacted: redactUrl(url), urlHash: webhooks.keys.keyedHashes(url)[0] ?? null, events: TERMINAL_EVENT_TYPES,
    inlineArtifacts: false, strictOrder: false, createdBy: principalId, url: webhooks.keys.seal(url, urlPlace(id, 1)), host: hostOf(url),
  }
}
