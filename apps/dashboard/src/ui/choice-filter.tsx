import { ChevronDown } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { Button } from './button.tsx'
import { CheckBox, TextField } from './field.tsx'
import { Popover } from './popover.tsx'

export interface Choice { value: string; label: string; hint?: string }

interface Props {
  name: string
  choices: readonly Choice[]
  chosen: readonly string[] | undefined
  /** How a value that is not listed is called and typed; absent = only listed ones can be chosen. */
  typed?: { label: string; hint: string }
  onChoose(chosen: string[] | undefined): void
}

/** More choices than this are found by typing. */
const SHOWN = 12

/** One filter: any of some values, listed or typed. */
export function ChoiceFilter({ name, choices, chosen = [], typed, onChoose }: Props) {
  const [text, setText] = useState('')
  const known = new Set(choices.map(({ value }) => value))
  const all: Choice[] = [...chosen.filter(value => !known.has(value)).map(value => ({ value, label: value })), ...choices]
  const found = all.filter(({ value, label }) => chosen.includes(value) || label.toLowerCase().includes(text.trim().toLowerCase()))
  const set = (values: string[]) => onChoose(values.length > 0 ? values : undefined)
  const toggle = (value: string) => set(chosen.includes(value) ? chosen.filter(one => one !== value) : [...chosen, value])
  const add = () => {
    const value = text.trim()
    if (value !== '' && !chosen.includes(value)) set([...chosen, value])
    setText('')
  }
  return (
    <FilterButton name={name} summary={summaryOf(chosen, all)}>
      {(typed || choices.length > SHOWN) && (
        <form className="flex items-end gap-2" onSubmit={event => { event.preventDefault(); if (typed) add() }}>
          <div className="min-w-0 flex-1"><TextField label={typed?.label ?? 'Search'} hint={typed?.hint ?? ''} value={text} onChange={event => setText(event.target.value)} /></div>
          {typed && <Button type="submit" className={typed.hint ? 'mb-6' : ''} whyNot={text.trim() === '' ? 'Type it first.' : null}>Add</Button>}
        </form>
      )}
      <div className="flex max-h-72 flex-col gap-1.5 overflow-y-auto">
        {found.slice(0, Math.max(SHOWN, chosen.length)).map(({ value, label, hint = '' }) => (
          <CheckBox key={value} label={label} hint={hint} checked={chosen.includes(value)} onChange={() => toggle(value)} />
        ))}
      </div>
      {found.length > SHOWN && <p className="text-[0.93rem] text-muted">{found.length - SHOWN} more; type to narrow.</p>}
      {chosen.length > 0 && <Button onClick={() => set([])}>Any {name.toLowerCase()}</Button>}
    </FilterButton>
  )
}

const summaryOf = (chosen: readonly string[], all: readonly Choice[]): string => {
  const [first] = chosen
  if (first === undefined) return ''
  const label = all.find(({ value }) => value === first)?.label ?? first
  return chosen.length === 1 ? label : `${label} +${chosen.length - 1}`
}

/** The button of a filter, which says what it is set to, and what it opens. */
export function FilterButton({ name, summary, children }: { name: string; summary: string; children: ReactNode }) {
  const trigger = (
    <button type="button" className={`control inline-flex max-w-64 items-center gap-1.5 ${summary ? '!border-accent font-medium' : ''}`}>
      <span className="min-w-0 truncate">{name}{summary && <span className="font-normal text-muted">: </span>}{summary}</span>
      <ChevronDown size={14} aria-hidden="true" className="shrink-0 text-muted" />
    </button>
  )
  return <Popover trigger={trigger} title={name}>{children}</Popover>
}
