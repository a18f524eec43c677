import { SECTION_END } from './format.ts'

const NEWLINE = 10
const END = Buffer.from(SECTION_END)
const END_AFTER_ROW = Buffer.from(`\n${SECTION_END}`)
/** Header and trailer are a few kilobytes; a file of another kind may have no line at all. */
const LINE_MAX_BYTES = 4 * 1024 ** 2

interface Options {
  /** Told every byte up to the last line, in order. */
  seen(bytes: Buffer): void
  /** What to throw when the source ends in the middle. */
  cutOff(): Error
}

/** Cuts a stream of bytes into lines and sections without holding more than a piece and the longest row. */
export class SectionReader {
  /** Of the latest section. */
  rows = 0
  readonly #source: AsyncIterator<Buffer>
  readonly #options: Options
  #rest: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Buffer>, options: Options) {
    this.#source = source[Symbol.asyncIterator]()
    this.#options = options
  }

  /** The next line without its newline. */
  async line(): Promise<string> {
    return this.#take((await this.#untilNewline()) + 1).toString('utf8').slice(0, -1)
  }

  /** The last line, which nothing may follow; the digest does not cover it. */
  async lastLine(): Promise<string> {
    const end = await this.#untilNewline()
    if (end + 1 < this.#rest.length || (await this.#more())) return ''
    return this.#rest.toString('utf8', 0, end)
  }

  /** The rows up to the end of the section, in pieces of whole lines. */
  async *section(): AsyncGenerator<Buffer> {
    this.rows = 0
    for (;;) {
      const newline = await this.#lastNewline()
      const lines = this.#rest.subarray(0, newline + 1)
      const end = endOfRows(lines)
      const rows = this.#take(end ?? lines.length)
      this.rows += countNewlines(rows)
      if (rows.length > 0) yield rows
      if (end !== null) return void this.#take(END.length)
    }
  }

  async #untilNewline(): Promise<number> {
    for (;;) {
      const end = this.#rest.indexOf(NEWLINE)
      if (end >= 0) return end
      if (this.#rest.length > LINE_MAX_BYTES || !(await this.#more())) throw this.#options.cutOff()
    }
  }

  async #lastNewline(): Promise<number> {
    for (;;) {
      const end = this.#rest.lastIndexOf(NEWLINE)
      if (end >= 0) return end
      if (!(await this.#more())) throw this.#options.cutOff()
    }
  }

  #take(bytes: number): Buffer {
    const taken = this.#rest.subarray(0, bytes)
    this.#rest = this.#rest.subarray(bytes)
    this.#options.seen(taken)
    return taken
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#source.next()
    if (done) return false
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value])
    return true
  }
}

/** Where the section's end stands among whole lines; null when it does not. */
function endOfRows(lines: Buffer): number | null {
  if (lines.subarray(0, END.length).equals(END)) return 0
  const before = lines.indexOf(END_AFTER_ROW)
  return before < 0 ? null : before + 1
}

function countNewlines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1
  return count
}
