/**
 * How a handler ends. Its return value is the protocol: a value is the result, a FlowFailure (made by `fail`, returned or thrown) is a
 * failure as it says, anything else thrown is a failure that may be retried. What is thrown after the signal was aborted is no failure
 * of the work: it is the handler getting out of the way.
 */
import type { FlowError, Json } from '@sluice/protocol'
import type { FlowContext, Kind } from './kind.ts'
import { toJson } from './to-json.ts'

export type Outcome =
  | { type: 'finished'; result: Json }
  | { type: 'failed'; error: FlowError }
  | { type: 'interrupted' }

export interface FailureOptions {
  /** A short word that programs branch on, for example PAYMENT_DECLINED. */
  code: string
  /** A sentence for people. */
  message: string
  /** false: no further attempt, whatever the flow allows. Default true. */
  retryable?: boolean
  /** Any JSON that helps to understand it. Default null. */
  detail?: unknown
}

/** A failure with a code of its own. Return it, or throw it from deep inside. @throws TypeError for what is none, which fails the attempt as any throw does */
export class FlowFailure extends Error {
  override readonly name = 'FlowFailure'
  readonly code: string
  readonly retryable: boolean
  readonly detail: unknown

  constructor(o: FailureOptions) {
    const { code, message, retryable = true, detail = null } = checked(o)
    super(message)
    this.code = code
    this.retryable = retryable
    this.detail = detail
  }
}

/** Handlers in plain JavaScript write what they like, and a failure that cannot be told would leave the flow to the end of its lease. */
function checked(o: FailureOptions): FailureOptions {
  const { code, message, retryable } = Object(o) as Partial<Record<keyof FailureOptions, unknown>>
  if (typeof code === 'string' && typeof message === 'string' && (retryable === undefined || typeof retryable === 'boolean')) return o
  throw new TypeError('A failure is { code, message, retryable?, detail? }: code and message are texts, retryable is true or false')
}

/** `return fail({ code, message })` ends the flow's attempt as failed. @throws TypeError as FlowFailure */
export const fail = (o: FailureOptions): FlowFailure => new FlowFailure(o)

/** Calls the handler and reads what it meant. Never throws. */
export async function callHandler(kind: Kind, context: FlowContext): Promise<Outcome> {
  try {
    const value = await kind.handler(context)
    return value instanceof FlowFailure ? failed(value) : finished(value)
  } catch (error) {
    if (error instanceof FlowFailure) return failed(error)
    if (context.signal.aborted) return { type: 'interrupted' }
    context.log.error('the handler threw', { error: error instanceof Error ? error.stack : inText(error) })
    return { type: 'failed', error: thrown(error) }
  }
}

/** What a failure makes of an attempt, however the handler ended. */
export const failureOutcome = (failure: FlowFailure | null): Outcome | null => failure && failed(failure)

function finished(value: unknown): Outcome {
  const result = toJson(value)
  if (result.ok) return { type: 'finished', result: result.value }
  return { type: 'failed', error: { code: 'RESULT_NOT_JSON', message: `The handler's result is not JSON: ${result.why}`, retryable: false } }
}

function failed(failure: FlowFailure): Outcome {
  const detail = toJson(failure.detail)
  return {
    type: 'failed',
    error: { code: failure.code, message: failure.message, detail: detail.ok ? detail.value : null, retryable: failure.retryable },
  }
}

const thrown = (error: unknown): FlowError =>
  error instanceof Error
    ? { code: 'HANDLER_THREW', message: inText(error.message) || inText(error.name), detail: { name: inText(error.name) }, retryable: true }
    : { code: 'HANDLER_THREW', message: inText(error), retryable: true }

/** Anything may be thrown, also what has no text. */
function inText(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'something that has no text'
  }
}
