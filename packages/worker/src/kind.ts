/** A kind of flow: what it is called and takes (sent at registration), and the function that does it (stays here). */
import type { Json, OnLeaseLost } from '@sluice/protocol'
import type { PutArtifact, ReadArtifact } from './attempt/artifact.ts'
import type { Answer, AskOptions, Callback } from './attempt/ask.ts'
import type { Output } from './attempt/output.ts'
import type { Step } from './attempt/step.ts'
import type { Log } from './log.ts'

/** What createFlow uses when the caller leaves it out. */
export interface KindDefaults {
  lane?: string
  priority?: number
  /** Attempts in all, the first included. Default 1, or 3 where onLeaseLost is RETRY. */
  maxAttempts?: number
  /** RETRY only when running the handler twice does no harm. Default FAIL. */
  onLeaseLost?: OnLeaseLost
  attemptTimeoutSeconds?: number
  queueTtlSeconds?: number
}

/** The flow as the handler sees it. Instants are RFC 3339, UTC. */
export interface HandledFlow<Input = Json> {
  id: string
  kind: string
  title: string
  input: Input
  labels: Record<string, string>
  /** 0-based; every lease begins one, so it can be higher than the retries used. */
  attempt: number
  retriesUsed: number
  maxAttempts: number
  createdAt: string
  deadlineAt: string | null
}

/** A message or a file's content that was attached before the first start. */
export interface FlowInput { id: string; author: string; content: Json; createdAt: string }

/** Code outside of `step` runs again in every attempt, and in every run that an answer makes. */
export interface FlowContext<Input = Json> {
  flow: HandledFlow<Input>
  /** What was attached to the flow before it started, oldest first. */
  inputs: readonly FlowInput[]
  /** Aborted with an Interruption as its reason: cancelled, lease_lost, shutdown, suspended or replaced. Pass it on to whatever can wait. */
  signal: AbortSignal
  /** percent 0 to 100 (rounded and clamped) or null, message or nothing. Call it as often as you like: at most four a second leave, the latest wins. */
  progress(percent: number | null, message?: string): void
  /**
   * Does the work once for the key and remembers its result (JSON, at most 256 KiB) before it gives it; in a later attempt or run it gives
   * what is remembered, and the work is not done. Work that throws is remembered as nothing. One key, one step.
   */
  step: Step
  /** The flow waits for a decision. Throws `signal.reason` when it is to be unwound; do not make anything else of that. See README.md. */
  ask(key: string, options?: AskOptions): Promise<Answer>
  /** A URL for another system to answer at, made before the flow waits, so that an answer that comes early is kept. */
  callback(key: string, options?: AskOptions): Promise<Callback>
  /** What it shows while it works. */
  output: Output
  /** Stores bytes with a name for whoever may read the flow; resolves when they are stored. */
  artifact: PutArtifact
  /** What is stored under the name, by an earlier attempt too: a Response to read as text, JSON or bytes. null: nothing is. */
  readArtifact: ReadArtifact
  /** The worker's log with the flow's id and kind on every entry, and its trace's id where there is one. */
  log: Log
  /** W3C traceparent of this attempt, to be passed on to what the handler calls or starts; null = the flow belongs to no trace. */
  traceParent: string | null
}

export interface Kind<Input = Json> {
  /** For the dashboard's start form. Default: the kind's name. */
  title?: string
  /** JSON Schema 2020-12 of the input; the control plane refuses what it refuses. Default: anything goes. */
  inputSchema?: Json
  defaults?: KindDefaults
  /** The result (any JSON, nothing is null) or `fail(…)`; see outcome.ts. Called only after the start was acknowledged. */
  handler(context: FlowContext<Input>): unknown
}

/** Gives the handler's input a type. It is a claim, not a check: the inputSchema is what keeps it true. */
export const defineKind = <Input>(kind: Kind<Input>): Kind => kind as Kind<never> as Kind
