import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import { named, type Pool } from '@sluice/db'
import { UNOBSERVED, type EngineObserver } from '@sluice/engine'
import { isTerminal, parseTraceParent, type TraceParent } from '@sluice/protocol'
import { below } from './trace-context.ts'

type Moves = Parameters<EngineObserver['moved']>[0]
type Rows = Parameters<EngineObserver['moved']>[1]

interface Traced extends Record<string, unknown> { id: string; traceParent: string; queuedAt: Date }

/**
 * Spans of what happens to flows while no request of theirs is open: `queue` from their place in the queue to their promotion, and `end` at their
 * end, however it came. Their trace is read after the commit, by one statement for a batch; failing at it costs spans and nothing else.
 */
export const flowSpans = ({ tracer, pool }: { tracer: Tracer; pool: Pool }): EngineObserver => ({
  ...UNOBSERVED,
  moved: (moves, rows) => {
    const told = moves.filter((move) => move.name === 'promote' || (move.set.status !== undefined && isTerminal(move.set.status)))
    if (told.length > 0) void tell({ tracer, pool, moves: told, rows }).catch(() => undefined)
  },
})

async function tell({ tracer, pool, moves, rows }: { tracer: Tracer; pool: Pool; moves: Moves; rows: Rows }): Promise<void> {
  const found = await named(pool).rows<Traced>(
    'readTraceParents', 'SELECT id, trace_parent AS "traceParent", queued_at AS "queuedAt" FROM flow WHERE id = ANY($1::text[]) AND trace_parent IS NOT NULL',
    [moves.map(({ flow }) => flow.id)])
  const traced = new Map(found.map((one) => [one.id, one]))
  const moments = new Map(rows.map(({ id, at }) => [id, at]))
  for (const move of moves) {
    const [flow, at] = [traced.get(move.flow.id), moments.get(move.flow.id)]
    const parent = parseTraceParent(flow?.traceParent)
    if (flow && at && parent) span(tracer, { move, flow, at, parent })
  }
}

function span(tracer: Tracer, { move, flow, at, parent }: { move: Moves[number]; flow: Traced; at: Date; parent: TraceParent }): void {
  const queued = move.name === 'promote'
  const startTime = queued && flow.queuedAt < at ? flow.queuedAt : at
  const one = tracer.startSpan(`${queued ? 'queue' : 'end'} ${move.flow.kind}`, { kind: SpanKind.INTERNAL, startTime, attributes: attributesOf(move) }, below(parent))
  if (move.set.status === 'FAILED') one.setStatus({ code: SpanStatusCode.ERROR, message: move.set.terminalReason ?? '' })
  one.end(at)
}

const attributesOf = ({ flow, set, name }: Moves[number]): Record<string, string | number> => ({
  'messaging.system': 'sluice', 'messaging.destination.name': flow.kind, 'messaging.message.id': flow.id, 'sluice.lane': flow.lane, 'sluice.move': name,
  ...(typeof set.currentAttempt === 'number' && { 'sluice.attempt': set.currentAttempt }),
  ...(set.status && { 'sluice.status': set.status }),
  ...(set.terminalReason && { 'sluice.terminal_reason': set.terminalReason }),
})
