import { Conflict, Forbidden, UrlNotAllowed } from '@sluice/domain'
import {
  createWebhookEndpoint, deleteWebhookEndpoint, disableWebhookEndpoint, enableWebhookEndpoint, revealWebhookEndpoint, rotateWebhookSecret, testWebhookEndpoint, updateWebhookEndpoint
} from '@sluice/engine'
import { LIMITS } from '@sluice/protocol'
import { z } from 'zod'
import { actorOf } from '../policies/caller.ts'
import { seesEveryDelivery } from '../policies/visible-deliveries.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { answer, resultUnion } from './errors.ts'
import { given, reason } from './input-rules.ts'
import { bulkOperation, delivery, endpoint } from './webhook-rows.ts'
import { BulkOperationRef, DeliveryRef, EndpointRef } from './webhook-refs.ts'

const actor = (ctx: Context) => actorOf(ctx.viewer, ctx.address)
const theEndpoint = { type: EndpointRef, description: 'The endpoint.' } as const
const secretOnce = { description: 'whsec_…: what its receiver verifies with. It is never shown again.' } as const
const endpointPayload = (name: string, description: string) =>
  builder.simpleObject(name, { description, fields: (t) => ({ endpoint: t.field(theEndpoint) }) })

interface Touched { endpointId: string }
const endpointOf = async (ctx: Context, { endpointId }: Touched) => ({ endpoint: await endpoint(endpointId, ctx) })

const name = z.string().refine((text) => text.trim() !== '', 'Give it a name.')
const inlineArtifacts = { description: 'Whether the output and small artifacts are in the body.' } as const
const strictOrder = { description: 'Whether what comes later for the same flow waits for what is being retried.' } as const

const CreateWebhookEndpointPayload = builder.simpleObject('CreateWebhookEndpointPayload', {
  description: 'The endpoint, and its secret for the only time.',
  fields: (t) => ({ endpoint: t.field(theEndpoint), secret: t.string(secretOnce) }),
})
const CreateWebhookEndpointResult = resultUnion('CreateWebhookEndpointResult', CreateWebhookEndpointPayload, [UrlNotAllowed])
const CreateWebhookEndpointInput = builder.inputType('CreateWebhookEndpointInput', {
  description: 'Where to tell, and what.',
  fields: (t) => ({
    name: t.string({ required: true, description: `A name for people, at most ${LIMITS.endpointNameMax} characters.`, validate: name }),
    url: t.string({ required: true, description: 'Where to: https://…. It is stored encrypted and shown redacted.' }),
    events: t.stringList({ required: true, description: 'What it hears of; see webhookEventTypes.' }),
    principalId: t.id({ description: 'Whose flows it hears of; absent = those of all.' }),
    inlineArtifacts: t.boolean(inlineArtifacts),
    strictOrder: t.boolean(strictOrder),
  }),
})

builder.mutationField('createWebhookEndpoint', (t) => t.field({
  type: CreateWebhookEndpointResult, description: 'Makes an endpoint; its secret is shown once.',
  args: { input: t.arg({ type: CreateWebhookEndpointInput, required: true, description: 'Where to tell, and what.' }) },
  resolve: async (_root, { input: { name: title, url, events, ...rest } }, ctx) => {
    const done = await createWebhookEndpoint(ctx.deps, { ...given(rest), name: title, url, events, actor: actor(ctx) })
    return answer(done, async ({ endpointId, secret }) => ({ endpoint: await endpoint(endpointId, ctx), secret }))
  },
}))

const UpdateWebhookEndpointResult = resultUnion(
  'UpdateWebhookEndpointResult', endpointPayload('UpdateWebhookEndpointPayload', 'The endpoint as it is now.'), [Conflict, UrlNotAllowed],
)
const UpdateWebhookEndpointInput = builder.inputType('UpdateWebhookEndpointInput', {
  description: 'What to change about an endpoint; what is absent stays.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'ep_…' }),
    version: t.int({ description: 'The version that was read; another one now is a CONFLICT.' }),
    name: t.string({ description: 'A name for people.', validate: name.nullish() }),
    url: t.string({ description: 'Where to. What is already on its way still goes to the former.' }),
    events: t.stringList({ description: 'What it hears of; see webhookEventTypes.' }),
    inlineArtifacts: t.boolean(inlineArtifacts),
    strictOrder: t.boolean(strictOrder),
  }),
})

