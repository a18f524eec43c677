import { observe, type Pool } from '@sluice/db'
import { bothObservers, type EngineObserver } from '@sluice/engine'
import { createMetrics } from './metrics.ts'
import type { Observing } from './request-facts.ts'
import { wantsTracing, type TracingSettings } from './tracing.ts'

interface Options { pool: Pool; version: string; processId: string; settings: TracingSettings & { otelProtocol: 'http/protobuf' | 'http/json' } }

export interface OpenObserving extends Observing {
  /** What the engine is to tell. */
  engine: EngineObserver
  /** Sends the last spans. */
  close(): Promise<void>
}

/** Metrics always, of this pool's statements too; traces when the environment asks for them, loaded only then. */
export async function openObserving({ pool, version, processId, settings }: Options): Promise<OpenObserving> {
  const metrics = createMetrics({ version })
  observe(pool, metrics.statements)
  metrics.lookAt({ connections: () => ({ used: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount }) })
  const tracing = wantsTracing(settings) ? (await import('./open-tracing.ts')).openTracing({ pool, version, processId, protocol: settings.otelProtocol }) : null
  return {
    metrics, tracing,
    engine: tracing ? bothObservers(metrics.engine, tracing.engine) : metrics.engine,
    close: async () => tracing?.close(),
  }
}
