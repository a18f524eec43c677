/** What a new flow must be, and what is filled in for what it leaves out. Pure; the schema of its kind is checked by the engine. */
import { DEFAULT_LANE, LIMITS, ON_LEASE_LOST } from '@sluice/protocol'
import type { Json, OnLeaseLost } from '@sluice/protocol'
import { InvalidInput, LimitExceeded } from './errors.ts'
import type { Refusal } from './errors.ts'
import { isId } from './ids.ts'

export interface NewFlow {
  kind: string
  /** Default {}. */
  input?: Json | undefined
  title?: string | null | undefined
  lane?: string | null | undefined
  /** Flat string map, default {}. */
  labels?: Json | undefined
  priority?: number | null | undefined
  notBefore?: Date | null | undefined
  deadlineAt?: Date | null | undefined
  queueTtlSeconds?: number | null | undefined
  maxAttempts?: number | null | undefined
  onLeaseLost?: OnLeaseLost | null | undefined
  attemptTimeoutSeconds?: number | null | undefined
  idempotencyKey?: string | null | undefined
  /** Where its end is told (D-41); or a named endpoint, not both. */
  webhookUrl?: string | null | undefined
  webhookEndpointId?: string | null | undefined
}

/** What a kind or a lane says for flows that do not. */
export interface FlowDefaults {
  lane?: string
  priority?: number
  maxAttempts?: number
  onLeaseLost?: OnLeaseLost
  attemptTimeoutSeconds?: number
  queueTtlSeconds?: number
  /** Of a lane only: looked up at each event. */
  webhookEndpointId?: string
}

export interface CompleteFlow {
  kind: string; input: Json; title: string; lane: string; labels: { [key: string]: string }; priority: number
  notBefore: Date | null; deadlineAt: Date | null; deadlineInMs: number | null; queueTtlSeconds: number | null; maxAttempts: number; onLeaseLost: OnLeaseLost
  attemptTimeoutSeconds: number | null
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/
const HALF_A_PAIR = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** What PostgreSQL takes in neither text nor jsonb: NUL, and half of a surrogate pair. */
const isUnstorable = (text: string): boolean => text.includes('\0') || HALF_A_PAIR.test(text)

/** The first thing that is wrong, or undefined. Paths start at the item's own fields. */
export function refuseNewFlow(item: NewFlow, inputMaxBytes: number): Refusal | undefined {
  return refuseName(['kind'], item.kind) ?? (item.lane == null ? undefined : refuseName(['lane'], item.lane)) ??
    refuseText(['title'], item.title, LIMITS.titleMax) ?? refuseText(['idempotencyKey'], item.idempotencyKey, LIMITS.idempotencyKeyMax) ??
    (item.idempotencyKey === '' ? new InvalidInput(['idempotencyKey'], 'idempotencyKey must not be empty.') : undefined) ??
    refuseLabels(item.labels) ??
    (item.webhookUrl != null && item.webhookEndpointId != null ? new InvalidInput(['webhookEndpointId'], 'webhookUrl and webhookEndpointId exclude each other.') : undefined) ??
    refuseWhole(['maxAttempts'], item.maxAttempts, { min: 1, max: LIMITS.maxAttemptsMax }) ??
    refuseWhole(['queueTtlSeconds'], item.queueTtlSeconds, { min: 1, max: 2_000_000_000 }) ??
    refuseWhole(['attemptTimeoutSeconds'], item.attemptTimeoutSeconds, { min: 1, max: 2_000_000_000 }) ??
    refuseJson(['input'], item.input, { maxBytes: inputMaxBytes, what: 'input' })
}

export function refuseName(path: string[], name: string): Refusal | undefined {
  if (name.length > LIMITS.nameMax) return new LimitExceeded(LIMITS.nameMax, `${path.join('.')} is longer than ${LIMITS.nameMax} characters.`)
  if (NAME.test(name)) return undefined
  return new InvalidInput(path, `${path.join('.')} must be letters, digits, and . _ : / - after the first character.`)
}

/** A text as people write it: bounded, and storable. */
export function refuseText(path: string[], text: string | null | undefined, max: number): Refusal | undefined {
  if (text == null) return undefined
  if (text.length > max) return new LimitExceeded(max, `${path.join('.')} is longer than ${max} characters.`)
  return isUnstorable(text) ? new InvalidInput(path, `${path.join('.')} holds a character that cannot be stored (NUL or half of a surrogate pair).`) : undefined
}

export function refuseWhole(path: string[], value: number | null | undefined, o: { min: number; max: number }): Refusal | undefined {
  if (value == null || (Number.isInteger(value) && value >= o.min && value <= o.max)) return undefined
  return new InvalidInput(path, `${path.join('.')} must be a whole number from ${o.min} to ${o.max}.`)
}

/** JSON that can be stored: bounded in bytes, every text storable. The path names the place that is wrong. */
export function refuseJson(path: string[], value: Json | undefined, o: { maxBytes: number; what: string }): Refusal | undefined {
  if (value === undefined) return undefined
  const size = Buffer.byteLength(JSON.stringify(value))
  if (size > o.maxBytes) return new LimitExceeded(o.maxBytes, `${o.what} is ${size} bytes; at most ${o.maxBytes} are taken.`)
  return refuseTexts(path, value)
}

function refuseTexts(path: string[], value: Json): Refusal | undefined {
  if (typeof value === 'string') return isUnstorable(value) ? unstorable(path) : undefined
  if (value === null || typeof value !== 'object') return undefined
  for (const [key, inner] of Object.entries(value)) {
    const refusal = isUnstorable(key) ? unstorable(path) : refuseTexts([...path, key], inner as Json)
    if (refusal) return refusal
  }
  return undefined
}

const unstorable = (path: string[]): Refusal => new InvalidInput(path, `${path.join('.')} holds a character that cannot be stored (NUL or half of a surrogate pair).`)

function refuseLabels(labels: Json | undefined): Refusal | undefined {
  if (labels == null) return undefined
  if (typeof labels !== 'object' || Array.isArray(labels)) return new InvalidInput(['labels'], 'labels must be a flat map of strings.')
  const entries = Object.entries(labels)
  if (entries.length > LIMITS.labelsMax) return new LimitExceeded(LIMITS.labelsMax, `There are ${entries.length} labels; at most ${LIMITS.labelsMax} are taken.`)
  for (const [key, value] of entries) {
    if (typeof value !== 'string') return new InvalidInput(['labels', key], `labels.${key} must be a string.`)
    if (key === '') return new InvalidInput(['labels'], 'A label must have a name.')
    const refusal = refuseText(['labels', key], value, LIMITS.labelValueMax) ?? refuseText(['labels', key], key, LIMITS.labelKeyMax)
    if (refusal) return refusal
  }
  return undefined
}

/** Built-in values for what nobody says. Milliseconds; null = none. */
export interface EnvironmentDefaults { attemptTimeoutMs: number | null; flowDeadlineMs: number | null; queueTtlMs: number | null }

/** What is absent comes from the kind, else the lane, else the environment, else: the kind's title or name, priority 0, one attempt (three with RETRY), FAIL. */
export function completeFlow(item: NewFlow, d: { kindTitle: string | null; kind: FlowDefaults; lane: FlowDefaults; environment: EnvironmentDefaults }): CompleteFlow {
  const onLeaseLost = item.onLeaseLost ?? d.kind.onLeaseLost ?? d.lane.onLeaseLost ?? 'FAIL'
  return {
    kind: item.kind,
    input: item.input === undefined ? {} : item.input,
    title: item.title?.trim() || d.kindTitle || item.kind,
    lane: laneOf(item, d.kind),
    labels: (item.labels ?? {}) as { [key: string]: string },
    priority: clampPriority(item.priority ?? d.kind.priority ?? d.lane.priority ?? 0),
    notBefore: item.notBefore ?? null,
    deadlineAt: item.deadlineAt ?? null,
    deadlineInMs: item.deadlineAt ? null : d.environment.flowDeadlineMs,
    queueTtlSeconds: item.queueTtlSeconds ?? d.kind.queueTtlSeconds ?? d.lane.queueTtlSeconds ?? seconds(d.environment.queueTtlMs),
    maxAttempts: item.maxAttempts ?? d.kind.maxAttempts ?? d.lane.maxAttempts ?? (onLeaseLost === 'RETRY' ? 3 : 1),
    onLeaseLost,
    attemptTimeoutSeconds: item.attemptTimeoutSeconds ?? d.kind.attemptTimeoutSeconds ?? d.lane.attemptTimeoutSeconds ?? seconds(d.environment.attemptTimeoutMs),
  }
}

export const laneOf = (item: NewFlow, kind: FlowDefaults): string => item.lane ?? kind.lane ?? DEFAULT_LANE

export const clampPriority = (priority: number): number => Math.min(LIMITS.priorityMax, Math.max(0, Math.trunc(priority)))

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.max(1, Math.ceil(ms / 1000)))

