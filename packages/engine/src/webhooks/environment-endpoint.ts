/**
 * FLOW_WEBHOOK_URL as an endpoint (D-41): one row, of the origin ENVIRONMENT, that every start brings up to date. Where several control planes are given
 * different URLs the last start wins, and each says so in the audit.
 */
import { SYSTEM, newId, redactUrl } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { TERMINAL_EVENT_TYPES } from '@sluice/protocol'
import type { Deps } from '../deps.ts'
import { writeAudit } from '../sql/audit-sql.ts'
import { insertEndpoints, lockEnvironmentEndpoint, writeEndpoint, writeEndpointState } from '../sql/endpoint-sql.ts'
import type { EndpointRow } from '../sql/endpoint-sql.ts'
import { ENVIRONMENT_GONE } from '../sql/outbox-sql.ts'
import { hostOf, openSealed, urlPlace } from './sealed.ts'

type Needs = Pick<Deps, 'pool' | 'settings' | 'webhooks'>
const NAME = 'FLOW_WEBHOOK_URL'

export const takeEnvironmentEndpoint = (deps: Needs): Promise<void> =>
  transact(deps.pool, async tx => {
    const url = deps.settings.webhookUrl
    const row = await lockEnvironmentEndpoint(tx)
    if (url === null) return row?.state === 'ACTIVE' ? gone(tx, row) : undefined
    if (!row) return make(tx, deps, url)
    if (row.disabledReason === ENVIRONMENT_GONE) await writeEndpointState(tx, { id: row.id, state: 'ACTIVE', reason: null })
    if (openSealed(deps.webhooks.keys, row.url, urlPlace(row.id, row.revision)) !== url) await change(tx, deps, { row, url })
  })

async function make(tx: Tx, { webhooks }: Needs, url: string): Promise<void> {
  const id = newId('endpoint')
  await insertEndpoints(tx, [{
    id, origin: 'ENVIRONMENT', principalId: null, name: NAME, urlRedacted: redactUrl(url), urlHash: null, events: TERMINAL_EVENT_TYPES, inlineArtifacts: false, strictOrder: false,
    createdBy: null, url: webhooks.keys.seal(url, urlPlace(id, 1)), host: hostOf(url),
  }])
  await told(tx, id, { after: redactUrl(url) })
}

async function change(tx: Tx, { webhooks }: Needs, { row, url }: { row: EndpointRow; url: string }): Promise<void> {
  const revision = row.revision + 1
  await writeEndpoint(tx, { ...row, urlRedacted: redactUrl(url), revised: { revision, url: webhooks.keys.seal(url, urlPlace(row.id, revision)), host: hostOf(url) } })
  await told(tx, row.id, { before: row.urlRedacted, after: redactUrl(url) })
}

async function gone(tx: Tx, row: EndpointRow): Promise<void> {
  await writeEndpointState(tx, { id: row.id, state: 'DISABLED', reason: ENVIRONMENT_GONE })
  await told(tx, row.id, { before: row.urlRedacted })
}

const told = (tx: Tx, id: string, { before, after }: { before?: string; after?: string }): Promise<void> =>
  writeAudit(tx, SYSTEM, [{ action: 'takeEnvironmentEndpoint', target: id, reason: 'FLOW_WEBHOOK_URL at start', before: before ?? null, after: after ?? null }])
