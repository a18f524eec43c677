import { graphql, type ResultOf } from '../../graphql/graphql.ts'

/** A row. What live changes carry of it is DeliveryList_Changed; the rest never changes. */
export const DeliveryList_Delivery = graphql(`
  fragment DeliveryList_Delivery on WebhookDelivery @_unmask {
    id eventType state trigger attemptCount nextAttemptAt lastError createdAt
    flow { id title }
    endpoint { id name urlRedacted }
  }
`)

export type ListedDelivery = ResultOf<typeof DeliveryList_Delivery>

/** One page of the list. */
export const DeliveryList_Query = graphql(`
  query DeliveryList($filter: WebhookDeliveryFilter, $first: Int!, $after: String) {
    webhookDeliveries(filter: $filter, first: $first, after: $after) {
      edges { node { id ...DeliveryList_Delivery } }
      pageInfo { hasNextPage endCursor }
    }
  }
`, [DeliveryList_Delivery])

export const DeliveryList_Changed = graphql(`
  subscription DeliveryListChanged($filter: WebhookDeliveryFilter) {
    webhookDeliveryChanged(filter: $filter) { cursor kind gap end matches delivery { id state attemptCount nextAttemptAt lastError createdAt } }
  }
`)

export type DeliveryChange = ResultOf<typeof DeliveryList_Changed>['webhookDeliveryChanged']
