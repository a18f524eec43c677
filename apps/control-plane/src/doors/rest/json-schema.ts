import {
  getNamedType, getNullableType, isEnumType, isInputObjectType, isInterfaceType, isListType, isNonNullType, isScalarType, isUnionType, Kind,
  type FieldNode, type FragmentDefinitionNode, type GraphQLEnumType, type GraphQLInputType, type GraphQLNamedType, type GraphQLObjectType,
  type GraphQLOutputType, type SelectionNode, type SelectionSetNode,
} from 'graphql'
import { schema } from '../../graphql/schema.ts'
import type { Fields } from './fields.ts'
import type { StoredDocument } from './stored-document.ts'

/** JSON Schema 2020-12, as OpenAPI 3.1 carries it. */
export type JsonSchema = boolean | { [key: string]: unknown }

const SCALARS: Record<string, JsonSchema> = {
  ID: { type: 'string' }, String: { type: 'string' }, Cursor: { type: 'string' }, Int: { type: 'integer' }, Float: { type: 'number' },
  Boolean: { type: 'boolean' },
  DateTime: { type: 'string', format: 'date-time' },
  JSON: {},
}

/** Where schemas that have a name are kept, and how they are named from elsewhere. */
export class Components {
  readonly schemas: Record<string, JsonSchema> = {}

  named(name: string, make: () => JsonSchema): JsonSchema {
    if (!Object.hasOwn(this.schemas, name)) {
      this.schemas[name] = {}
      this.schemas[name] = make()
    }
    return { $ref: `#/components/schemas/${name}` }
  }
}

/** The schemas of what a stored document answers, and of what its variables take. */
export class Describer {
  readonly #components: Components
  readonly #fragments: Map<string, FragmentDefinitionNode>

  constructor(components: Components, { fragments }: Pick<StoredDocument, 'fragments'>) {
    this.#components = components
    this.#fragments = fragments
  }

  /** What stands at the end of this path of response names: ['done', 'flow']. */
  at(operation: StoredDocument['operation'], path: string[]): JsonSchema {
    let type: GraphQLNamedType = schema.getRootType(operation.operation) as GraphQLObjectType
    let selections: SelectionSetNode[] = [operation.selectionSet]
    for (const name of path) {
      const members = isUnionType(type) ? type.getTypes() : [type as GraphQLObjectType]
      const found = members.flatMap((member) => {
        const nodes = this.#fieldsOf(member, selections).get(name)?.nodes
        return nodes ? [{ member, nodes }] : []
      })[0]
      if (found === undefined) throw new Error(`A stored document has no ${name} in ${path.join('.')}.`)
      type = getNamedType(found.member.getFields()[found.nodes[0]?.name.value ?? '']?.type) as GraphQLNamedType
      selections = found.nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    }
    return this.#named(type, selections)
  }

  /** A member of the union that stands under this name, with its own fields and without those of refusals. */
  payload(operation: StoredDocument['operation'], union: string, member: string): JsonSchema {
    const root = schema.getRootType(operation.operation) as GraphQLObjectType
    const nodes = this.#fieldsOf(root, [operation.selectionSet]).get(union)?.nodes ?? []
    const type = schema.getType(member) as GraphQLObjectType
    return this.#components.named(member, () => this.#object(type, nodes.flatMap(({ selectionSet }) => selectionSet ?? [])))
  }

  #output(type: GraphQLOutputType, selections: SelectionSetNode[]): JsonSchema {
    if (!isNonNullType(type)) return nullable(this.#present(getNullableType(type), selections))
    return this.#present(type.ofType, selections)
  }

  #present(type: GraphQLOutputType, selections: SelectionSetNode[]): JsonSchema {
    if (isListType(type)) return { type: 'array', items: this.#output(type.ofType as GraphQLOutputType, selections) }
    return this.#named(getNamedType(type), selections)
  }

  #named(type: GraphQLNamedType, selections: SelectionSetNode[]): JsonSchema {
    if (isEnumType(type)) return ofEnum(this.#components, type)
    if (isScalarType(type)) return SCALARS[type.name] ?? {}
    const object = type as GraphQLObjectType
    const fragment = this.#onlyFragment(selections)
    return fragment ? this.#components.named(fragment, () => this.#object(object, selections)) : this.#object(object, selections)
  }

