import { listDeliveries, type DeliveryFilter } from '@sluice/engine'
import { builder } from './builder.ts'
import { connectionText, edgeText, forwardArgs, forwardPage, pageSize } from './connection.ts'
import type { Context } from './context.ts'
import { FlowRef } from './flow-ref.ts'
import { DeliveryFilterInput, deliveryFilter } from './webhook-delivery-filter.ts'
import { DeliveryRef, EndpointRef } from './webhook-refs.ts'

interface Page { first?: number | null | undefined; after?: string | null | undefined }

const connection = (name: string) => builder.connectionObject(
  { type: DeliveryRef, name, ...connectionText('deliveries') }, { name: `${name}Edge`, ...edgeText('the deliveries') },
)

async function pageOf(filter: DeliveryFilter, { first, after }: Page, ctx: Context) {
  const size = pageSize(first, ctx)
  const places = await listDeliveries(ctx.deps.pool, { filter, after: after ?? null, limit: size + 1 })
  const rows = await Promise.all(places.map(({ id }) => ctx.load.delivery.load(id)))
  const edges = places.flatMap(({ cursor }, at) => {
    const node = rows[at]
    return node ? [{ node, cursor }] : []
  })
  return forwardPage(edges, size, after)
}

const QueryWebhookDeliveriesConnection = connection('QueryWebhookDeliveriesConnection')
builder.queryField('webhookDeliveries', (t) => t.field({
  type: QueryWebhookDeliveriesConnection, description: 'Deliveries of the flows that you may read, newest first; tests too, if you may read every flow.',
  args: { filter: t.arg({ type: DeliveryFilterInput, description: 'Which deliveries; absent = all.' }), ...forwardArgs() },
  resolve: (_root, { filter, ...page }, ctx) => pageOf(deliveryFilter(filter ?? {}, ctx.viewer), page, ctx),
}))

const FlowDeliveriesConnection = connection('FlowDeliveriesConnection')
builder.objectField(FlowRef, 'deliveries', (t) => t.field({
  type: FlowDeliveriesConnection, description: 'Who was told of it, and how far that got; newest first.', args: forwardArgs(),
  resolve: (flow, page, ctx) => pageOf(deliveryFilter({ flow: flow.id }, ctx.viewer), page, ctx),
}))

const WebhookEndpointDeliveriesConnection = connection('WebhookEndpointDeliveriesConnection')
builder.objectField(EndpointRef, 'deliveries', (t) => t.field({
  type: WebhookEndpointDeliveriesConnection, description: 'What it was told of the flows that you may read; newest first.', args: forwardArgs(),
  resolve: (endpoint, page, ctx) => pageOf(deliveryFilter({ endpoint: [endpoint.id] }, ctx.viewer), page, ctx),
}))
