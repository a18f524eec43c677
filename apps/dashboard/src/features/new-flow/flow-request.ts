import type { Json } from '@sluice/protocol'
import { print } from 'graphql'
import { graphql } from '../../graphql/graphql.ts'
import type { FlowOptions } from './flow-options.ts'

/** What createFlow is asked: input is always said, options only where they were given. */
export type FlowRequest = { kind: string; input: Json } & FlowOptions

export const NewFlow_Mutation = graphql(`
  mutation NewFlow($input: CreateFlowInput!) {
    createFlow(input: $input) {
      __typename
      ... on CreateFlowPayload { flow { id title status } created }
      ... on Error { code message }
      ... on InvalidInput { path }
    }
  }
`)

/** The document that the form sends, as it is shown and copied. */
export const NEW_FLOW_DOCUMENT = print(NewFlow_Mutation)

/** The variables, as an editor for GraphQL takes them. */
export const asVariables = (request: FlowRequest): string => JSON.stringify({ input: request }, null, 2)

// Inside single quotes a shell takes everything as it stands but a single quote.
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

/** The request as a line for a shell; the token comes from SLUICE_TOKEN. origin: of the control plane, as the browser reaches it. */
export const asCurl = (request: FlowRequest, origin: string): string => [
  `curl -s ${origin}/graphql`, `-H "authorization: Bearer $SLUICE_TOKEN"`, `-H 'content-type: application/json'`,
  `-d ${quoted(JSON.stringify({ query: NEW_FLOW_DOCUMENT.replaceAll(/\s+/g, ' '), variables: { input: request } }))}`,
].join(' \\\n  ')
