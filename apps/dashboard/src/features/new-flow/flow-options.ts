import { LIMITS, ON_LEASE_LOST, type OnLeaseLost } from '@sluice/protocol'
import { fromLocalInput } from '../../ui/local-input.ts'
import type { Complaint } from '../../ui/json-form/check-input.ts'

/** Everything of a new flow but kind and input, as it is typed. Empty = left to the kind, the lane and the environment. labels: a line each, name=value. */
export interface TypedOptions {
  title: string; lane: string; labels: string; priority: string; maxAttempts: string; onLeaseLost: string
  notBefore: string; deadlineAt: string; queueTtlSeconds: string; attemptTimeoutSeconds: string; idempotencyKey: string
  webhookUrl: string; webhookEndpointId: string
}

/** As createFlow takes them; what was left empty is not there. */
export interface FlowOptions {
  title?: string; lane?: string; labels?: { [name: string]: string }; priority?: number; maxAttempts?: number; onLeaseLost?: OnLeaseLost
  notBefore?: string; deadlineAt?: string; queueTtlSeconds?: number; attemptTimeoutSeconds?: number; idempotencyKey?: string
  webhookUrl?: string; webhookEndpointId?: string
}

export const NO_OPTIONS: TypedOptions = {
  title: '', lane: '', labels: '', priority: '', maxAttempts: '', onLeaseLost: '', notBefore: '', deadlineAt: '', queueTtlSeconds: '', attemptTimeoutSeconds: '', idempotencyKey: '',
  webhookUrl: '', webhookEndpointId: '',
}

const SECONDS_MAX = 2_000_000_000
const WHOLES = { priority: [0, LIMITS.priorityMax], maxAttempts: [1, LIMITS.maxAttemptsMax], queueTtlSeconds: [1, SECONDS_MAX], attemptTimeoutSeconds: [1, SECONDS_MAX] } as const

type Read<Value> = { value: Value | undefined } | { wrong: string }

/** The options as they would be sent, and what is wrong with those that cannot be. */
export const readOptions = (typed: TypedOptions): { options: FlowOptions; complaints: Complaint[] } => {
  const read: { [Name in keyof FlowOptions]-?: Read<FlowOptions[Name]> } = {
    title: { value: typed.title.trim() || undefined }, lane: { value: typed.lane || undefined }, labels: readLabels(typed.labels),
    priority: readWhole('priority', typed), maxAttempts: readWhole('maxAttempts', typed), onLeaseLost: { value: ON_LEASE_LOST.find(word => word === typed.onLeaseLost) },
    notBefore: { value: fromLocalInput(typed.notBefore) }, deadlineAt: { value: fromLocalInput(typed.deadlineAt) },
    queueTtlSeconds: readWhole('queueTtlSeconds', typed), attemptTimeoutSeconds: readWhole('attemptTimeoutSeconds', typed), idempotencyKey: { value: typed.idempotencyKey || undefined },
    webhookUrl: readUrl(typed), webhookEndpointId: { value: typed.webhookEndpointId || undefined },
  }
  const entries = Object.entries(read)
  return {
    options: Object.fromEntries(entries.flatMap(([name, one]) => ('value' in one && one.value !== undefined ? [[name, one.value]] : []))),
    complaints: entries.flatMap(([name, one]) => ('wrong' in one ? [{ path: [name], message: one.wrong }] : [])),
  }
}

function readWhole(name: keyof typeof WHOLES, typed: TypedOptions): Read<number> {
  const text = typed[name].trim()
  const [min, max] = WHOLES[name]
  if (text === '') return { value: undefined }
  const number = Number(text)
  return /^\d+$/.test(text) && number >= min && number <= max ? { value: number } : { wrong: `A whole number from ${min} to ${max}.` }
}

/** One hears of it: the URL or the endpoint. Whether the URL may be called is for the server to say. */
function readUrl({ webhookUrl, webhookEndpointId }: TypedOptions): Read<string> {
  const url = webhookUrl.trim()
  if (url === '') return { value: undefined }
  if (webhookEndpointId !== '') return { wrong: 'A URL or an endpoint, not both.' }
  return /^https?:\/\/[^\s/]/i.test(url) ? { value: url } : { wrong: 'It begins with https:// and a host.' }
}

function readLabels(text: string): Read<{ [name: string]: string }> {
  const lines = text.split('\n').map(line => line.trim()).filter(Boolean)
  const pairs = lines.map(line => /^([^=]+)=(.*)$/.exec(line)?.slice(1).map(part => part.trim()) ?? [])
  const at = pairs.findIndex(([name]) => !name)
  if (at !== -1) return { wrong: `${lines[at]} is no label: a line each, name=value.` }
  const labels = Object.fromEntries(pairs as [string, string][])
  if (Object.keys(labels).length < pairs.length) return { wrong: 'A name stands twice.' }
  return { value: pairs.length > 0 ? labels : undefined }
}
