/**
 * OpenTelemetry for the runner: the SDK that gives the worker's spans somewhere to go. Loaded only when the environment asks for it by the standard
 * OTEL_* names, which the SDK reads itself (endpoint, headers, sampler, resource attributes).
 */
import { trace } from '@opentelemetry/api'

export type OtlpProtocol = 'http/protobuf' | 'http/json'

/** Resolves to what sends the last spans at the end. */
export async function openTracing({ protocol, version }: { protocol: OtlpProtocol; version: string }): Promise<() => Promise<void>> {
  const [sdk, { defaultResource, detectResources, envDetector, resourceFromAttributes }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/sdk-trace-base'), import('@opentelemetry/resources'),
    protocol === 'http/json' ? import('@opentelemetry/exporter-trace-otlp-http') : import('@opentelemetry/exporter-trace-otlp-proto'),
  ])
  const service = resourceFromAttributes({ 'service.name': 'sluice-runner', 'service.version': version })
  const provider = new sdk.BasicTracerProvider({
    resource: defaultResource().merge(service).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new sdk.BatchSpanProcessor(new OTLPTraceExporter())],
  })
  trace.setGlobalTracerProvider(provider)
  // A collector that is away must not keep the runner from its end.
  return () => provider.shutdown().catch(() => undefined)
}
