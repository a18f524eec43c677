import {
  getNamedType, GraphQLError, isCompositeType, isInterfaceType, isListType, isNonNullType, isObjectType, Kind, valueFromASTUntyped, visit,
  type DocumentNode, type FieldNode, type FragmentDefinitionNode, type GraphQLField, type GraphQLNamedType, type GraphQLOutputType, type GraphQLSchema,
  type OperationDefinitionNode, type SelectionSetNode,
} from 'graphql'

export interface DocumentLimits { depth: number; cost: number; aliases: number; pageDefault: number }

/** A list without a page size: what our bounded lists usually hold. */
const LIST_GUESS = 10

interface Weight { depth: number; cost: number }
interface Walk {
  schema: GraphQLSchema
  fragments: Map<string, FragmentDefinitionNode>
  variables: Record<string, unknown>
  known: Map<string, Weight>
  pageDefault: number
}

/**
 * What is too much of a validated document, or null. Cost is the number of objects that may be read: a field of an object type counts one,
 * times the page sizes above it. Each fragment is weighed once, so weighing is linear however fragments nest.
 */
export function tooMuch(schema: GraphQLSchema, document: DocumentNode, o: { limits: DocumentLimits; variables: Record<string, unknown> }): GraphQLError | null {
  const { limits, variables } = o
  const aliases = countAliases(document)
  if (aliases > limits.aliases) return refusal(`A document may have ${limits.aliases} aliases; this one has ${aliases}.`)
  const fragments = new Map(document.definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [])))
  const walk = { schema, fragments, pageDefault: limits.pageDefault }
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue
    // Fragments are weighed anew for each operation: the same variable has another default there.
    const own: Walk = { ...walk, variables: valuesOf(operation, variables), known: new Map() }
    const { depth, cost } = weigh(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined, own)
    if (depth > limits.depth) return refusal(`A document may be ${limits.depth} levels deep; this one is ${depth}.`)
    if (cost > limits.cost) return refusal(`A document may read ${limits.cost} objects; this one may read ${cost}. Ask for smaller pages.`)
  }
  return null
}

/** What the variables will be: as they were sent, else as the operation itself says. */
const valuesOf = ({ variableDefinitions = [] }: OperationDefinitionNode, sent: Record<string, unknown>): Record<string, unknown> => ({
  ...Object.fromEntries(variableDefinitions.flatMap(({ variable, defaultValue }) => (defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : []))),
  ...Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)),
})

const refusal = (message: string): GraphQLError => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })

function countAliases(document: DocumentNode): number {
  let aliases = 0
  visit(document, { Field: (field) => { if (field.alias) aliases += 1 } })
  return aliases
}

function weigh(selections: SelectionSetNode, type: GraphQLNamedType | undefined, walk: Walk): Weight {
  const weights = selections.selections.map((selection): Weight => {
    if (selection.kind === Kind.FIELD) return weighField(selection, type, walk)
    if (selection.kind === Kind.FRAGMENT_SPREAD) return weighFragment(selection.name.value, walk)
    return weigh(selection.selectionSet, selection.typeCondition ? walk.schema.getType(selection.typeCondition.name.value) : type, walk)
  })
  return { depth: Math.max(0, ...weights.map(({ depth }) => depth)), cost: weights.reduce((sum, { cost }) => sum + cost, 0) }
}

function weighFragment(name: string, walk: Walk): Weight {
  const known = walk.known.get(name)
  const fragment = walk.fragments.get(name)
  if (known || !fragment) return known ?? { depth: 0, cost: 0 }
  const weight = weigh(fragment.selectionSet, walk.schema.getType(fragment.typeCondition.name.value), walk)
  walk.known.set(name, weight)
  return weight
}

function weighField(field: FieldNode, parent: GraphQLNamedType | undefined, walk: Walk): Weight {
  // Introspection is bounded by the schema itself.
  if (field.name.value.startsWith('__')) return { depth: 0, cost: 0 }
  const definition = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[field.name.value] : undefined
  if (!field.selectionSet || !definition) return { depth: 1, cost: 0 }
  const inner = weigh(field.selectionSet, getNamedType(definition.type), walk)
  return { depth: inner.depth + 1, cost: (1 + inner.cost) * multiplicity(field, definition, walk) }
}

function multiplicity(field: FieldNode, definition: GraphQLField<unknown, unknown>, walk: Walk): number {
  const paged = definition.args.some(({ name }) => name === 'first')
  if (paged) return Math.max(1, pageOf(field, 'first', walk) ?? pageOf(field, 'last', walk) ?? defaultPage(definition, walk))
  return isConnectionEdges(definition) || !isList(definition.type) ? 1 : LIST_GUESS
}

// The page size was already counted at the connection.
const isConnectionEdges = ({ name, type }: GraphQLField<unknown, unknown>): boolean => name === 'edges' && isCompositeType(getNamedType(type))

const defaultPage = (definition: GraphQLField<unknown, unknown>, walk: Walk): number => {
  const given: unknown = definition.args.find(({ name }) => name === 'first')?.defaultValue
  return typeof given === 'number' ? given : walk.pageDefault
}

function pageOf(field: FieldNode, name: string, walk: Walk): number | null {
  const value = field.arguments?.find((argument) => argument.name.value === name)?.value
  if (value?.kind === Kind.INT) return Number(value.value)
  const given = value?.kind === Kind.VARIABLE ? walk.variables[value.name.value] : undefined
  return typeof given === 'number' ? given : null
}

const isList = (type: GraphQLOutputType): boolean => (isNonNullType(type) ? isList(type.ofType) : isListType(type))
