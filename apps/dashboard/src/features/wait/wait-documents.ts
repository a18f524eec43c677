import { graphql, type ResultOf } from '../../graphql/graphql.ts'

/** What a flow asks, as it is listed and answered. */
export const Wait_Waitpoint = graphql(`
  fragment Wait_Waitpoint on Waitpoint @_unmask {
    id key kind mode state prompt fields allowedDecisions answerableBy viewerMayAnswer createdAt openedAt timeoutAt onTimeout closedAt
    answer { decision payload by at principal { id name } }
    flow { id title kind status lane { id name } owner { id name } }
  }
`)

export type Wait = ResultOf<typeof Wait_Waitpoint>

export const Answer_Mutation = graphql(`
  mutation Answer($input: ResolveWaitpointInput!) {
    resolveWaitpoint(input: $input) {
      __typename
      ... on ResolveWaitpointPayload { waitpoint { id ...Wait_Waitpoint } flow { id status phase isTerminal } }
      ... on Error { code message }
      ... on InvalidInput { path }
    }
  }
`, [Wait_Waitpoint])

export const WaitList_Query = graphql(`
  query WaitList($filter: WaitpointFilter!, $first: Int!, $after: String) {
    waitpoints(filter: $filter, first: $first, after: $after) { edges { node { id ...Wait_Waitpoint } } pageInfo { hasNextPage endCursor } }
    lanes { id name }
  }
`, [Wait_Waitpoint])

export const WaitList_Changed = graphql(`
  subscription WaitListChanged { waitpointsChanged { cursor kind gap end waitpoint { id ...Wait_Waitpoint } } }
`, [Wait_Waitpoint])