builder.mutationField('updateWebhookEndpoint', (t) => t.field({
  type: UpdateWebhookEndpointResult, description: 'Changes an endpoint. One that a flow or the environment brought along is not changed here.',
  args: { input: t.arg({ type: UpdateWebhookEndpointInput, required: true, description: 'What to change.' }) },
  resolve: async (_root, { input: { id, ...rest } }, ctx) =>
    answer(await updateWebhookEndpoint(ctx.deps, { ...given(rest), id, actor: actor(ctx) }), (done) => endpointOf(ctx, done)),
}))

const EndpointIdInput = builder.inputType('EndpointIdInput', {
  description: 'One endpoint, and why.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'ep_…' }),
    reason: t.string({ description: 'Why; kept in the audit.', validate: reason }),
  }),
})
const oneEndpoint = { required: true, description: 'Which endpoint.' } as const

const DeleteWebhookEndpointPayload = builder.simpleObject('DeleteWebhookEndpointPayload', {
  description: 'What is gone.',
  fields: (t) => ({
    deletedId: t.id({ description: 'The id of the endpoint that was deleted.' }),
    endpoint: t.field({ type: EndpointRef, description: 'What is left of it: its deliveries still name it.' }),
  }),
})
const DeleteWebhookEndpointResult = resultUnion('DeleteWebhookEndpointResult', DeleteWebhookEndpointPayload, [Conflict])
builder.mutationField('deleteWebhookEndpoint', (t) => t.field({
  type: DeleteWebhookEndpointResult, description: 'Deletes an endpoint. It is told of nothing any more; what is on its way to it is suppressed.',
  args: { input: t.arg({ type: EndpointIdInput, ...oneEndpoint }) },
  resolve: async (_root, { input }, ctx) => answer(
    await deleteWebhookEndpoint(ctx.deps, { ...input, actor: actor(ctx) }),
    async (done) => ({ ...(await endpointOf(ctx, done)), deletedId: done.endpointId }),
  ),
}))

const DisableWebhookEndpointResult = resultUnion('DisableWebhookEndpointResult', endpointPayload('DisableWebhookEndpointPayload', 'The disabled endpoint.'))
builder.mutationField('disableWebhookEndpoint', (t) => t.field({
  type: DisableWebhookEndpointResult, description: 'Stops telling an endpoint. What it would have got is recorded as SUPPRESSED. Disabling it again changes nothing.',
  args: { input: t.arg({ type: EndpointIdInput, ...oneEndpoint }) },
  resolve: async (_root, { input }, ctx) => answer(await disableWebhookEndpoint(ctx.deps, { ...input, actor: actor(ctx) }), (done) => endpointOf(ctx, done)),
}))

const EnableWebhookEndpointPayload = builder.simpleObject('EnableWebhookEndpointPayload', {
  description: 'The endpoint, and what sends the rest.',
  fields: (t) => ({
    endpoint: t.field(theEndpoint),
    operation: t.field({ type: BulkOperationRef, nullable: true, description: 'What replays that which was suppressed; null when nothing is replayed.' }),
  }),
})
const EnableWebhookEndpointResult = resultUnion('EnableWebhookEndpointResult', EnableWebhookEndpointPayload, [Conflict])
const EnableWebhookEndpointInput = builder.inputType('EnableWebhookEndpointInput', {
  description: 'Which endpoint, and what of the time between.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'ep_…' }),
    replaySuppressed: t.boolean({ defaultValue: false, required: true, description: 'Whether to send what was suppressed since it was disabled.' }),
  }),
})
builder.mutationField('enableWebhookEndpoint', (t) => t.field({
  type: EnableWebhookEndpointResult, description: 'Tells a disabled endpoint again, and forgets its failures. Enabling it again changes nothing.',
  args: { input: t.arg({ type: EnableWebhookEndpointInput, ...oneEndpoint }) },
  resolve: async (_root, { input }, ctx) => {
    if (input.replaySuppressed && !seesEveryDelivery(ctx.viewer)) throw new Forbidden('Replaying what was suppressed is of every flow; the scopes of this token are not.')
    return answer(await enableWebhookEndpoint(ctx.deps, { ...input, actor: actor(ctx) }), async ({ endpointId, operationId }) => ({
      endpoint: await endpoint(endpointId, ctx), operation: operationId === null ? null : await bulkOperation(operationId, ctx),
    }))
  },
}))

