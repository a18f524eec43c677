/**
 * What a command prints, line by line, for whoever looks on. Where nobody takes it as fast as it comes, the pipe is read no further, and the
 * command waits in its next write; memory stays bounded and no line is lost. A line that does not end is shown in pieces, and of a flood of
 * lines many are one piece.
 */
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

export interface ShowOptions {
  /** Resolves when it was accepted. A rejection is the end of the lease: nobody looks on any more. */
  show(piece: string): Promise<void>
  /** Pieces keep their line ends, so that together they are the whole; and half a line is shown when it stays half for a while. */
  whole: boolean
}

export interface Shown {
  /** The command is out: what is still in the pipe is read whatever there is room for. */
  hurry(): void
  /** Nothing more is read; resolves when all that was read was accepted. */
  accepted(): Promise<void>
}

const PIECE_MAX = 16 * 1024
const HALF_MS = 200
/** More lines than this at once are a flood: one by one they would cost more than they say. */
const FLOOD = 100

export function showLines(stream: Readable | null, { show, whole }: ShowOptions): Shown {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let inHurry = false
  let half: NodeJS.Timeout | undefined
  let all: Promise<unknown> = Promise.resolve()

  const put = (pieces: readonly string[]): Promise<unknown> => {
    const taken = Promise.all(pieces.map(show)).catch(() => {})
    all = Promise.all([all, taken])
    return taken
  }
  const flush = () => {
    const piece = rest
    rest = ''
    if (piece !== '') void put([piece])
  }
  stream?.on('data', (chunk: Buffer) => {
    clearTimeout(half)
    const { pieces, left } = piecesOf(rest + decoder.write(chunk), whole)
    rest = left
    if (whole && rest !== '') half = setTimeout(flush, HALF_MS)
    if (pieces.length === 0) return
    const taken = put(pieces)
    if (inHurry) return
    stream.pause()
    void taken.then(() => stream.resume())
  })
  const finish = () => {
    clearTimeout(half)
    rest += decoder.end()
    flush()
  }
  stream?.once('end', finish)
  return {
    hurry: () => {
      inHurry = true
      stream?.resume()
    },
    accepted: async () => {
      // Somebody else may hold the pipe open, which then has no end.
      finish()
      await all
    },
  }
}

/** The lines that are whole, and what is left of the last one. Where they are too many or too long they are cut elsewhere. */
function piecesOf(text: string, whole: boolean): { pieces: string[]; left: string } {
  const end = text.lastIndexOf('\n') + 1
  const isLong = text.length - end > PIECE_MAX
  const lines = linesOf(isLong ? text : text.slice(0, end))
  const left = isLong ? lines.pop() ?? '' : text.slice(end)
  return { pieces: whole ? lines : lines.map(line => (line.endsWith('\n') ? line.slice(0, -1) : line)), left }
}

/** With their ends. */
function linesOf(text: string): string[] {
  const lines: string[] = []
  const isFlood = hasMoreLines(text, FLOOD)
  for (let at = 0; at < text.length;) {
    const end = endOfPiece(text, { at, isFlood })
    lines.push(text.slice(at, end))
    at = end
  }
  return lines
}

function hasMoreLines(text: string, most: number): boolean {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1 && count <= most; at = text.indexOf('\n', at + 1)) count++
  return count > most
}

/** After the next line end, or in a flood after the last one that fits; where there is none that fits, never within a character. */
function endOfPiece(text: string, { at, isFlood }: { at: number; isFlood: boolean }): number {
  const most = at + PIECE_MAX
  const lineEnd = isFlood ? text.lastIndexOf('\n', most - 1) : text.indexOf('\n', at)
  if (lineEnd >= at && lineEnd < most) return lineEnd + 1
  if (text.length <= most) return text.length
  return /[\uD800-\uDBFF]/.test(text.charAt(most - 1)) ? most - 1 : most
}
