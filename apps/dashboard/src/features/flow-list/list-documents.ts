import { graphql, type ResultOf } from '../../graphql/graphql.ts'

/** A row. What live changes carry of it is FlowList_FlowsChanged; the rest never changes, or is read again where it shows. */
export const FlowList_Flow = graphql(`
  fragment FlowList_Flow on Flow @_unmask {
    id title kind status phase terminalReason labels createdAt queuedAt startedAt finishedAt
    lane { id name }
    owner { id name }
    error { message }
  }
`)

export type ListedFlow = ResultOf<typeof FlowList_Flow>

/** One page of the list. */
export const FlowList_Query = graphql(`
  query FlowList($filter: FlowFilter, $orderBy: FlowOrder, $first: Int!, $after: String) {
    flows(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
      edges { node { id ...FlowList_Flow } }
      pageInfo { hasNextPage endCursor }
    }
  }
`, [FlowList_Flow])

/** Only what the server has at hand for each change: an error is read with its page. */
export const FlowList_FlowsChanged = graphql(`
  subscription FlowListFlowsChanged($filter: FlowFilter) {
    flowsChanged(filter: $filter) { cursor kind gap end matches deletedId flow { id status phase terminalReason createdAt queuedAt startedAt finishedAt } }
  }
`)

export type FlowChange = ResultOf<typeof FlowList_FlowsChanged>['flowsChanged']
