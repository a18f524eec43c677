import { escape } from './escape.ts'
import { inputName, type FieldType, type FormField } from './form-fields.ts'

interface Shown {
  /** Its place among the fields: names of keys may hold what an id cannot. */
  at: number
  /** What was sent before, and is kept. */
  typed: URLSearchParams | null
  /** What is wrong with this one. */
  wrong: string | null
}

export const inputId = (at: number): string => `field-${at}`

/** A field with its label, its help and what is wrong with it. */
export function fieldInput(field: FormField, shown: Shown): string {
  const label = `<label for="${inputId(shown.at)}">${escape(field.label)}${field.required || SAYS_SO.has(field.type) ? '' : ' (may stay empty)'}</label>`
  const control = CONTROLS[field.type](field, { said: saidOf(field, shown), value: shown.typed?.get(inputName(field.name)) ?? null, wrong: shown.wrong !== null })
  const below = [shown.wrong === null ? '' : `<strong class="problem" id="${problemId(shown.at)}">${escape(capital(shown.wrong))}</strong>`, field.help === null ? '' : `<small id="${helpId(shown.at)}">${escape(field.help)}</small>`].join('')
  return field.type === 'box' ? `<p class="check">${control}${label}${below}</p>\n` : `<p>${label}${control}${below}</p>\n`
}

/** Those whose first choice is that it is not given, or that always give something. */
const SAYS_SO = new Set<FieldType>(['yes-no', 'choice', 'box'])

const helpId = (at: number): string => `${inputId(at)}-help`
const problemId = (at: number): string => `${inputId(at)}-problem`
const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`

/** Who comes back to a form that was refused stands at what is wrong, and hears it. */
function saidOf({ name, help, required, type }: FormField, { at, wrong }: Shown): string {
  const describedBy = [wrong === null ? '' : problemId(at), help === null ? '' : helpId(at)].filter(Boolean).join(' ')
  return [
    `id="${inputId(at)}" name="${escape(inputName(name))}"`,
    describedBy && `aria-describedby="${describedBy}"`,
    wrong !== null && 'aria-invalid="true" autofocus',
    // A box that must be ticked could not say no.
    required && type !== 'box' && 'required',
  ].filter(Boolean).join(' ')
}

interface Control { said: string; value: string | null; wrong: boolean }

const CONTROLS: Record<FieldType, (field: FormField, control: Control) => string> = {
  line: ({ limits }, { said, value }) => `<input type="text" value="${escape(value ?? '')}" ${said}${attributes(limits)}>`,
  // HTML drops the first line break, so one goes before what was typed.
  lines: ({ limits }, { said, value }) => `<textarea rows="3" ${said}${attributes(limits)}>\n${escape(value ?? '')}</textarea>`,
  integer: numberInput,
  number: numberInput,
  box: (_field, { said, value }) => `<input type="checkbox" ${said}${value === null ? '' : ' checked'}>`,
  'yes-no': (_field, { said, value }) => select(said, [['', 'Not given'], ['true', 'Yes'], ['false', 'No']], value),
  choice: ({ choices, required }, { said, value }) => select(said, [['', required ? 'Choose' : 'Not given'], ...choices.map((choice): [string, string] => [choice, choice])], value),
}

/** A browser may count steps from the value that stands there: where that is wrong, no other would be right. */
function numberInput({ limits: { step, ...limits } }: FormField, { said, value, wrong }: Control): string {
  return `<input type="number" step="${wrong ? 'any' : (step ?? 'any')}" value="${escape(value ?? '')}" ${said}${attributes(limits)}>`
}

const attributes = (limits: Record<string, number>): string => Object.entries(limits).map(([name, limit]) => ` ${name}="${limit}"`).join('')

function select(said: string, options: [value: string, text: string][], value: string | null): string {
  return `<select ${said}>${options.map(([one, text]) => `<option${one === value ? ' selected' : ''} value="${escape(one)}">${escape(text)}</option>`).join('')}</select>`
}
