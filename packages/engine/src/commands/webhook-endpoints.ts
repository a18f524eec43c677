/** Endpoints with a name: made, edited, revealed and deleted by people, each act audited. What is audited never holds a URL or a secret. */
import { Conflict, InvalidInput, NotFound, Refusal, newId, newWebhookSecret, redactUrl, refuseText, refuseWhole } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { LIMITS, WEBHOOK_EVENT_TYPES } from '@sluice/protocol'
import type { Json } from '@sluice/protocol'
import type { Deps, Outcome } from '../deps.ts'
import { writeAudit } from '../sql/audit-sql.ts'
import { insertEndpoints, insertSecret, lockEndpoint, retireSecrets, writeEndpoint } from '../sql/endpoint-sql.ts'
import type { EndpointRow } from '../sql/endpoint-sql.ts'
import { hostOf, openSealed, secretPlace, urlPlace } from '../webhooks/sealed.ts'
import { refuseUrl } from '../webhooks/unnamed-endpoints.ts'

export interface EndpointFields { name: string; url: string; events: string[]; inlineArtifacts: boolean; strictOrder: boolean }
type Optional<T> = { [K in keyof T]?: T[K] | null | undefined }

export interface CreateWebhookEndpoint extends Pick<EndpointFields, 'name' | 'url' | 'events'>, Optional<Pick<EndpointFields, 'inlineArtifacts' | 'strictOrder'>> {
  actor: Actor
  /** Whose flows it hears of; absent = everybody's. */
  principalId?: string | null | undefined
}

/** The secret is answered here and never again. */
export async function createWebhookEndpoint(deps: Deps, cmd: CreateWebhookEndpoint): Promise<Outcome<{ endpointId: string; secret: string }>> {
  const refusal = refuseFields(cmd) ?? (await refuseUrl(deps, cmd.url, ['url']))
  if (refusal) return refusal
  return transact<Outcome<{ endpointId: string; secret: string }>>(deps.pool, async tx => {
    if (cmd.principalId != null && !(await principalExists(tx, cmd.principalId))) return new InvalidInput(['principalId'], `There is no principal ${cmd.principalId}.`)
    const endpointId = newId('endpoint')
    const flags = { inlineArtifacts: cmd.inlineArtifacts ?? false, strictOrder: cmd.strictOrder ?? false }
    await insertEndpoints(tx, [{
      id: endpointId, origin: 'NAMED', principalId: cmd.principalId ?? null, name: cmd.name, urlRedacted: redactUrl(cmd.url), urlHash: null, events: inOrder(cmd.events), ...flags,
      createdBy: cmd.actor.principalId, url: deps.webhooks.keys.seal(cmd.url, urlPlace(endpointId, 1)), host: hostOf(cmd.url),
    }])
    const secret = await makeSecret(tx, deps, endpointId)
    await audit(tx, cmd.actor, { action: 'createWebhookEndpoint', target: endpointId, after: { name: cmd.name, url: redactUrl(cmd.url), events: cmd.events, principal: cmd.principalId ?? null, ...flags } })
    tx.afterCommit(() => deps.wake.hint({ deliveries: 'due' }))
    return { endpointId, secret }
  })
}

export interface UpdateWebhookEndpoint extends Optional<EndpointFields> {
  actor: Actor
  id: string
  /** The version that was read; another one now is a CONFLICT. Absent: whatever it is. */
  version?: number | null | undefined
}

/** What is absent stays. A new URL or flag counts for events from now on; pending deliveries keep what they captured. */
export async function updateWebhookEndpoint(deps: Deps, cmd: UpdateWebhookEndpoint): Promise<Outcome<{ endpointId: string }>> {
  const refusal = refuseFields(cmd) ?? (cmd.url == null ? undefined : await refuseUrl(deps, cmd.url, ['url']))
  if (refusal) return refusal
  return onNamed(deps, cmd.id, async (tx, before) => {
    if (cmd.version != null && before.version !== cmd.version) return new Conflict(`Endpoint ${cmd.id} is at version ${before.version}, not ${cmd.version}; read it again.`)
    const after = {
      name: cmd.name ?? before.name, urlRedacted: cmd.url == null ? before.urlRedacted : redactUrl(cmd.url), events: cmd.events == null ? before.events : inOrder(cmd.events),
      inlineArtifacts: cmd.inlineArtifacts ?? before.inlineArtifacts, strictOrder: cmd.strictOrder ?? before.strictOrder,
    }
    const revised = revisionOf(deps, { before, after, url: cmd.url ?? null })
    if (revised instanceof Refusal) return revised
    await writeEndpoint(tx, { id: cmd.id, ...after, revised })
    await audit(tx, cmd.actor, { action: 'updateWebhookEndpoint', target: cmd.id, before: told(before), after: { ...told(after), urlChanged: cmd.url != null } })
    tx.afterCommit(() => deps.wake.hint({ deliveries: 'due' }))
    return { endpointId: cmd.id }
  })
}

/** A revision keeps URL and flags together, so a changed flag seals the same URL for another row. */
function revisionOf(deps: Deps, { before, after, url }: { before: EndpointRow; after: Pick<EndpointRow, 'inlineArtifacts' | 'strictOrder'>; url: string | null }) {
  if (url === null && after.inlineArtifacts === before.inlineArtifacts && after.strictOrder === before.strictOrder) return null
  const text = url ?? openSealed(deps.webhooks.keys, before.url, urlPlace(before.id, before.revision))
  if (text === null) return new Conflict(`The URL of endpoint ${before.id} cannot be decrypted with the keys of this server; give its url too.`)
  const revision = before.revision + 1
  return { revision, url: deps.webhooks.keys.seal(text, urlPlace(before.id, revision)), host: hostOf(text) }
}

