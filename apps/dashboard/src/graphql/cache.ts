import type { CacheExchangeOpts } from '@urql/exchange-graphcache'

const embedded = () => null

/** Every refusal the schema knows; they are the types behind `... on Error`. */
const REFUSALS = [
  'NotFound', 'Forbidden', 'InvalidInput', 'FlowAlreadyTerminal', 'FlowNotQueued', 'FlowNotStarted', 'StaleLease', 'IdempotencyKeyReused', 'LaneClosed',
  'LimitExceeded', 'Conflict', 'UrlNotAllowed', 'DeliveryInProgress', 'EndpointGone', 'BodyPurged', 'NotResumable', 'InvalidDecision',
]

/** What has no id of its own lives inside its parent. Everything else is kept once, by its id, and changes everywhere at once. */
const EMBEDDED = [
  'Progress', 'FlowError', 'QueuePlace', 'QueueStats', 'FlowCounts', 'StatusCount', 'ThroughputPoint', 'FlowEvent', 'FlowKind', 'Viewer', 'Cap', 'UnservedQueue',
  'FlowEventItem', 'FlowsChangedItem', 'QueueChangedItem', 'OverviewItem', 'PageInfo',
  'FlowAttemptsConnection', 'FlowAttemptsConnectionEdge', 'FlowEventsConnection', 'FlowEventsConnectionEdge',
  'QueryFlowsConnection', 'QueryFlowsConnectionEdge', 'QueryFlowQueueConnection', 'QueryFlowQueueConnectionEdge',
  'DeliveryAttempt', 'BulkRefusal', 'WebhookDeliveryChangedItem', 'BulkOperationItem',
  'FlowDeliveriesConnection', 'FlowDeliveriesConnectionEdge', 'QueryWebhookDeliveriesConnection', 'QueryWebhookDeliveriesConnectionEdge',
  'WaitpointAnswer', 'WaitpointsChangedItem', 'QueryWaitpointsConnection', 'QueryWaitpointsConnectionEdge',
  'Remembered', 'FlowRememberedConnection', 'FlowRememberedConnectionEdge', 'Frame', 'FlowFrameItem', 'FlowFramesConnection', 'FlowFramesConnectionEdge',
  'QueryWebhookEndpointsConnection', 'QueryWebhookEndpointsConnectionEdge', 'BulkOperationRefusalsConnection', 'BulkOperationRefusalsConnectionEdge',
]

export const cacheRules: CacheExchangeOpts = {
  keys: Object.fromEntries([...EMBEDDED, ...REFUSALS].map(name => [name, embedded])),
  possibleTypes: { Error: REFUSALS },
  // Development only. Without a whole schema the cache also tries the other members of a union when it writes one; everything else it says is a mistake of ours.
  logger: (severity, message) => { if (severity !== 'debug' && !message.includes('Invalid undefined')) queueMicrotask(() => { throw new Error(message) }) },
}
