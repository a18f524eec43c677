/** Flows that ask, over the API: what a worker does to make one wait. */
import { dataOf, testWorker, type Principal, type TestServer, type TestWorker } from './server.ts'

export interface Lease { flowId: string; attempt: number; epoch: number }
export interface Made { waitpoint: { id: string; state: string; answer: { decision: string } | null }; token: string; url: string }
export interface Refused { code: string; message: string; path?: string[] }

export interface WaitWorld {
  worker: TestWorker
  /** A flow of `by` that works, with its lease. */
  working(by: Principal, item?: Record<string, unknown>): Promise<Lease>
  make(lease: Lease, o?: Record<string, unknown>): Promise<Made & Partial<Refused>>
  suspend(lease: Lease, waitpoint: string, mode?: string): Promise<{ flow: { status: string }; waitpoint: { state: string; answer: { decision: string } | null } } & Partial<Refused>>
  /** A flow that waits. */
  waiting(by: Principal, o?: Record<string, unknown> & { mode?: string }): Promise<Made & { lease: Lease }>
  beat(leases: Lease[], o?: Record<string, unknown>): Promise<{ renewed: Lease[]; lost: Lease[]; answered: { lease: Lease; waitpoint: { id: string; answer: { decision: string; payload: unknown } } }[] }>
}

const ERROR = '... on Error { code message } ... on InvalidInput { path }'
const WAITPOINT = 'id key kind mode state prompt fields allowedDecisions answerableBy openedAt timeoutAt onTimeout answer { decision payload by at }'
const MAKE = `mutation ($input: CreateWaitpointInput!) { done: createWaitpoint(input: $input) { __typename ... on CreateWaitpointPayload { waitpoint { ${WAITPOINT} } token url } ${ERROR} } }`
const SUSPEND = `mutation ($input: SuspendFlowInput!) { done: suspendFlow(input: $input) { __typename ... on SuspendFlowPayload { flow { id status waitKind waitingSince } waitpoint { ${WAITPOINT} } } ${ERROR} } }`
const BEAT = `mutation ($input: HeartbeatInput!) { done: heartbeat(input: $input) { ... on HeartbeatPayload {
  renewed { flowId attempt epoch } lost { flowId attempt epoch } answered { lease { flowId attempt epoch } waitpoint { id answer { decision payload } } } } ${ERROR} } }`
export const ANSWER = `mutation ($input: ResolveWaitpointInput!) { done: resolveWaitpoint(input: $input) { __typename ... on ResolveWaitpointPayload { waitpoint { ${WAITPOINT} } flow { id status } } ${ERROR} } }`

/** The only field of what was asked, as `done`. */
export const done = async <Done>(by: Principal, document: string, input?: unknown): Promise<Done> => (await dataOf(by.ask<{ done: Done }>(document, input === undefined ? {} : { input }))).done

export const answer = (by: Principal, input: Record<string, unknown>) =>
  done<{ __typename: string; waitpoint?: { id: string; state: string; answer: Record<string, unknown> }; flow?: { status: string } } & Partial<Refused>>(by, ANSWER, { decision: 'approve', ...input })

export async function waitWorld(server: TestServer): Promise<WaitWorld> {
  const worker = await testWorker(server)
  const create = `mutation ($input: CreateFlowInput!) { done: createFlow(input: $input) { ... on CreateFlowPayload { flow { id } } ... on Error { message } } }`
  const world: WaitWorld = {
    worker,
    working: async (by, item = {}) => {
      const { flow } = await done<{ flow: { id: string } }>(by, create, { kind: 'work', ...item })
      const [lease] = await worker.take(1)
      if (lease?.flowId !== flow.id) throw new Error(`${flow.id} was not taken`)
      return lease
    },
    make: (lease, o = {}) => done(worker.by, MAKE, { lease, key: 'ask', kind: 'APPROVAL', ...o }),
    suspend: (lease, waitpoint, mode = 'HELD') => done(worker.by, SUSPEND, { lease, waitpoint, mode }),
    waiting: async (by, { mode = 'HELD', ...o } = {}) => {
      const lease = await world.working(by)
      const made = await world.make(lease, o)
      const { flow } = await world.suspend(lease, made.waitpoint.id, mode)
      if (flow.status !== 'WAITING') throw new Error(`${lease.flowId} does not wait`)
      return { ...made, lease }
    },
    beat: (leases, o = {}) => done(worker.by, BEAT, { workerId: worker.workerId, leases, ...o }),
  }
  return world
}
