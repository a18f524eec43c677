import { parseAllowList } from '@sluice/outbound/allow-list'

/** How a knob's text is read: `parse` gives the value or throws a Misread whose message completes "KNOB is "text": …". */
export interface Grammar<T> {
  /** One line for people, such as `45s, 10m`. */
  form: string
  parse(text: string): T
}

/** The text does not say what the knob asks for. */
export class Misread extends Error {
  override name = 'Misread'
}

export const DURATION_UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const SIZE_UNITS = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const

interface Range {
  min?: number
  max?: number
}

/** A length of time in milliseconds, written as a whole number with a unit. Timers hold at most 2^31 - 1 ms unless `max` says otherwise. */
export function duration(range: Range = {}): Grammar<number> {
  return { form: 'duration', parse: text => within(quantity(text, { units: DURATION_UNITS_MS, form: 'a duration such as 500ms, 45s, 10m, 24h or 7d' }), range) }
}

/** Lengths of time as `duration` reads them, comma-separated. */
export function durations(range: Range = {}): Grammar<readonly number[]> {
  const form = 'durations such as 5s,30s,2m, comma-separated'
  return { form: 'durations, comma-separated', parse: text => entries(text).map(each => within(quantity(each, { units: DURATION_UNITS_MS, form }), range)) }
}

/** A number of bytes. */
export function size(range: Range = {}): Grammar<number> {
  const form = 'a size such as 64KiB or 8MiB, or a number of bytes'
  return { form: 'size', parse: text => within(/^\d+$/.test(text) ? Number(text) : quantity(text, { units: SIZE_UNITS, form }), range) }
}

export function integer(range: Range = {}): Grammar<number> {
  return {
    form: 'integer',
    parse(text) {
      if (!/^-?\d+$/.test(text)) throw new Misread('it must be a whole number')
      return within(Number(text), range)
    },
  }
}

export function boolean(): Grammar<boolean> {
  return {
    form: 'true or false',
    parse(text) {
      if (text !== 'true' && text !== 'false') throw new Misread('it must be true or false')
      return text === 'true'
    },
  }
}

export function text(form = 'text'): Grammar<string> {
  return { form, parse: value => value }
}

/** Hosts, addresses and networks, as the address policy reads them; the text itself is the value. */
export function hosts(): Grammar<string> {
  return {
    form: 'hosts, addresses, networks',
    parse(value) {
      try {
        parseAllowList(value)
        return value
      } catch (error) {
        throw new Misread(error instanceof Error ? error.message : String(error))
      }
    },
  }
}

/** An address with one of the given schemes and no path to fall over. */
export function address(schemes: string[]): Grammar<string> {
  return {
    form: schemes.map(scheme => `${scheme}://…`).join(' or '),
    parse(value) {
      const scheme = URL.canParse(value) ? new URL(value).protocol.slice(0, -1) : null
      if (scheme === null || !schemes.includes(scheme)) throw new Misread(`it must be an address that begins with ${schemes.join(':// or ')}://`)
      return value
    },
  }
}

/** Keys of AES-256: 32 bytes in base64, several comma-separated. No message repeats one. */
export function keys(): Grammar<readonly Buffer[]> {
  return { form: '32 bytes in base64, comma-separated', parse: text => entries(text).map(keyOf) }
}

const KEY_BYTES = 32

function keyOf(text: string): Buffer {
  const key = fromBase64(text)
  if (key === null) throw new Misread('it must be 32 bytes in base64, several comma-separated')
  if (key.length !== KEY_BYTES) throw new Misread(`a key must have 32 bytes and one has ${key.length}`)
  return key
}

/** Secrets of Standard Webhooks, as their libraries read them: `whsec_` and 24 to 64 bytes in base64. No message repeats one. */
export function webhookSecrets(): Grammar<readonly string[]> {
  return { form: '`whsec_…`, comma-separated', parse: text => [...new Set(entries(text).map(webhookSecretOf))] }
}

function webhookSecretOf(text: string): string {
  const key = text.startsWith('whsec_') ? fromBase64(text.slice('whsec_'.length)) : null
  if (key === null) throw new Misread('it must be whsec_ and base64 behind it, several comma-separated')
  if (key.length < 24 || key.length > 64) throw new Misread(`a secret must have 24 to 64 bytes behind whsec_, and one has ${key.length}`)
  return text
}

/** A secret to sign with. No message repeats it. */
export function secretBytes(): Grammar<Buffer> {
  return {
    form: '32 bytes or more in base64',
    parse(text) {
      const secret = fromBase64(text)
      if (secret === null) throw new Misread('it must be 32 bytes or more in base64')
      if (secret.length < KEY_BYTES) throw new Misread(`it must have 32 bytes or more and has ${secret.length}`)
      return secret
    },
  }
}

/** Only the one way of writing it: what receivers use is as strict. */
function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return text !== '' && bytes.toString('base64') === text ? bytes : null
}

const entries = (text: string): string[] => text.split(',').map(each => each.trim())

/** Some of the given words, comma-separated, each once. */
export function words<const W extends string>(all: readonly W[]): Grammar<readonly W[]> {
  return {
    form: `some of ${all.join(', ')}`,
    parse(value) {
      const given = value.split(',').map(each => each.trim())
      const known = all.filter(word => given.includes(word))
      if (known.length === 0 || known.length !== given.length) throw new Misread(`it must be some of ${all.join(', ')}, comma-separated`)
      return known
    },
  }
}

/** One of the given words. */
export function word<const W extends string>(all: readonly W[]): Grammar<W> {
  return {
    form: `one of ${all.join(', ')}`,
    parse(value) {
      const known = all.find(each => each === value)
      if (known === undefined) throw new Misread(`it must be one of ${all.join(', ')}`)
      return known
    },
  }
}

function quantity(value: string, o: { units: Record<string, number>; form: string }): number {
  const [, count, unit] = /^(\d+)([A-Za-z]+)$/.exec(value) ?? []
  const factor = unit === undefined || !Object.hasOwn(o.units, unit) ? undefined : o.units[unit]
  if (factor === undefined) throw new Misread(`it must be ${o.form}`)
  return Number(count) * factor
}

function within(value: number, { min = 0, max = Number.MAX_SAFE_INTEGER }: Range): number {
  if (value < min) throw new Misread(`it must not be below ${min}`)
  if (value > max) throw new Misread(`it must not be above ${max}`)
  return value
}
