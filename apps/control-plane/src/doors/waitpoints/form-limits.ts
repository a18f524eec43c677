import type { FieldType } from './form-fields.ts'

/** What HTML can hold a field to, so that a browser says it before anything is sent. The server decides all the same. */
export type Limits = Partial<Record<'min' | 'max' | 'step' | 'minlength' | 'maxlength', number>>

type Schema = Record<string, unknown>

/** Longer texts get several lines, and those that may be of any length. */
const LINE_MAX = 200

/** Whether a text of this schema fits a line. */
export const fitsLine = (property: Schema): boolean => (numberAt(property, 'maxLength') ?? Infinity) <= LINE_MAX

export function limitsOf(type: FieldType, property: Schema): Limits {
  if (type === 'integer') return wholeLimits(property)
  if (type === 'number') return numberLimits(property)
  return type === 'line' || type === 'lines' ? given({ minlength: numberAt(property, 'minLength'), maxlength: numberAt(property, 'maxLength') }) : {}
}

/** A browser counts steps from the least value, so that must be one of them. */
function wholeLimits(property: Schema): Limits {
  const multiple = numberAt(property, 'multipleOf')
  const step = multiple !== undefined && Number.isInteger(multiple) ? multiple : 1
  const [above, below] = [numberAt(property, 'exclusiveMinimum'), numberAt(property, 'exclusiveMaximum')]
  const from = greatest([numberAt(property, 'minimum'), above === undefined ? undefined : Math.floor(above) + 1])
  const to = least([numberAt(property, 'maximum'), below === undefined ? undefined : Math.ceil(below) - 1])
  return given({ min: from === undefined ? undefined : Math.ceil(from / step) * step, max: to, step })
}

/** HTML knows no limit that is itself too much: those are left to the server. */
function numberLimits(property: Schema): Limits {
  const [min, max, multiple] = [numberAt(property, 'minimum'), numberAt(property, 'maximum'), numberAt(property, 'multipleOf')]
  return given({ min, max, step: multiple !== undefined && isMultiple(min ?? 0, multiple) ? multiple : undefined })
}

// 0.07 / 0.01 is a little more than 7.
const isMultiple = (value: number, of: number): boolean => Math.abs(value / of - Math.round(value / of)) < 1e-9

function numberAt(property: Schema, keyword: string): number | undefined {
  const value = property[keyword]
  return typeof value === 'number' ? value : undefined
}

const numbers = (values: (number | undefined)[]): number[] => values.filter((value) => value !== undefined)
const greatest = (values: (number | undefined)[]): number | undefined => (numbers(values).length === 0 ? undefined : Math.max(...numbers(values)))
const least = (values: (number | undefined)[]): number | undefined => (numbers(values).length === 0 ? undefined : Math.min(...numbers(values)))

const given = (limits: { [K in keyof Limits]: number | undefined }): Limits => Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
