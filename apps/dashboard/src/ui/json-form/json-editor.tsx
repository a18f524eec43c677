import { useRef } from 'react'
import { Button } from '../button.tsx'
import { TextArea } from '../field.tsx'
import type { Complaint } from './check-input.ts'
import { printJson, readJson } from './json-text.ts'

/** label: what the JSON is. */
interface Props { label: string; text: string; complaints: Complaint[]; hint: string; rows?: number; onText(text: string): void }

/** A whole value as JSON, beside its form or instead of one. Says where it is none, and leads there. */
export function JsonEditor({ label, text, complaints, hint, rows = 8, onText }: Props) {
  const area = useRef<HTMLTextAreaElement>(null)
  const read = readJson(text)
  const wrong = 'wrong' in read ? read : null
  const show = (offset: number) => {
    area.current?.focus()
    area.current?.setSelectionRange(offset, Math.min(text.length, offset + 1))
  }
  const error = wrong ? `Line ${wrong.line}, column ${wrong.column}: ${wrong.wrong}` : sentenceOf(complaints)
  return (
    <div className="flex flex-col gap-2">
      <TextArea ref={area} label={label} rows={Math.min(30, Math.max(rows, text.split('\n').length + 1))} value={text} hint={hint} error={error} onChange={event => onText(event.target.value)} />
      <div className="flex gap-2">
        {wrong && <Button onClick={() => show(wrong.offset)}>Show where</Button>}
        <Button whyNot={'wrong' in read ? 'It is not JSON yet.' : printJson(read.value) === text ? 'It is in order.' : null} onClick={() => { if ('value' in read) onText(printJson(read.value)) }}>Put in order</Button>
      </div>
    </div>
  )
}

const sentenceOf = (complaints: Complaint[]): string | null => complaints.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message)).join(' ') || null
