import { LIMITS } from '@sluice/protocol'

/** What the engine is told once, at start. Milliseconds and bytes. */
export interface EngineSettings {
  leaseTtlMs: number
  heartbeatMs: number
  startTimeoutMs: number
  maxLostStarts: number
  cancelGraceMs: number
  retryBackoffMinMs: number
  retryBackoffMaxMs: number
  /** Defaults for flows that set none; null = none. */
  attemptTimeoutMs: number | null
  flowDeadlineMs: number | null
  queueTtlMs: number | null
  inputMaxBytes: number
  resultMaxBytes: number
  /** One frame; what is kept of an attempt's frames, the newest. */
  frameMaxBytes: number
  framesKept: number
  frameBytesKept: number
  idempotencyWindowMs: number
  /** MAX_CONCURRENT_FLOWS; 0 = off. Counts until setCap is used (D-46). */
  maxConcurrentFlows: number
  sweepPromoterMs: number
  sweepCountsMs: number
  sweepLeasesMs: number
  sweepDeadlinesMs: number
  sweepRetentionMs: number
  /** After the end; 0 = kept for ever. */
  flowRetentionDays: number
  frameRetentionDays: number
  auditRetentionDays: number
  /** FLOW_WEBHOOK_URL; null = none. */
  webhookUrl: string | null
  webhookAllowUnsigned: boolean
  webhookMaxAttempts: number
  /** Delays after the first, second … attempt; the last repeats. */
  webhookScheduleMs: readonly number[]
  /** Requests at once, over all and for each host and port. */
  webhookConcurrency: number
  webhookPerHost: number
  /** So many failed deliveries in a row disable an endpoint. */
  webhookDisableAfter: number
  /** Deliveries, their attempts and bodies; 0 = kept for ever. */
  webhookRetentionDays: number
  sweepDeliveriesMs: number
  sweepWaitpointsMs: number
  /** Waits that set none (INPUT_DEADLINE); null = they wait for ever. */
  inputDeadlineMs: number | null
  /** How long workers hold a wait before they release it (D-2). */
  holdMs: number
}

/** The built-in values of product.md 11. */
export const DEFAULT_SETTINGS: EngineSettings = {
  leaseTtlMs: 45_000, heartbeatMs: 15_000, startTimeoutMs: 60_000, maxLostStarts: 5, cancelGraceMs: 30_000,
  retryBackoffMinMs: 1000, retryBackoffMaxMs: 60_000, attemptTimeoutMs: null, flowDeadlineMs: null, queueTtlMs: null,
  inputMaxBytes: 256 * 1024, resultMaxBytes: 1024 * 1024, frameMaxBytes: LIMITS.frameMaxBytes, framesKept: 10_000, frameBytesKept: 64 * 1024 ** 2, idempotencyWindowMs: 24 * 3_600_000, maxConcurrentFlows: 0,
  sweepPromoterMs: 5000, sweepCountsMs: 1000, sweepLeasesMs: 5000, sweepDeadlinesMs: 5000,
  sweepRetentionMs: 3_600_000, flowRetentionDays: 0, frameRetentionDays: 7, auditRetentionDays: 0,
  webhookUrl: null, webhookAllowUnsigned: false, webhookMaxAttempts: 5, webhookScheduleMs: [5000, 30_000, 120_000, 600_000], webhookConcurrency: 32, webhookPerHost: 4,
  webhookDisableAfter: 20, webhookRetentionDays: 30, sweepDeliveriesMs: 1000,
  sweepWaitpointsMs: 5000, inputDeadlineMs: null, holdMs: 10_000,
}
