import { getNamedType, isInterfaceType, isLeafType, isNonNullType, isObjectType, isUnionType, type GraphQLField, type GraphQLNamedType } from 'graphql'
import { schema } from '../src/graphql/schema.ts'

/** A selection of every field of a type that can be had without arguments, so many levels deep: what a curious client would ask for. */
export function everyField(name: string, depth: number): string {
  const type = schema.getType(name)
  if (type === undefined) throw new Error(`There is no type ${name}.`)
  return select(type, depth)
}

function select(type: GraphQLNamedType, depth: number): string {
  if (isUnionType(type)) return `{ __typename ${type.getTypes().map((one) => `... on ${one.name} ${select(one, depth)}`).join(' ')} }`
  if (!isObjectType(type) && !isInterfaceType(type)) return ''
  return `{ __typename ${Object.values(type.getFields()).flatMap((field) => selected(field, depth)).join(' ')} }`
}

function selected(field: GraphQLField<unknown, unknown>, depth: number): string[] {
  if (field.args.some((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined)) return []
  const type = getNamedType(field.type)
  const page = field.args.some(({ name }) => name === 'first') ? '(first: 2)' : ''
  if (isLeafType(type)) return [field.name]
  return depth === 0 ? [] : [`${field.name}${page} ${select(type, depth - 1)}`]
}
