import { InvalidInput } from '@sluice/domain'
import {
  coerceInputValue, getNamedType, getNullableType, GraphQLBoolean, GraphQLID, GraphQLInt, GraphQLString, isEnumType, isListType, isNonNullType,
  type GraphQLInputType, type GraphQLNamedInputType,
} from 'graphql'

/** A field of a body or a parameter of an address, as the schema has it. */
export interface Field { type: GraphQLInputType; description?: string | null | undefined; defaultValue?: unknown }
export type Fields = Record<string, Field>

/**
 * The values that were given, checked by the types of the schema, so that what is wrong is named before anything runs.
 * @throws InvalidInput for a name that is not known, one that is missing, or a value of another type.
 */
export function checked(fields: Fields, given: Record<string, unknown>): Record<string, unknown> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(fields, name)) throw new InvalidInput([name], `There is no ${name} here; ${known(Object.keys(fields))}.`)
  }
  for (const [name, field] of Object.entries(fields)) refuseWrong(name, field, given[name])
  return given
}

const known = (names: string[]): string => (names.length === 0 ? 'nothing is known' : `known ${names.length === 1 ? 'is' : 'are'}: ${names.join(', ')}`)

function refuseWrong(name: string, { type, defaultValue }: Field, value: unknown): void {
  if (value === undefined) {
    if (isNonNullType(type) && defaultValue === undefined) throw new InvalidInput([name], `${name} is missing.`)
    return
  }
  coerceInputValue(value, type, (path, wrong, error) => {
    // A parameter that is repeated has one name for all of its values.
    const named = [name, ...path.filter((step) => typeof step === 'string')]
    throw new InvalidInput(named, wrongSentence(named.join('.'), wrong, getNamedType(type)) ?? error.message)
  })
}

/** In the words of who writes JSON or an address; null where the type has words of its own. */
function wrongSentence(name: string, wrong: unknown, type: GraphQLNamedInputType): string | null {
  if (wrong === null) return `${name} must not be null.`
  if (isEnumType(type)) return `${name}: ${JSON.stringify(wrong)} is none of ${type.getValues().map((value) => value.name).join(', ')}.`
  if (type === GraphQLInt) return `${name} must be a whole number${Number.isInteger(wrong) ? ' of at most 32 bits' : ''}.`
  if (type === GraphQLBoolean) return `${name} must be true or false.`
  return type === GraphQLString || type === GraphQLID ? `${name} must be text.` : null
}

/** The parameters of an address: repeated for lists, once for anything else. @throws InvalidInput, as `checked` does. */
export function readQuery(query: URLSearchParams, fields: Fields): Record<string, unknown> {
  const names = [...new Set(query.keys())]
  return checked(fields, Object.fromEntries(names.map((name) => [name, valueOf(name, query.getAll(name), fields[name])])))
}

function valueOf(name: string, texts: string[], field: Field | undefined): unknown {
  if (field === undefined) return texts
  const values = texts.map((text) => readText(text, field))
  if (isListType(getNullableType(field.type))) return values
  if (values.length > 1) throw new InvalidInput([name], `${name} is given ${values.length} times; it can be one thing only.`)
  return values[0]
}

/** A number or a truth value where one is meant; what is neither stays text, and is refused as such. */
function readText(text: string, { type }: Field): unknown {
  const named = getNamedType(type)
  if (named === GraphQLInt && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (named === GraphQLBoolean && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
