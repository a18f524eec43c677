/** One flow from its lease to its report, step by step over one record. No step is skipped because of a fault; a fault ends it early. */
import { createAttempt, type Attempt } from './attempt/attempt.ts'
import { leaseTalk } from './attempt/lease-talk.ts'
import { interrupt, leave, type HeldFlow, type Holdings } from './holdings.ts'
import type { HandledFlow, Kind } from './kind.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import { logWith } from './log.ts'
import type { MemoBatch } from './memo-batch.ts'
import type { Settings } from './options.ts'
import { callHandler, failureOutcome, type Outcome } from './outcome.ts'
import { createProgressChannel, type ProgressChannel } from './progress.ts'
import type { Reporter } from './reporter.ts'
import { traceAttempt, type AttemptTrace } from './trace.ts'
import { isRefused, type ControlPlane } from './wire/control-plane.ts'
import type { Downloader } from './wire/download.ts'
import type { Uploader } from './wire/upload.ts'

export interface ExecutionDeps {
  settings: Settings
  controlPlane: ControlPlane
  memoBatch: MemoBatch
  upload: Uploader
  download: Downloader
  reporter: Reporter
  holdings: Holdings
  keeper: LeaseKeeper
  /** How long waits are held, as it is said now. */
  holdMs(): number
  /** No handler is called any more. */
  stopping: AbortSignal
  /** The whole worker leaves. */
  leaving: AbortSignal
  /** The end of everything. */
  signal: AbortSignal
}

/** What an interrupted handler showed last gets no longer than this. */
const LAST_OUTPUT_MS = 2_000

/** Resolves when the flow is out of this worker's hands. Never throws. */
export async function executeFlow(held: HeldFlow, deps: ExecutionDeps): Promise<void> {
  const end = () => leave(held)
  deps.signal.addEventListener('abort', end, { once: true })
  try {
    await work(held, deps)
  } catch (error) {
    deps.settings.log.error('a flow was left without a report', { flow: held.flow.id, stage: held.stage, error: String(error) })
  } finally {
    deps.signal.removeEventListener('abort', end)
    deps.holdings.remove(held)
  }
}

async function work(held: HeldFlow, deps: ExecutionDeps): Promise<void> {
  const kind = deps.settings.kinds[held.flow.kind]
  if (!kind || deps.stopping.aborted) return await deps.reporter.giveBack(held)
  const trace = traceAttempt(held)
  await handle(held, { kind, trace, deps }).finally(() => trace.end())
}

async function handle(held: HeldFlow, { kind, trace, deps }: { kind: Kind; trace: AttemptTrace; deps: ExecutionDeps }): Promise<void> {
  const start = await deps.reporter.start(held)
  if (start === 'withdrawn') return await deps.reporter.giveBack(held)
  if (start === 'ended' || held.over) return
  held.stage = 'working'
  const progress = progressOf(held, deps)
  const attempt = attemptOf(held, { progress, trace, deps })
  held.letGo = attempt.leave
  const outcome = await trace.handle(() => callHandler(kind, attempt.context))
  if (!held.over && held.interruptedBy !== 'cancelled') await attempt.leave()
  if (held.over) return await forget(held, { attempt, outcome })
  held.stage = 'reporting'
  held.unusedMemos = attempt.unusedMemos()
  await attempt.closeOutput(held.interruptedBy === null ? Infinity : LAST_OUTPUT_MS)
  await progress.close()
  await trace.settle(() => deps.reporter.outcome(held, failureOutcome(attempt.fault()) ?? outcome))
}

/** The lease is closed or gone. What the handler made of its unwinding is nothing that anybody may hear. */
async function forget(held: HeldFlow, { attempt, outcome }: { attempt: Attempt; outcome: Outcome }): Promise<void> {
  if (held.interruptedBy === 'suspended' && outcome.type !== 'interrupted') {
    attempt.context.log.warn('the handler ended although its flow waits; that is not reported, and it runs again after the answer', { ended: outcome.type })
  }
  await attempt.closeOutput(0)
}

function progressOf(held: HeldFlow, { controlPlane, signal, settings }: ExecutionDeps): ProgressChannel {
  return createProgressChannel(async report => {
    if (held.over) return
    const answer = await controlPlane.progress({ lease: held.lease, ...report }, signal)
    if (!isRefused(answer)) return
    if (answer.code === 'STALE_LEASE') interrupt(held, 'lease_lost')
    else settings.log.debug('progress was refused', { flow: held.flow.id, code: answer.code, message: answer.message })
  })
}

function attemptOf(held: HeldFlow, { progress, trace, deps }: { progress: ProgressChannel; trace: AttemptTrace; deps: ExecutionDeps }): Attempt {
  const { id, kind } = held.flow
  const { traceParent } = trace
  return createAttempt({
    flow: handledFlow(held), talk: leaseTalk(held, deps), memos: held.memos, memosComplete: held.memosComplete, inputs: held.inputs, holdMs: deps.holdMs(),
    signal: held.abort.signal, stopping: deps.stopping, leaving: deps.leaving, traceParent,
    log: logWith(deps.settings.log, { flow: id, kind, ...(traceParent !== null && { traceId: traceParent.split('-')[1] }) }),
    progress: (percent, message) => progress.report(percent, message),
    listen: (waitpoint, hear) => {
      held.listeners.set(waitpoint, hear)
      return () => held.listeners.delete(waitpoint)
    },
    acknowledge: deps.keeper.acknowledge,
    onReleasing: isReleasing => void (held.stage = isReleasing ? 'releasing' : 'working'),
    onReleased: () => void interrupt(held, 'suspended'),
  })
}

function handledFlow({ flow, lease }: HeldFlow): HandledFlow {
  const { id, kind, title, input, labels, retriesUsed, maxAttempts, createdAt, deadlineAt } = flow
  return { id, kind, title, input, labels, retriesUsed, maxAttempts, createdAt, deadlineAt, attempt: lease.attempt }
}
