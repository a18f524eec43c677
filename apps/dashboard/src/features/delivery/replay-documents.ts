import { graphql } from '../../graphql/graphql.ts'

export const ReplayDelivery_Mutation = graphql(`
  mutation ReplayDelivery($input: ReplayWebhookDeliveryInput!) {
    replayWebhookDelivery(input: $input) {
      __typename
      ... on ReplayWebhookDeliveryPayload { delivery { id state } }
      ... on Error { code message }
    }
  }
`)

export const ReplayDeliveries_Mutation = graphql(`
  mutation ReplayDeliveries($input: ReplayWebhookDeliveriesInput!) {
    replayWebhookDeliveries(input: $input) {
      __typename
      ... on ReplayWebhookDeliveriesPayload { matched exact operation { id state matched done refused } }
      ... on Error { code message }
    }
  }
`)
