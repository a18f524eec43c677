/** The worker's half of the conversation, typed: one function per message. Refusals are values, everything else is thrown by the transport. */
import type { ErrorCode, FlowStatus, Json, LeaseRef, OnLeaseLost } from '@sluice/protocol'
import {
  CLAIM_FLOWS, CLAIM_FLOWS_UNTRACED, FAIL_FLOWS, FINISH_FLOWS, HEARTBEAT, REGISTER_WORKER, REPORT_PROGRESS, RETURN_FLOW, START_FLOWS,
} from './documents.ts'
import { Rejected, type Transport } from './transport.ts'

export interface Refused { code: ErrorCode; message: string }
export const isRefused = (answer: object): answer is Refused => 'code' in answer

export interface KindEntry { name: string; title?: string; inputSchema?: Json; defaults?: Json }
export interface Registering { instanceId: string; name: string; kinds: KindEntry[]; lanes: string[] | null; capacity: number; codeVersion: string | null }
export interface Registered { worker: { id: string }; leaseTtlMs: number; heartbeatMs: number }

/** A flow as its claim carries it. Instants are RFC 3339, UTC. */
export interface ClaimedFlow {
  id: string
  kind: string
  title: string
  input: Json
  labels: Record<string, string>
  createdAt: string
  deadlineAt: string | null
  maxAttempts: number
  retriesUsed: number
  onLeaseLost: OnLeaseLost
  /** W3C traceparent of whoever submitted it; absent from a control plane that knows no traces yet. */
  traceParent?: string | null
}
export interface Claim { flow: ClaimedFlow; lease: LeaseRef }
export interface Pulse { lost: LeaseRef[]; cancelling: LeaseRef[] }

export interface StartItem { lease: LeaseRef }
export interface FinishItem { lease: LeaseRef; result: Json }
export interface FailItem { lease: LeaseRef; error: { code: string; message: string; detail: Json }; retryable: boolean }
export interface Accepted { flow?: { status: FlowStatus } }

/** waitMs: how long the control plane may park the request, at most 30,000. signal: gives the request up. */
interface Asking { signal: AbortSignal; waitMs?: number }

const isUnknownField = (error: unknown, field: string) => error instanceof Rejected && error.message.includes(`"${field}"`)

export type ControlPlane = ReturnType<typeof createControlPlane>

/** A request may take this much longer than it was allowed to park. */
const ANSWER_MS = 15_000

export function createControlPlane(transport: Transport) {
  const ask = async <T extends object>(query: string, input: object, { signal, waitMs = 0 }: Asking): Promise<T | Refused> =>
    (await transport({ query, variables: { input }, timeoutMs: waitMs + ANSWER_MS, signal })) as T | Refused

  /** One answer per item, in order. Throws Rejected when the request was refused as a whole and carried more than one item. */
  const askMany = async <T extends object>(query: string, items: object[], asking: Asking): Promise<(T | Refused)[]> => {
    const answer = await ask<{ results: (T | Refused)[] }>(query, { items }, asking)
    if (!isRefused(answer)) return answer.results
    // The request as a whole is refused, and it does not say for which item: only one that travelled alone may take it as its own answer.
    if (items.length > 1) throw new Rejected(answer.message)
    return [answer]
  }

  return {
    register: (input: Registering, asking: Asking) => ask<Registered>(REGISTER_WORKER, input, asking),
    claim: (input: { workerId: string; max: number; requestId: string; waitMs: number }, signal: AbortSignal) => {
      const claim = (document: string) => ask<{ claims: Claim[] }>(document, input, { signal, waitMs: input.waitMs })
      // One that is still of the version before refuses the document; it is asked anew each time, for it may be upgraded at any moment.
      return claim(CLAIM_FLOWS).catch(error => (isUnknownField(error, 'traceParent') ? claim(CLAIM_FLOWS_UNTRACED) : Promise.reject(error)))
    },
    heartbeat: (input: { workerId: string; leases: LeaseRef[]; waitMs: number; draining: boolean }, signal: AbortSignal) =>
      ask<Pulse>(HEARTBEAT, input, { signal, waitMs: input.waitMs }),
    start: (items: StartItem[], signal: AbortSignal) => askMany<Accepted>(START_FLOWS, items, { signal }),
    finish: (items: FinishItem[], signal: AbortSignal) => askMany<Accepted>(FINISH_FLOWS, items, { signal }),
    fail: (items: FailItem[], signal: AbortSignal) => askMany<Accepted>(FAIL_FLOWS, items, { signal }),
    /** What has not started keeps its place; what has started is taken as interrupted by this worker's shutdown. */
    giveBack: (input: { lease: LeaseRef }, signal: AbortSignal) => ask<Accepted>(RETURN_FLOW, input, { signal }),
    progress: (input: { lease: LeaseRef; percent: number | null; message: string | null }, signal: AbortSignal) =>
      ask<Accepted>(REPORT_PROGRESS, input, { signal }),
  }
}