const RevealWebhookEndpointPayload = builder.simpleObject('RevealWebhookEndpointPayload', {
  description: 'The endpoint with its whole URL.',
  fields: (t) => ({ endpoint: t.field(theEndpoint), url: t.string({ description: 'The URL, not redacted.' }) }),
})
const RevealWebhookEndpointResult = resultUnion('RevealWebhookEndpointResult', RevealWebhookEndpointPayload, [Conflict])
builder.mutationField('revealWebhookEndpoint', (t) => t.field({
  type: RevealWebhookEndpointResult, description: 'Shows the whole URL of an endpoint; the audit says who looked. Secrets are never shown.',
  args: { input: t.arg({ type: EndpointIdInput, ...oneEndpoint }) },
  resolve: async (_root, { input }, ctx) => answer(
    await revealWebhookEndpoint(ctx.deps, { ...input, actor: actor(ctx) }), async ({ endpointId, url }) => ({ endpoint: await endpoint(endpointId, ctx), url }),
  ),
}))

const RotateWebhookSecretPayload = builder.simpleObject('RotateWebhookSecretPayload', {
  description: 'The endpoint, and its new secret for the only time.',
  fields: (t) => ({
    endpoint: t.field(theEndpoint), secret: t.string(secretOnce),
    formerUntil: t.field({ type: 'DateTime', description: 'Until when the former secret signs beside it.' }),
  }),
})
const RotateWebhookSecretResult = resultUnion('RotateWebhookSecretResult', RotateWebhookSecretPayload)
const RotateWebhookSecretInput = builder.inputType('RotateWebhookSecretInput', {
  description: 'Which endpoint, and how long both secrets sign.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'ep_…' }),
    overlapHours: t.int({ defaultValue: 24, required: true, description: `How long the former secret signs beside the new one, at most ${LIMITS.overlapHoursMax}; 0 = not at all.` }),
  }),
})
builder.mutationField('rotateWebhookSecret', (t) => t.field({
  type: RotateWebhookSecretResult, description: 'Gives an endpoint another secret, which is shown once. While they overlap both sign, so that its receiver notices nothing.',
  args: { input: t.arg({ type: RotateWebhookSecretInput, ...oneEndpoint }) },
  resolve: async (_root, { input }, ctx) => answer(
    await rotateWebhookSecret(ctx.deps, { ...input, actor: actor(ctx) }), async ({ endpointId, ...shown }) => ({ endpoint: await endpoint(endpointId, ctx), ...shown }),
  ),
}))

const TestWebhookEndpointPayload = builder.simpleObject('TestWebhookEndpointPayload', {
  description: 'The delivery of the test.', fields: (t) => ({ delivery: t.field({ type: DeliveryRef, description: 'The delivery; it shows what comes of it.' }) }),
})
const TestWebhookEndpointResult = resultUnion('TestWebhookEndpointResult', TestWebhookEndpointPayload)
const TestWebhookEndpointInput = builder.inputType('TestWebhookEndpointInput', {
  description: 'One endpoint.', fields: (t) => ({ id: t.id({ required: true, description: 'ep_…' }) }),
})
builder.mutationField('testWebhookEndpoint', (t) => t.field({
  type: TestWebhookEndpointResult, description: 'Sends an endpoint the event webhook.test, whatever it hears of. It counts neither as failure nor as success.',
  args: { input: t.arg({ type: TestWebhookEndpointInput, ...oneEndpoint }) },
  resolve: async (_root, { input }, ctx) => answer(
    await testWebhookEndpoint(ctx.deps, { ...input, actor: actor(ctx) }), async ({ deliveryId }) => ({ delivery: await delivery(deliveryId, ctx) }),
  ),
}))
