import type { BulkState, DeliveryState, DeliveryTrigger, EndpointOrigin, EndpointState, ErrorCode, Json } from '@sluice/protocol'
import { at } from './lane-factories.ts'

/** Endpoints, deliveries and operations as the API would answer them, filled with what their state implies. */

const ADMIN = { __typename: 'Principal', id: 'prn_admin', name: 'admin' } as const

let made = 0
const nextId = (prefix: string) => `${prefix}_01k${String((made += 1)).padStart(22, '0')}x7`

interface EndpointFields {
  id?: string; name?: string | null; urlRedacted?: string; events?: string[]; state?: EndpointState; origin?: EndpointOrigin; disabledReason?: string | null; consecutiveFailures?: number
  successRate?: number | null; inlineArtifacts?: boolean; strictOrder?: boolean; version?: number; secrets?: object[]; principal?: object | null
}

const fakeSecret = (notAfter: string | null = null) => ({ __typename: 'WebhookSecret' as const, id: nextId('whk'), createdAt: at(-3600), notAfter })

export const fakeEndpoint = (name: string | null = 'crm', endpoint: EndpointFields = {}) => ({
  __typename: 'WebhookEndpoint' as const, id: `ep_${name ?? 'unnamed'}`, name, urlRedacted: 'https://hooks.example.com/…', events: ['flow.finished', 'flow.failed', 'flow.cancelled', 'flow.skipped'],
  inlineArtifacts: false, strictOrder: false, state: 'ACTIVE' as EndpointState, disabledReason: null, disabledAt: endpoint.state === 'DISABLED' ? at(-60) : null, consecutiveFailures: 0, disabledAfter: 20,
  successRate: 1 as number | null, origin: (name === null ? 'UNNAMED' : 'NAMED') as EndpointOrigin, version: 1, createdAt: at(-7200), deletedAt: null,
  secrets: name === null ? [] : [fakeSecret()], principal: null as object | null, createdBy: ADMIN as object | null, ...endpoint,
})

/** One whose secret was rotated: two sign. */
export const rotatedEndpoint = (name: string, until: string) => fakeEndpoint(name, { secrets: [fakeSecret(), fakeSecret(until)] })

export const disabledEndpoint = (name: string, reason: string) => fakeEndpoint(name, { state: 'DISABLED', disabledReason: reason, consecutiveFailures: 20, successRate: 0 })

interface AttemptFields { statusCode?: number | null; errorClass?: string | null; durationMs?: number; endedAt?: string | null; address?: string | null; responseHeaders?: Json; responseExcerpt?: string | null; retryAfterMs?: number | null }

export const fakeDeliveryAttempt = (n: number, attempt: AttemptFields = {}) => ({
  __typename: 'DeliveryAttempt' as const, n, startedAt: at(n * 5), endedAt: at(n * 5 + 1), durationMs: 42, address: '203.0.113.7', statusCode: 503 as number | null, errorClass: null as string | null,
  requestHeaders: { 'webhook-id': 'dlv_1', 'user-agent': 'Sluice-Webhooks/0.1.0' } as Json, responseHeaders: { 'content-type': 'text/plain' } as Json, responseExcerpt: 'no room\n' as string | null,
  retryAfterMs: null as number | null, ...attempt,
})

interface DeliveryFields {
  id?: string; eventId?: string; eventType?: string; trigger?: DeliveryTrigger; flow?: object | null; endpoint?: object; attemptCount?: number; nextAttemptAt?: string | null; lastError?: string | null
  createdAt?: string; body?: string | null; attempts?: object[]; cannotReplayReason?: ErrorCode | null; replayOf?: object | null; requestedBy?: object | null
}

const ERRORS: Partial<Record<DeliveryState, string>> = { RETRY_SCHEDULED: 'HTTP_503', EXHAUSTED: 'HTTP_503', REJECTED: 'HTTP_404', BLOCKED: 'URL_NOT_ALLOWED', SUPPRESSED: 'ENDPOINT_DISABLED' }
const ATTEMPTS: Record<DeliveryState, number> = { PENDING: 0, SENDING: 1, RETRY_SCHEDULED: 1, DELIVERED: 1, EXHAUSTED: 5, REJECTED: 1, BLOCKED: 1, SUPPRESSED: 0 }
const LIVE = new Set<DeliveryState>(['PENDING', 'SENDING', 'RETRY_SCHEDULED'])

export const fakeDelivery = (state: DeliveryState = 'DELIVERED', delivery: DeliveryFields = {}) => {
  const id = delivery.id ?? nextId('dlv')
  const live = LIVE.has(state)
  const cannotReplayReason = delivery.cannotReplayReason ?? (live ? 'DELIVERY_IN_PROGRESS' as const : null)
  return {
    __typename: 'WebhookDelivery' as const, eventId: 'evt_1', eventType: 'flow.finished', state, trigger: 'AUTO' as DeliveryTrigger, attemptCount: ATTEMPTS[state], sequence: 4,
    flow: { __typename: 'Flow', id: 'flow_1', title: 'Digest of docs' } as object | null, endpoint: fakeEndpoint() as object, event: { __typename: 'WebhookEvent', id: 'evt_1', createdAt: at(0) },
    nextAttemptAt: state === 'PENDING' || state === 'RETRY_SCHEDULED' ? at(30) : null, lastError: ERRORS[state] ?? null, createdAt: at(made), endedAt: live ? null : at(60),
    body: `{"delivery_id":"${id}","type":"flow.finished"}` as string | null, attempts: [] as object[], canReplay: cannotReplayReason === null, replayOf: null as object | null, requestedBy: null as object | null,
    ...delivery, id, cannotReplayReason,
  }
}

interface OperationFields { state?: BulkState; matched?: number; done?: number; refused?: number; endedAt?: string | null; refusals?: object[] }

export const fakeOperation = (operation: OperationFields = {}) => ({
  __typename: 'BulkOperation' as const, id: 'blk_1', action: 'REPLAY', state: 'RUNNING' as BulkState, matched: 10, done: 4, refused: 0, reason: null, createdAt: at(0), endedAt: null as string | null, requestedBy: ADMIN,
  ...operation, refusals: connectionOf('BulkOperationRefusals', operation.refusals ?? []),
})

/** A page of a connection, as wholly read. */
export const connectionOf = (name: string, nodes: object[], next: string | null = null) => ({
  __typename: `${name}Connection`, edges: nodes.map(node => ({ __typename: `${name}ConnectionEdge`, node })), pageInfo: { __typename: 'PageInfo', hasNextPage: next !== null, endCursor: next ?? 'end' },
})

/** An item of webhookDeliveryChanged; without a delivery, a snapshot. */
export const deliveryItem = (delivery: object | null = null, matches: boolean | null = delivery ? true : null) =>
  ({ webhookDeliveryChanged: { __typename: 'WebhookDeliveryChangedItem', cursor: '1', kind: delivery ? 'CHANGE' : 'SNAPSHOT', gap: false, end: null, matches, delivery } })
