/** A worker that took a flow and is not heard of until much later. Speaks the protocol by hand, because the SDK would give up as it should. */
import type { Submitter } from '@sluice/testkit/world'

const REGISTER = `mutation ($input: RegisterWorkerInput!) { answer: registerWorker(input: $input) { ... on RegisterWorkerPayload { worker { id } } } }`
const CLAIM = `mutation ($input: ClaimFlowsInput!) { answer: claimFlows(input: $input) { ... on ClaimFlowsPayload { claims { lease { flowId attempt epoch } } } } }`
const reports = (field: 'startFlows' | 'finishFlows') =>
  `mutation ($input: ${field === 'startFlows' ? 'StartFlowsInput' : 'FinishFlowsInput'}!) { answer: ${field}(input: $input) {
    ... on ${field === 'startFlows' ? 'StartFlowsPayload' : 'FinishFlowsPayload'} { results { __typename ... on Error { code } } } } }`

export interface Lease { flowId: string; attempt: number; epoch: number }

export async function holdLease(worker: Submitter, kind: string): Promise<Lease> {
  const { answer: registered } = await worker.ask<{ answer: { worker: { id: string } } }>(REGISTER, {
    input: { instanceId: `held-${kind}`, name: 'held', kinds: [{ name: kind }], capacity: 1 },
  })
  const { answer } = await worker.ask<{ answer: { claims: { lease: Lease }[] } }>(CLAIM, {
    input: { workerId: registered.worker.id, max: 1, waitMs: 10_000, requestId: 'held' },
  })
  const lease = answer.claims[0]?.lease
  if (lease === undefined) throw new Error('nothing was leased')
  await worker.ask(reports('startFlows'), { input: { items: [{ lease }] } })
  return lease
}

/** The code of the refusal, or the name of what was answered. */
export async function finishHeld(worker: Submitter, lease: Lease): Promise<string> {
  const { answer } = await worker.ask<{ answer: { results: { __typename: string; code?: string }[] } }>(reports('finishFlows'), { input: { items: [{ lease, result: { late: true } }] } })
  return answer.results[0]?.code ?? answer.results[0]?.__typename ?? ''
}
