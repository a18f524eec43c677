import { ChevronDown, ChevronRight, Scissors } from 'lucide-react'
import { Instant } from '../../ui/time.tsx'
import { TONE_TEXT } from '../../ui/tone.ts'
import { FRAME_LOOKS } from '../looks.ts'
import { isMark, type Line, type OutputLine } from './frame-lines.ts'
import type { OutputRow } from './row-layout.ts'

/** All rows are as high: the window reckons with it. */
export const ROW_PX = 21

interface Props { row: OutputRow; line: Line; wanted: string; isAt: boolean; workers: ReadonlyMap<number, string>; unfolded: boolean; onFold(line: number): void }

/** What one row shows of a line. */
export function OutputRowView({ row, line, wanted, isAt, workers, unfolded, onFold }: Props) {
  if (isMark(line)) return <Mark line={line} workers={workers} />
  const { tone } = FRAME_LOOKS[line.kind]
  const stands = line.kind === 'WARNING' || line.kind === 'ERROR'
  return (
    <div style={{ height: ROW_PX }} className={`flex items-center whitespace-pre ${isAt ? 'bg-accent/15' : ''} ${stands ? TONE_TEXT[tone] : ''}`}>
      <Gutter line={line} begins={row.begins && line.begins} />
      {line.kind === 'JSON' && row.begins
        ? <Fold text={row.text} unfolded={unfolded} wanted={wanted} onFold={() => onFold(row.line)} />
        : <span className={line.kind === 'JSON' ? 'pl-[2ch]' : ''}><Marked text={row.text} wanted={wanted} /></span>}
    </div>
  )
}

/** When it came and what it is, where it begins. */
function Gutter({ line, begins }: { line: OutputLine; begins: boolean }) {
  const { icon: Icon, word, tone, sentence } = FRAME_LOOKS[line.kind]
  return (
    <>
      <span className="hidden w-28 shrink-0 text-muted md:inline">{begins && <Instant at={line.at} />}</span>
      <span className={`inline-flex w-7 shrink-0 items-center gap-1.5 font-sans text-[0.9rem] sm:w-24 ${TONE_TEXT[tone]}`} title={begins ? sentence : undefined}>
        {begins && <><Icon size={13} aria-hidden="true" className="shrink-0" /><span className="sr-only sm:not-sr-only">{word}</span></>}
      </span>
    </>
  )
}

function Fold({ text, unfolded, wanted, onFold }: { text: string; unfolded: boolean; wanted: string; onFold(): void }) {
  const Icon = unfolded ? ChevronDown : ChevronRight
  return (
    <button type="button" aria-expanded={unfolded} onClick={onFold} className="inline-flex min-w-0 items-center rounded text-left hover:bg-surface">
      <span className="inline-flex w-[2ch] shrink-0"><Icon size={13} aria-hidden="true" className="text-muted" /></span><span className="truncate"><Marked text={text} wanted={wanted} /></span>
    </button>
  )
}

function Mark({ line, workers }: { line: Extract<Line, { missing: number }>; workers: ReadonlyMap<number, string> }) {
  const worker = workers.get(line.attempt)
  return (
    <div style={{ height: ROW_PX }} className="flex items-center gap-2 overflow-hidden whitespace-nowrap font-sans text-[0.9rem] text-muted">
      {line.kind === 'TRIMMED'
        ? <span className="inline-flex items-center gap-1.5 text-attention"><Scissors size={13} aria-hidden="true" /> {line.missing.toLocaleString('en-US')} {line.missing === 1 ? 'piece is' : 'pieces are'} kept no longer</span>
        : <strong className="font-medium text-text">Attempt {line.attempt + 1}{worker !== undefined && <span className="font-normal text-muted"> by {worker}</span>}</strong>}
      <span aria-hidden="true" className="h-px min-w-4 flex-1 bg-line" />
    </div>
  )
}

/** A text with what is looked for marked in it. */
function Marked({ text, wanted }: { text: string; wanted: string }) {
  if (wanted === '') return text
  const lower = text.toLowerCase()
  const pieces = []
  let from = 0
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, from)) {
    pieces.push(text.slice(from, at), <mark key={at} className="rounded-sm bg-attention text-bg">{text.slice(at, at + wanted.length)}</mark>)
    from = at + wanted.length
  }
  return <>{pieces}{text.slice(from)}</>
}
