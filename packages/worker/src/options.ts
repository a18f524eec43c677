/** Every option of a worker with its default, in one place. Unknown options are refused: a typo must not silently mean the default. */
import { randomUUID } from 'node:crypto'
import { LIMITS } from '@sluice/protocol'
import type { Kind } from './kind.ts'
import { standardLog, type Log } from './log.ts'
import { splitAddresses } from './wire/addresses.ts'
import type { BackoffOptions } from './wire/backoff.ts'

export interface WorkerOptions {
  /** What it calls itself in the dashboard. */
  name: string
  /** What it can do, by the kind's name. */
  kinds: Record<string, Kind>
  /** Address of the control plane; several of one database separated by commas, the next is asked when one does not answer. Default: SLUICE_URL, else http://127.0.0.1:4400. */
  url?: string
  /** A token of role WORKER. Default: SLUICE_TOKEN. */
  token?: string
  /** Flows at the same time, 1 to 1000. Default 4. */
  capacity?: number
  /** Lanes it serves; null = all. Default null. */
  lanes?: string[] | null
  /** Recorded with every attempt, for example a commit. Default null. */
  codeVersion?: string | null
  /** Names this process. A second worker under the same id ends the first. Default: a new one. */
  instanceId?: string
  /** How long a claim may wait for work at the control plane, 0 to 30,000 ms. Default 25,000. */
  claimWaitMs?: number
  /** How long a wait is held before its handler is unwound, ms. Default: what the control plane says (HOLD_TIME), else 10,000. */
  holdMs?: number | null
  /** At stop: how long what runs may go on, ms. Default 30,000. */
  graceMs?: number
  /** After the grace: how long an interrupted handler has to get out, ms. Default 5,000. */
  unwindMs?: number
  /** Between tries while the control plane does not answer; with jitter, for ever. Default { minMs: 100, maxMs: 5000 }. */
  backoff?: BackoffOptions
  /** Default: JSON lines on standard error. */
  log?: Log
}

export type Settings = Required<WorkerOptions>

const DEFAULTS = {
  url: () => process.env['SLUICE_URL'] ?? 'http://127.0.0.1:4400',
  token: () => process.env['SLUICE_TOKEN'] ?? '',
  capacity: () => 4,
  lanes: () => null,
  codeVersion: () => null,
  instanceId: () => randomUUID(),
  claimWaitMs: () => 25_000,
  holdMs: () => null,
  graceMs: () => 30_000,
  unwindMs: () => 5_000,
  backoff: () => ({ minMs: 100, maxMs: 5_000 }),
  log: () => standardLog,
}

const KNOWN = ['name', 'kinds', ...Object.keys(DEFAULTS)]

/** Throws a TypeError that names the option. */
export function parseOptions(given: WorkerOptions): Settings {
  refuseUnknown(given)
  if (!isRecord(given.kinds)) throw new TypeError('Worker option kinds must be an object of kinds by name')
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const defaults = Object.fromEntries(Object.entries(DEFAULTS).map(([name, make]) => [name, make()]))
  const settings = { ...defaults, ...present } as Settings
  for (const [option, rule, holds] of rulesFor(settings)) if (!holds) throw new TypeError(`Worker option ${option} ${rule}`)
  return settings
}

function refuseUnknown(given: WorkerOptions) {
  const unknown = Object.keys(given).find(name => !KNOWN.includes(name))
  if (unknown === undefined) return
  const near = KNOWN.find(known => editDistance(known.toLowerCase(), unknown.toLowerCase()) <= 2)
  throw new TypeError(`Worker option ${unknown} is unknown${near ? `; did you mean ${near}?` : `; known are ${KNOWN.join(', ')}`}`)
}

const rulesFor = (s: Settings): [option: string, rule: string, holds: boolean][] => [
  ['name', `must be a text of 1 to ${LIMITS.nameMax} characters`, isText(s.name) && s.name.length <= LIMITS.nameMax],
  ['kinds', 'must name at least one kind', Object.keys(s.kinds).length > 0],
  ['kinds', `may name at most ${LIMITS.workerKindsMax} kinds`, Object.keys(s.kinds).length <= LIMITS.workerKindsMax],
  ['kinds', 'must give each kind a handler', Object.values(s.kinds).every(kind => typeof kind?.handler === 'function')],
  ['url', 'must be an http or https address, or several separated by commas', splitAddresses(s.url).every(isHttp)],
  ['token', 'is missing; set SLUICE_TOKEN or pass it', isText(s.token)],
  ['capacity', `must be a whole number from 1 to ${LIMITS.workerCapacityMax}`, isWhole(s.capacity, 1, LIMITS.workerCapacityMax)],
  ['lanes', 'must be null or a list of names', s.lanes === null || (Array.isArray(s.lanes) && s.lanes.length > 0 && s.lanes.every(isText))],
  ['codeVersion', 'must be null or a text', s.codeVersion === null || isText(s.codeVersion)],
  ['instanceId', 'must be a text', isText(s.instanceId)],
  ['claimWaitMs', `must be 0 to ${LIMITS.waitMsMax}`, isWhole(s.claimWaitMs, 0, LIMITS.waitMsMax)],
  ['holdMs', 'must be null or a whole number of milliseconds', s.holdMs === null || isWhole(s.holdMs, 0, 2 ** 31 - 1)],
  ['graceMs', 'must be a whole number of milliseconds', isWhole(s.graceMs, 0, 2 ** 31 - 1)],
  ['unwindMs', 'must be a whole number of milliseconds', isWhole(s.unwindMs, 0, 2 ** 31 - 1)],
  ['backoff', 'must be { minMs, maxMs } with 1 <= minMs <= maxMs', s.backoff.minMs >= 1 && s.backoff.minMs <= s.backoff.maxMs],
]

const isText = (value: unknown) => typeof value === 'string' && value.length > 0
const isRecord = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
const isWhole = (value: number, min: number, max: number) => Number.isInteger(value) && value >= min && value <= max
const isHttp = (value: string) => URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol)

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const above = row
    row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
  }
  return row[b.length] ?? 0
}