/** The whole URL; who asked is in the audit. Of unnamed ones and the environment's too. */
export async function revealWebhookEndpoint(deps: Deps, cmd: { actor: Actor; id: string; reason?: string | null | undefined }): Promise<Outcome<{ endpointId: string; url: string }>> {
  const refusal = refuseText(['reason'], cmd.reason, LIMITS.reasonMax)
  if (refusal) return refusal
  return onEndpoint<{ endpointId: string; url: string }>(deps, cmd.id, async (tx, endpoint) => {
    const url = openSealed(deps.webhooks.keys, endpoint.url, urlPlace(endpoint.id, endpoint.revision))
    if (url === null) return new Conflict(`The URL of endpoint ${cmd.id} cannot be decrypted with the keys of this server; DATA_ENCRYPTION_KEY lacks the one it was sealed with.`)
    await audit(tx, cmd.actor, { action: 'revealWebhookEndpoint', target: cmd.id, reason: cmd.reason || null })
    return { endpointId: cmd.id, url }
  })
}

/** Both secrets sign until the overlap is over (D-16); with 0 the former is gone at once. */
export async function rotateWebhookSecret(deps: Deps, cmd: { actor: Actor; id: string; overlapHours: number }): Promise<Outcome<{ endpointId: string; secret: string; formerUntil: Date }>> {
  const refusal = refuseWhole(['overlapHours'], cmd.overlapHours, { min: 0, max: LIMITS.overlapHoursMax })
  if (refusal) return refusal
  return onNamed(deps, cmd.id, async tx => {
    const formerUntil = await retireSecrets(tx, { endpointId: cmd.id, overlapMs: cmd.overlapHours * 3_600_000 })
    const secret = await makeSecret(tx, deps, cmd.id)
    await audit(tx, cmd.actor, { action: 'rotateWebhookSecret', target: cmd.id, after: { formerUntil: formerUntil.toISOString() } })
    return { endpointId: cmd.id, secret, formerUntil }
  })
}

async function makeSecret(tx: Tx, deps: Deps, endpointId: string): Promise<string> {
  const [id, secret] = [newId('secret'), newWebhookSecret()]
  await insertSecret(tx, { id, endpointId, secret: deps.webhooks.keys.seal(secret, secretPlace(id)) })
  return secret
}

/** Locked, and there. */
export const onEndpoint = <T>(deps: Deps, id: string, act: (tx: Tx, endpoint: EndpointRow) => Promise<Outcome<T>>): Promise<Outcome<T>> =>
  transact<Outcome<T>>(deps.pool, async tx => {
    const endpoint = await lockEndpoint(tx, id)
    return !endpoint || endpoint.state === 'DELETED' ? NotFound.of('webhook endpoint', id) : act(tx, endpoint)
  })

/** The others belong to a flow's URL or to the environment: who wants something else gives another URL there. */
const onNamed = <T>(deps: Deps, id: string, act: (tx: Tx, endpoint: EndpointRow) => Promise<Outcome<T>>): Promise<Outcome<T>> =>
  onEndpoint<T>(deps, id, async (tx, endpoint) => (endpoint.origin === 'NAMED' ? act(tx, endpoint) : new InvalidInput(['id'], WHY_FIXED[endpoint.origin])))

const WHY_FIXED = {
  UNNAMED: 'It was made by a webhookUrl and signs with FLOW_WEBHOOK_SECRET; make an endpoint with a name to choose its events and secret.',
  ENVIRONMENT: 'It is FLOW_WEBHOOK_URL, and signs with FLOW_WEBHOOK_SECRET; change those and start again.',
}

export const audit = (tx: Tx, actor: Actor, entry: { action: string; target: string; reason?: string | null; before?: Json; after?: Json }): Promise<void> =>
  writeAudit(tx, actor, [{ reason: null, before: null, after: null, ...entry }])

const told = ({ name, urlRedacted, events, inlineArtifacts, strictOrder }: Pick<EndpointRow, 'name' | 'urlRedacted' | 'events' | 'inlineArtifacts' | 'strictOrder'>) =>
  ({ name, url: urlRedacted, events, inlineArtifacts, strictOrder })

const refuseFields = (cmd: Optional<EndpointFields>): Refusal | undefined =>
  (cmd.name === '' ? new InvalidInput(['name'], 'name must not be empty.') : refuseText(['name'], cmd.name, LIMITS.endpointNameMax)) ?? refuseEvents(cmd.events)

function refuseEvents(events: string[] | null | undefined): Refusal | undefined {
  if (events == null) return undefined
  if (events.length === 0) return new InvalidInput(['events'], 'events must name at least one type.')
  const unknown = events.find(type => !WEBHOOK_EVENT_TYPES.some(known => known === type))
  return unknown === undefined ? undefined : new InvalidInput(['events'], `${JSON.stringify(unknown)} is no type of event; there are ${WEBHOOK_EVENT_TYPES.join(', ')}.`)
}

/** Each once, as the list of types has them. */
const inOrder = (events: string[]): string[] => WEBHOOK_EVENT_TYPES.filter(type => events.includes(type))

async function principalExists(tx: Tx, id: string): Promise<boolean> {
  const rows = await tx.rows('principalExists', 'SELECT 1 FROM principal WHERE id = $1', [id])
  return rows.length > 0
}