/** Defaults as a kind or lane may declare them; the first thing that is wrong, or undefined. */
export function refuseDefaults(path: string[], value: Json | null | undefined): Refusal | undefined {
  if (value == null) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) return new InvalidInput(path, `${path.join('.')} must be an object.`)
  const known: Record<keyof FlowDefaults, (v: Json, p: string[]) => Refusal | undefined> = {
    lane: (v, p) => (typeof v === 'string' ? refuseName(p, v) : new InvalidInput(p, `${p.join('.')} must be a string.`)),
    priority: (v, p) => refuseWhole(p, v as number, { min: 0, max: LIMITS.priorityMax }),
    maxAttempts: (v, p) => refuseWhole(p, v as number, { min: 1, max: LIMITS.maxAttemptsMax }),
    onLeaseLost: (v, p) => (ON_LEASE_LOST.some(w => w === v) ? undefined : new InvalidInput(p, `${p.join('.')} must be one of ${ON_LEASE_LOST.join(', ')}.`)),
    attemptTimeoutSeconds: (v, p) => refuseWhole(p, v as number, { min: 1, max: 2_000_000_000 }),
    queueTtlSeconds: (v, p) => refuseWhole(p, v as number, { min: 1, max: 2_000_000_000 }),
    webhookEndpointId: (v, p) => (typeof v === 'string' && isId('endpoint', v) ? undefined : new InvalidInput(p, `${p.join('.')} must be the id of a webhook endpoint.`)),
  }
  for (const [key, inner] of Object.entries(value)) {
    if (!Object.hasOwn(known, key)) return new InvalidInput([...path, key], `${path.join('.')}.${key} is not known; known are ${Object.keys(known).join(', ')}.`)
    const refusal = inner === null ? undefined : known[key as keyof FlowDefaults](inner, [...path, key])
    if (refusal) return refusal
  }
  return undefined
}
