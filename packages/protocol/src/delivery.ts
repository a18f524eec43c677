/** The words of webhooks: what is told, to whom, and how far it got. Each list once, each word with its sentence. */

/** What an endpoint may ask for: the moves of a flow, and the test that somebody asked for. */
export const WEBHOOK_EVENT_TYPES = [
  'flow.queued', 'flow.starting', 'flow.running', 'flow.waiting', 'flow.resumed', 'flow.finished', 'flow.failed', 'flow.cancelled', 'flow.skipped', 'webhook.test',
] as const
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number]

export const WEBHOOK_EVENT_SENTENCES: Record<WebhookEventType, string> = {
  'flow.queued': 'Entered the queue: created, given back, or to be tried again.',
  'flow.starting': 'Leased to a worker that has not reported the start yet.',
  'flow.running': 'The worker reported that the work began.',
  'flow.waiting': 'Asks somebody.',
  'flow.resumed': 'Was answered and goes on.',
  'flow.finished': 'Ended with a result.',
  'flow.failed': 'Ended without a result.',
  'flow.cancelled': 'Ended because somebody asked for it.',
  'flow.skipped': 'Never ran, because what it depended on did not come.',
  'webhook.test': 'Somebody pressed Test; there is no flow.',
}

/** What a plain webhookUrl and FLOW_WEBHOOK_URL get: one notice for each flow, its end. */
export const TERMINAL_EVENT_TYPES = ['flow.finished', 'flow.failed', 'flow.cancelled', 'flow.skipped'] as const satisfies WebhookEventType[]

export const ENDPOINT_STATES = ['ACTIVE', 'DISABLED', 'DELETED'] as const
export type EndpointState = (typeof ENDPOINT_STATES)[number]

export const ENDPOINT_STATE_SENTENCES: Record<EndpointState, string> = {
  ACTIVE: 'Gets what it asks for.',
  DISABLED: 'Gets nothing; what it would have got is recorded as suppressed.',
  DELETED: 'Gets nothing and is recorded nowhere any more.',
}

/** Who made an endpoint: the environment, a person who named it, or a flow that brought its URL along. */
export const ENDPOINT_ORIGINS = ['ENVIRONMENT', 'NAMED', 'UNNAMED'] as const
export type EndpointOrigin = (typeof ENDPOINT_ORIGINS)[number]

export const DELIVERY_STATES = ['PENDING', 'SENDING', 'RETRY_SCHEDULED', 'DELIVERED', 'EXHAUSTED', 'REJECTED', 'BLOCKED', 'SUPPRESSED'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

export const DELIVERY_STATE_SENTENCES: Record<DeliveryState, string> = {
  PENDING: 'Not tried yet; its turn comes.',
  SENDING: 'A request is under way.',
  RETRY_SCHEDULED: 'The last attempt failed; there will be another.',
  DELIVERED: 'The receiver answered with a 2xx.',
  EXHAUSTED: 'Every attempt that is allowed failed.',
  REJECTED: 'The receiver answered that it does not take this; trying again would change nothing.',
  BLOCKED: 'The address policy refused the URL.',
  SUPPRESSED: 'Not sent, because its endpoint was disabled or deleted.',
}

export const LIVE_DELIVERY_STATES = ['PENDING', 'SENDING', 'RETRY_SCHEDULED'] as const satisfies DeliveryState[]
const live: ReadonlySet<DeliveryState> = new Set(LIVE_DELIVERY_STATES)
export const isLive = (state: DeliveryState): boolean => live.has(state)

export const DELIVERY_TRIGGERS = ['AUTO', 'REPLAY', 'TEST'] as const
export type DeliveryTrigger = (typeof DELIVERY_TRIGGERS)[number]

export const DELIVERY_TRIGGER_SENTENCES: Record<DeliveryTrigger, string> = {
  AUTO: 'Made by the event itself.',
  REPLAY: 'Somebody asked to send it again.',
  TEST: 'Somebody tested the endpoint.',
}

/** What a bulk operation does to each of its items. */
export const BULK_ACTIONS = ['REPLAY'] as const
export type BulkAction = (typeof BULK_ACTIONS)[number]

export const BULK_STATES = ['RUNNING', 'DONE', 'ABORTED'] as const
export type BulkState = (typeof BULK_STATES)[number]
