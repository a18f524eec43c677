import type { Json } from '@sluice/protocol'
import { Plus, X } from 'lucide-react'
import { useEffect, useId } from 'react'
import { Button } from '../button.tsx'
import { SelectField, TextArea, TextField } from '../field.tsx'
import type { Complaint } from './check-input.ts'
import type { InputField } from './input-fields.ts'
import { lostDigits, printJson, readJson } from './json-text.ts'
import { useDraft } from './use-draft.ts'

/** complaints: their paths begin inside the field. onWrong: the text of a control, by its id, is no JSON at all; null = it is, or is gone. */
export interface ControlProps {
  field: InputField
  value: Json | undefined
  complaints: Complaint[]
  off: boolean
  /** undefined = left out. */
  onChange(value: Json | undefined): void
  onWrong(control: string, wrong: string | null): void
  onLeave(): void
}

/** The control that a field of the schema gets. A value that it cannot show, as null where a text belongs, is edited as JSON. */
export function FieldControl(props: ControlProps) {
  const { shape } = props.field
  if (props.value !== undefined && !FITS[shape](props.value, props.field)) return <JsonControl {...props} />
  const Control = CONTROLS[shape]
  return <Control {...props} />
}

const FITS: Record<InputField['shape'], (value: Json, field: InputField) => boolean> = {
  text: value => typeof value === 'string', boolean: value => typeof value === 'boolean', list: value => Array.isArray(value), json: () => true,
  // What is typed but no number stays a text, so that nothing typed is lost.
  number: value => typeof value === 'number' || typeof value === 'string', integer: value => typeof value === 'number' || typeof value === 'string',
  choice: (value, { choices }) => choices.some(choice => same(choice.value, value)),
}

const same = (a: Json | undefined, b: Json | undefined) => JSON.stringify(a) === JSON.stringify(b)

const hintOf = ({ required, description, hints }: InputField) => [required ? 'Required' : '', description, hints.join(', ')].filter(Boolean).join(' · ')
const messageOf = (complaints: Complaint[]) => complaints.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message)).join(' ') || null

const labelled = ({ field, complaints, off, onLeave }: ControlProps) => ({ label: field.label, hint: hintOf(field), error: messageOf(complaints), disabled: off, onBlur: onLeave })

