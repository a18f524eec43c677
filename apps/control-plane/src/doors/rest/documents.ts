/** What the REST doors ask of the schema. A field that is not selected here is not in REST; a field that is has GraphQL's name, type and rights. */

const QUEUE_PLACE = `fragment QueuePlace on QueuePlace { position queueClass reason detail estimatedStartAt pinned forced }`

const FLOW_ERROR = `fragment FlowError on FlowError { code message detail retryable }`

/** Why not: every refusal that a command may give. */
const REFUSAL = `fragment Refusal on Error {
  code message
  ... on InvalidInput { path }
  ... on LimitExceeded { limit }
  ... on UrlNotAllowed { rule }
  ... on FlowAlreadyTerminal { flow { id status terminalReason } }
}`

/** A flow without what may be large or takes a look at the queue. */
const FLOW_HEAD = `fragment FlowHead on Flow {
  id kind title lane { name } owner { id name } labels priority status phase waitKind waitingSince isTerminal terminalReason
  slotHeld overCap maxAttempts retriesUsed onLeaseLost retryOf { id }
  createdAt queuedAt startedAt finishedAt cancelRequestedAt notBefore deadlineAt traceParent webhookEndpoint { id name urlRedacted }
}`

const LISTED_FLOW = `fragment ListedFlow on Flow { ...FlowHead progress { percent message at } queue { ...QueuePlace } } ${FLOW_HEAD} ${QUEUE_PLACE}`

const ATTEMPT = `fragment Attempt on Attempt {
  id index type epoch worker { id name } codeVersion startedAt reportedAt leaseExpiresAt endedAt endReason error { ...FlowError } unusedMemos
}`

const ARTIFACT = `fragment Artifact on Artifact { id name mediaType size digest attempt url createdAt expiresAt }`

const FLOW = `fragment Flow on Flow {
  ...ListedFlow
  queue { ...QueuePlace holders(first: 10) { id } }
  currentAttempt { id index epoch worker { id name } startedAt reportedAt leaseExpiresAt }
  input result output { reason text source } error { ...FlowError } artifacts { ...Artifact }
} ${LISTED_FLOW} ${FLOW_ERROR} ${ARTIFACT}`

const EVENT = `fragment FlowEvent on FlowEvent { sequence type status phase actor at payload cursor }`

export const CREATE_FLOW = `mutation ($input: CreateFlowInput!) {
  done: createFlow(input: $input) { ... on CreateFlowPayload { created flow { ...Flow } } ...Refusal }
} ${FLOW} ${REFUSAL}`

export const CANCEL_FLOW = `mutation ($input: CancelFlowInput!) {
  done: cancelFlow(input: $input) { ... on CancelFlowPayload { alreadyTerminal flow { ...Flow } } ...Refusal }
} ${FLOW} ${REFUSAL}`

export const PROMOTE_FLOW = `mutation ($input: PromoteNowInput!) {
  done: promoteNow(input: $input) { ... on PromoteNowPayload { started overCap position reason flow { ...Flow } } ...Refusal }
} ${FLOW} ${REFUSAL}`

export const FLOW_BY_ID = `query ($id: ID!) { flow(id: $id) { ...Flow } } ${FLOW}`

export const FLOW_WAITED_FOR = `query ($id: ID!, $timeoutMs: Int) { flow: waitForFlow(id: $id, timeoutMs: $timeoutMs) { ...Flow } } ${FLOW}`

export const FLOWS = `query ($filter: FlowFilter, $orderBy: FlowOrder, $first: Int, $after: String, $last: Int, $before: String) {
  flows(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    edges { node { ...ListedFlow } }
    pageInfo { ...PageInfo }
  }
} ${LISTED_FLOW} fragment PageInfo on PageInfo { hasNextPage hasPreviousPage startCursor endCursor }`

export const FLOW_EVENTS = `subscription ($id: ID!, $after: Cursor) {
  item: flowEvents(id: $id, after: $after) { kind cursor gap end flow { ...ListedFlow } event { ...FlowEvent } }
} ${LISTED_FLOW} ${EVENT}`

export const FLOW_FRAMES = `subscription ($id: ID!, $after: Cursor) {
  item: flowFrames(id: $id, after: $after) { kind cursor gap end frames { attempt sequence kind payload at cursor } }
}`

export const FLOW_IS_OVER = `query ($id: ID!) { flow(id: $id) { isTerminal } }`

export const EXPORTED_FLOW = `query ($id: ID!) { flow(id: $id) { ...Flow } } ${FLOW}`

export const EXPORTED_EVENTS = `query ($id: ID!, $first: Int, $after: String) {
  flow(id: $id) { list: events(first: $first, after: $after) { edges { node { ...FlowEvent } } pageInfo { hasNextPage endCursor } } }
} ${EVENT}`

export const EXPORTED_ATTEMPTS = `query ($id: ID!, $first: Int, $after: String) {
  flow(id: $id) { list: attempts(first: $first, after: $after) { edges { node { ...Attempt } } pageInfo { hasNextPage endCursor } } }
} ${ATTEMPT} ${FLOW_ERROR}`

