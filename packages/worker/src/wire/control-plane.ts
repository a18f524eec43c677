/** The worker's half of the conversation, typed: one function per message. Refusals are values, everything else is thrown by the transport. */
import type { ErrorCode, FlowStatus, Json, LeaseRef, OnLeaseLost, WaitMode } from '@sluice/protocol'
import type { Answer, Frame, Memo, WaitRequest } from '../attempt/talk.ts'
import type { FlowInput } from '../kind.ts'
import {
  APPEND_FRAMES, CREATE_WAITPOINT, FAIL_FLOWS, FINISH_FLOWS, MEMOS, RECORD_MEMOS, REPORT_PROGRESS, RETURN_FLOW, START_FLOWS, SUSPEND_FLOW, claimFlows, heartbeat,
  registerWorker, type DocumentWithout,
} from './documents.ts'
import { Rejected, type Transport } from './transport.ts'

export interface Refused { code: ErrorCode; message: string }
export const isRefused = (answer: object): answer is Refused => 'code' in answer

export interface KindEntry { name: string; title?: string; inputSchema?: Json; defaults?: Json }
export interface Registering { instanceId: string; name: string; kinds: KindEntry[]; lanes: string[] | null; capacity: number; codeVersion: string | null }
export interface Registered { worker: { id: string }; leaseTtlMs: number; heartbeatMs: number; holdMs?: number | null }

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
export interface MemoItem { lease: LeaseRef; key: string; value: Json }
/** What stands under the key now, which another writer may have written. */
export interface Recorded { memo: Memo }
/** What is remembered and was attached is absent from a control plane that knows no memory yet. */
export interface Claim { flow: ClaimedFlow; lease: LeaseRef; memos?: Memo[]; memosComplete?: boolean; inputs?: FlowInput[] }
export interface Waitpoint { id: string; answer: Answer | null }
export interface Pulse { lost: LeaseRef[]; cancelling: LeaseRef[]; answered?: { lease: LeaseRef; waitpoint: Waitpoint }[] }
export interface Beat { workerId: string; leases: LeaseRef[]; acknowledged?: string[]; waitMs: number; draining: boolean }

export interface StartItem { lease: LeaseRef }
export interface FinishItem { lease: LeaseRef; result: Json; unusedMemos?: readonly string[] }
export interface FailItem { lease: LeaseRef; error: { code: string; message: string; detail: Json }; retryable: boolean; unusedMemos?: readonly string[] }
export interface Accepted { flow?: { status: FlowStatus } }

/** waitMs: how long the control plane may park the request, at most 30,000. signal: gives the request up. */
interface Asking { signal: AbortSignal; waitMs?: number }

const unknownField = (error: unknown): string | null =>
  error instanceof Rejected ? /^Cannot query field "(\w+)"/.exec(error.message)?.[1] ?? null : null

export type ControlPlane = ReturnType<typeof createControlPlane>

/** A request may take this much longer than it was allowed to park. */
const ANSWER_MS = 15_000

export function createControlPlane(transport: Transport) {
  const ask = async <T extends object>(query: string, input: object, { signal, waitMs = 0 }: Asking): Promise<T | Refused> =>
    (await transport({ query, variables: { input }, timeoutMs: waitMs + ANSWER_MS, signal })) as T | Refused

  /** One that is still of a version before refuses the document; it is asked anew each time, for it may be upgraded at any moment. */
  const askKnown = async <T extends object>(document: DocumentWithout, input: object, asking: Asking, unknown: readonly string[] = []): Promise<T | Refused> =>
    await ask<T>(document(unknown), input, asking).catch(error => {
      const field = unknownField(error)
      if (field === null || unknown.includes(field)) throw error
      return askKnown<T>(document, input, asking, [...unknown, field])
    })

  /** One answer per item, in order. Throws Rejected when the request was refused as a whole and carried more than one item. */
  const askMany = async <T extends object>(query: string, items: object[], asking: Asking): Promise<(T | Refused)[]> => {
    const answer = await ask<{ results: (T | Refused)[] }>(query, { items }, asking)
    if (!isRefused(answer)) return answer.results
    // The request as a whole is refused, and it does not say for which item: only one that travelled alone may take it as its own answer.
    if (items.length > 1) throw new Rejected(answer.message)
    return [answer]
  }

  return {
    register: (input: Registering, asking: Asking) => askKnown<Registered>(registerWorker, input, asking),
    claim: (input: { workerId: string; max: number; requestId: string; waitMs: number }, signal: AbortSignal) =>
      askKnown<{ claims: Claim[] }>(claimFlows, input, { signal, waitMs: input.waitMs }),
    heartbeat: (input: Beat, signal: AbortSignal) => askKnown<Pulse>(heartbeat, input, { signal, waitMs: input.waitMs }),
    start: (items: StartItem[], signal: AbortSignal) => askMany<Accepted>(START_FLOWS, items, { signal }),
    finish: (items: FinishItem[], signal: AbortSignal) => askMany<Accepted>(FINISH_FLOWS, items, { signal }),
    fail: (items: FailItem[], signal: AbortSignal) => askMany<Accepted>(FAIL_FLOWS, items, { signal }),
    /** What has not started keeps its place; what has started is taken as interrupted by this worker's shutdown. */
    giveBack: (input: { lease: LeaseRef }, signal: AbortSignal) => ask<Accepted>(RETURN_FLOW, input, { signal }),
    progress: (input: { lease: LeaseRef; percent: number | null; message: string | null }, signal: AbortSignal) =>
      ask<Accepted>(REPORT_PROGRESS, input, { signal }),
    recordMemos: (items: MemoItem[], signal: AbortSignal) => askMany<Recorded>(RECORD_MEMOS, items, { signal }),
    memos: async (variables: { flowId: string; epoch: number; keys: readonly string[] }, signal: AbortSignal) =>
      ({ memos: (await transport({ query: MEMOS, variables, timeoutMs: ANSWER_MS, signal })) as Memo[] }),
    createWaitpoint: (input: { lease: LeaseRef } & WaitRequest, signal: AbortSignal) =>
      ask<{ waitpoint: Waitpoint; token: string | null; url: string | null }>(CREATE_WAITPOINT, input, { signal }),
    suspend: (input: { lease: LeaseRef; waitpoint: string; mode: WaitMode }, signal: AbortSignal) =>
      ask<{ flow: { status: FlowStatus }; waitpoint: Waitpoint }>(SUSPEND_FLOW, input, { signal }),
    appendFrames: (input: { lease: LeaseRef; frames: readonly Frame[] }, signal: AbortSignal) => ask<{ lastSequence: number }>(APPEND_FRAMES, input, { signal }),
  }
}
