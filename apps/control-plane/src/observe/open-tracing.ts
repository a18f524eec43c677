import { context, SpanKind, SpanStatusCode, trace, type Span, type Tracer } from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { envDetector, defaultResource, detectResources, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { Pool } from '@sluice/db'
import { formatTraceParent } from '@sluice/protocol'
import { flowSpans } from './flow-spans.ts'
import { below } from './trace-context.ts'
import type { CommandSpan, Tracing } from './tracing.ts'

interface Options { pool: Pool; version: string; processId: string; protocol: 'http/protobuf' | 'http/json' }

/** Opens the exporter that OTEL_EXPORTER_OTLP_* describe; samplers, batches and resource attributes are the SDK's own OTEL_* too. */
export function openTracing({ pool, version, processId, protocol }: Options): Tracing {
  const service = resourceFromAttributes({ 'service.name': 'sluice-control-plane', 'service.version': version, 'service.instance.id': processId })
  const provider = new BasicTracerProvider({
    resource: defaultResource().merge(service).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(protocol === 'http/json' ? new JsonExporter() : new ProtobufExporter())],
  })
  const tracer = provider.getTracer('sluice', version)
  return {
    command: (o) => commandSpan(tracer, o),
    engine: flowSpans({ tracer, pool }),
    close: () => provider.shutdown(),
  }
}

const traceParentOf = (span: Span): string => {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return formatTraceParent({ traceId, spanId, flags: traceFlags })
}

function commandSpan(tracer: Tracer, { operation, parent, requestId, principal, began }: Parameters<Tracing['command']>[0]): CommandSpan {
  const attributes = { 'graphql.operation.type': 'mutation', 'sluice.operation': operation, 'sluice.request.id': requestId, 'sluice.principal.id': principal }
  const span = tracer.startSpan(`command ${operation}`, { kind: SpanKind.SERVER, startTime: began, attributes }, parent ? below(parent) : context.active())
  const inside = trace.setSpan(context.active(), span)
  return {
    traceParent: traceParentOf(span),
    statement: ({ name, ms, rows, failed }) => {
      const startTime = Date.now() - ms
      const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': name, 'db.response.returned_rows': rows }
      const done = tracer.startSpan(`sql ${name}`, { kind: SpanKind.CLIENT, startTime, attributes }, inside)
      if (failed) done.setStatus({ code: SpanStatusCode.ERROR })
      done.end()
    },
    retried: () => void span.addEvent('transaction retried'),
    end: ({ outcome, status, flows, refusals }) => {
      span.setAttributes({ 'sluice.outcome': outcome, 'sluice.flow.count': flows.length })
      if (flows.length === 1) span.setAttribute('sluice.flow.id', flows[0] ?? '')
      if (status !== null) span.setAttribute('http.response.status_code', status)
      for (const [code, items] of Object.entries(refusals)) span.setAttribute(`sluice.refusals.${code}`, items)
      if (outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    },
  }
}
