/**
 * Every metric of ours. The page docs/observability.md is printed from this table, and the collectors are made from it.
 * scope: `process` is what this process did or has; `database` is read from the database at the scrape and is the same from every process,
 * so that it is compared by max() and never summed.
 */
export interface Metric {
  name: string
  type: 'counter' | 'gauge' | 'histogram'
  scope: 'process' | 'database'
  labels: readonly string[]
  help: string
  /** Of a histogram: upper bounds. */
  buckets?: readonly number[]
}

type Said = Pick<Metric, 'name' | 'help'> & { labels?: readonly string[] }

const counter = ({ labels = [], ...said }: Said): Metric => ({ type: 'counter', scope: 'process', labels, ...said })
const gauge = ({ labels = [], ...said }: Said): Metric => ({ type: 'gauge', scope: 'process', labels, ...said })
const times = (buckets: readonly number[], { labels = [], ...said }: Said): Metric => ({ type: 'histogram', scope: 'process', labels, buckets, ...said })
const ofDatabase = (metric: Metric): Metric => ({ ...metric, scope: 'database' })

/** Seconds. Statements are mostly below a few ms, requests may wait for half a minute. */
const STATEMENT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30] as const
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30] as const

export const METRICS = {
  build: gauge({ name: 'sluice_build_info', labels: ['version', 'node'], help: 'Always 1; the labels say what runs.' }),

  httpSeconds: times(REQUEST_SECONDS, {
    name: 'sluice_http_request_duration_seconds', labels: ['door', 'status'],
    help: 'HTTP requests by door and class of status (2xx, 4xx …; cut = the client went away first).',
  }),
  operationSeconds: times(REQUEST_SECONDS, {
    name: 'sluice_operation_duration_seconds', labels: ['operation', 'outcome'],
    help: 'Queries and mutations by their root field, over whichever door; outcome is ok, refused (one item at least) or failed. claimFlows, heartbeat and waitForFlow wait by design.',
  }),
  refusals: counter({ name: 'sluice_refusals_total', labels: ['operation', 'code'], help: 'Refused items of queries and mutations by error code.' }),
  slowSubscribers: counter({ name: 'sluice_subscriptions_ended_total', labels: ['reason'], help: 'Subscriptions that ended with a typed reason; TOO_SLOW = the subscriber was dropped.' }),
  subscriptions: gauge({ name: 'sluice_subscriptions', help: 'Open subscriptions.' }),
  feedDelay: gauge({
    name: 'sluice_feed_delay_seconds',
    help: 'For how long the oldest committed event has been waiting to be shown, because a write transaction that began earlier is still open.',
  }),

  promoted: counter({ name: 'sluice_promoted_flows_total', help: 'Flows that this process leased to workers.' }),
  promotionBatch: times([1, 2, 5, 10, 20, 50, 100, 200, 500], { name: 'sluice_promotion_batch_flows', help: 'Flows per promotion pass that leased any.' }),
  promotionSeconds: times(STATEMENT_SECONDS, {
    name: 'sluice_promotion_duration_seconds', labels: ['found'], help: 'Promotion passes, one transaction each; found says whether flows were leased (yes, no).',
  }),
  claimsParked: gauge({ name: 'sluice_claims_parked', help: 'Claims of workers that wait here for flows.' }),

  leasesLost: counter({
    name: 'sluice_leases_lost_total', labels: ['fate'],
    help: 'Leases that were taken away: lease_expired, start_timeout, attempt_timeout, grace_over (a cancel that its worker ignored), replaced (its worker registered again).',
  }),
  sweepFound: counter({
    name: 'sluice_sweep_found_total', labels: ['sweep'],
    help: 'Things that a sweep had to do. promoter = flows that no wake-up had announced: none is expected.',
  }),
  sweepSeconds: times(STATEMENT_SECONDS, { name: 'sluice_sweep_duration_seconds', labels: ['sweep'], help: 'Turns of what runs by the clock.' }),
  sweepFailures: counter({ name: 'sluice_sweep_failures_total', labels: ['sweep'], help: 'Turns that failed; the next one tries again.' }),
  countDifferences: gauge({
    name: 'sluice_count_differences', help: 'Where the ledger of counts and the rows disagreed at the hourly check of this dispatcher: 0, or it is a bug.',
  }),
  clockDifference: gauge({ name: 'sluice_clock_difference_seconds', help: 'The clock of this machine minus the one of the database, which counts.' }),

  attemptSeconds: times(REQUEST_SECONDS, {
    name: 'sluice_webhook_attempt_duration_seconds', labels: ['outcome'],
    help: 'Attempts to deliver a webhook; outcome is the class of the answer (2xx, 4xx …), or why there was no whole one (timeout, unresolved, no_connection, tls, broken, url_not_allowed, unsigned, key_unknown).',
  }),
  deliveriesEnded: counter({
    name: 'sluice_webhook_deliveries_ended_total', labels: ['state'], help: 'Deliveries that an attempt of this process ended: DELIVERED, EXHAUSTED, REJECTED or BLOCKED.',
  }),

  waitsOpened: counter({ name: 'sluice_waits_opened_total', labels: ['kind'], help: 'Waits that began here, by the kind of the waitpoint. How many stand open is sluice_flows with the status WAITING.' }),
  waitAnswers: counter({
    name: 'sluice_wait_answers_total', labels: ['by'],
    help: 'Answers that were accepted here, early ones too: by a principal who signed in, by the token of a link, or by the timeout of an AUTO_RESUME.',
  }),
  waitsTimedOut: counter({ name: 'sluice_waits_timed_out_total', help: 'Waits that nobody answered in time, and that ended their flow by it (FAIL, CANCEL).' }),
  inputs: counter({ name: 'sluice_flow_inputs_total', labels: ['act'], help: 'Inputs that were added to queued flows here, and that were taken back (added, removed).' }),
  frames: counter({ name: 'sluice_frames_appended_total', help: 'Frames of output that were stored here; repeated ones are not.' }),
  frameBytes: counter({ name: 'sluice_frame_bytes_total', help: 'Bytes of their payloads.' }),
  frameTrims: counter({ name: 'sluice_frame_trims_total', help: 'How often the oldest frames of an attempt went, because more is not kept (FRAMES_KEPT, FRAME_BYTES_KEPT): readers behind them are told of a gap.' }),
  artifacts: counter({ name: 'sluice_artifacts_stored_total', help: 'Artifacts that workers left behind here.' }),
  artifactBytes: counter({ name: 'sluice_artifact_bytes_total', labels: ['direction'], help: 'Bytes of artifacts that were stored here (in), and that readers took (out).' }),

  statementSeconds: times(STATEMENT_SECONDS, {
    name: 'sluice_statement_duration_seconds', labels: ['statement'], help: 'Named statements, and commit. The reads of single GraphQL fields are not among them.',
  }),
  statementFailures: counter({ name: 'sluice_statement_failures_total', labels: ['statement'], help: 'Statements that the database refused or broke off.' }),
  transactionRetries: counter({ name: 'sluice_transaction_retries_total', help: 'Transactions that ran again after a deadlock or a serialisation failure.' }),
  connections: gauge({
    name: 'sluice_database_connections', labels: ['state'], help: 'The pool of the hot statements: used, idle, and waiting = requests that wait for one.',
  }),
  reconnects: counter({ name: 'sluice_notify_reconnects_total', help: 'How often the connection for wake-ups was lost and opened again.' }),
  databaseRead: gauge({ name: 'sluice_database_read', help: '1 when this scrape could read the figures of the whole database, else 0 and they are absent.' }),

  flows: ofDatabase(gauge({ name: 'sluice_flows', labels: ['status'], help: 'Flows that are kept, by status.' })),
  flowEvents: ofDatabase(counter({ name: 'sluice_flow_events_total', labels: ['event'], help: 'What ever happened: flows queued, started, finished and failed.' })),
  laneFlows: ofDatabase(gauge({ name: 'sluice_lane_flows', labels: ['lane', 'status'], help: 'Flows that have not ended, by lane.' })),
  laneAge: ofDatabase(gauge({ name: 'sluice_lane_oldest_queued_seconds', labels: ['lane'], help: 'How long the oldest queued flow has waited, held and delayed ones included; 0 = none.' })),
  laneSlots: ofDatabase(gauge({ name: 'sluice_lane_slots_held', labels: ['lane'], help: 'Slots that flows of the lane hold.' })),
  laneCap: ofDatabase(gauge({ name: 'sluice_lane_slots_cap', labels: ['lane'], help: 'The cap of the lane; 0 = none.' })),
  kindFlows: ofDatabase(gauge({ name: 'sluice_kind_flows', labels: ['kind', 'status'], help: 'Flows that have not ended, by kind.' })),
  slots: ofDatabase(gauge({ name: 'sluice_slots_held', help: 'Slots held.' })),
  slotsByWaiting: ofDatabase(gauge({ name: 'sluice_slots_held_by_waiting', help: 'Slots held by flows that wait.' })),
  slotsCap: ofDatabase(gauge({ name: 'sluice_slots_cap', help: 'The global cap; 0 = none.' })),
  workers: ofDatabase(gauge({ name: 'sluice_workers', labels: ['state'], help: 'Workers that were heard of lately.' })),
  workerCapacity: ofDatabase(gauge({ name: 'sluice_worker_capacity', labels: ['state'], help: 'Flows that these workers could take at once.' })),
  leases: ofDatabase(gauge({ name: 'sluice_leases', help: 'Leases that stand.' })),
  waitAge: ofDatabase(gauge({ name: 'sluice_wait_oldest_seconds', help: 'How long the oldest open wait has stood; 0 = none is open.' })),
  deliveriesLive: ofDatabase(gauge({ name: 'sluice_webhook_deliveries_live', help: 'Deliveries that have not ended; stops at 10,000.' })),
  deliveryAge: ofDatabase(gauge({ name: 'sluice_webhook_oldest_due_seconds', help: 'For how long the oldest delivery that is due has waited for its turn; 0 = none is due.' })),
  endpointsDisabled: ofDatabase(gauge({ name: 'sluice_webhook_endpoints_disabled', help: 'Endpoints that are disabled.' })),
  processes: ofDatabase(gauge({ name: 'sluice_processes', labels: ['role'], help: 'Control planes that signed themselves alive within 15 s, by role; one with both roles counts in both.' })),
} as const satisfies Record<string, Metric>

export type MetricKey = keyof typeof METRICS
