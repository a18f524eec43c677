import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import type { RootField } from '../observe/request-facts.ts'
import type { Context } from './context.ts'
import { refuseUnsafeInput } from './safe-input.ts'

/**
 * Three rules for every root field, so that none can be forgotten: it runs only when the policy table has it
 * (deny by default), its arguments hold only what PostgreSQL and JSON can carry, and what became of it is told.
 */
export class RootRules<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    if (!isRoot(field.kind)) return field
    return { ...field, pothosOptions: { ...field.pothosOptions, authScopes: { may: field.name } } } as PothosOutputFieldConfig<Types>
  }

  override wrapResolve(resolve: GraphQLFieldResolver<unknown, Types['Context'], object>, field: PothosOutputFieldConfig<Types>) {
    if (field.kind === 'Query' || field.kind === 'Mutation') return told({ kind: field.kind === 'Query' ? 'query' : 'mutation', name: field.name }, checked(resolve))
    return resolve
  }

  override wrapSubscribe(subscribe: GraphQLFieldResolver<unknown, Types['Context'], object> | undefined, field: PothosOutputFieldConfig<Types>) {
    return subscribe && field.kind === 'Subscription' ? checked(subscribe) : subscribe
  }
}

const isRoot = (kind: string): boolean => kind === 'Query' || kind === 'Mutation' || kind === 'Subscription'

const checked = <Context>(inner: GraphQLFieldResolver<unknown, Context, object>): GraphQLFieldResolver<unknown, Context, object> =>
  (parent, args, ctx, info) => {
    refuseUnsafeInput(args)
    return inner(parent, args, ctx, info)
  }

/** Tells the request's facts what ran and how it ended. */
const told = <Ctx>(field: RootField, inner: GraphQLFieldResolver<unknown, Ctx, object>): GraphQLFieldResolver<unknown, Ctx, object> =>
  async (parent, args, ctx, info) => {
    const ended = (ctx as Context).facts.began(field)
    try {
      const result: unknown = await inner(parent, args, ctx, info)
      ended(result)
      return result
    } catch (error) {
      ended(error)
      throw error
    }
  }

declare global {
  // The name that Pothos looks plugins up by; it is theirs.
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> { rootRules: RootRules<Types> }
  }
}

export const RootRulesPlugin = 'rootRules'
SchemaBuilder.registerPlugin(RootRulesPlugin, RootRules)
