/** Letters that take two columns of a monospaced type. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const NARROW = /^[\x20-\x7e]*$/

const columnsOf = (letter: string): number => (WIDE.test(letter) ? 2 : 1)

/** Cuts a line into pieces of at most that many columns, at a space where there is one. Together they are the line; tabs are four spaces. */
export const wrapText = (line: string, columns: number): string[] => {
  const text = line.includes('\t') ? line.replaceAll('\t', '    ') : line
  if (text.length <= columns && NARROW.test(text)) return [text]
  const pieces: string[] = []
  let rest = text
  for (let end = endOfPiece(rest, columns); end < rest.length; end = endOfPiece(rest, columns)) {
    pieces.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  return [...pieces, rest]
}

/** Where the first piece ends: behind its last space, else where it is full. */
function endOfPiece(text: string, columns: number): number {
  let end = 0
  let used = 0
  for (const letter of NARROW.test(text.slice(0, columns + 1)) ? [] : text) {
    used += columnsOf(letter)
    if (used > columns && end > 0) break
    end += letter.length
  }
  const full = end === 0 ? Math.min(text.length, columns) : end
  if (full >= text.length) return text.length
  const space = text.lastIndexOf(' ', full)
  return space > 0 ? Math.min(space + 1, full + 1) : full
}
