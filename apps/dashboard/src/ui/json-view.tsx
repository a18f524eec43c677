import { useState } from 'react'
import { CopyButton } from './copy-button.tsx'

type Value = null | boolean | number | string | Value[] | { [key: string]: Value }

/** More entries than this are shown on request, so that a large value does not stop the page. */
const SHOWN = 100

/** JSON as a folded tree with a copy button. Levels below `open` start folded. text: what is copied, where that must be as it was written. */
export function JsonView({ value, label, open = 2, text }: { value: Value; label: string; open?: number; text?: string }) {
  return (
    <div className="relative rounded-md border border-line bg-sunken p-2 pr-8">
      <div className="absolute right-1 top-1"><CopyButton text={text ?? JSON.stringify(value, null, 2)} label={label} /></div>
      <div className="max-h-[32rem] overflow-auto font-mono text-[0.93rem] leading-relaxed" role="region" aria-label={label} tabIndex={0}>
        <Node value={value} open={open} />
      </div>
    </div>
  )
}

function Node({ value, open, name }: { value: Value; open: number; name?: string }) {
  const key = name === undefined ? null : <span className="text-accent">{name}: </span>
  if (typeof value !== 'object' || value === null) return <div className="pl-4 -indent-4 break-words">{key}<Leaf value={value} /></div>
  const entries = Object.entries(value)
  const [left, right] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (entries.length === 0) return <div>{key}{left}{right}</div>
  const label = <>{key}{left}<span className="text-muted">{entries.length}</span>{right}</>
  return <Branch label={label} preview={previewOf(entries)} entries={entries} open={open} />
}

/** The first few plain entries, for a branch that is folded. */
const previewOf = (entries: [string, Value][]) =>
  entries.slice(0, 3).filter(([, value]) => typeof value !== 'object').map(([key, value]) => `${key}: ${JSON.stringify(value).slice(0, 60)}`).join(', ')

function Branch({ label, preview, entries, open }: { label: React.ReactNode; preview: string; entries: [string, Value][]; open: number }) {
  const [unfolded, setUnfolded] = useState(open > 0)
  const [shown, setShown] = useState(SHOWN)
  return (
    <details open={unfolded} onToggle={event => setUnfolded(event.currentTarget.open)}>
      <summary className="truncate rounded">{label}{!unfolded && <span className="text-muted"> {preview}</span>}</summary>
      <div className="ml-1.5 border-l border-line pl-3">
        {unfolded && entries.slice(0, shown).map(([key, value]) => <Node key={key} name={key} value={value} open={open - 1} />)}
        {unfolded && entries.length > shown && (
          <button type="button" className="text-accent underline" onClick={() => setShown(shown + 1000)}>{entries.length - shown} more</button>
        )}
      </div>
    </details>
  )
}

function Leaf({ value }: { value: null | boolean | number | string }) {
  if (typeof value === 'string') return <span className="whitespace-pre-wrap text-good">{JSON.stringify(value)}</span>
  return <span className="text-attention">{String(value)}</span>
}
