import { WEBHOOK_EVENT_SENTENCES, WEBHOOK_EVENT_TYPES } from '@sluice/protocol'
import { z } from 'zod'
import { mayRun } from '../policies/policy.ts'
import { endpointsOf } from '../policies/visible-deliveries.ts'
import { builder } from './builder.ts'
import { connectionText, edgeText, forwardArgs, forwardPage, pageSize } from './connection.ts'
import type { Context } from './context.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { EndpointOriginEnum, EndpointStateEnum } from './enums.ts'
import { FlowRef } from './flow-ref.ts'
import { PrincipalRef } from './principal.ts'
import type { SecretRow } from './webhook-loaders.ts'
import { EndpointRef, type EndpointRow } from './webhook-refs.ts'

const WebhookSecretRef = builder.objectRef<SecretRow>('WebhookSecret').implement({
  description: 'A secret that signs now. The secret itself is shown once, when it is made.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'whk_…' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    notAfter: t.expose('notAfter', { type: 'DateTime', nullable: true, description: 'Until when it signs beside a newer one; null = the newest.' }),
  }),
})

builder.node(EndpointRef, {
  description: 'A place that hears of flows, and what it wants to hear.',
  id: { resolve: (endpoint) => endpoint.id, description: 'ep_…' },
  loadMany: (ids, ctx) => Promise.all(ids.map((id) => visibleEndpoint(id, ctx))),
  fields: (t) => ({
    name: t.exposeString('name', { nullable: true, description: 'Its name; null when a webhookUrl made it.' }),
    origin: t.expose('origin', { type: EndpointOriginEnum, description: 'Who made it: the environment, somebody, or a flow.' }),
    principal: t.field({
      type: PrincipalRef, nullable: true, description: 'Whose flows it hears of; null = those of all.',
      resolve: ({ principalId }, _args, ctx) => (principalId === null ? null : ctx.load.principal.load(principalId)),
    }),
    urlRedacted: t.exposeString('urlRedacted', { description: 'Its URL without what may be secret in it.' }),
    events: t.exposeStringList('events', { description: 'What it hears of; see webhookEventTypes.' }),
    inlineArtifacts: t.exposeBoolean('inlineArtifacts', { description: 'Whether the output and small artifacts are in the body.' }),
    strictOrder: t.exposeBoolean('strictOrder', { description: 'Whether what comes later for the same flow waits for what is being retried.' }),
    state: t.expose('state', { type: EndpointStateEnum, description: 'Whether it is told of anything.' }),
    disabledReason: t.exposeString('disabledReason', { nullable: true, description: 'Why it is DISABLED.' }),
    disabledAt: t.expose('disabledAt', { type: 'DateTime', nullable: true, description: 'Since when it is DISABLED.' }),
    consecutiveFailures: t.exposeInt('consecutiveFailures', { description: 'Automatic deliveries that failed since the last that did not; too many disable it.' }),
    disabledAfter: t.int({
      description: 'So many automatic deliveries that fail in a row disable it: WEBHOOK_DISABLE_AFTER.',
      resolve: (_endpoint, _args, ctx) => ctx.deps.settings.webhookDisableAfter,
    }),
    successRate: t.field({
      type: 'Float', nullable: true, description: 'Of its last 100 automatic deliveries that were sent and have ended, the part that was delivered, 0 to 1; null = none has.',
      resolve: ({ id }, _args, ctx) => ctx.load.successRate.load(id),
    }),
    secrets: t.field({
      type: [WebhookSecretRef], description: 'What signs now, the newest first; never the secrets themselves. Empty where FLOW_WEBHOOK_SECRET signs.',
      resolve: ({ id }, _args, ctx) => ctx.load.secrets.load(id),
    }),
    version: t.exposeInt('version', { description: 'Raised by every edit; given to an edit, it refuses when somebody was faster.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    createdBy: t.field({
      type: PrincipalRef, nullable: true, description: 'Who made it; null = the environment.',
      resolve: ({ createdBy }, _args, ctx) => (createdBy === null ? null : ctx.load.principal.load(createdBy)),
    }),
    deletedAt: t.expose('deletedAt', { type: 'DateTime', nullable: true, description: 'When it was deleted; its deliveries still name it.' }),
  }),
})

/** Unknown and hidden look the same. */
async function visibleEndpoint(id: string, ctx: Context): Promise<EndpointRow | null> {
  if (!mayRun(ctx.viewer, 'webhookEndpoints')) return null
  const endpoint = await ctx.load.endpoint.load(id)
  const owner = endpointsOf(ctx.viewer)
  return endpoint && (owner === null || endpoint.principalId === owner) ? endpoint : null
}

builder.objectField(FlowRef, 'webhookEndpoint', (t) => t.field({
  type: EndpointRef, nullable: true, description: 'Its own endpoint: of its webhookUrl, or the one it named; null = that of its lane, else FLOW_WEBHOOK_URL, hears of it.',
  resolve: async (flow, _args, ctx) => {
    const id = await ctx.flows.column(flow, 'webhookEndpointId')
    return id === null ? null : ctx.load.endpoint.load(id)
  },
}))

const QueryWebhookEndpointsConnection = builder.connectionObject(
  { type: EndpointRef, name: 'QueryWebhookEndpointsConnection', ...connectionText('endpoints') },
  { name: 'QueryWebhookEndpointsConnectionEdge', ...edgeText('the endpoints') },
)

const CURSOR = { list: 'endpoint', key: z.tuple([z.string()]) }

builder.queryField('webhookEndpoints', (t) => t.field({
  type: QueryWebhookEndpointsConnection, description: 'Endpoints that you may read, newest first; deleted ones are left out.',
  args: {
    unnamed: t.arg.boolean({ defaultValue: false, description: 'Also those that flows brought along by webhookUrl.' }),
    ...forwardArgs(),
  },
  resolve: async (_root, { unnamed, first, after }, ctx) => {
    const size = pageSize(first, ctx)
    const owner = endpointsOf(ctx.viewer)
    const rows = await ctx.prisma.webhookEndpoint.findMany({
      where: { state: { not: 'DELETED' }, ...(unnamed ? {} : { origin: { not: 'UNNAMED' } }), ...(owner === null ? {} : { principalId: owner }) },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: size + 1,
      ...(after ? { cursor: { id: decodeCursor(CURSOR, after)[0] }, skip: 1 } : {}),
    })
    return forwardPage(rows.map((node) => ({ node, cursor: encodeCursor('endpoint', [node.id]) })), size, after)
  },
}))

const WebhookEventType = builder.simpleObject('WebhookEventType', {
  description: 'Something that an endpoint can hear of.',
  fields: (t) => ({
    name: t.string({ description: 'As endpoints, bodies and filters say it: flow.finished.' }),
    sentence: t.string({ description: 'What it means.' }),
  }),
})

builder.queryField('webhookEventTypes', (t) => t.field({
  type: [WebhookEventType], description: 'What endpoints can hear of, in the order of the life of a flow.',
  resolve: () => WEBHOOK_EVENT_TYPES.map((name) => ({ name, sentence: WEBHOOK_EVENT_SENTENCES[name] })),
}))