export const EXPORTED_INPUTS = `query ($id: ID!, $first: Int, $after: ID) {
  flow(id: $id) { list: inputs(first: $first, after: $after) { id author content state attempt createdAt } }
}`

/** Without what answers it: a token is shown to its handler only. */
export const EXPORTED_WAITPOINTS = `query ($id: ID!, $first: Int, $after: ID) {
  flow(id: $id) { list: waitpoints(first: $first, after: $after) {
    id key kind mode state prompt fields allowedDecisions answerableBy createdAt openedAt timeoutAt onTimeout closedAt answer { decision payload by at }
  } }
}`

const DELIVERY = `fragment Delivery on WebhookDelivery {
  id eventId eventType sequence flow { id } endpoint { id name urlRedacted } state trigger attemptCount nextAttemptAt lastError
  replayOf { id } requestedBy { id name } createdAt endedAt
}`

const DELIVERY_ATTEMPT = `fragment DeliveryAttempt on DeliveryAttempt {
  n startedAt endedAt durationMs address statusCode errorClass retryAfterMs requestHeaders responseHeaders responseExcerpt
}`

export const EXPORTED_FLOW_DELIVERIES = `query ($id: ID!, $first: Int, $after: String) {
  flow(id: $id) { list: deliveries(first: $first, after: $after) {
    edges { node { ...DeliveryWithAttempts } } pageInfo { hasNextPage endCursor }
  } }
} fragment DeliveryWithAttempts on WebhookDelivery { ...Delivery attempts { ...DeliveryAttempt } } ${DELIVERY} ${DELIVERY_ATTEMPT}`

export const EXPORTED_DELIVERIES = `query (
  $filter: WebhookDeliveryFilter, $attempts: Boolean = false, $body: Boolean = false, $first: Int, $after: String
) {
  list: webhookDeliveries(filter: $filter, first: $first, after: $after) {
    edges { node { ...Delivery attempts @include(if: $attempts) { ...DeliveryAttempt } body @include(if: $body) } }
    pageInfo { hasNextPage endCursor }
  }
} ${DELIVERY} ${DELIVERY_ATTEMPT}`

export const EXPORTED_ENDPOINTS = `query ($unnamed: Boolean = false, $first: Int, $after: String) {
  list: webhookEndpoints(unnamed: $unnamed, first: $first, after: $after) {
    edges { node {
      id name origin principal { id name } urlRedacted events inlineArtifacts strictOrder state disabledReason disabledAt consecutiveFailures disabledAfter successRate
      secrets { id createdAt notAfter } version createdAt createdBy { id name }
    } }
    pageInfo { hasNextPage endCursor }
  }
}`

export const EXPORTED_OPERATIONS = `query ($first: Int, $after: String) {
  list: bulkOperations(first: $first, after: $after) {
    edges { node { id action state filter matched done refused requestedBy { id name } reason createdAt endedAt } }
    pageInfo { hasNextPage endCursor }
  }
}`

export const EXPORTED_FLOWS = `query (
  $filter: FlowFilter, $orderBy: FlowOrder, $input: Boolean = false, $result: Boolean = false, $first: Int, $after: String
) {
  list: flows(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    edges { node { ...FlowHead input @include(if: $input) result @include(if: $result) error { ...FlowError } } }
    pageInfo { hasNextPage endCursor }
  }
} ${FLOW_HEAD} ${FLOW_ERROR}`

export const EXPORTED_QUEUE = `query ($lane: String, $first: Int, $after: String) {
  list: flowQueue(lane: $lane, first: $first, after: $after) { edges { node { ...FlowHead queue { ...QueuePlace } } } pageInfo { hasNextPage endCursor } }
} ${FLOW_HEAD} ${QUEUE_PLACE}`

export const EXPORTED_AUDIT = `query ($filter: AuditFilter, $first: Int, $after: String) {
  list: audit(filter: $filter, first: $first, after: $after) {
    edges { node { id at by { id name } action target reason before after address } }
    pageInfo { hasNextPage endCursor }
  }
}`

export const EXPORTED_LANES = `query {
  list: lanes {
    id name state stateBy { id name } stateAt stateReason maxActive waitingHoldsSlot defaults version
    cap { active fromEnvironment setBy { id name } setAt reason }
    stats { queued running waiting slotsHeld slotsHeldByWaiting cap oldestQueuedAt finishedLastMinute failedLastMinute }
  }
}`

export const EXPORTED_WORKERS = `query {
  list: workers { id instanceId name state kinds lanes capacity leased codeVersion principal { id name } registeredAt heartbeatAt heartbeatMs expiresAt }
}`

export const EXPORTED_KINDS = `query { list: flowKinds { name title inputSchema liveWorkers queued } }`

export const EXPORTED_CAPS = `query {
  list: caps { scope lane { name } principal { id name } maxActive active fromEnvironment environmentValue setBy { id name } setAt reason }
}`

export const EXPORTED_SERVERS = `query { list: servers { id version roles startedAt aliveAt } }`

export const EXPORTED_PRINCIPALS = `query { list: principals { id name roles } }`

export const EXPORTED_TOKENS = `query {
  list: apiTokens { id name principal { id name } scopes createdAt expiresAt lastUsedAt revokedAt }
}`
