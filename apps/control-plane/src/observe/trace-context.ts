import { context, trace, type Context } from '@opentelemetry/api'
import type { TraceParent } from '@sluice/protocol'

/** The context below a span of another process. */
export const below = ({ traceId, spanId, flags }: TraceParent): Context =>
  trace.setSpanContext(context.active(), { traceId, spanId, traceFlags: flags, isRemote: true })
