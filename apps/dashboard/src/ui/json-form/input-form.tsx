import { useState } from 'react'
import type { Complaint } from './check-input.ts'
import { FieldControl } from './field-control.tsx'
import { isObject, type InputField } from './input-fields.ts'
import type { InputDraft } from './use-input-draft.ts'

/** nothing: what is said where there is no field. complaints: of the form itself, told once a field was left or a submit was tried; refusals: of the server, told at once. */
interface Props { fields: InputField[]; nothing: string; draft: InputDraft; complaints: Complaint[]; refusals: Complaint[]; asked: boolean; onWrong(control: string, wrong: string | null): void }

/** A message that comes while a button is pressed moves the button away, and the click is lost: it waits until the press is over. */
const afterPress = (run: () => void) => {
  if (document.querySelector('body:active') === null) run()
  else document.addEventListener('pointerup', () => setTimeout(run), { once: true })
}

/** A field per property. An empty field leaves its property out. */
export function InputForm({ fields, nothing, draft, complaints, refusals, asked, onWrong }: Props) {
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  if (!isObject(draft.value)) return <p className="text-muted">The JSON beside is no object, so that it has no fields. <button type="button" className="text-accent underline" onClick={() => draft.put({})}>Begin with an empty one</button></p>
  if (fields.length === 0) return <p className="text-muted">{nothing}</p>
  const value = draft.value
  const put = (name: string, next: typeof value[string] | undefined) => {
    const { [name]: _, ...others } = value
    draft.put(next === undefined ? others : { ...value, [name]: next })
  }
  const saidOf = (name: string) => [...(asked || left.has(name) ? complaints : []), ...refusals]
    .filter(({ path }) => path[0] === name).map(({ path, message }) => ({ path: path.slice(1), message }))
  return (
    <div className="flex flex-col gap-3">
      {draft.wrong && <p className="text-muted">The JSON beside is not right yet ({draft.wrong}); the fields show what it was before.</p>}
      {fields.map(field => (
        <FieldControl
          key={field.name} field={field} value={value[field.name]} complaints={saidOf(field.name)} off={draft.wrong !== null}
          onChange={next => put(field.name, next)} onWrong={onWrong} onLeave={() => afterPress(() => setLeft(now => new Set([...now, field.name])))}
        />
      ))}
    </div>
  )
}
