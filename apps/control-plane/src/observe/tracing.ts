/**
 * OpenTelemetry, off unless the environment asks for it by the standard names. It is loaded only then: a start without it pays nothing, and what
 * uses it here knows no more than this file's interfaces.
 */
import type { StatementObserver } from '@sluice/db'
import type { EngineObserver } from '@sluice/engine'
import type { TraceParent } from '@sluice/protocol'

/** The span of one request that commands something. */
export interface CommandSpan extends StatementObserver {
  /** What its flows continue. */
  readonly traceParent: string
  end(o: { outcome: string; status: number | null; flows: readonly string[]; refusals: Readonly<Record<string, number>> }): void
}

export interface Tracing {
  /** began: ms since 1970. */
  command(o: { operation: string; parent: TraceParent | undefined; requestId: string; principal: string; began: number }): CommandSpan
  /** What the engine does by itself in the traces of flows: their time in the queue, and their end. */
  engine: EngineObserver
  /** Sends what waits, within a few seconds. */
  close(): Promise<void>
}

export interface TracingSettings {
  otelDisabled: boolean
  otelTracesExporter: 'otlp' | 'none' | null
  otelEndpoint: string | null
  otelTracesEndpoint: string | null
}

/** As the standard says, but that nothing is sent where nobody said where to: OTEL_TRACES_EXPORTER=otlp alone means the local collector. */
export const wantsTracing = (s: TracingSettings): boolean =>
  !s.otelDisabled && s.otelTracesExporter !== 'none' && (s.otelTracesExporter === 'otlp' || s.otelEndpoint !== null || s.otelTracesEndpoint !== null)
