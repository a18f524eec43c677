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
    const taken = put(pieces.length > FLOOD ? together(pieces, whole ? '' : '\n') : pieces)
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

/** The lines that are whole, cut where they are too long, and what is left of the last one. */
function piecesOf(text: string, whole: boolean): { pieces: string[]; left: string } {
  const pieces: string[] = []
  let at = 0
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', at)) {
    const line = text.slice(at, whole ? end + 1 : end)
    pieces.push(...(line.length > PIECE_MAX ? cut(line) : [line]))
    at = end + 1
  }
  const left = text.slice(at)
  if (left.length <= PIECE_MAX) return { pieces, left }
  const [last = '', ...before] = cut(left).toReversed()
  return { pieces: [...pieces, ...before.toReversed()], left: last }
}

/** Never within a character. */
const cut = (line: string): string[] => line.match(new RegExp(`[^]{1,${PIECE_MAX}}(?![\\uDC00-\\uDFFF])`, 'g')) ?? []

function together(pieces: readonly string[], between: string): string[] {
  const blocks: string[] = []
  let block: string[] = []
  let length = 0
  for (const piece of pieces) {
    if (length + piece.length > PIECE_MAX && block.length > 0) {
      blocks.push(block.join(between))
      block = []
      length = 0
    }
    block.push(piece)
    length += piece.length + between.length
  }
  return [...blocks, block.join(between)]
}
