import { useState } from 'react'
import { SelectField, TextField } from '../../ui/field.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { Button } from '../../ui/button.tsx'
import { REASON_LOOKS } from '../looks.ts'

/** A kind that a worker registered. */
export interface KindChoice { name: string; title: string | null; liveWorkers: number }

interface Props { kinds: readonly KindChoice[]; chosen: string | undefined; onChoose(kind: string | undefined): void }

const OTHER = '\0other'

/** Which kind of work: one that a worker registered, or any other name, which then waits for a worker. */
export function KindField({ kinds, chosen, onChoose }: Props) {
  const known = kinds.find(({ name }) => name === chosen)
  const [other, setOther] = useState(false)
  const named = chosen !== undefined && !known
  return (
    <div className="flex flex-col gap-3">
      <SelectField
        label="Kind" value={other || named ? OTHER : (chosen ?? '')} hint={known?.title ?? ''}
        onChange={event => { setOther(event.target.value === OTHER); onChoose(event.target.value === OTHER || event.target.value === '' ? undefined : event.target.value) }}
      >
        <option value="">Choose what is to be done</option>
        <Group label="With live workers" kinds={kinds.filter(({ liveWorkers }) => liveWorkers > 0)} />
        <Group label="Without a live worker" kinds={kinds.filter(({ liveWorkers }) => liveWorkers === 0)} />
        <option value={OTHER}>A kind that nobody registered…</option>
      </SelectField>
      {(other || named) && <OtherKind key={chosen ?? ''} chosen={chosen ?? ''} onChoose={onChoose} />}
      {known?.liveWorkers === 0 && <Waits>No live worker handles {known.name}: the flow waits in the queue until one does.</Waits>}
      {named && <Waits>Nobody has registered {chosen} yet: the flow waits in the queue until a worker does, and its input is not checked.</Waits>}
    </div>
  )
}

const Group = ({ label, kinds }: { label: string; kinds: KindChoice[] }) => kinds.length > 0 && <optgroup label={label}>{kinds.map(({ name }) => <option key={name} value={name}>{name}</option>)}</optgroup>

function Waits({ children }: { children: React.ReactNode }) {
  return <p className="flex flex-wrap items-baseline gap-x-2 text-muted"><LookBadge look={REASON_LOOKS.NO_WORKER} /><span className="min-w-0 flex-1 basis-64">{children}</span></p>
}

function OtherKind({ chosen, onChoose }: { chosen: string; onChoose(kind: string): void }) {
  const [name, setName] = useState(chosen)
  const typed = name.trim()
  return (
    <form className="flex items-end gap-2" onSubmit={event => { event.preventDefault(); if (typed !== '') onChoose(typed) }}>
      <div className="min-w-0 flex-1"><TextField label="Name of the kind" autoComplete="off" value={name} onChange={event => setName(event.target.value)} /></div>
      <Button type="submit" whyNot={typed === '' ? 'Type its name.' : typed === chosen ? 'It is chosen.' : null}>Choose</Button>
    </form>
  )
}
