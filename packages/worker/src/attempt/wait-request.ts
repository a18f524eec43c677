/** What is asked, as the handler writes it and as the control plane wants it. */
import { DEFAULT_DECISIONS, LIMITS, WAIT_KINDS, WAIT_TIMEOUTS, type Json, type WaitKind, type WaitTimeout } from '@sluice/protocol'
import { FlowFailure } from '../outcome.ts'
import { toJson } from '../to-json.ts'
import type { Answer, WaitRequest } from './talk.ts'

export interface AskOptions {
  /** Default APPROVAL. */
  kind?: WaitKind
  /** What people read. */
  prompt?: string
  /** JSON Schema of the answer's payload; its form is made from it. Default: none, any payload. */
  form?: Json
  /** What may be decided. Default: approve and reject, or what the kind says. */
  decisions?: readonly string[]
  /** Roles or principals; nobody named = whoever may operate or owns the flow. */
  answerableBy?: readonly string[]
  /** `90s`, `15m`, `1h`, `7d`, or milliseconds. Default: for as long as the flow may live. */
  timeout?: string | number
  /** What the control plane does then. Default FAIL. */
  onTimeout?: WaitTimeout
  /** The answer of AUTO_RESUME. Without a payload it has the payload null, whatever the form asks for. */
  timeoutAnswer?: { decision: string; payload?: Json }
  /** How long the handler stays in memory for the answer, ms; Infinity = for as long as it takes. Default: the worker's holdMs. */
  holdMs?: number
  /** Of a hold that is Infinity: when the worker stops it is released at once, as any other. A change of kinds leaves it. Default: it stays until the grace is over. */
  releaseAtStop?: boolean
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Throws a FlowFailure that names what is wrong: the same code would say the same again. */
export function waitRequest(key: string, { kind = 'APPROVAL', onTimeout = 'FAIL', ...o }: AskOptions): WaitRequest {
  const refuse = (problem: string): never => {
    throw new FlowFailure({ code: 'INVALID_WAIT', message: `"${key}" cannot be asked: ${problem}`, retryable: false })
  }
  if (!WAIT_KINDS.includes(kind)) refuse(`kind must be one of ${WAIT_KINDS.join(', ')}`)
  if (!WAIT_TIMEOUTS.includes(onTimeout)) refuse(`onTimeout must be one of ${WAIT_TIMEOUTS.join(', ')}`)
  if (onTimeout === 'AUTO_RESUME' && (!o.timeoutAnswer || o.timeout === undefined)) refuse('AUTO_RESUME needs a timeout and a timeoutAnswer')
  const form = toJson(o.form ?? null)
  const timeoutMs = o.timeout === undefined ? null : millisecondsOf(o.timeout)
  if (timeoutMs !== null && !(timeoutMs > 0)) refuse('timeout must be a duration such as 90s, 15m, 1h, 7d, or milliseconds')
  return {
    key, kind, onTimeout,
    prompt: o.prompt?.slice(0, LIMITS.promptMax) ?? null,
    fields: form.ok ? form.value : refuse(`its form is not JSON: ${form.why}`),
    allowedDecisions: o.decisions ?? DEFAULT_DECISIONS[kind],
    answerableBy: o.answerableBy ?? [],
    timeoutSeconds: timeoutMs === null ? null : Math.max(1, Math.ceil(timeoutMs / 1_000)),
    timeoutDecision: o.timeoutAnswer?.decision ?? null,
    // Left out where nothing is said: a null would be held to the form by a control plane of a version before.
    ...(o.timeoutAnswer?.payload !== undefined && { timeoutPayload: o.timeoutAnswer.payload }),
  }
}

/** Of a remembered answer, whatever else is kept with it. */
export function answerOf(value: Json): Answer {
  const kept = (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}) as { [key: string]: Json }
  const text = (word: Json | undefined) => (typeof word === 'string' ? word : null)
  return { decision: text(kept['decision']) ?? '', payload: kept['payload'] ?? null, by: text(kept['by']) }
}

function millisecondsOf(timeout: string | number): number {
  if (typeof timeout === 'number') return timeout
  const [, count, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(timeout) ?? []
  return Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN)
}