  /** Selected as one fragment and nothing else: that is what it is called. */
  #onlyFragment(selections: SelectionSetNode[]): string | null {
    const nodes = selections.flatMap((one) => one.selections)
    const [first] = nodes
    if (first?.kind !== Kind.FRAGMENT_SPREAD) return null
    const name = first.name.value
    return nodes.every((one) => one.kind === Kind.FRAGMENT_SPREAD && one.name.value === name) ? name : null
  }

  #object(type: GraphQLObjectType, selections: SelectionSetNode[]): JsonSchema {
    const fields = [...this.#fieldsOf(type, selections)]
    const properties = fields.map(([name, { nodes }]) => {
      const field = type.getFields()[nodes[0]?.name.value ?? '']
      if (field === undefined) throw new Error(`${type.name} has no field for ${name}.`)
      return [name, described(this.#output(field.type, nodes.flatMap(({ selectionSet }) => selectionSet ?? [])), field.description)]
    })
    const required = fields.flatMap(([name, { always }]) => (always ? [name] : []))
    return { type: 'object', description: type.description ?? '', properties: Object.fromEntries(properties), required, additionalProperties: false }
  }

  /** The fields selected of a type by their response names, fragments opened. */
  #fieldsOf(type: GraphQLObjectType, selections: readonly SelectionSetNode[]): Map<string, Selected> {
    const found = new Map<string, Selected>()
    const visit = (node: SelectionNode): void => {
      if (node.kind === Kind.FIELD) return keep(found, node)
      const fragment = node.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(node.name.value) : node
      if (fragment && applies(fragment.typeCondition?.name.value, type)) fragment.selectionSet.selections.forEach(visit)
    }
    selections.forEach((one) => one.selections.forEach(visit))
    return found
  }
}

interface Selected { nodes: FieldNode[]; always: boolean }

function keep(found: Map<string, Selected>, node: FieldNode): void {
  const name = node.alias?.value ?? node.name.value
  const always = (node.directives ?? []).length === 0
  const before = found.get(name)
  found.set(name, { nodes: [...(before?.nodes ?? []), node], always: always || (before?.always ?? false) })
}

function applies(condition: string | undefined, type: GraphQLObjectType): boolean {
  const wanted = condition === undefined ? type : schema.getType(condition)
  return wanted === type || (isInterfaceType(wanted) && type.getInterfaces().includes(wanted)) || (isUnionType(wanted) && wanted.getTypes().includes(type))
}

/** The schema of a body: an object of these fields and no others. */
export function ofFields(components: Components, fields: Fields): JsonSchema {
  const all = Object.entries(fields)
  return {
    type: 'object',
    properties: Object.fromEntries(all.map(([name, { type, description, defaultValue }]) =>
      [name, { ...(described(ofInput(components, type), description) as object), ...(defaultValue === undefined ? {} : { default: defaultValue }) }])),
    required: all.filter(([, { type, defaultValue }]) => isNonNullType(type) && defaultValue === undefined).map(([name]) => name),
    additionalProperties: false,
  }
}

export function ofInput(components: Components, type: GraphQLInputType): JsonSchema {
  if (!isNonNullType(type)) return nullable(ofPresentInput(components, getNullableType(type)))
  return ofPresentInput(components, type.ofType)
}

/** The same without null: an address cannot carry it. */
export function ofPresentInput(components: Components, type: GraphQLInputType): JsonSchema {
  const present = getNullableType(type)
  if (isListType(present)) return { type: 'array', items: ofPresentInput(components, present.ofType as GraphQLInputType) }
  if (isEnumType(present)) return ofEnum(components, present)
  if (isInputObjectType(present)) return ofFields(components, present.getFields())
  return SCALARS[getNamedType(present).name] ?? {}
}

const ofEnum = (components: Components, type: GraphQLEnumType): JsonSchema => components.named(type.name, () => ({
  type: 'string', enum: type.getValues().map(({ name }) => name),
  description: [type.description, ...type.getValues().flatMap(({ name, description }) => (description ? [`${name}: ${description}`] : []))].join('\n'),
}))

function nullable(one: JsonSchema): JsonSchema {
  if (typeof one === 'boolean' || Object.keys(one).length === 0) return one
  if (typeof one['type'] === 'string') return { ...one, type: [one['type'], 'null'] }
  return { anyOf: [one, { type: 'null' }] }
}

/** A description beside a $ref counts in JSON Schema 2020-12. */
const described = (one: JsonSchema, description: string | null | undefined): JsonSchema =>
  (description && typeof one === 'object' ? { ...one, description } : one)
