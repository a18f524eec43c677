/** What tests of webhooks do through the public doors: endpoints, flows that end at once, and what became of deliveries. */
import type { Fleet, Submitter } from '@sluice/testkit/world'

/** Lets a control plane call receivers of this machine. */
export const LOCAL = { WEBHOOK_ALLOW_HOSTS: '127.0.0.1', WEBHOOK_ALLOW_HTTP: 'true' }

const CREATE = `mutation ($input: CreateWebhookEndpointInput!) { answer: createWebhookEndpoint(input: $input) {
  ... on CreateWebhookEndpointPayload { endpoint { id } secret } ... on Error { message } } }`

export interface NewEndpoint { name: string; url: string; events?: string[] }

export async function createEndpoint(admin: Submitter, { events = ['flow.cancelled'], ...input }: NewEndpoint): Promise<{ id: string; secret: string }> {
  const { answer } = await admin.ask<{ answer: { endpoint?: { id: string }; secret?: string; message?: string } }>(CREATE, { input: { ...input, events } })
  if (!answer.endpoint || answer.secret === undefined) throw new Error(`no endpoint ${input.name}: ${answer.message ?? ''}`)
  return { id: answer.endpoint.id, secret: answer.secret }
}

const AT_ONCE = 8

/** Creates so many and cancels them while they are queued: each ends with one flow.cancelled, and no worker is needed. */
export async function endFlows(as: Submitter, count: number): Promise<string[]> {
  const ids = await as.createFlows(Array.from({ length: count }, (_, n) => ({ kind: 'webhooks.nobody', title: `number ${n}` })))
  const left = [...ids]
  const cancel = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) await as.ask('mutation ($id: ID!) { cancelFlow(input: { id: $id }) { __typename } }', { id })
  }
  await Promise.all(Array.from({ length: AT_ONCE }, cancel))
  return ids
}

export interface Attempted { n: number; statusCode: number | null; errorClass: string | null }
export interface Delivery { id: string; state: string; attemptCount: number; attempts: Attempted[] }

const DELIVERIES = '($flow: ID!) { webhookDeliveries(filter: { flow: $flow }) { edges { node { id state attemptCount attempts { n statusCode errorClass } } } } }'

export async function deliveriesOf(as: Submitter, flow: string): Promise<Delivery[]> {
  const { webhookDeliveries } = await as.ask<{ webhookDeliveries: { edges: { node: Delivery }[] } }>(`query ${DELIVERIES}`, { flow })
  return webhookDeliveries.edges.map(({ node }) => node)
}

/** How many deliveries are in each state. */
export async function states(fleet: Fleet): Promise<Record<string, number>> {
  const rows = await fleet.query<{ state: string; n: number }>('SELECT state::text AS state, count(*)::int AS n FROM webhook_delivery GROUP BY 1')
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
}

/** A sender that died holds what it was sending for 60 s more. Nobody waits so long here: its lease is set to be over. */
export const endLeases = (fleet: Fleet): Promise<unknown> =>
  fleet.query("UPDATE webhook_delivery SET lease_until = clock_timestamp() - interval '1 s' WHERE state = 'SENDING'")
