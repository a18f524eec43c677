import {
  execute, getNullableType, isInputObjectType, isInputType, Kind, parse, subscribe, typeFromAST, validate, valueFromAST, type DocumentNode,
  type ExecutionResult, type FragmentDefinitionNode, type GraphQLInputType, type OperationDefinitionNode,
} from 'graphql'
import type { Context } from '../../graphql/context.ts'
import { schema } from '../../graphql/schema.ts'
import { presented } from '../../graphql/server.ts'
import type { Field } from './fields.ts'
import { problemOfAnswer, type Problem } from './problem.ts'

export type Data = Record<string, unknown>

/** A document of ours: parsed and validated once, when the program loads. Its fields have the rights and shapes of the schema. */
export interface StoredDocument {
  document: DocumentNode
  operation: OperationDefinitionNode
  fragments: Map<string, FragmentDefinitionNode>
  variables: Record<string, Field>
}

export function stored(text: string): StoredDocument {
  const document = parse(text, { noLocation: true })
  const [error] = validate(schema, document)
  if (error) throw error
  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION)
  if (operation === undefined) throw new Error('A stored document has no operation.')
  const fragments = document.definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : []))
  return { document, operation, fragments: new Map(fragments), variables: variablesOf(operation) }
}

function variablesOf({ variableDefinitions = [] }: OperationDefinitionNode): Record<string, Field> {
  return Object.fromEntries(variableDefinitions.map(({ variable, type: node, defaultValue }) => {
    const type = typeFromAST(schema, node as never) as GraphQLInputType | undefined
    if (!isInputType(type)) throw new Error(`The variable ${variable.name.value} has no type.`)
    return [variable.name.value, { type, description: null, defaultValue: defaultValue ? valueFromAST(defaultValue, type) : undefined }]
  }))
}

/** The fields of a variable that is an input object. */
export function fieldsOf({ variables }: StoredDocument, name: string): Record<string, Field> {
  const type = getNullableType(variables[name]?.type)
  if (!isInputObjectType(type)) throw new Error(`The variable ${name} is no input object.`)
  return type.getFields()
}

/** Executes it for who asks. @throws Problem with what refused it, or the mask of a bug. */
export async function ask({ document }: StoredDocument, variables: Data, ctx: Context): Promise<Data> {
  return dataOf(await execute({ schema, document, variableValues: variables, contextValue: ctx, rootValue: {} }), ctx)
}

/** The items of a subscription, one after the other; null after the last. */
export interface Following { next(): Promise<Data | null>; close(): Promise<unknown> }

/** The same for a subscription. @throws Problem when it is refused before its first item. */
export async function follow({ document }: StoredDocument, variables: Data, ctx: Context): Promise<Following> {
  const items = await subscribe({ schema, document, variableValues: variables, contextValue: ctx, rootValue: {} })
  if (!(Symbol.asyncIterator in items)) throw asProblem(items, ctx)
  return {
    next: async () => {
      const { value, done } = await items.next()
      return done ? null : dataOf(value as ExecutionResult, ctx)
    },
    close: () => items.return(undefined),
  }
}

function dataOf(result: ExecutionResult, ctx: Context): Data {
  if (result.errors?.length || !result.data) throw asProblem(result, ctx)
  const { done } = result.data as { done?: Data }
  // Of a result union: a refusal has a code, a payload has none.
  if (done !== undefined && typeof done['code'] === 'string') throw problemOfAnswer(done)
  return result.data as Data
}

function asProblem(result: ExecutionResult, ctx: Context): Problem {
  const [error] = presented(result, ctx).errors ?? []
  return problemOfAnswer({ message: error?.message, ...error?.extensions })
}
