import type { BulkOperationItem, WebhookDeliveryChangedItem } from '../live/items.ts'
import { builder } from './builder.ts'
import { after, head } from './item-head.ts'
import { DeliveryFilterInput } from './webhook-delivery-filter.ts'
import { BulkOperationRef, DeliveryRef } from './webhook-refs.ts'

const WebhookDeliveryChangedItemRef = builder.objectRef<WebhookDeliveryChangedItem>('WebhookDeliveryChangedItem').implement({
  description: 'An item of webhookDeliveryChanged.',
  fields: (t) => ({
    ...head(t),
    delivery: t.field({ type: DeliveryRef, nullable: true, description: 'The changed delivery as it is now.', resolve: (item) => item.delivery ?? null }),
    matches: t.boolean({
      nullable: true, description: 'Whether the delivery is in the filter; false = it may have just left it.', resolve: (item) => item.matches ?? null,
    }),
  }),
})

const BulkOperationItemRef = builder.objectRef<BulkOperationItem>('BulkOperationItem').implement({
  description: 'An item of bulkOperationChanged.',
  fields: (t) => ({
    ...head(t),
    operation: t.field({ type: BulkOperationRef, nullable: true, description: 'The operation as it is now.', resolve: (item) => item.operation ?? null }),
  }),
})

builder.subscriptionFields((t) => ({
  webhookDeliveryChanged: t.field({
    type: WebhookDeliveryChangedItemRef,
    description: 'Changes of the deliveries that match, each with its latest state. The snapshot is a cursor only: subscribe, then query, then apply.',
    args: { filter: t.arg({ type: DeliveryFilterInput, description: 'Which deliveries; absent = all.' }), after: t.arg(after) },
    subscribe: (_root, { filter, after: cursor }, ctx) => ctx.live.deliveriesChanged({ filter: filter ?? {}, after: cursor ?? null, ctx }),
    resolve: (item) => item,
  }),
  bulkOperationChanged: t.field({
    type: BulkOperationItemRef, description: 'How far an operation is, up to its end; at most four times a second.',
    args: { id: t.arg.id({ required: true, description: 'blk_…' }) },
    subscribe: (_root, { id }, ctx) => ctx.live.bulkOperationChanged({ id, ctx }),
    resolve: (item) => item,
  }),
}))
