import { parseAllowList } from '@sluice/outbound/allow-list'
import { RULES } from '@sluice/outbound/address-rules'
import { createPolicy } from '@sluice/outbound/policy'
import { Misread } from './config/grammar.ts'
import { isDuration, type Knob } from './config/knob.ts'
import { KNOBS, secretNames } from './config/knobs.ts'
import { unknownVariables } from './config/unknown-variables.ts'

export type Environment = Record<string, string | undefined>

type Values = { readonly [K in keyof typeof KNOBS]: (typeof KNOBS)[K] extends Knob<infer T> ? T : never }

/** What the operator wants: every knob of config/knobs.ts, parsed. Durations in milliseconds, sizes in bytes. */
export interface Config extends Values {
  /** How links name this server: PUBLIC_URL, or else HOST and PORT. No slash at the end. */
  readonly address: string
}

/** The environment asks for what cannot be. One sentence per problem. */
export class ConfigRefused extends Error {
  override name = 'ConfigRefused'
  readonly problems: string[]

  constructor(problems: string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/**
 * The only reader of the environment. Returns one frozen object, or throws ConfigRefused with everything that is wrong at once:
 * misspelt knobs, values outside their grammar, combinations that cannot work. An empty variable counts as unset.
 */
export function readConfig(env: Environment = process.env): Config {
  return read(env, impossible)
}

/** The same for a program that serves. It needs more than a verb does: what events are sent by, and the key that they are stored under. */
export function readServerConfig(env: Environment = process.env): Config {
  return read(env, values => [...impossible(values), ...unkeyed(values), ...uncallable(values)])
}

/** The same with the port that was chosen where PORT is 0. */
export function withPort(config: Config, port: number): Config {
  return Object.freeze({ ...config, port, address: addressOf({ ...config, port }) })
}

/** What no other program may know: of our own environment it is left out. */
export const SERVER_ONLY: Environment = Object.fromEntries([KNOBS.databaseUrl.name, ...secretNames()].map(name => [name, undefined]))

/** The values that must not be written anywhere, as they could turn up: a webhook secret is one without its prefix too. */
export function secretsOf(config: Config): string[] {
  const secrets = [config.webhookUrl, ...(config.flowWebhookSecrets ?? []).map(each => each.slice('whsec_'.length)), ...(config.dataEncryptionKeys ?? []).map(key => key.toString('base64')), config.waitpointSecret?.toString('base64') ?? null]
  return secrets.filter(each => each !== null)
}

/** Our own environment for a program we start, with some variables set or, by undefined, left out. */
export function environmentOf(overrides: Environment): Environment {
  return { ...process.env, ...overrides }
}

/** Where the command was typed: npm runs its scripts in the checkout's folder and tells the caller's beside it. */
export function callersFolder(env: Environment = process.env): string {
  return env['INIT_CWD'] ?? process.cwd()
}

function read(env: Environment, combinations: (values: Values) => string[]): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const problems = unknownVariables(Object.keys(set))
  const values = Object.fromEntries(Object.entries(KNOBS).map(([key, knob]) => [key, readKnob(knob, { set, problems })])) as unknown as Values
  if (problems.length === 0) problems.push(...combinations(values))
  if (problems.length > 0) throw new ConfigRefused(problems)
  return Object.freeze({ ...values, address: addressOf(values) })
}

function readKnob(knob: Knob<unknown>, o: { set: Environment; problems: string[] }): unknown {
  const alias = isDuration(knob) ? `${knob.name}_MS` : knob.name
  const plain = o.set[knob.name]
  const inMs = alias === knob.name ? undefined : o.set[alias]
  if (plain !== undefined && inMs !== undefined) o.problems.push(`${knob.name} and ${alias} are both set; one of them is enough.`)
  if (inMs !== undefined) return readMs(knob, { name: alias, value: inMs, problems: o.problems })
  const value = plain ?? knob.default
  return value === null ? null : parse(knob, { name: knob.name, value, problems: o.problems })
}

function readMs(knob: Knob<unknown>, o: { name: string; value: string; problems: string[] }): unknown {
  if (/^\d+$/.test(o.value)) return parse(knob, { ...o, value: `${o.value}ms` })
  o.problems.push(`${o.name} is "${o.value}": it must be a whole number of milliseconds.`)
  return null
}

function parse(knob: Knob<unknown>, o: { name: string; value: string; problems: string[] }): unknown {
  try {
    return knob.grammar.parse(o.value)
  } catch (error) {
    if (!(error instanceof Misread)) throw error
    o.problems.push(`${o.name} ${knob.secret ? 'cannot be used' : `is "${hidePassword(o.value)}"`}: ${error.message}.`)
    return null
  }
}

/** An address may hold a password, with an @ of its own where somebody forgot to escape it, and what we refuse is printed. */
function hidePassword(value: string): string {
  return value.replace(/:\/\/([^:@/]*):.*@/s, '://$1:…@')
}

function impossible(values: Values): string[] {
  const rules: [boolean, string][] = [
    [values.leaseTtlMs <= 2 * values.heartbeatMs, 'LEASE_TTL must be more than twice HEARTBEAT, or one late heartbeat costs a lease.'],
    [values.retryBackoffMinMs > values.retryBackoffMaxMs, 'RETRY_BACKOFF_MIN must not be above RETRY_BACKOFF_MAX.'],
    [values.webhookPerHost > values.webhookConcurrency, 'WEBHOOK_PER_HOST must not be above WEBHOOK_CONCURRENCY.'],
    [values.pageDefault > values.pageMax, 'PAGE_DEFAULT must not be above PAGE_MAX.'],
    [values.inputMaxBytes > values.bodyMaxBytes, 'INPUT_MAX must not be above BODY_MAX: such an input could never arrive.'],
    [values.frameMaxBytes > values.bodyMaxBytes, 'FRAME_MAX must not be above BODY_MAX: such a frame could never arrive.'],
    [values.frameMaxBytes > values.frameBytesKept, 'FRAME_MAX must not be above FRAME_BYTES_KEPT.'],
    [values.resultMaxBytes > values.bodyMaxBytes, 'RESULT_MAX must not be above BODY_MAX: such a result could never arrive.'],
  ]
  return rules.filter(([broken]) => broken).map(([, sentence]) => sentence)
}

const MAKE_ONE = 'Make one with `openssl rand -base64 32` or `node -p "crypto.randomBytes(32).toString(\'base64\')"`'
const WHERE_FROM =
  `${MAKE_ONE}, or take that of \`data-encryption-key\` ` +
  'where the database came from a data folder; and keep it: what it encrypted is lost without it.'

/** Where the database is embedded, the supervisor makes them all and hands them to the control plane. */
function unkeyed(values: Values): string[] {
  if (values.databaseUrl === null) return []
  const isUnsigned = values.webhookUrl !== null && values.flowWebhookSecrets === null
  const rules: [boolean, string][] = [
    [values.dataEncryptionKeys === null, `DATABASE_URL needs DATA_ENCRYPTION_KEY, the same for all that share the database. ${WHERE_FROM}`],
    [values.waitpointSecret === null, `DATABASE_URL needs WAITPOINT_HMAC_SECRET, the same for all that share the database. ${MAKE_ONE}.`],
    [isUnsigned && !values.webhookAllowUnsigned, 'FLOW_WEBHOOK_URL needs FLOW_WEBHOOK_SECRET, or its receiver cannot tell who sends; WEBHOOK_ALLOW_UNSIGNED=true sends without a signature.'],
  ]
  return rules.filter(([broken]) => broken).map(([, sentence]) => sentence)
}

/** What is wrong with FLOW_WEBHOOK_URL as it is written, and which knob lifts that. */
function uncallable({ webhookUrl, webhookAllowHosts, webhookAllowHttp }: Values): string[] {
  if (webhookUrl === null) return []
  const refused = createPolicy({ allow: parseAllowList(webhookAllowHosts ?? ''), allowHttp: webhookAllowHttp }).refuse(webhookUrl)
  return refused === null ? [] : [`FLOW_WEBHOOK_URL cannot be called: ${hideMalformed(refused.message, webhookUrl)}.`]
}

/** An address or a name of this machine is told, because a knob must name it. What is no host may be anything that was pasted there. */
function hideMalformed(message: string, url: string): string {
  return message.includes(RULES['host-name']) ? message.replace(new URL(url).hostname, 'its host') : message
}

function addressOf(values: Values): string {
  if (values.publicUrl !== null) return values.publicUrl.replace(/\/+$/, '')
  const everywhere = values.host === '0.0.0.0' || values.host === '::'
  const host = everywhere ? '127.0.0.1' : values.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${values.port}`
}
