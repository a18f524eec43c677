/** Input against a kind's JSON Schema (2020-12). Compiled once a text of a schema; the first thing that is wrong is named by its path. */
import { InvalidInput } from '@sluice/domain'
import type { Refusal } from '@sluice/domain'
import type { Json } from '@sluice/protocol'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ErrorObject, ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'

const KEPT = 500
const compiled = new Map<string, ValidateFunction>()

/** undefined = the schema takes it. Defaults of the schema are not filled in: input is stored as given (INV-7). */
export function refuseBySchema(schema: Json, input: Json, argument = 'input'): Refusal | undefined {
  if (schema === null) return undefined
  const validate = compile(schema)
  if (validate(input)) return undefined
  const [first] = validate.errors ?? []
  const path = [argument, ...(first?.instancePath ?? '').split('/').slice(1).map(unescapePointer), ...missing(first)]
  return new InvalidInput(path, `${path.join('.')} ${first?.message ?? 'does not fit its schema'}.`)
}

/** What is wrong with a schema itself, or undefined. */
export function refuseSchema(path: string[], schema: Json | null | undefined): Refusal | undefined {
  if (schema == null) return undefined
  if (typeof schema !== 'object' || Array.isArray(schema)) return new InvalidInput(path, `${path.join('.')} must be a JSON Schema object.`)
  try {
    compile(schema)
    return undefined
  } catch (error) {
    return new InvalidInput(path, `${path.join('.')} is not a JSON Schema: ${(error as Error).message}`)
  }
}

function compile(schema: Json): ValidateFunction {
  // Its answer would be a promise, which is true for any input.
  if (typeof schema === 'object' && schema !== null && '$async' in schema) throw new Error('$async schemas are not taken')
  const text = JSON.stringify(schema)
  const known = compiled.get(text)
  if (known) return known
  // An instance per schema: two kinds may use the same $id.
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true })
  ;(addFormats as unknown as (a: Ajv2020) => void)(ajv)
  const validate = ajv.compile(schema as object)
  if (compiled.size >= KEPT) compiled.delete(compiled.keys().next().value as string)
  compiled.set(text, validate)
  return validate
}

const missing = (error: ErrorObject | undefined): string[] => {
  if (error?.keyword === 'required') return [String(error.params['missingProperty'])]
  if (error?.keyword === 'additionalProperties') return [String(error.params['additionalProperty'])]
  return []
}

const unescapePointer = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~')
