import { useDeferredValue, useMemo, useState } from 'react'
import { isMark, type Line } from './frame-lines.ts'

/** Numbers of the lines that hold a text, whatever their case. */
export const linesWith = (lines: readonly Line[], text: string): number[] => {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return []
  return lines.flatMap((line, at) => (!isMark(line) && line.text.toLowerCase().includes(wanted) ? [at] : []))
}

/** A search in what is there and what comes. onGo: to a line. */
export const useSearch = (lines: readonly Line[], version: number, onGo: (line: number) => void) => {
  const [text, setText] = useState('')
  const [at, setAt] = useState<number | null>(null)
  const deferred = useDeferredValue(version)
  // The lines are the same array, version says that they grew.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  const found = useMemo(() => linesWith(lines, text), [lines, text, deferred])
  const type = (next: string) => { setText(next); setAt(null) }
  const step = (by: 1 | -1) => {
    if (found.length === 0) return
    const place = at === null ? -1 : found.indexOf(at)
    const next = place === -1 ? (by === 1 ? 0 : found.length - 1) : (place + by + found.length) % found.length
    const line = found[next]
    if (line === undefined) return
    setAt(line)
    onGo(line)
  }
  return { text, type, found, at, place: at === null ? 0 : found.indexOf(at) + 1, step }
}
