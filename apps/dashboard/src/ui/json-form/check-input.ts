import { Validator, type OutputUnit } from '@cfworker/json-schema'
import type { Json } from '@sluice/protocol'
import { at, isObject } from './input-fields.ts'

/** What is wrong with a part of the request, and the way to it: of input from its properties down. */
export interface Complaint { path: string[]; message: string }

export type CheckInput = (input: Json) => Complaint[]

/** Says of a kind's schema what is wrong with an input. A schema that cannot be used here complains of nothing: the server decides. */
export const checkerOf = (schema: Json): CheckInput => {
  if (!isObject(schema)) return () => []
  try {
    // The validator writes into the schema that it is given.
    const validator = new Validator(structuredClone(schema), '2020-12', false)
    return input => complaintsOf(validator, { schema, input })
  } catch {
    return () => []
  }
}

interface Checked { schema: Json; input: Json }

function complaintsOf(validator: Validator, checked: Checked): Complaint[] {
  try {
    return worthSaying(validator.validate(checked.input).errors).map(error => complaintOf(error, checked))
  } catch {
    return []
  }
}

/** Errors that only say that something inside them is wrong. */
const WRAPPERS = new Set(['$ref', '$dynamicRef', 'properties', 'patternProperties', 'additionalProperties', 'unevaluatedProperties', 'items', 'prefixItems', 'unevaluatedItems', 'allOf', 'if', 'dependentSchemas'])
/** Errors whose inside would only confuse: what each of the alternatives would have liked. */
const CLOSED = new Set(['anyOf', 'oneOf', 'not', 'contains', 'propertyNames'])

function worthSaying(errors: OutputUnit[]): OutputUnit[] {
  const closed = errors.filter(({ keyword }) => CLOSED.has(keyword)).map(({ keywordLocation }) => `${keywordLocation}/`)
  const said = errors.filter(({ keyword, keywordLocation }) => !WRAPPERS.has(keyword) && !closed.some(place => keywordLocation.startsWith(place)))
  // A property that is wrong inside counts as one that nobody expected, too.
  const isWrongInside = (place: string) => said.some(({ keyword, instanceLocation }) => keyword !== 'false' && `${instanceLocation}/`.startsWith(`${place}/`))
  return said.filter(({ keyword, instanceLocation }) => keyword !== 'false' || !isWrongInside(instanceLocation))
}

function complaintOf({ keyword, keywordLocation, instanceLocation, error }: OutputUnit, { schema }: Checked): Complaint {
  const path = stepsOf(instanceLocation)
  if (keyword === 'required') return { path: [...path, /property "(.*)"\.$/s.exec(error)?.[1] ?? ''], message: 'This is required.' }
  if (keyword === 'false') return { path, message: 'Nothing of this name is expected.' }
  const limit = limitAt(schema, keywordLocation)
  const say = SENTENCES[keyword]
  return { path, message: say && limit !== undefined ? say(limit) : error }
}

const stepsOf = (pointer: string): string[] => pointer.split('/').slice(1).map(step => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'))

const A_TYPE: Record<string, string> = { string: 'a text', number: 'a number', integer: 'a whole number', boolean: 'true or false', object: 'an object', array: 'a list', null: 'null' }
const plain = (limit: Json) => (typeof limit === 'string' ? limit : JSON.stringify(limit))
const types = (limit: Json) => [limit].flat().map(type => A_TYPE[plain(type)] ?? plain(type)).join(' or ')

const SENTENCES: Record<string, (limit: Json) => string> = {
  type: limit => `This must be ${types(limit)}.`,
  enum: limit => `This must be one of ${[limit].flat().map(one => JSON.stringify(one)).join(', ')}.`, const: limit => `This must be ${JSON.stringify(limit)}.`,
  minimum: limit => `At least ${JSON.stringify(limit)}.`, maximum: limit => `At most ${JSON.stringify(limit)}.`,
  exclusiveMinimum: limit => `More than ${JSON.stringify(limit)}.`, exclusiveMaximum: limit => `Less than ${JSON.stringify(limit)}.`, multipleOf: limit => `A multiple of ${JSON.stringify(limit)}.`,
  minLength: limit => (limit === 1 ? 'It must not be empty.' : `At least ${JSON.stringify(limit)} characters.`), maxLength: limit => `At most ${JSON.stringify(limit)} characters.`, pattern: limit => `It does not have the form that is asked for: ${plain(limit)}`,
  format: limit => `This is no ${plain(limit)}.`, minItems: limit => `At least ${JSON.stringify(limit)} of them.`, maxItems: limit => `At most ${JSON.stringify(limit)} of them.`,
  uniqueItems: () => 'No two may be alike.', anyOf: () => 'This fits none of the alternatives.', oneOf: () => 'This must fit exactly one of the alternatives.', not: () => 'This is what it must not be.',
}

/** The value of a keyword. Its location leads through $ref, which a pointer does not. */
function limitAt(schema: Json, location: string): Json | undefined {
  let now: Json | undefined = schema
  for (const step of stepsOf(location)) {
    const inner: Json | undefined = typeof now === 'object' && now !== null ? (now as { [key: string]: Json })[step] : undefined
    now = step === '$ref' && typeof inner === 'string' ? at(schema, inner) : inner
  }
  return now
}
