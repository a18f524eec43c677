/**
 * A handler with a context as a worker gives it, and no server. What crosses a wire in earnest goes through JSON here too, progress is
 * rounded and clamped, results are held to the size limit; so a test that passes here does not meet a surprise there.
 */
import { LIMITS, type FlowError, type FrameKind, type Json } from '@sluice/protocol'
import { createAttempt } from '../attempt/attempt.ts'
import type { Answer, WaitRequest } from '../attempt/talk.ts'
import { Interruption, type InterruptionReason } from '../interruption.ts'
import type { FlowInput, HandledFlow, Kind } from '../kind.ts'
import { createLog, type LogFields, type LogLevel } from '../log.ts'
import { callHandler, failureOutcome, type Outcome } from '../outcome.ts'
import { normalise, type ProgressReport } from '../progress.ts'
import { toJson } from '../to-json.ts'
import { createTestTalk, memosOf, type Remembered } from './test-talk.ts'

export interface RunHandlerOptions {
  /** Any JSON. Default {}. */
  input?: unknown
  /** What else the handler may look at. Default: the first attempt of a flow that allows one. */
  flow?: Partial<Omit<HandledFlow, 'input'>>
  /** Default null: no trace. */
  traceParent?: string | null
  /** Results of steps that are remembered already, by their keys: those steps are not done. Default: none. */
  memory?: Record<string, Json>
  /** Answers that are there already, by the keys of their questions. A question without one stays open until `run.answer`. Default: none. */
  answers?: Record<string, { decision: string; payload?: Json; by?: string | null }>
  /** What earlier attempts left behind, by name. Default: nothing. */
  artifacts?: Record<string, string | Uint8Array>
  /** What was attached before the start. Default: nothing. */
  inputs?: readonly FlowInput[]
}

/** What the control plane would make of the handler's end. */
export type TestOutcome =
  | { status: 'FINISHED'; result: Json }
  | { status: 'FAILED'; error: FlowError }
  | { status: 'CANCELLED' }
  /** Given back by a worker that shut down: QUEUED again where onLeaseLost is RETRY, else FAILED. */
  | { status: 'INTERRUPTED' }
  /** Its wait was released: it runs again after the answer, with `run.remembered()`. */
  | { status: 'WAITING' }
  /** Whatever it returned, nobody wants to know. */
  | { status: 'LOST' }

export interface HandlerRun {
  /** Resolves when the handler is out; never rejects. */
  outcome: Promise<TestOutcome>
  /** Every call of ctx.progress, as the control plane would store it. A worker sends four a second at most. */
  progress: readonly ProgressReport[]
  log: readonly { level: LogLevel; message: string; fields: LogFields }[]
  /** What the handler asked, in order; not what it remembered. */
  asked: readonly WaitRequest[]
  output: readonly { kind: FrameKind; payload: Json }[]
  artifacts: readonly { name: string; mediaType: string; size: number; content: Buffer }[]
  /** Answers a question, also before it is asked. The first answer counts. */
  answer(key: string, decision: string, payload?: Json): void
  /** As if nobody had answered within the hold: the handler is unwound. */
  release(): void
  /** What the flow remembers now: `runHandler(kind, { ...run.remembered() })` is the run after a crash, or after the answer. */
  remembered(): Remembered
  /** What it was given to remember, and did not ask for. */
  unusedMemos(): string[]
  /** As cancelFlow would: the signal is aborted, and the flow ends CANCELLED whatever the handler returns. */
  cancel(): void
  /** As if the lease had been taken away. */
  loseLease(): void
  /** As a worker whose grace is over. */
  interrupt(): void
}

/** A test is over before this; who wants the handler unwound says so. */
const HOLD_MS = 2 ** 31 - 1

/** Calls the handler at once. */
export function runHandler<Input = Json>(kind: Kind<Input> | Kind<Input>['handler'], options: RunHandlerOptions = {}): HandlerRun {
  const abort = new AbortController()
  const progress: ProgressReport[] = []
  const log: HandlerRun['log'][number][] = []
  const memory = options.memory ?? {}
  const answers = Object.fromEntries(Object.entries(options.answers ?? {}).map(([key, { decision, payload = null, by = 'test' }]): [string, Answer] => [key, { decision, payload, by }]))
  const talk = createTestTalk({ memory, answers, left: options.artifacts ?? {} })
  let isReleased = false
  const told = (reason: InterruptionReason) => () => abort.abort(new Interruption(reason))
  const attempt = createAttempt({
    flow: flowOf(options), talk, memos: memosOf({ memory, answers }), memosComplete: true, inputs: options.inputs ?? [],
    signal: abort.signal, stopping: talk.released, leaving: talk.released, holdMs: HOLD_MS, traceParent: options.traceParent ?? null,
    log: createLog((level, message, fields) => log.push({ level, message, fields })),
    progress: (percent, message) => void progress.push(normalise(percent, message)),
    listen: talk.listen, acknowledge: () => {}, onReleasing: () => {},
    onReleased: () => {
      isReleased = true
      told('suspended')()
    },
  })
  const handler = (typeof kind === 'function' ? { handler: kind } : kind) as Kind<never> as Kind
  const run = async (): Promise<TestOutcome> => {
    const ended = await callHandler(handler, attempt.context)
    const isLost = abort.signal.aborted && (abort.signal.reason as Interruption).reason !== 'shutdown'
    if (!isLost) await attempt.leave()
    await attempt.closeOutput()
    if (isReleased) return { status: 'WAITING' }
    return asSeen(failureOutcome(attempt.fault()) ?? ended, abort.signal)
  }
  return {
    outcome: run(), progress, log, asked: talk.asked, output: talk.frames, artifacts: talk.artifacts,
    cancel: told('cancelled'), loseLease: told('lease_lost'), interrupt: told('shutdown'),
    answer: (key, decision, payload = null) => talk.answer(key, { decision, payload, by: 'test' }),
    release: talk.release, remembered: talk.remembered, unusedMemos: attempt.unusedMemos,
  }
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
