import { isMark, type Line } from './frame-lines.ts'
import { wrapText } from './wrap-text.ts'

/** As much of a line as one row shows. line: its number. */
export interface OutputRow { line: number; text: string; begins: boolean }

/** The rows of lines in a width: the lines that were laid out before are not looked at again, but for the last, which may have run on. */
export class RowLayout {
  readonly rows: OutputRow[] = []
  /** Of each line, its first row. */
  readonly starts: number[] = []
  readonly #lines: readonly Line[]
  readonly #columns: number
  readonly #unfolded: ReadonlySet<number>

  constructor(lines: readonly Line[], { columns, unfolded }: { columns: number; unfolded: ReadonlySet<number> }) {
    this.#lines = lines
    this.#columns = Math.max(10, columns)
    this.#unfolded = unfolded
  }

  /** Lays out what came since. */
  follow(): this {
    const lines = this.#lines
    const from = Math.max(0, this.starts.length - 1)
    this.rows.length = this.starts[from] ?? 0
    this.starts.length = from
    for (let at = from; at < lines.length; at += 1) {
      const line = lines[at]
      if (line === undefined) continue
      this.starts.push(this.rows.length)
      for (const [piece, text] of this.#piecesOf(line, at).entries()) this.rows.push({ line: at, text, begins: piece === 0 })
    }
    return this
  }

  #piecesOf(line: Line, at: number): string[] {
    if (isMark(line)) return ['']
    if (line.kind !== 'JSON') return wrapText(line.text, this.#columns)
    if (this.#unfolded.has(at)) return JSON.stringify(line.data, null, 2).split('\n').flatMap(text => wrapText(text, this.#columns - 2))
    const room = this.#columns - 3
    return [line.text.length > room ? `${line.text.slice(0, room)}…` : line.text]
  }
}
