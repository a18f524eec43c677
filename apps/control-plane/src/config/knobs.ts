import { address, boolean, duration, integer, size, text, word, words } from './grammar.ts'
import { given, isDuration, optional } from './knob.ts'
import { WAIT_KNOBS } from './wait-knobs.ts'
import { WEBHOOK_KNOBS } from './webhook-knobs.ts'

/** Longer than this a timer of the platform cannot wait. */
const TIMER_MAX = 2 ** 31 - 1
const pace = duration({ min: 10, max: TIMER_MAX })
const term = duration({ min: 1, max: 10 * 365 * 86_400_000 })

/** The table of all that an operator can set, and the only list: the parser, the documentation and .env.example follow it. */
export const KNOBS = {
  databaseUrl: optional(address(['postgresql', 'postgres']), {
    name: 'DATABASE_URL',
    meaning: 'The PostgreSQL server (14 or newer) that holds everything; without it an embedded one runs in the data folder.',
  }),
  dataDir: given(text('folder'), {
    name: 'SLUICE_DATA_DIR',
    default: '.sluice',
    meaning: 'Folder of the embedded database, the keys made for it, `admin-token` and `run.json`, relative to the checkout; one server at a time uses it.',
  }),
  host: given(text('host name or address'), {
    name: 'HOST',
    default: '127.0.0.1',
    meaning: 'The address it listens on; anything but this machine itself opens it to the network.',
  }),
  port: given(integer({ min: 0, max: 65_535 }), {
    name: 'PORT',
    default: '4400',
    meaning: 'The port it listens on; 0 takes any free one.',
  }),
  publicUrl: optional(address(['http', 'https']), {
    name: 'PUBLIC_URL',
    meaning: 'How links name this server, and the only origin whose pages may open sockets; derived from HOST and PORT when unset.',
  }),
  roles: given(words(['api', 'dispatcher']), {
    name: 'ROLES',
    default: 'api,dispatcher',
    meaning: 'What this process does; some process must be dispatcher.',
  }),
  maxConcurrentFlows: given(integer({ min: 0, max: 1_000_000 }), {
    name: 'MAX_CONCURRENT_FLOWS',
    default: '0',
    meaning: 'How many flows may hold a slot at once, 0 = no cap; once the cap was set through the API, that value wins and this one is only shown beside it.',
  }),
  leaseTtlMs: given(duration({ min: 100, max: TIMER_MAX }), {
    name: 'LEASE_TTL',
    default: '45s',
    meaning: 'How long a worker that is not heard of keeps its flows; more than twice HEARTBEAT.',
  }),
  heartbeatMs: given(duration({ min: 10, max: TIMER_MAX }), {
    name: 'HEARTBEAT',
    default: '15s',
    meaning: 'How often workers are asked to report that they live.',
  }),
  startTimeoutMs: given(duration({ min: 10, max: TIMER_MAX }), {
    name: 'START_TIMEOUT',
    default: '60s',
    meaning: 'How long a promoted flow may wait for its worker’s start report before it goes back to the queue.',
  }),
  maxLostStarts: given(integer({ min: 1, max: 1000 }), {
    name: 'MAX_LOST_STARTS',
    default: '5',
    meaning: 'After so many lost starts in a row a flow ends as failed.',
  }),
  cancelGraceMs: given(duration({ max: TIMER_MAX }), {
    name: 'CANCEL_GRACE',
    default: '30s',
    meaning: 'How long a worker may take to end a cancelled flow before its lease is revoked.',
  }),
  retryBackoffMinMs: given(term, {
    name: 'RETRY_BACKOFF_MIN',
    default: '1s',
    meaning: 'The first pause before a retry; it doubles with every further one.',
  }),
  retryBackoffMaxMs: given(term, {
    name: 'RETRY_BACKOFF_MAX',
    default: '60s',
    meaning: 'The longest pause before a retry.',
  }),
  runnerCapacity: given(integer({ min: 1, max: 1000 }), {
    name: 'RUNNER_CAPACITY',
    default: '8',
    meaning: 'How many flows the bundled runner works on at once.',
  }),
  runnerGraceMs: given(duration({ max: TIMER_MAX }), {
    name: 'RUNNER_GRACE',
    default: '30s',
    meaning: 'How long the runner lets its flows go on after it was told to stop, before it interrupts them.',
  }),
  runnerFile: optional(text('file'), {
    name: 'RUNNER_FILE',
    meaning: 'The file that names the kinds of the bundled runner, relative to the checkout; `runner.json` in the data folder when unset.',
  }),
  ...WEBHOOK_KNOBS,
  ...WAIT_KNOBS,
  attemptTimeoutMs: optional(term, {
    name: 'ATTEMPT_TIMEOUT',
    meaning: 'How long one attempt may run, for flows that set nothing themselves.',
  }),
  flowDeadlineMs: optional(term, {
    name: 'FLOW_DEADLINE',
    meaning: 'How long a flow may take in all, for flows that set nothing themselves.',
  }),
  queueTtlMs: optional(term, {
    name: 'QUEUE_TTL',
    meaning: 'How long a flow may stay queued before it ends as failed, for flows that set nothing themselves.',
  }),
  inputMaxBytes: given(size({ min: 2 }), {
    name: 'INPUT_MAX',
    default: '256KiB',
    meaning: 'The largest input of a flow, as JSON.',
  }),
  resultMaxBytes: given(size({ min: 2 }), {
    name: 'RESULT_MAX',
    default: '1MiB',
    meaning: 'The largest result of a flow, as JSON.',
  }),
  frameMaxBytes: given(size({ min: 2 }), {
    name: 'FRAME_MAX',
    default: '64KiB',
    meaning: 'The largest frame of a flow’s output, as JSON.',
  }),
  framesKept: given(integer({ min: 1, max: 1_000_000 }), {
    name: 'FRAMES_KEPT',
    default: '10000',
    meaning: 'How many frames of an attempt are kept; the oldest go, a tenth at a time, and a reader is told.',
  }),
  frameBytesKept: given(size({ min: 2 }), {
    name: 'FRAME_BYTES_KEPT',
    default: '64MiB',
    meaning: 'How large the frames of an attempt may be in all; the oldest go, a tenth at a time, and a reader is told.',
  }),
  bodyMaxBytes: given(size({ min: 1024, max: 512 * 1024 ** 2 }), {
    name: 'BODY_MAX',
    default: '8MiB',
    meaning: 'The largest HTTP request.',
  }),
  queryDepth: given(integer({ min: 1, max: 100 }), {
    name: 'QUERY_DEPTH',
    default: '12',
    meaning: 'How deeply a GraphQL document may nest; refused before it runs.',
  }),
  queryCost: given(integer({ min: 1 }), {
    name: 'QUERY_COST',
    default: '5000',
    meaning: 'How much a GraphQL document may cost; refused before it runs.',
  }),
  subscriptionsPerSocket: given(integer({ min: 1 }), {
    name: 'SUBSCRIPTIONS_PER_SOCKET',
    default: '100',
    meaning: 'How many subscriptions one socket may have.',
  }),
  idempotencyWindowMs: given(term, {
    name: 'IDEMPOTENCY_WINDOW',
    default: '24h',
    meaning: 'How long an idempotency key is remembered.',
  }),
  keepaliveMs: given(pace, {
    name: 'KEEPALIVE',
    default: '15s',
    meaning: 'How often an idle socket is pinged and an idle event stream gets a comment.',
  }),
  subscriberBuffer: given(integer({ min: 1 }), {
    name: 'SUBSCRIBER_BUFFER',
    default: '1000',
    meaning: 'How many events a slow subscriber may be behind before its subscription ends.',
  }),
  pageDefault: given(integer({ min: 1 }), {
    name: 'PAGE_DEFAULT',
    default: '50',
    meaning: 'How many items a list answers when it is not told.',
  }),
  pageMax: given(integer({ min: 1, max: 10_000 }), {
    name: 'PAGE_MAX',
    default: '200',
    meaning: 'How many items a list answers at most.',
  }),
  sweepPromoterMs: given(pace, {
    name: 'SWEEP_PROMOTER',
    default: '5s',
    meaning: 'How often the promoter looks by itself, should a wake-up be lost.',
  }),
  sweepFeedMs: given(pace, {
    name: 'SWEEP_FEED',
    default: '1s',
    meaning: 'How often the live feed is read, should a wake-up be lost.',
  }),
  sweepCountsMs: given(pace, {
    name: 'SWEEP_COUNTS',
    default: '1s',
    meaning: 'How often the ledger of counts is folded.',
  }),
  sweepLeasesMs: given(pace, {
    name: 'SWEEP_LEASES',
    default: '5s',
    meaning: 'How often lost leases, starts and cancellations are looked for.',
  }),
  sweepDeadlinesMs: given(pace, {
    name: 'SWEEP_DEADLINES',
    default: '5s',
    meaning: 'How often deadlines, time limits and queue TTLs are looked for.',
  }),
  sweepDeliveriesMs: given(pace, {
    name: 'SWEEP_DELIVERIES',
    default: '1s',
    meaning: 'How often deliveries that are due are looked for, should a wake-up be lost.',
  }),
  sweepRetentionMs: given(pace, {
    name: 'SWEEP_RETENTION',
    default: '1h',
    meaning: 'How often what is kept no longer is looked for; the first time within a minute after the start.',
  }),
  flowRetentionDays: given(integer({ min: 0, max: 36_500 }), {
    name: 'FLOW_RETENTION_DAYS',
    default: '0',
    meaning: 'For how many days after its end a flow is kept, with all that belongs to it; 0 = for ever.',
  }),
  frameRetentionDays: given(integer({ min: 0, max: 36_500 }), {
    name: 'FRAME_RETENTION_DAYS',
    default: '7',
    meaning: 'For how many days after its end the output frames of a flow are kept; 0 = as long as the flow.',
  }),
  auditRetentionDays: given(integer({ min: 0, max: 36_500 }), {
    name: 'AUDIT_RETENTION_DAYS',
    default: '0',
    meaning: 'For how many days the audit trail is kept; 0 = for ever.',
  }),
  metricsPort: optional(integer({ min: 0, max: 65_535 }), {
    name: 'METRICS_PORT',
    meaning: 'Where a process without the role api serves `/metrics`, `/healthz` and `/readyz`, on HOST; with the role they are at PORT.',
  }),
  otelTracesExporter: optional(word(['otlp', 'none']), {
    name: 'OTEL_TRACES_EXPORTER',
    meaning: 'Whether traces are exported; when unset they are where one of the endpoints below is set.',
  }),
  otelEndpoint: optional(address(['http', 'https']), {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    meaning: 'The OpenTelemetry collector; turns tracing on, in the runner too.',
  }),
  otelTracesEndpoint: optional(address(['http', 'https']), {
    name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    meaning: 'The whole address for traces, where it is not the endpoint with `/v1/traces` behind it.',
  }),
  otelProtocol: given(word(['http/protobuf', 'http/json']), {
    name: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    default: 'http/protobuf',
    meaning: 'How traces are sent.',
  }),
  otelDisabled: given(boolean(), {
    name: 'OTEL_SDK_DISABLED',
    default: 'false',
    meaning: 'Turns tracing off, whatever else is set.',
  }),
} as const

/** Read by others in the same environment: workers know their server by the first two, browser tests their browser by the third. */
export const NEIGHBOURS = ['SLUICE_URL', 'SLUICE_TOKEN', 'CHROMIUM_PATH'] as const

/** Those whose values are never printed. */
export function secretNames(): string[] {
  return Object.values(KNOBS).filter(knob => 'secret' in knob).map(knob => knob.name)
}

/** Every name that may be set: a duration may also be given as an integer under NAME_MS. */
export function knownNames(): string[] {
  const own = Object.values(KNOBS).flatMap(knob => (isDuration(knob) ? [knob.name, `${knob.name}_MS`] : [knob.name]))
  return [...own, ...NEIGHBOURS]
}
