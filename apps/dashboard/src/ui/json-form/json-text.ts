import type { Json } from '@sluice/protocol'

/** Where a text stops being JSON that can be sent as it stands. line and column count from 1, offset from 0. */
export interface WrongJson { wrong: string; line: number; column: number; offset: number }

/** Deeper than this the API refuses. */
const DEPTH_MAX = 128

/**
 * Reads JSON, and says where it is none. Stricter than JSON.parse, which silently loses what it cannot hold: a number that would change on the way
 * (every number is kept as a double, here and at the server) and the first of two properties of one name are refused.
 */
export const readJson = (text: string): { value: Json } | WrongJson => {
  try {
    return { value: new Reader(text).whole() }
  } catch (error) {
    if (error instanceof Wrong) return placed(text, error)
    throw error
  }
}

/** As the editor shows a value. */
export const printJson = (value: Json): string => JSON.stringify(value, null, 2)

class Wrong extends Error {
  readonly offset: number
  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

const placed = (text: string, { message, offset }: Wrong): WrongJson => {
  const before = text.slice(0, offset).split('\n')
  return { wrong: message, line: before.length, column: (before.at(-1) ?? '').length + 1, offset }
}

const SPACE = /[ \t\n\r]*/y
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|[\x7f-\x9f])*"/uy
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /[A-Za-z]+/y
const WORDS = new Map<string, Json>([['true', true], ['false', false], ['null', null]])

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Json {
    if (this.#text.trim() === '') throw new Wrong('There is nothing; an empty object is {}.', 0)
    const value = this.#value(0)
    if (this.#next() !== '') throw new Wrong('After the value something is left.', this.#at)
    return value
  }

  #value(depth: number): Json {
    const begins = this.#next()
    if (depth > DEPTH_MAX) throw new Wrong(`JSON may be nested ${DEPTH_MAX} levels deep.`, this.#at)
    if (begins === '{') return this.#object(depth)
    if (begins === '[') return this.#array(depth)
    if (begins === '"') return this.#string()
    return /[-\d]/.test(begins) ? this.#number() : this.#word()
  }

  #object(depth: number): Json {
    const entries = new Map<string, Json>()
    this.#list('}', () => {
      const from = this.#at
      if (this.#next() !== '"') throw new Wrong('A property begins with its name in double quotes.', this.#at)
      const name = this.#string()
      if (entries.has(name)) throw new Wrong(`There are two properties ${JSON.stringify(name)}; only one could be kept.`, from)
      if (this.#next() !== ':') throw new Wrong('After the name of a property comes a colon.', this.#at)
      this.#at += 1
      entries.set(name, this.#value(depth + 1))
    })
    return Object.fromEntries(entries)
  }

  #array(depth: number): Json {
    const items: Json[] = []
    this.#list(']', () => { items.push(this.#value(depth + 1)) })
    return items
  }

  /** What stands between the opening bracket and the closing one, by commas. */
  #list(closing: '}' | ']', readOne: () => void): void {
    this.#at += 1
    if (this.#next() === closing) { this.#at += 1; return }
    for (;;) {
      readOne()
      const after = this.#next()
      if (after !== closing && after !== ',') throw new Wrong(after === '' ? `The closing ${closing} is missing.` : `Here comes a comma or the closing ${closing}.`, this.#at)
      this.#at += 1
      if (after === closing) return
      if (this.#next() === closing) throw new Wrong('After the last one comes no comma.', this.#at)
    }
  }

  #string(): string {
    const source = this.#match(STRING)
    if (source === null) throw new Wrong('This text has no closing quote, or holds a line break or an escape that JSON does not have.', this.#at)
    return JSON.parse(source) as string
  }

  #number(): number {
    const from = this.#at
    const source = this.#match(NUMBER)
    if (source === null || /[\w.]/.test(this.#text[this.#at] ?? '')) throw new Wrong('This is no number: 1, -2.5 and 3e8 are.', from)
    const lost = lostDigits(source)
    if (lost) throw new Wrong(`${lost} Write it as a text, in quotes.`, from)
    return Number(source)
  }

  #word(): Json {
    const from = this.#at
    const value = WORDS.get(this.#match(WORD) ?? '')
    if (value === undefined) throw new Wrong(this.#next() === '' && from === this.#at ? 'A value is missing here.' : 'A value is a text in double quotes, a number, true, false, null, {…} or […].', from)
    return value
  }

  /** Skips white space; the character that follows, or '' at the end. */
  #next(): string {
    this.#match(SPACE)
    return this.#text[this.#at] ?? ''
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#text) ?? []
    if (found === undefined) return null
    this.#at += found.length
    return found
  }
}

/** What would become of a number on the way, as a sentence; null = it arrives as it is written. source: a number of JSON. */
export const lostDigits = (source: string): string | null => {
  const value = Number(source)
  if (!Number.isFinite(value)) return `${source} is too large for a number.`
  if (digitsOf(source) === digitsOf(String(value))) return null
  return `${source} would arrive as ${String(value)}: numbers are kept with about 16 digits.`
}

/** The digits that count, and where the point stands among them. */
const digitsOf = (number: string): string => {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().replace('-', '').split(/e(?=[+-]?\d)/)
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = (whole + fraction).replace(/^0+/, '')
  const kept = digits.replace(/0+$/, '')
  return kept === '' ? '0' : `${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`
}
