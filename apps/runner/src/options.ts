/** The runner's only reader of the environment. What is missing or malformed is one sentence that names the variable. */
import { join, resolve } from 'node:path'
import { parseAllowList } from '@sluice/outbound/allow-list'
import { LIMITS } from '@sluice/protocol'
import { z } from 'zod'
import type { OtlpProtocol } from './tracing.ts'
import { DURATION, parseDuration } from './duration.ts'
import { findCheckout } from './this-program.ts'

const duration = z.string().regex(DURATION, 'must be a duration such as 500ms, 45s or 10m').transform(parseDuration)
const UNIT_BYTES: Record<string, number> = { '': 1, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }
const size = z.string().regex(/^\d+(B|KiB|MiB|GiB)?$/, 'must be a size such as 64KiB or 8MiB').transform(text => {
  const [, count, unit] = /^(\d+)(.*)$/.exec(text) ?? []
  return Number(count) * (UNIT_BYTES[unit ?? ''] ?? 0)
})
const wholeNumber = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number)

const address = z.url({ protocol: /^https?$/, error: 'must be an http or https address, or several separated by commas' })
const addresses = z.string().transform(text => text.split(',').map(one => one.trim())).pipe(z.array(address))

const Environment = z.object({
  SLUICE_URL: addresses.default(['http://127.0.0.1:4400']),
  SLUICE_TOKEN: z.string({ error: 'is missing; npm run token -- --role worker --name runner prints one' }).min(1, 'is empty'),
  SLUICE_SUPERVISED: z.enum(['0', '1'], { error: 'must be 0 or 1' }).default('0'),
  SLUICE_DATA_DIR: z.string().default('.sluice'),
  RUNNER_FILE: z.string().optional(),
  RUNNER_CAPACITY: wholeNumber.pipe(z.number().min(1, 'must be at least 1').max(1000, 'must be at most 1000')).optional(),
  RUNNER_GRACE: duration.optional(),
  RUNNER_GRACE_MS: wholeNumber.optional(),
  CANCEL_GRACE: duration.optional(),
  CANCEL_GRACE_MS: wholeNumber.optional(),
  RESULT_MAX: size.optional(),
  WEBHOOK_ALLOW_HOSTS: z.string().default('').superRefine((text, context) => {
    const problem = allowListProblem(text)
    if (problem !== null) context.addIssue({ code: 'custom', message: `is not a list of hosts and networks: ${problem}` })
  }),
  OTEL_SDK_DISABLED: z.enum(['true', 'false'], { error: 'must be true or false' }).default('false'),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none'], { error: 'must be otlp or none' }).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.string().optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.enum(['http/protobuf', 'http/json'], { error: 'must be http/protobuf or http/json' }).default('http/protobuf'),
  WEBHOOK_ALLOW_HTTP: z.enum(['true', 'false'], { error: 'must be true or false' }).default('false'),
})

function allowListProblem(text: string): string | null {
  try {
    parseAllowList(text)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

export interface RunnerOptions {
  /** Of the control plane, or of several, separated by commas. */
  url: string
  /** The first of them, which the sample that asks a control plane asks. */
  firstUrl: string
  /** Absolute. RUNNER_FILE, default runner.json in SLUICE_DATA_DIR; relative ones count from the checkout. */
  file: string
  token: string
  /** Commands at the same time. RUNNER_CAPACITY, default 8. */
  capacity: number
  /** At a stop: how long commands may go on. RUNNER_GRACE, default 30s. */
  graceMs: number
  /** The control plane's grace for a cancel; half of it passes between SIGTERM and SIGKILL. CANCEL_GRACE, default 30s. */
  cancelGraceMs: number
  /** RESULT_MAX of the control plane, default 1MiB. */
  resultMaxBytes: number
  /** What URLs may be called: WEBHOOK_ALLOW_HOSTS, default none, and WEBHOOK_ALLOW_HTTP, default false. */
  allowHosts: string
  allowHttp: boolean
  /** How traces are sent, by the standard OTEL_* settings; null = they are not. */
  tracing: OtlpProtocol | null
  /** Started by the supervisor, whose death closes standard input. SLUICE_SUPERVISED=1. */
  supervised: boolean
  /** What commands see of the environment: never a token. */
  commandEnv: Record<string, string>
}

/** As in the control plane: on where an exporter or an endpoint is named, unless it is turned off. */
function tracingOf(read: z.infer<typeof Environment>): OtlpProtocol | null {
  const named = read.OTEL_TRACES_EXPORTER === 'otlp' || read.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined || read.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT !== undefined
  return named && read.OTEL_TRACES_EXPORTER !== 'none' && read.OTEL_SDK_DISABLED === 'false' ? read.OTEL_EXPORTER_OTLP_PROTOCOL : null
}

const PASSED_ON = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR']

/** Throws an Error with one line per variable that is wrong. */
export function readOptions(env: NodeJS.ProcessEnv = process.env): RunnerOptions {
  const parsed = Environment.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')))
  if (!parsed.success) throw new Error(parsed.error.issues.map(issue => `${String(issue.path[0])} ${issue.message}`).join('\n'))
  const read = parsed.data
  return {
    url: read.SLUICE_URL.join(','),
    firstUrl: read.SLUICE_URL[0] ?? '',
    token: read.SLUICE_TOKEN,
    capacity: read.RUNNER_CAPACITY ?? 8,
    graceMs: read.RUNNER_GRACE ?? read.RUNNER_GRACE_MS ?? 30_000,
    cancelGraceMs: read.CANCEL_GRACE ?? read.CANCEL_GRACE_MS ?? 30_000,
    file: resolve(findCheckout(), read.RUNNER_FILE ?? join(read.SLUICE_DATA_DIR, 'runner.json')),
    resultMaxBytes: read.RESULT_MAX ?? LIMITS.resultMaxBytes,
    allowHosts: read.WEBHOOK_ALLOW_HOSTS,
    allowHttp: read.WEBHOOK_ALLOW_HTTP === 'true',
    tracing: tracingOf(read),
    supervised: read.SLUICE_SUPERVISED === '1',
    commandEnv: Object.fromEntries(PASSED_ON.flatMap(name => (env[name] === undefined ? [] : [[name, env[name]]]))),
  }
}

/** For what asks no control plane. */
export const readOptionsWithoutToken = (): RunnerOptions => readOptions({ SLUICE_TOKEN: 'none', ...process.env })
