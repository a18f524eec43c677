import { initGraphQLTada } from 'gql.tada'
import type { Json } from '@sluice/protocol'
import type { introspection } from './schema-types.d.ts'

/** Types a document against the committed schema. Fragments are masked: only the component that owns one can read it. */
export const graphql = initGraphQLTada<{ introspection: introspection; scalars: { DateTime: string; JSON: Json; Cursor: string } }>()

export { readFragment, type FragmentOf, type ResultOf, type VariablesOf } from 'gql.tada'
