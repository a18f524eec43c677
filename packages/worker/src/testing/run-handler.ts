/**
 * A handler with a context as a worker gives it, and no server. What crosses a wire in earnest goes through JSON here too, progress is
 * rounded and clamped, results are held to the size limit; so a test that passes here does not meet a surprise there.
 */
import { LIMITS, type FlowError, type Json } from '@sluice/protocol'
import { Interruption, type InterruptionReason } from '../interruption.ts'
import type { FlowContext, HandledFlow, Kind } from '../kind.ts'
import { createLog, type LogFields, type LogLevel } from '../log.ts'
import { callHandler, type Outcome } from '../outcome.ts'
import { normalise, type ProgressReport } from '../progress.ts'
import { toJson } from '../to-json.ts'

export interface RunHandlerOptions {
  /** Any JSON. Default {}. */
  input?: unknown
  /** What else the handler may look at. Default: the first attempt of a flow that allows one. */
  flow?: Partial<Omit<HandledFlow, 'input'>>
  /** Default null: no trace. */
  traceParent?: string | null
}

/** What the control plane would make of the handler's end. */
export type TestOutcome =
  | { status: 'FINISHED'; result: Json }
  | { status: 'FAILED'; error: FlowError }
  | { status: 'CANCELLED' }
  /** Given back by a worker that shut down: QUEUED again where onLeaseLost is RETRY, else FAILED. */
  | { status: 'INTERRUPTED' }
  /** Whatever it returned, nobody wants to know. */
  | { status: 'LOST' }

export interface HandlerRun {
  /** Resolves when the handler is out; never rejects. */
  outcome: Promise<TestOutcome>
  /** Every call of ctx.progress, as the control plane would store it. A worker sends four a second at most. */
  progress: readonly ProgressReport[]
  log: readonly { level: LogLevel; message: string; fields: LogFields }[]
  /** As cancelFlow would: the signal is aborted, and the flow ends CANCELLED whatever the handler returns. */
  cancel(): void
  /** As if the lease had been taken away. */
  loseLease(): void
  /** As a worker whose grace is over. */
  interrupt(): void
}

/** Calls the handler at once. */
export function runHandler<Input = Json>(kind: Kind<Input> | Kind<Input>['handler'], options: RunHandlerOptions = {}): HandlerRun {
  const abort = new AbortController()
  const progress: ProgressReport[] = []
  const log: HandlerRun['log'][number][] = []
  const context: FlowContext = {
    flow: flowOf(options),
    signal: abort.signal,
    progress: (percent, message) => void progress.push(normalise(percent, message)),
    log: createLog((level, message, fields) => log.push({ level, message, fields })),
    traceParent: options.traceParent ?? null,
  }
  const told = (reason: InterruptionReason) => () => abort.abort(new Interruption(reason))
  const handler = (typeof kind === 'function' ? { handler: kind } : kind) as Kind<never> as Kind
  const outcome = callHandler(handler, context).then(ended => asSeen(ended, abort.signal))
  return { outcome, progress, log, cancel: told('cancelled'), loseLease: told('lease_lost'), interrupt: told('shutdown') }
}

function flowOf({ input = {}, flow = {} }: RunHandlerOptions): HandledFlow {
  const json = toJson(input)
  if (!json.ok) throw new TypeError(`The input is not JSON: ${json.why}`)
  return {
    id: 'flow_test', kind: 'test', title: 'A flow under test', labels: {}, attempt: 0, retriesUsed: 0, maxAttempts: 1,
    createdAt: new Date().toISOString(), deadlineAt: null, ...flow, input: json.value,
  }
}

function asSeen(outcome: Outcome, signal: AbortSignal): TestOutcome {
  const reason = signal.aborted ? (signal.reason as Interruption).reason : null
  if (reason === 'cancelled') return { status: 'CANCELLED' }
  if (reason === 'lease_lost' || reason === 'replaced') return { status: 'LOST' }
  switch (outcome.type) {
    case 'finished': return tooLarge(outcome.result) ?? { status: 'FINISHED', result: outcome.result }
    case 'failed': return { status: 'FAILED', error: outcome.error }
    case 'interrupted': return { status: 'INTERRUPTED' }
    default: return outcome satisfies never
  }
}

function tooLarge(result: Json): TestOutcome | null {
  const bytes = Buffer.byteLength(JSON.stringify(result))
  if (bytes <= LIMITS.resultMaxBytes) return null
  const message = `A result may have ${LIMITS.resultMaxBytes} bytes, this has ${bytes}`
  return { status: 'FAILED', error: { code: 'RESULT_REFUSED', message, retryable: false } }
}
