import type { Json } from '@sluice/protocol'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { checkerOf } from '../../ui/json-form/check-input.ts'
import { fieldsOf, hintsOf, isObject, resolved } from '../../ui/json-form/input-fields.ts'
import { InputForm } from '../../ui/json-form/input-form.tsx'
import { JsonEditor } from '../../ui/json-form/json-editor.tsx'
import { useInputDraft } from '../../ui/json-form/use-input-draft.ts'
import { DecisionButtons } from './decision-buttons.tsx'
import type { useAnswer } from './use-answer.tsx'
import type { Wait } from './wait-documents.ts'

interface Props { wait: Wait; whyNot: string | null; command: ReturnType<typeof useAnswer>; onDecide(decision: string, payload: Json): void }

/** What comes with the answer: a form where its schema is an object with named properties, else JSON; and one button per decision. */
export function AnswerForm({ wait, whyNot, command, onDecide }: Props) {
  const schema = wait.fields
  const draft = useInputDraft(schema, { begun: undefined, onText: command.forget })
  const [asked, ask] = useState(false)
  const [wrong, tellWrong] = useWrongControls()
  const check = useMemo(() => checkerOf(schema), [schema])
  const complaints = useMemo(() => check(draft.value), [check, draft.value])
  const fields = useMemo(() => fieldsOf(schema), [schema])
  const form = useRef<HTMLFormElement>(null)
  const shown = fields !== null && isObject(draft.value) ? fields : null
  const unshown = [...complaints, ...command.refusals].filter(({ path }) => !shown?.some(({ name }) => name === path[0]))
  const ready = draft.wrong === null && !wrong && complaints.length === 0
  useEffect(() => { if (asked) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus() }, [asked, command.refusals])

  const decide = (decision: string) => {
    ask(true)
    if (ready) onDecide(decision, draft.value)
    else form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }
  return (
    <form ref={form} noValidate aria-label={`Answer to ${wait.key} of ${wait.flow.title}`} className="flex max-w-2xl flex-col gap-3" onSubmit={event => event.preventDefault()}>
      {shown
        ? <InputForm fields={shown} nothing="Nothing is asked for but the decision." draft={draft} complaints={complaints} refusals={command.refusals} asked={asked} onWrong={tellWrong} />
        : <JsonEditor label="Answer as JSON" rows={4} text={draft.text} onText={draft.type} hint={hintsOf(resolved(schema, schema) ?? {}).join(', ')} complaints={asked ? unshown : []} />}
      {shown && asked && unshown.map(({ path, message }) => <p key={path.join('.') + message} role="alert" className="text-bad">{[...path, message].join(': ')}</p>)}
      {asked && !ready && <p role="alert" className="text-bad">Something is not right yet; it is said at its place.</p>}
      <DecisionButtons wait={wait} whyNot={whyNot} onDecide={decide} />
    </form>
  )
}

/** Whether the text of any control is no JSON at all. */
const useWrongControls = () => {
  const [controls, set] = useState<ReadonlySet<string>>(new Set())
  const tell = useCallback((control: string, wrong: string | null) => set(now => {
    if (now.has(control) === (wrong !== null)) return now
    return wrong === null ? new Set([...now].filter(one => one !== control)) : new Set([...now, control])
  }), [])
  return [controls.size > 0, tell] as const
}
