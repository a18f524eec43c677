import { BodyPurged, DeliveryInProgress, EndpointGone, NotFound } from '@sluice/domain'
import { replayDeliveries, replayInBulk } from '@sluice/engine'
import { LIMITS } from '@sluice/protocol'
import { z } from 'zod'
import { actorOf, deliveryCallerOf } from '../policies/caller.ts'
import { seesEveryDelivery } from '../policies/visible-deliveries.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { answer, answerOne, resultUnion } from './errors.ts'
import { given, reason } from './input-rules.ts'
import { DeliveryFilterInput, deliveryFilter } from './webhook-delivery-filter.ts'
import { bulkOperation, delivery } from './webhook-rows.ts'
import { BulkOperationRef, DeliveryRef } from './webhook-refs.ts'

const ReplayWebhookDeliveryPayload = builder.simpleObject('ReplayWebhookDeliveryPayload', {
  description: 'The new delivery; the one that it repeats stays as it is.',
  fields: (t) => ({ delivery: t.field({ type: DeliveryRef, description: 'The new delivery.' }) }),
})
const ReplayWebhookDeliveryResult = resultUnion('ReplayWebhookDeliveryResult', ReplayWebhookDeliveryPayload, [DeliveryInProgress, EndpointGone, BodyPurged])
const ReplayWebhookDeliveryInput = builder.inputType('ReplayWebhookDeliveryInput', {
  description: 'One delivery.', fields: (t) => ({ id: t.id({ required: true, description: 'dlv_…' }) }),
})

builder.mutationField('replayWebhookDelivery', (t) => t.field({
  type: ReplayWebhookDeliveryResult,
  description: 'Sends the same event again, as a new delivery, to the URL and with the secret that the endpoint has now. Also one that was delivered, or to a disabled endpoint.',
  args: { input: t.arg({ type: ReplayWebhookDeliveryInput, required: true, description: 'Which delivery.' }) },
  resolve: async (_root, { input: { id } }, ctx) => answerOne(
    await replayDeliveries(ctx.deps, { caller: deliveryCallerOf(ctx.viewer, ctx.address, 'replayWebhookDelivery'), ids: [id] }),
    async ({ deliveryId }) => ({ delivery: await delivery(deliveryId, ctx) }),
  ),
}))

const ReplayWebhookDeliveriesPayload = builder.simpleObject('ReplayWebhookDeliveriesPayload', {
  description: 'How many, and what is under way.',
  fields: (t) => ({
    matched: t.int({ description: 'How many deliveries there are to replay.' }),
    exact: t.boolean({ description: 'false = at least so many; only of a dryRun.' }),
    operation: t.field({ type: BulkOperationRef, nullable: true, description: 'What replays them; null on dryRun.' }),
  }),
})
const ReplayWebhookDeliveriesResult = resultUnion('ReplayWebhookDeliveriesResult', ReplayWebhookDeliveriesPayload)
const ReplayWebhookDeliveriesInput = builder.inputType('ReplayWebhookDeliveriesInput', {
  description: 'Which deliveries: by a filter, or by their ids.',
  validate: z.looseObject({ filter: z.unknown(), ids: z.unknown() })
    .refine(({ filter, ids }) => isGiven(filter) || isGiven(ids), { path: ['filter'], message: 'Give a filter, or ids; an empty filter is all of them.' })
    .refine(({ filter, ids }) => !(isGiven(filter) && isGiven(ids)), { path: ['ids'], message: 'Give a filter or ids, not both.' }),
  fields: (t) => ({
    filter: t.field({ type: DeliveryFilterInput, description: 'Those that match when it starts; an empty one is all of them.' }),
    ids: t.idList({
      description: `These, at most ${LIMITS.itemsMax}.`,
      validate: z.array(z.string()).min(1, 'Give at least one.').max(LIMITS.itemsMax, `Give at most ${LIMITS.itemsMax}.`).nullish(),
    }),
    dryRun: t.boolean({ defaultValue: false, required: true, description: 'Only count them.' }),
    reason: t.string({ description: 'Why; kept with the operation and in the audit.', validate: reason }),
  }),
})

builder.mutationField('replayWebhookDeliveries', (t) => t.field({
  type: ReplayWebhookDeliveriesResult,
  description: 'Replays many, in batches and by your rights. What was made later is not among them, and by a filter nothing that was sent again since; ' +
    'what cannot be replayed is a refusal of the operation.',
  args: { input: t.arg({ type: ReplayWebhookDeliveriesInput, required: true, description: 'Which deliveries.' }) },
  resolve: async (_root, { input: { filter, dryRun, ...rest } }, ctx) => {
    await refuseHidden(rest.ids ?? [], ctx)
    const set = isGiven(filter) ? { filter: deliveryFilter(filter, ctx.viewer) } : {}
    const done = await replayInBulk(ctx.deps, { ...given(rest), ...set, dryRun, actor: actorOf(ctx.viewer, ctx.address) })
    return answer(done, async ({ matched, exact, operationId }) => ({
      matched, exact, operation: operationId === null ? null : await bulkOperation(operationId, ctx),
    }))
  },
}))

/** A filter carries what the scopes of a token leave into the operation, ids cannot: it runs by the rights of its principal. */
async function refuseHidden(ids: string[], ctx: Context): Promise<void> {
  if (seesEveryDelivery(ctx.viewer)) return
  const found = await ctx.load.visibleDelivery.loadMany(ids)
  const hidden = ids.find((_id, at) => found[at] === null)
  if (hidden !== undefined) throw NotFound.of('webhook delivery', hidden)
}

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined
}
