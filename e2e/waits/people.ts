/** Whoever answers: looks for the question of a flow, and decides. */
import { until, type Actor } from '@sluice/testkit/world'
import type { Json } from '@sluice/protocol'

const FLOW = `query ($id: ID!) { flow(id: $id) { status result error { code } retriesUsed openWaitpoint { id key mode } attempts(first: 100) { edges { node { index endReason } } } } }`
const RESOLVE = `mutation ($input: ResolveWaitpointInput!) { resolveWaitpoint(input: $input) { __typename ... on Error { code message } } }`

export interface SeenFlow {
  status: string; result: Json; error: { code: string } | null; retriesUsed: number
  openWaitpoint: { id: string; key: string; mode: 'HELD' | 'RELEASED' } | null; attempts: { edges: { node: { index: number; endReason: string | null } }[] }
}

export const look = async (actor: Actor, id: string): Promise<SeenFlow> => (await askAnyway<{ flow: SeenFlow }>(actor, FLOW, { id })).flow

/** Over an outage too: whoever answers tries again, as people do. */
async function askAnyway<T>(actor: Actor, document: string, variables: Record<string, unknown>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await actor.ask<T>(document, variables)
    } catch (error) {
      if (tries === 100) throw error
      await new Promise(resolve => setTimeout(resolve, 300))
    }
  }
}

/** Resolves with the flow once it is so. */
export async function seen(actor: Actor, { id, is }: { id: string; is(flow: SeenFlow): boolean }): Promise<SeenFlow> {
  let flow = await look(actor, id)
  await until(async () => is(flow = await look(actor, id)), { withinMs: 60_000, what: () => `${is.toString()}, but it is ${JSON.stringify(flow)}` })
  return flow
}

export async function decide(actor: Actor, { id, decision, payload = null }: { id: string; decision: string; payload?: Json }): Promise<void> {
  const { openWaitpoint } = await seen(actor, { id, is: flow => flow.openWaitpoint !== null })
  const { resolveWaitpoint } = await askAnyway<{ resolveWaitpoint: { message?: string } }>(actor, RESOLVE, {
    input: { id: openWaitpoint?.id, decision, payload, idempotencyKey: `${id}/${decision}` },
  })
  if (resolveWaitpoint.message !== undefined) throw new Error(`the answer was refused: ${resolveWaitpoint.message}`)
}
