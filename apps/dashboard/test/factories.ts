import { isTerminal, type FlowPhase, type FlowStatus, type Json, type QueueReason, type TerminalReason, type WaitKind } from '@sluice/protocol'

/** Flows as the API would answer them, filled with what their status implies. */

const START = Date.parse('2026-11-21T10:00:00.000Z')
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString()

let made = 0
const nextId = () => `flow_01k${String((made += 1)).padStart(22, '0')}x7`

export interface FakeFlow {
  __typename: 'Flow'
  id: string; kind: string; title: string; status: FlowStatus; phase: FlowPhase | null; isTerminal: boolean
  waitKind: WaitKind | null; waitingSince: string | null; openWaitpoint: { __typename: 'Waitpoint'; id: string; viewerMayAnswer: boolean } | null; waitpoints: object[]
  terminalReason: string | null; priority: number; overCap: boolean; slotHeld: boolean
  queue: FakeQueue | null
  progress: { __typename: 'Progress'; percent: number | null; message: string | null; at: string } | null
  input: Json; result: Json; labels: Json
  error: { __typename: 'FlowError'; code: string; message: string; detail: Json; retryable: boolean } | null
  createdAt: string; queuedAt: string; startedAt: string | null; finishedAt: string | null
  cancelRequestedAt: string | null; notBefore: string | null; deadlineAt: string | null
  maxAttempts: number; retriesUsed: number; onLeaseLost: 'FAIL' | 'RETRY'; retryOf: { __typename: 'Flow'; id: string; title: string } | null
  currentAttempt: FakeAttempt | null
  lane: { __typename: 'Lane'; id: string; name: string }
  owner: { __typename: 'Principal'; id: string; name: string }
  webhookEndpoint: { __typename: 'WebhookEndpoint'; id: string; name: string | null; urlRedacted: string } | null
}

export interface FakeAttempt {
  __typename: 'Attempt'; id: string; startedAt: string; reportedAt: string | null; leaseExpiresAt: string | null
  worker: { __typename: 'Worker'; id: string; heartbeatAt: string; heartbeatMs: number } | null
}

export interface FakeQueue {
  __typename: 'QueuePlace'
  position: number | null; queueClass: 'NEW' | 'RETRY' | 'RESUME'; reason: QueueReason; detail: string; estimatedStartAt: string | null; pinned: boolean; forced: boolean
  holders: { __typename: 'Flow'; id: string; title: string; kind: string }[]
}

const base = (): FakeFlow => {
  const id = nextId()
  return {
    __typename: 'Flow', id, kind: 'sample.digest', title: `Digest of folder ${made}`, status: 'QUEUED', phase: null, isTerminal: false, terminalReason: null, waitKind: null, waitingSince: null, openWaitpoint: null, waitpoints: [], priority: 0,
    overCap: false, slotHeld: false, queue: null, progress: null, input: { folder: 'packages', seconds: 8 }, result: null, labels: {}, error: null,
    createdAt: at(0), queuedAt: at(0), startedAt: null, finishedAt: null, cancelRequestedAt: null, notBefore: null, deadlineAt: null, maxAttempts: 1, retriesUsed: 0,
    onLeaseLost: 'FAIL', retryOf: null, currentAttempt: null, lane: { __typename: 'Lane', id: 'lane_default', name: 'default' }, owner: { __typename: 'Principal', id: 'prn_admin', name: 'admin' }, webhookEndpoint: null,
  }
}

export const queuedFlow = (queue: Partial<FakeQueue> = {}, flow: Partial<FakeFlow> = {}): FakeFlow => ({
  ...base(),
  queue: {
    __typename: 'QueuePlace', position: 1, queueClass: 'NEW', reason: 'CAP', detail: 'All 3 slots of the global cap are held.', estimatedStartAt: null, pinned: false, forced: false,
    holders: [], ...queue,
  },
  ...flow,
})

export const runningFlow = (phase: FlowPhase = 'WORKING', flow: Partial<FakeFlow> = {}): FakeFlow => ({
  ...base(), status: 'RUNNING', phase, slotHeld: true, startedAt: phase === 'STARTING' ? null : at(2), cancelRequestedAt: phase === 'CANCELLING' ? at(5) : null, ...flow,
})

const REASONS: Record<'FINISHED' | 'FAILED' | 'CANCELLED' | 'SKIPPED', TerminalReason> = {
  FINISHED: 'completed', FAILED: 'error', CANCELLED: 'cancelled_by_operator', SKIPPED: 'dependency_failed',
}

export const endedFlow = (status: keyof typeof REASONS = 'FINISHED', flow: Partial<FakeFlow> = {}): FakeFlow => ({
  ...base(), status, isTerminal: true, terminalReason: REASONS[status], startedAt: status === 'SKIPPED' ? null : at(2), finishedAt: at(12),
  result: status === 'FINISHED' ? { files: 42, digest: 'c0ffee' } : null,
  error: status === 'FAILED' ? { __typename: 'FlowError', code: 'command_failed', message: 'The command ended with exit code 2.', detail: { exitCode: 2 }, retryable: true } : null,
  ...flow,
})

/** One that asks somebody, and keeps its slot meanwhile. */
export const waitingFlow = (flow: Partial<FakeFlow> = {}): FakeFlow => ({
  ...base(), status: 'WAITING', slotHeld: true, startedAt: at(2), waitKind: 'APPROVAL', waitingSince: at(5), openWaitpoint: { __typename: 'Waitpoint', id: 'wpt_1', viewerMayAnswer: true }, ...flow,
})

/** One flow in a status, whatever it is: for tests that go through all of them. */
export const flowIn = (status: FlowStatus): FakeFlow => {
  if (status === 'QUEUED') return queuedFlow()
  if (status === 'RUNNING') return runningFlow()
  if (isTerminal(status)) return endedFlow(status)
  return waitingFlow()
}
