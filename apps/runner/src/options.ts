/** The runner's only reader of the environment. What is missing or malformed is one sentence that names the variable. */
import { z } from 'zod'

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const DURATION = /^(\d+)(ms|s|m|h|d)$/

const duration = z.string().regex(DURATION, 'must be a duration such as 500ms, 45s or 10m').transform(text => {
  const [, count, unit] = DURATION.exec(text) ?? []
  return Number(count) * (UNIT_MS[unit ?? ''] ?? 0)
})
const wholeNumber = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number)

const address = z.url({ protocol: /^https?$/, error: 'must be an http or https address, or several separated by commas' })
const addresses = z.string().transform(text => text.split(',').map(one => one.trim())).pipe(z.array(address))

const Environment = z.object({
  SLUICE_URL: addresses.default(['http://127.0.0.1:4400']),
  SLUICE_TOKEN: z.string({ error: 'is missing; npm run token -- --role worker --name runner prints one' }).min(1, 'is empty'),
  SLUICE_SUPERVISED: z.enum(['0', '1'], { error: 'must be 0 or 1' }).default('0'),
  RUNNER_CAPACITY: wholeNumber.pipe(z.number().min(1, 'must be at least 1').max(1000, 'must be at most 1000')).optional(),
  RUNNER_GRACE: duration.optional(),
  RUNNER_GRACE_MS: wholeNumber.optional(),
  CANCEL_GRACE: duration.optional(),
  CANCEL_GRACE_MS: wholeNumber.optional(),
})

export interface RunnerOptions {
  /** Of the control plane, or of several, separated by commas. */
  url: string
  /** The first of them, which the sample that asks a control plane asks. */
  firstUrl: string
  token: string
  /** Commands at the same time. RUNNER_CAPACITY, default 8. */
  capacity: number
  /** At a stop: how long commands may go on. RUNNER_GRACE, default 30s. */
  graceMs: number
  /** The control plane's grace for a cancel; half of it passes between SIGTERM and SIGKILL. CANCEL_GRACE, default 30s. */
  cancelGraceMs: number
  /** Started by the supervisor, whose death closes standard input. SLUICE_SUPERVISED=1. */
  supervised: boolean
  /** What commands see of the environment: never a token. */
  commandEnv: Record<string, string>
}

const PASSED_ON = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR']

/** Throws an Error with one line per variable that is wrong. */
export function readOptions(env: NodeJS.ProcessEnv = process.env): RunnerOptions {
  const parsed = Environment.safeParse(env)
  if (!parsed.success) throw new Error(parsed.error.issues.map(issue => `${String(issue.path[0])} ${issue.message}`).join('\n'))
  const read = parsed.data
  return {
    url: read.SLUICE_URL.join(','),
    firstUrl: read.SLUICE_URL[0] ?? '',
    token: read.SLUICE_TOKEN,
    capacity: read.RUNNER_CAPACITY ?? 8,
    graceMs: read.RUNNER_GRACE ?? read.RUNNER_GRACE_MS ?? 30_000,
    cancelGraceMs: read.CANCEL_GRACE ?? read.CANCEL_GRACE_MS ?? 30_000,
    supervised: read.SLUICE_SUPERVISED === '1',
    commandEnv: Object.fromEntries(PASSED_ON.flatMap(name => (env[name] === undefined ? [] : [[name, env[name]]]))),
  }
}