function TextControl(props: ControlProps) {
  const text = typeof props.value === 'string' ? props.value : ''
  const onChange = (event: { target: { value: string } }) => props.onChange(event.target.value === '' ? undefined : event.target.value)
  // A line of input would lose the line breaks.
  if (text.includes('\n')) return <TextArea {...labelled(props)} rows={4} value={text} onChange={onChange} />
  return <TextField {...labelled(props)} value={text} onChange={onChange} />
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** A number that would not arrive as it is written stays the text that was typed. */
const numberOf = (text: string): Json | undefined => {
  if (text === '') return undefined
  return NUMBER.test(text) && lostDigits(text) === null ? Number(text) : text
}

function NumberControl(props: ControlProps) {
  const draft = useDraft(props.value, value => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')))
  const lost = NUMBER.test(draft.text) ? lostDigits(draft.text) : null
  const onChange = (event: { target: { value: string } }) => {
    const value = numberOf(event.target.value.trim())
    draft.type(event.target.value, value)
    props.onChange(value)
  }
  const common = labelled(props)
  return <TextField {...common} error={lost ?? common.error} inputMode="decimal" autoComplete="off" value={draft.text} onChange={onChange} />
}

const NOT_GIVEN = ''

function BooleanControl(props: ControlProps) {
  const { value, onChange } = props
  return (
    <SelectField {...labelled(props)} value={JSON.stringify(value) ?? NOT_GIVEN} onChange={event => onChange(event.target.value === NOT_GIVEN ? undefined : event.target.value === 'true')}>
      <option value={NOT_GIVEN}>Not given</option>
      <option value="true">True</option>
      <option value="false">False</option>
    </SelectField>
  )
}

function ChoiceControl(props: ControlProps) {
  const { field, value, onChange } = props
  const at = field.choices.findIndex(choice => value !== undefined && same(choice.value, value))
  return (
    <SelectField {...labelled(props)} value={String(at)} onChange={event => onChange(field.choices[Number(event.target.value)]?.value)}>
      <option value="-1">Not given</option>
      {field.choices.map((choice, index) => <option key={JSON.stringify(choice.value)} value={index}>{choice.label}</option>)}
    </SelectField>
  )
}

function ListControl(props: ControlProps) {
  const { field, complaints, off, onChange, onWrong, onLeave } = props
  const values = Array.isArray(props.value) ? props.value : []
  const put = (next: Json[]) => onChange(next.length > 0 ? next : undefined)
  const own = messageOf(complaints.filter(({ path }) => path.length === 0))
  const { item } = field
  if (item === null) return <JsonControl {...props} />
  return (
    <fieldset className="m-0 flex min-w-0 flex-col gap-1.5 border-0 p-0">
      <legend className="p-0 font-medium">{field.label}</legend>
      {values.map((value, at) => (
        <div key={at} className="flex items-start gap-1.5">
          <div className="min-w-0 flex-1">
            <FieldControl
              field={{ ...item, label: `${field.label} ${at + 1}`, required: false }} value={value} off={off} onWrong={onWrong} onLeave={onLeave}
              complaints={complaints.filter(({ path }) => path[0] === String(at)).map(({ path, message }) => ({ path: path.slice(1), message }))}
              onChange={next => put(values.with(at, next ?? EMPTY[item.shape]))}
            />
          </div>
          <Button look="quiet" icon={X} className="mt-6" aria-label={`Remove ${field.label} ${at + 1}`} whyNot={off ? 'Correct the JSON first.' : null} onClick={() => put(values.toSpliced(at, 1))} />
        </div>
      ))}
      {own && <p className="text-[0.93rem] text-bad" role="alert">{own}</p>}
      <p className="text-[0.93rem] text-muted">{hintOf(field)}</p>
      <div><Button icon={Plus} aria-label={`Add to ${field.label}`} aria-invalid={own ? true : undefined} whyNot={off ? 'Correct the JSON first.' : null} onClick={() => put([...values, item.choices[0]?.value ?? EMPTY[item.shape]])}>Add</Button></div>
    </fieldset>
  )
}

/** What an item is while nothing is typed for it: a list cannot leave one out. */
const EMPTY: Record<InputField['shape'], Json> = { text: '', number: '', integer: '', boolean: false, choice: null, list: [], json: null }

function JsonControl(props: ControlProps) {
  const draft = useDraft(props.value, value => (value === undefined ? '' : printJson(value)))
  const read = draft.text.trim() === '' ? null : readJson(draft.text)
  const wrong = read && 'wrong' in read ? `Line ${read.line}, column ${read.column}: ${read.wrong}` : null
  const onChange = (event: { target: { value: string } }) => {
    const typed = event.target.value.trim() === '' ? { value: undefined } : readJson(event.target.value)
    const value = 'wrong' in typed ? props.value : typed.value
    draft.type(event.target.value, value)
    if (!('wrong' in typed)) props.onChange(value)
  }
  useTellWrong(props.onWrong, wrong)
  const common = labelled(props)
  return <TextArea {...common} hint={['As JSON', common.hint].filter(Boolean).join(' · ')} error={wrong ?? common.error} rows={Math.min(12, Math.max(2, draft.text.split('\n').length))} value={draft.text} onChange={onChange} />
}

/** What is typed in a control may be put right from elsewhere, or go with the control. */
const useTellWrong = (onWrong: ControlProps['onWrong'], wrong: string | null) => {
  const id = useId()
  useEffect(() => {
    onWrong(id, wrong)
    return () => onWrong(id, null)
  }, [onWrong, id, wrong])
}

const CONTROLS: Record<InputField['shape'], (props: ControlProps) => React.ReactNode> = {
  text: TextControl, number: NumberControl, integer: NumberControl, boolean: BooleanControl, choice: ChoiceControl, list: ListControl, json: JsonControl,
}
