/**
 * OpenTelemetry for the runner: the SDK that gives the worker's spans somewhere to go. Imported only when the environment asks for it by the standard
 * OTEL_* names, which the SDK reads itself (endpoint, headers, sampler, resource attributes).
 */
import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

export type OtlpProtocol = 'http/protobuf' | 'http/json'

/** Returns what sends the last spans at the end. */
export function openTracing({ protocol, version }: { protocol: OtlpProtocol; version: string }): () => Promise<void> {
  const service = resourceFromAttributes({ 'service.name': 'sluice-runner', 'service.version': version })
  const provider = new BasicTracerProvider({
    resource: defaultResource().merge(service).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(protocol === 'http/json' ? new JsonExporter() : new ProtobufExporter())],
  })
  trace.setGlobalTracerProvider(provider)
  // A collector that is away must not keep the runner from its end.
  return () => provider.shutdown().catch(() => undefined)
}
