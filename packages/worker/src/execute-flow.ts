/** One flow from its lease to its report, step by step over one record. No step is skipped because of a fault; a fault ends it early. */
import { interrupt, type HeldFlow, type Holdings } from './holdings.ts'
import type { FlowContext, Kind } from './kind.ts'
import { logWith, type Log } from './log.ts'
import { callHandler } from './outcome.ts'
import { createProgressChannel, type ProgressChannel } from './progress.ts'
import type { Reporter } from './reporter.ts'
import { traceAttempt, type AttemptTrace } from './trace.ts'
import { isRefused, type ControlPlane } from './wire/control-plane.ts'

export interface ExecutionDeps {
  kinds: Record<string, Kind>
  controlPlane: ControlPlane
  reporter: Reporter
  holdings: Holdings
  log: Log
  /** No handler is called any more. */
  stopping: AbortSignal
  /** The end of everything. */
  signal: AbortSignal
}

/** Resolves when the flow is out of this worker's hands. Never throws. */
export async function executeFlow(held: HeldFlow, deps: ExecutionDeps): Promise<void> {
  try {
    await work(held, deps)
  } catch (error) {
    deps.log.error('a flow was left without a report', { flow: held.flow.id, stage: held.stage, error: String(error) })
  } finally {
    deps.holdings.remove(held)
  }
}

async function work(held: HeldFlow, deps: ExecutionDeps): Promise<void> {
  const kind = deps.kinds[held.flow.kind]
  if (!kind || deps.stopping.aborted) return await deps.reporter.giveBack(held)
  const trace = traceAttempt(held)
  await attempt(held, { kind, trace, deps }).finally(() => trace.end())
}

async function attempt(held: HeldFlow, { kind, trace, deps }: { kind: Kind; trace: AttemptTrace; deps: ExecutionDeps }): Promise<void> {
  const start = await deps.reporter.start(held)
  if (start === 'withdrawn') return await deps.reporter.giveBack(held)
  if (start === 'ended' || held.over) return
  held.stage = 'working'
  const progress = progressOf(held, deps)
  const { traceParent } = trace
  const outcome = await trace.handle(() => callHandler(kind, contextOf(held, { progress, log: deps.log, traceParent })))
  if (held.over) return
  held.stage = 'reporting'
  await progress.close()
  await trace.settle(() => deps.reporter.outcome(held, outcome))
}

function progressOf(held: HeldFlow, { controlPlane, signal, log }: ExecutionDeps): ProgressChannel {
  return createProgressChannel(async report => {
    if (held.over) return
    const answer = await controlPlane.progress({ lease: held.lease, ...report }, signal)
    if (!isRefused(answer)) return
    if (answer.code === 'STALE_LEASE') interrupt(held, 'lease_lost')
    else log.debug('progress was refused', { flow: held.flow.id, code: answer.code, message: answer.message })
  })
}

function contextOf(held: HeldFlow, o: { progress: ProgressChannel; log: Log; traceParent: string | null }): FlowContext {
  const { id, kind, title, input, labels, retriesUsed, maxAttempts, createdAt, deadlineAt } = held.flow
  return {
    flow: { id, kind, title, input, labels, retriesUsed, maxAttempts, createdAt, deadlineAt, attempt: held.lease.attempt },
    signal: held.abort.signal,
    progress: (percent, message) => o.progress.report(percent, message),
    log: logWith(o.log, { flow: id, kind, ...(o.traceParent !== null && { traceId: o.traceParent.split('-')[1] }) }),
    traceParent: o.traceParent,
  }
}
