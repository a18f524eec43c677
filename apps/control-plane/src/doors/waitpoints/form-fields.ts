import { InvalidInput } from '@sluice/domain'
import type { Json } from '@sluice/protocol'
import { refuseUnsafeInput } from '../../graphql/safe-input.ts'
import { limitsOf, fitsLine, type Limits } from './form-limits.ts'

/**
 * One field of a form. Where a schema asks for more than these can say, its answer is typed as JSON. A yes or no that may be left out is a choice of three:
 * a box cannot say that nobody touched it.
 */
export interface FormField { name: string; label: string; help: string | null; type: FieldType; choices: string[]; required: boolean; limits: Limits }
export type FieldType = 'line' | 'lines' | 'integer' | 'number' | 'box' | 'yes-no' | 'choice'

type Schema = Record<string, unknown>
const isObject = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The fields of a schema of plain properties; null: it says more than that. An empty list: it asks for nothing. */
export function fieldsOf(schema: Json): FormField[] | null {
  if (schema === null || schema === true) return []
  if (!isObject(schema) || schema['type'] !== 'object' || Object.keys(schema).some((key) => !PLAIN.has(key))) return null
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const fields = Object.entries(properties).map(([name, property]) => fieldOf(name, property, required.includes(name)))
  return fields.every((field) => field !== null) && required.every((name) => typeof name === 'string' && Object.hasOwn(properties, name)) ? fields : null
}

const PLAIN = new Set(['$schema', 'type', 'properties', 'required', 'additionalProperties', 'title', 'description'])

function fieldOf(name: string, property: unknown, required: boolean): FormField | null {
  if (!isObject(property)) return null
  const type = typeOf(property, required)
  if (type === null) return null
  const choices = type === 'choice' ? (property['enum'] as string[]) : []
  return { name, type, choices, required, label: textOf(property['title']) ?? name, help: textOf(property['description']), limits: limitsOf(type, property) }
}

function typeOf(property: Schema, required: boolean): FieldType | null {
  const { type, enum: words } = property
  if (Array.isArray(words)) return words.length > 0 && words.every((word) => typeof word === 'string') ? 'choice' : null
  if (type === 'string') return fitsLine(property) ? 'line' : 'lines'
  if (type === 'boolean') return required ? 'box' : 'yes-no'
  return type === 'integer' || type === 'number' ? type : null
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** The name of a field in the form, so that none is taken for the decision. */
export const inputName = (name: string): string => `payload.${name}`
export const JSON_INPUT = 'payload'

/** What was typed, as the schema would have it; whether it fits is for the command to say. @throws InvalidInput for what is no JSON. */
export function payloadOf(schema: Json, typed: URLSearchParams): Json {
  const fields = fieldsOf(schema)
  if (fields === null) return parsed(typed.get(JSON_INPUT) ?? '')
  if (fields.length === 0) return schema === null || schema === true ? null : {}
  return Object.fromEntries(fields.flatMap((field) => {
    const value = valueOf(field, typed.get(inputName(field.name)))
    return value === undefined ? [] : [[field.name, value]]
  }))
}

/** undefined: not given. What is no number stays text, and is refused as such with the way to it. */
function valueOf({ type }: FormField, text: string | null): Json | undefined {
  if (type === 'box') return text !== null
  if (text === null || text === '') return undefined
  if (type === 'yes-no') return text !== 'false'
  if (type === 'integer' || type === 'number') return numberOf(text)
  // A form sends each end of a line as two letters, whatever was typed.
  return text.replaceAll('\r\n', '\n')
}

const numberOf = (text: string): number | string => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text)

function parsed(text: string): Json {
  if (text.trim() === '') return null
  const payload = jsonOf(text)
  // As what comes as JSON: deeper than anybody reads it, or a number that is none.
  refuseUnsafeInput({ input: { payload } })
  return payload
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    throw new InvalidInput(['payload'], 'The answer is no JSON.')
  }
}
