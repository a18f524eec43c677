import type { Json } from '@sluice/protocol'
import { Plus } from 'lucide-react'
import { useRef, useState, type FormEvent } from 'react'
import { useCommand } from '../../graphql/use-command.ts'
import { Button } from '../../ui/button.tsx'
import { TextArea } from '../../ui/field.tsx'
import { JsonEditor } from '../../ui/json-form/json-editor.tsx'
import { readJson } from '../../ui/json-form/json-text.ts'
import { useNotify } from '../../ui/notices.tsx'
import { useCtrlEnter } from '../../ui/use-ctrl-enter.ts'
import { AddInput_Mutation } from './input-documents.ts'

const KINDS = { text: 'Text', json: 'JSON' } as const
type Kind = keyof typeof KINDS
type Draft = Record<Kind, string>

const EMPTY: Draft = { text: '', json: '{}' }
const FRESH = { kind: 'text' as Kind, draft: EMPTY }

/** What is added, or why it is nothing yet. */
const readDraft = (kind: Kind, draft: Draft): { content: Json } | { wrong: string } => {
  if (kind === 'text') return draft.text.trim() === '' ? { wrong: 'Write it first.' } : { content: draft.text }
  const read = readJson(draft.json)
  if ('wrong' in read) return { wrong: 'It is not JSON yet.' }
  return read.value === null ? { wrong: 'null is nothing to hand over; any other JSON is.' } : { content: read.value }
}

/** whyNot: why nothing can be added now. note: what is said below. onBegun: whether something is typed that would be lost. */
interface Props { flowId: string; whyNot: string | null; note: string; onBegun(begun: boolean): void }

/** Adds a text or JSON to a flow; what the server refuses is said at the field. */
export function AddInput({ flowId, whyNot, note, onBegun }: Props) {
  const [{ kind, draft }, set] = useState(FRESH)
  const command = useCommand(AddInput_Mutation, data => data.addFlowInput)
  const notify = useNotify()
  const form = useRef<HTMLFormElement>(null)
  const read = readDraft(kind, draft)
  const off = command.running ? 'Waiting for the answer.' : (whyNot ?? ('wrong' in read ? read.wrong : null))
  const type = (text: string) => {
    set({ kind, draft: { ...draft, [kind]: text } })
    onBegun(text.trim() !== EMPTY[kind])
    command.clear()
  }
  const add = async (content: Json) => {
    if (!(await command.run({ input: { flowId, content } }))) return
    set({ kind, draft: EMPTY })
    onBegun(false)
    notify({ tone: 'good', text: 'Added; it goes with the next lease.' })
    form.current?.querySelector('textarea')?.focus()
  }
  const submit = (event?: FormEvent) => {
    event?.preventDefault()
    if (off === null && 'content' in read) void add(read.content)
  }
  useCtrlEnter(form, submit)
  const path = command.refused?.path?.slice(1) ?? []
  return (
    <form ref={form} noValidate aria-label="Add an input" onSubmit={submit} className="panel flex flex-col gap-2 self-start p-3">
      <KindChoice kind={kind} onChoose={next => { set({ kind: next, draft }); command.clear() }} />
      {kind === 'text'
        ? <TextArea label="Text to add" rows={5} value={draft.text} error={command.problem} onChange={event => type(event.target.value)} />
        : <JsonEditor label="JSON to add" rows={5} text={draft.json} hint="" complaints={command.problem === null ? [] : [{ path, message: command.problem }]} onText={type} />}
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Button type="submit" look="primary" icon={Plus} whyNot={off}>Add</Button>
        <span className="text-muted"><kbd className="font-sans">Ctrl Enter</kbd> from the field</span>
      </div>
      <p aria-live="polite" className="m-0 text-[0.93rem] text-muted">{note}</p>
    </form>
  )
}

function KindChoice({ kind, onChoose }: { kind: Kind; onChoose(kind: Kind): void }) {
  return (
    <fieldset className="m-0 flex gap-4 border-0 p-0">
      <legend className="sr-only">What it is</legend>
      {(Object.keys(KINDS) as Kind[]).map(one => (
        <label key={one} className="flex min-h-8 items-center gap-2"><input type="radio" name="kind-of-input" className="size-4 accent-(--accent)" checked={kind === one} onChange={() => onChoose(one)} />{KINDS[one]}</label>
      ))}
    </fieldset>
  )
}
