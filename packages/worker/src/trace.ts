/**
 * The trace of an attempt: it continues the one that the flow was submitted in, and ends with the report. Spans are made through the OpenTelemetry
 * API only, so they cost nothing and go nowhere until the program registers an SDK; without one the trace is still passed on as it came.
 */
import { context, isSpanContextValid, SpanKind, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api'
import { formatTraceParent, parseTraceParent } from '@sluice/protocol'
import type { HeldFlow } from './holdings.ts'
import type { Outcome } from './outcome.ts'

export interface AttemptTrace {
  /** W3C traceparent for whatever the handler calls or starts; null = there is no trace. */
  readonly traceParent: string | null
  /** Runs the handler so that its own spans lie below the attempt's, where the program has a context manager. */
  handle(handler: () => Promise<Outcome>): Promise<Outcome>
  /** The report of what became of it, a span of its own. */
  settle(report: () => Promise<void>): Promise<void>
  end(): void
}

const tracer = () => trace.getTracer('@sluice/worker')

export function traceAttempt({ flow, lease }: HeldFlow): AttemptTrace {
  const attributes = { ...messageOf(flow), 'messaging.operation.type': 'process', 'messaging.operation.name': 'process', 'sluice.attempt': lease.attempt }
  const span = tracer().startSpan(`process ${flow.kind}`, { kind: SpanKind.CONSUMER, attributes }, above(flow.traceParent))
  const inside = trace.setSpan(context.active(), span)
  return {
    traceParent: traceParentOf(span),
    handle: async handler => {
      const outcome = await context.with(inside, handler)
      tell(span, outcome)
      return outcome
    },
    settle: async report => {
      const attributes = { ...messageOf(flow), 'messaging.operation.type': 'settle', 'messaging.operation.name': 'settle' }
      const settling = tracer().startSpan(`settle ${flow.kind}`, { kind: SpanKind.CLIENT, attributes }, inside)
      await report().finally(() => settling.end())
    },
    end: () => span.end(),
  }
}

const messageOf = ({ id, kind }: HeldFlow['flow']) => ({ 'messaging.system': 'sluice', 'messaging.destination.name': kind, 'messaging.message.id': id })

function above(traceParent: string | null | undefined): Context {
  const parent = parseTraceParent(traceParent)
  if (!parent) return context.active()
  return trace.setSpanContext(context.active(), { traceId: parent.traceId, spanId: parent.spanId, traceFlags: parent.flags, isRemote: true })
}

function traceParentOf(span: Span): string | null {
  const said = span.spanContext()
  return isSpanContextValid(said) ? formatTraceParent({ traceId: said.traceId, spanId: said.spanId, flags: said.traceFlags }) : null
}

function tell(span: Span, outcome: Outcome) {
  span.setAttribute('sluice.outcome', outcome.type)
  if (outcome.type !== 'failed') return
  span.setAttribute('error.type', outcome.error.code)
  // The code only: a message may repeat the input, or hold what a command printed.
  span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.error.code })
}
