/** What this process did, counted in memory. One per process; what is told here is told from hot paths, so it does a few additions and nothing else. */
import type { StatementObserver } from '@sluice/db'
import { UNOBSERVED, type EngineObserver } from '@sluice/engine'
import type { AttemptReport } from '@sluice/protocol'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { METRICS, type Metric, type MetricKey } from './metric-table.ts'
import { frameMetrics, waitMetrics } from './wait-metrics.ts'

/** What is looked up at a scrape instead of being counted. */
export interface Looked {
  claimsParked(): number
  connections(): { used: number; idle: number; waiting: number }
  live(): { subscriptions: number; feedDelayMs: number }
}

export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics({ version }: { version: string }) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counter = (key: MetricKey): Counter => new Counter({ ...made(key), registers: [registry] })
  const gauge = (key: MetricKey): Gauge => new Gauge({ ...made(key), registers: [registry] })
  const histogram = (key: MetricKey): Histogram => new Histogram({ ...made(key), buckets: [...(METRICS[key] as Metric).buckets ?? []], registers: [registry] })

  const looked: Partial<Looked> = {}
  const httpSeconds = histogram('httpSeconds')
  const operationSeconds = histogram('operationSeconds')
  const refusals = counter('refusals')
  const ended = counter('slowSubscribers')
  const reconnects = counter('reconnects')
  const { moved, artifactTaken } = waitMetrics({ counter })
  ended.inc({ reason: 'TOO_SLOW' }, 0)
  gauge('build').set({ version, node: process.version }, 1)
  lookUp(gauge, looked)
  return {
    registry,
    engine: { ...engineObserver({ counter, gauge, histogram }), moved, appended: frameMetrics({ counter }) },
    statements: statementObserver({ counter, gauge, histogram }),
    request: (o: { door: string; status: string; ms: number }): void => httpSeconds.observe({ door: o.door, status: o.status }, o.ms / 1000),
    operation: (o: { name: string; outcome: 'ok' | 'refused' | 'failed'; ms: number }): void => operationSeconds.observe({ operation: o.name, outcome: o.outcome }, o.ms / 1000),
    refused: (o: { operation: string; code: string }): void => refusals.inc(o),
    subscriptionEnded: (reason: string): void => ended.inc({ reason }),
    reconnected: (): void => reconnects.inc(),
    artifactTaken,
    /** Where the figures of the moment are, once there is somewhere. */
    lookAt: (sources: Partial<Looked>): void => void Object.assign(looked, sources),
  }
}

const made = (key: MetricKey) => ({ name: METRICS[key].name, help: METRICS[key].help, labelNames: [...METRICS[key].labels] })

/** A few classes: every status of its own would be a series of its own, and receivers choose them. */
const outcomeOf = ({ statusCode, errorClass }: AttemptReport): string => errorClass?.toLowerCase() ?? `${String(statusCode).slice(0, 1)}xx`

const ENDS = ['DELIVERED', 'EXHAUSTED', 'REJECTED', 'BLOCKED'] as const
const FATES = ['lease_expired', 'start_timeout', 'attempt_timeout', 'grace_over', 'replaced'] as const

export interface Makers { counter(key: MetricKey): Counter; gauge(key: MetricKey): Gauge; histogram(key: MetricKey): Histogram }

function engineObserver({ counter, gauge, histogram }: Makers): EngineObserver {
  const [promoted, batch, passSeconds] = [counter('promoted'), histogram('promotionBatch'), histogram('promotionSeconds')]
  const [leasesLost, found, sweepSeconds, failures] = [counter('leasesLost'), counter('sweepFound'), histogram('sweepSeconds'), counter('sweepFailures')]
  const [differences, clock] = [gauge('countDifferences'), gauge('clockDifference')]
  const [attemptSeconds, ended] = [histogram('attemptSeconds'), counter('deliveriesEnded')]
  // Said before anything happened, so that the first time is an increase too.
  found.inc({ sweep: 'promoter' }, 0)
  for (const fate of FATES) leasesLost.inc({ fate }, 0)
  for (const state of ENDS) ended.inc({ state }, 0)
  return {
    ...UNOBSERVED,
    promotionPass: ({ flows, ms }) => {
      passSeconds.observe({ found: flows > 0 ? 'yes' : 'no' }, ms / 1000)
      if (flows === 0) return
      promoted.inc(flows)
      batch.observe(flows)
    },
    turn: (turn) => {
      sweepSeconds.observe({ sweep: turn.name }, turn.ms / 1000)
      if (turn.failed) failures.inc({ sweep: turn.name })
      if (turn.found !== null) found.inc({ sweep: turn.name }, turn.found)
    },
    unannounced: (flows) => found.inc({ sweep: 'promoter' }, flows),
    leasesLost: (fates) => fates.forEach((fate) => leasesLost.inc({ fate })),
    countsDiffer: (places) => differences.set(places),
    attempted: (reports, moves) => {
      for (const report of reports) attemptSeconds.observe({ outcome: outcomeOf(report) }, report.durationMs / 1000)
      for (const { state } of moves) if (state !== 'RETRY_SCHEDULED') ended.inc({ state })
    },
    clockDiffers: (ms) => clock.set(ms / 1000),
  }
}

function statementObserver({ counter, histogram }: Makers): StatementObserver {
  const [seconds, failures, retries] = [histogram('statementSeconds'), counter('statementFailures'), counter('transactionRetries')]
  return {
    statement: ({ name, ms, failed }) => {
      // What follows the first dot says which combination of filters made it: hundreds of them.
      const [statement = name] = name.split('.', 1)
      seconds.observe({ statement }, ms / 1000)
      if (failed) failures.inc({ statement })
    },
    retried: () => retries.inc(),
  }
}

/** Gauges that are read when somebody asks. */
function lookUp(gauge: (key: MetricKey) => Gauge, looked: Partial<Looked>): void {
  const [claims, connections, subscriptions, delay] = [gauge('claimsParked'), gauge('connections'), gauge('subscriptions'), gauge('feedDelay')]
  Object.assign(claims, { collect: () => claims.set(looked.claimsParked?.() ?? 0) })
  Object.assign(connections, { collect: () => Object.entries(looked.connections?.() ?? {}).forEach(([state, count]) => connections.set({ state }, count)) })
  Object.assign(subscriptions, { collect: () => subscriptions.set(looked.live?.().subscriptions ?? 0) })
  Object.assign(delay, { collect: () => delay.set((looked.live?.().feedDelayMs ?? 0) / 1000) })
}
