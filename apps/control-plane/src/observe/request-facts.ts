import type { StatementObserver } from '@sluice/db'
import { isId, Refusal } from '@sluice/domain'
import { formatTraceParent, type TraceParent } from '@sluice/protocol'
import type { Metrics } from './metrics.ts'
import type { CommandSpan, Tracing } from './tracing.ts'

/** Whom a request is told to. */
export interface Observing { metrics: Metrics; tracing: Tracing | null }

export interface RootField { kind: 'query' | 'mutation'; name: string }

/** More ids than these say nothing in a line; their number does. */
const IDS_TOLD = 5
const OPERATIONS_TOLD = 5

/**
 * What is asked again and again: no trace, and a line only when something came of it. Output and steps are as many as a handler likes; a waitpoint and
 * its wait are not among them, for each is a turn in the life of its flow.
 */
export const POLLS: ReadonlySet<string> = new Set(['claimFlows', 'heartbeat', 'reportProgress', 'appendFrames', 'recordMemo', 'recordMemos'])

interface About { requestId: string; principal: string; parent?: TraceParent | undefined; observing: Observing }

/**
 * What one request did, whichever door it came through: its root fields tell it as they end, the pool its statements. From it are made the wide
 * line of the log, the metrics of operations and the span. Ids, words and numbers only: never inputs, titles or credentials.
 */
export class RequestFacts implements StatementObserver {
  readonly requestId: string
  readonly principal: string
  /** Of a door that is not GraphQL's: what it was asked to do. */
  route: string | null = null
  readonly #about: About
  readonly #began = Date.now()
  readonly #operations: string[] = []
  readonly #flows = new Set<string>()
  readonly #refusals: Record<string, number> = {}
  #statements = 0
  #rows = 0
  #failed = false
  #commands = false
  #polled = true
  #claimed = false
  #span: CommandSpan | null = null

  constructor(about: About) {
    this.#about = about
    this.requestId = about.requestId
    this.principal = about.principal
  }

  /** The trace that flows made by this request belong to: of its own span, or else the one it came with. */
  get traceParent(): string | null {
    const { parent } = this.#about
    return this.#span?.traceParent ?? (parent ? formatTraceParent(parent) : null)
  }

  get refused(): boolean { return Object.keys(this.#refusals).length > 0 }
  get failed(): boolean { return this.#failed }
  /** Whether anything but reads was asked for. */
  get commands(): boolean { return this.#commands }
  /** Whether it only asked for work or renewed, and nothing came of it. */
  get idle(): boolean { return this.#polled && !this.#claimed && !this.refused && !this.#failed }

  /** A root field runs; what is returned is told its result, or what it threw. */
  began({ kind, name }: RootField): (result: unknown) => void {
    const at = performance.now()
    if (this.#operations.length < OPERATIONS_TOLD) this.#operations.push(name)
    if (kind === 'mutation') this.#commands = true
    if (!POLLS.has(name)) this.#polled = false
    if (kind === 'mutation' && !POLLS.has(name)) this.#beginSpan(name)
    return (result) => this.#ended(name, { result, ms: performance.now() - at })
  }

  statement(done: { name: string; ms: number; rows: number; failed: boolean }): void {
    this.#statements += 1
    this.#rows += done.rows
    this.#span?.statement(done)
  }

  retried(): void {
    this.#span?.retried()
  }

  /** The request is over, and this is what its line says. */
  over({ status }: { status: number | null }): Record<string, unknown> {
    const outcome = this.#failed || (status ?? 200) >= 500 ? 'failed' : this.refused || (status ?? 200) >= 400 ? 'refused' : 'ok'
    const flows = [...this.#flows]
    this.#span?.end({ outcome, status, flows, refusals: this.#refusals })
    return {
      route: this.route ?? undefined, operation: this.#operations.join(',') || undefined, outcome, refusals: this.refused ? this.#refusals : undefined, principal: this.principal,
      flows: flows.length > 0 ? flows.slice(0, IDS_TOLD) : undefined, flowCount: flows.length > 0 ? flows.length : undefined,
      statements: this.#statements, rows: this.#rows, requestId: this.requestId, traceId: this.traceParent?.split('-')[1],
    }
  }

  #beginSpan(operation: string): void {
    const { observing, parent, requestId, principal } = this.#about
    this.#span ??= observing.tracing?.command({ operation, parent, requestId, principal, began: this.#began }) ?? null
  }

  #ended(operation: string, { result, ms }: { result: unknown; ms: number }): void {
    const { metrics } = this.#about.observing
    const refusals = refusalsIn(result)
    const failed = result instanceof Error && !(result instanceof Refusal)
    for (const { code } of refusals) {
      this.#refusals[code] = (this.#refusals[code] ?? 0) + 1
      metrics.refused({ operation, code })
    }
    const flows = flowsIn(result)
    for (const id of flows) this.#flows.add(id)
    if (operation === 'claimFlows' && flows.length > 0) this.#claimed = true
    if (failed) this.#failed = true
    metrics.operation({ name: operation, outcome: failed ? 'failed' : refusals.length > 0 ? 'refused' : 'ok', ms })
  }
}

// The shapes of our payloads: the refusal itself, or one flow, or one result for each item, or claims.
interface Payload { flow?: unknown; results?: unknown; claims?: unknown }

const partsOf = (result: unknown): unknown[] => {
  const { results, claims } = asPayload(result)
  return [result, ...(Array.isArray(results) ? results : []), ...(Array.isArray(claims) ? claims : [])]
}

const refusalsIn = (result: unknown): Refusal[] => partsOf(result).filter((one) => one instanceof Refusal)

const flowsIn = (result: unknown): string[] => partsOf(result).flatMap((one) => {
  const { id } = asPayload(asPayload(one).flow) as { id?: unknown }
  return typeof id === 'string' && isId('flow', id) ? [id] : []
})

const asPayload = (value: unknown): Payload => (typeof value === 'object' && value !== null ? value : {})
