import type { FlowPhase, FlowStatus } from '@sluice/protocol'
import { silenceOf } from '../silence.ts'

/** An attempt's times: leased, reported as begun, ended. */
export interface AttemptTimes { startedAt: string; reportedAt: string | null; endedAt: string | null }

export interface TimedFlow { status: FlowStatus; isTerminal: boolean; createdAt: string; queuedAt: string; startedAt: string | null; finishedAt: string | null }

/** A stretch of time; to null = it lasts. */
export interface Stretch { from: string; to: string | null }

const before = (a: string, b: string) => Date.parse(a) < Date.parse(b)

/** A flow that went back to the queue after it had begun: from its first start to its end is then not all work. */
export const wasQueuedAgain = ({ queuedAt, startedAt }: { queuedAt: string; startedAt: string | null }): boolean => startedAt !== null && before(startedAt, queuedAt)

/** Since when the work under way goes on: the current attempt's start, never that of one before it. */
export const workingSince = (flow: { queuedAt: string; startedAt: string | null; currentAttempt: { startedAt: string; reportedAt: string | null } | null }): string =>
  flow.currentAttempt?.reportedAt ?? flow.currentAttempt?.startedAt ?? flow.startedAt ?? flow.queuedAt

/** How long it stood in the queue the last time, until a worker took it. Null while it is queued. */
export const lastWait = (flow: TimedFlow, attempt: AttemptTimes | null): Stretch | null => {
  if (flow.status === 'QUEUED') return null
  if (attempt === null || before(attempt.startedAt, flow.queuedAt)) return { from: flow.queuedAt, to: wasQueuedAgain(flow) ? flow.finishedAt : (flow.startedAt ?? flow.finishedAt) }
  return { from: flow.queuedAt, to: attempt.startedAt }
}

/** Where a flow stood from an instant on, until the next one. */
export interface Standing { status: FlowStatus | null; phase: FlowPhase | null; at: string }

/** Stretches of one kind, together: what is over, in ms, and since when one of them lasts. */
export interface Sum { ms: number; since: string | null }

/** How long a flow was worked on by all its attempts, from their reported starts, and how long it waited for answers. */
export const sumsOf = (standings: readonly Standing[]): { worked: Sum; waited: Sum } => {
  const set = standings.filter(({ status }) => status !== null)
  const sum = (counts: (one: Standing) => boolean): Sum => ({
    ms: set.reduce((ms, one, at) => ms + (counts(one) ? Date.parse(set[at + 1]?.at ?? one.at) - Date.parse(one.at) : 0), 0),
    since: set.slice(-1).find(counts)?.at ?? null,
  })
  return { worked: sum(({ status, phase }) => status === 'RUNNING' && phase !== 'STARTING'), waited: sum(({ status }) => status === 'WAITING') }
}

/** Progress of the attempt that is under way: what one before it reported, or a flow in the queue, has none. */
export const progressNow = <Progress extends { at: string }>(flow: { status: FlowStatus; progress: Progress | null; currentAttempt: { startedAt: string } | null }): Progress | null => {
  if (flow.progress === null || (flow.status !== 'RUNNING' && flow.status !== 'WAITING')) return null
  return flow.currentAttempt && before(flow.progress.at, flow.currentAttempt.startedAt) ? null : flow.progress
}

/** How long the worker of a lease is silent; null without a lease, for then nobody need be heard. */
export const silenceOfLease = (attempt: { leaseExpiresAt: string | null; worker: { heartbeatAt: string; heartbeatMs: number } | null } | null, readAt: string): number | null =>
  attempt?.worker && attempt.leaseExpiresAt !== null ? silenceOf(attempt.worker, readAt) : null
