import type { Json } from '@sluice/protocol'

/** A JSON Schema as it came: nothing of it is certain. */
export interface Schema { readonly [keyword: string]: Json | undefined }

/** What a field takes. list: of one of the simple shapes. json: everything that has no field of its own. */
export type Shape = 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'list' | 'json'

export interface FieldChoice { label: string; value: Json }

/** hints: what the schema asks of the value, in words. choices: of a choice. item: of a list. */
export interface InputField { name: string; label: string; description: string; hints: string[]; required: boolean; shape: Shape; choices: FieldChoice[]; item: InputField | null }

export const isObject = (value: unknown): value is { [key: string]: Json } => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The fields of an input that is an object with named properties; null where the schema is no such thing, and JSON is the only form. */
export const fieldsOf = (schema: Json): InputField[] | null => {
  const whole = resolved(schema, schema)
  if (whole === null || (whole['type'] !== undefined && whole['type'] !== 'object') || !isObject(whole['properties'])) return null
  const required = listOf(whole['required'])
  const fields = Object.entries(whole['properties']).map(([name, property]) => fieldOf({ name, schema: resolved(property, schema) ?? {}, root: schema, required: required.includes(name) }))
  // The server keeps a schema without the order of its properties, but with that of the required ones.
  const rankOf = ({ name }: InputField) => (required.includes(name) ? required.indexOf(name) : required.length)
  return fields.toSorted((a, b) => rankOf(a) - rankOf(b))
}

/** What an input begins as: the defaults that the schema names. They are sent, for no one fills them in later. */
export const beginningOf = (schema: Json): Json => {
  const whole = resolved(schema, schema)
  if (whole?.['default'] !== undefined) return whole['default']
  const properties = isObject(whole?.['properties']) ? Object.entries(whole['properties']) : []
  return Object.fromEntries(properties.flatMap(([name, property]) => {
    const value = resolved(property, schema)?.['default']
    return value === undefined ? [] : [[name, value]]
  }))
}

interface Making { name: string; schema: Schema; root: Json; required: boolean }

function fieldOf({ name, schema, root, required }: Making): InputField {
  const choices = choicesOf(schema)
  const shape = choices.length > 0 ? 'choice' : shapeOf(schema)
  const item = shape === 'list' ? fieldOf({ name, schema: resolved(schema['items'] ?? {}, root) ?? {}, root, required: true }) : null
  const simple = item === null || (item.shape !== 'json' && item.shape !== 'list')
  const text = (keyword: string) => (typeof schema[keyword] === 'string' ? schema[keyword] : '')
  return { name, label: text('title') || name, description: text('description'), hints: hintsOf(schema), required, shape: simple ? shape : 'json', choices, item: simple ? item : null }
}

const SHAPES: Record<string, Shape> = { string: 'text', number: 'number', integer: 'integer', boolean: 'boolean' }
/** Words that make a value more than its type says. */
const MORE_THAN_A_TYPE = ['anyOf', 'allOf', 'oneOf', 'not', 'if', 'prefixItems', 'contentMediaType']

function shapeOf(schema: Schema): Shape {
  const { type } = schema
  if (typeof type !== 'string' || MORE_THAN_A_TYPE.some(word => schema[word] !== undefined)) return 'json'
  return type === 'array' && isObject(schema['items']) ? 'list' : (SHAPES[type] ?? 'json')
}

/** enum, const, and alternatives that are a constant with a title each. */
function choicesOf(schema: Schema): FieldChoice[] {
  const named = (value: Json): FieldChoice => ({ value, label: typeof value === 'string' ? value : JSON.stringify(value) })
  if (schema['const'] !== undefined) return [named(schema['const'])]
  if (Array.isArray(schema['enum'])) return schema['enum'].map(named)
  const alternatives = listOf(schema['oneOf'])
  const constants = alternatives.filter((one): one is { const: Json; title?: Json } => isObject(one) && 'const' in one)
  if (constants.length === 0 || constants.length < alternatives.length) return []
  return constants.map(one => ({ value: one.const, label: typeof one.title === 'string' ? one.title : named(one.const).label }))
}

const HINTS: Record<string, (limit: string) => string> = {
  minimum: limit => `at least ${limit}`, exclusiveMinimum: limit => `more than ${limit}`, maximum: limit => `at most ${limit}`, exclusiveMaximum: limit => `less than ${limit}`,
  multipleOf: limit => `a multiple of ${limit}`, minLength: limit => (limit === '1' ? 'not empty' : `at least ${limit} characters`), maxLength: limit => `at most ${limit} characters`,
  minItems: limit => `at least ${limit} of them`, maxItems: limit => `at most ${limit} of them`, pattern: limit => `fits ${limit}`, default: limit => `default ${limit}`,
}
const FORMATS: Record<string, string> = {
  'date-time': 'an instant, as 2026-01-31T12:00:00Z', date: 'a date, as 2026-01-31', time: 'a time, as 12:00:00Z', duration: 'a duration, as PT90S', email: 'an e-mail address',
  uri: 'an address, as https://example.org/a', uuid: 'a UUID',
}
const KINDS: Record<string, string> = { integer: 'a whole number', object: 'an object', array: 'a list' }

/** What the schema asks, in words, as far as words for it are known. */
export function hintsOf(schema: Schema): string[] {
  const limits = Object.entries(HINTS).flatMap(([word, say]) => (schema[word] === undefined ? [] : [say(typeof schema[word] === 'string' && word === 'pattern' ? schema[word] : JSON.stringify(schema[word]))]))
  const format = typeof schema['format'] === 'string' ? [FORMATS[schema['format']] ?? schema['format']] : []
  const kind = typeof schema['type'] === 'string' && KINDS[schema['type']]
  const properties = isObject(schema['properties']) ? [`with ${Object.keys(schema['properties']).join(', ')}`] : []
  return [...(kind ? [kind] : []), ...properties, ...format, ...limits, ...(schema['uniqueItems'] === true ? ['no two alike'] : [])]
}

const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : [])

const REFS_MAX = 10

/** A schema with its local $ref followed; what stands beside the $ref wins. null: no object, or a $ref that leads nowhere. */
export function resolved(schema: Json, root: Json): Schema | null {
  let now: Json | undefined = schema
  let beside: Schema = {}
  for (let follows = 0; isObject(now) && typeof now['$ref'] === 'string' && follows < REFS_MAX; follows += 1) {
    const { $ref, ...rest }: Schema = now
    beside = { ...rest, ...beside }
    now = at(root, String($ref))
  }
  return isObject(now) ? { ...now, ...beside } : null
}

/** Where a pointer as #/$defs/name leads. */
export const at = (root: Json, pointer: string): Json | undefined => {
  const steps = pointer.split('/').slice(1).map(step => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'))
  return steps.reduce<Json | undefined>((now, step) => (typeof now === 'object' && now !== null ? (now as { [key: string]: Json })[step] : undefined), root)
}
