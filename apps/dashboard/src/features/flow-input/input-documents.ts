import { graphql, type ResultOf } from '../../graphql/graphql.ts'

/** What somebody added to a flow, as it is listed. */
export const Input_FlowInput = graphql(`
  fragment Input_FlowInput on FlowInput @_unmask { id author content state attempt createdAt }
`)

export type Input = ResultOf<typeof Input_FlowInput>

export const FlowInputs_Query = graphql(`
  query FlowInputs($id: ID!) { flow(id: $id) { id title status isTerminal owner { id name } inputs { id ...Input_FlowInput } } }
`, [Input_FlowInput])

export type FlowOfInputs = NonNullable<ResultOf<typeof FlowInputs_Query>['flow']>

/** Milestones: what is added, taken back and handed over is told by one. */
export const FlowInputs_Events = graphql(`
  subscription FlowInputsEvents($id: ID!) { flowEvents(id: $id) { cursor kind gap end flow { id status isTerminal } } }
`)

export const AddInput_Mutation = graphql(`
  mutation AddInput($input: AddFlowInputInput!) {
    addFlowInput(input: $input) {
      __typename
      ... on AddFlowInputPayload { flow { id status inputs { id ...Input_FlowInput } } }
      ... on Error { code message }
      ... on InvalidInput { path }
    }
  }
`, [Input_FlowInput])

export const TakeBack_Mutation = graphql(`
  mutation TakeBack($input: RemoveFlowInputInput!) {
    removeFlowInput(input: $input) {
      __typename
      ... on RemoveFlowInputPayload { input { id state } }
      ... on Error { code message }
    }
  }
`)
