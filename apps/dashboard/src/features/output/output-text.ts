import { isMark, type Line } from './frame-lines.ts'

const nameOf = (attempt: number, workers: ReadonlyMap<number, string>): string => `attempt ${attempt + 1}${workers.has(attempt) ? `, ${workers.get(attempt)}` : ''}`

/** All of it as a text: what was text as it was, every other line with its kind, and what is missing said at its place. */
export const asText = (lines: readonly Line[], workers: ReadonlyMap<number, string>): string => lines.map(line => {
  if (line.kind === 'ATTEMPT') return `--- ${nameOf(line.attempt, workers)} ---`
  if (isMark(line)) return `--- ${line.missing.toLocaleString('en-US')} pieces are kept no longer ---`
  return line.kind === 'TEXT' || !line.begins ? line.text : `[${line.at} ${line.kind}] ${line.text}`
}).join('\n').concat('\n')

/** Hands a text over as a file. */
export const download = (name: string, text: string): void => {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
