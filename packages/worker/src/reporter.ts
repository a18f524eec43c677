/**
 * Telling the control plane what became of a flow. A report is sent until it is accepted or refused: a finished result waits here while
 * the server restarts, for as long as it takes, and its lease is kept meanwhile. Refused because the lease is stale or the flow has ended:
 * the report came too late, and the fact is logged. Refused because of what it says (a result that is too large): the flow is failed
 * with that reason, for it would stay RUNNING for ever otherwise.
 */
import type { FlowError, Json } from '@sluice/protocol'
import { createBatch, REPORTS } from './batch.ts'
import type { HeldFlow } from './holdings.ts'
import type { Settings } from './options.ts'
import type { Outcome } from './outcome.ts'
import { persist } from './wire/backoff.ts'
import {
  isRefused, type Accepted, type ControlPlane, type FailItem, type FinishItem, type Refused, type StartItem,
} from './wire/control-plane.ts'
import { Rejected } from './wire/transport.ts'

const MESSAGE_MAX = 2_000
const WITHDRAWN: Accepted = {}
const TOO_LATE = ['STALE_LEASE', 'FLOW_ALREADY_TERMINAL', 'NOT_FOUND']

export type Reporter = ReturnType<typeof createReporter>

export function createReporter(deps: { controlPlane: ControlPlane; settings: Settings; signal: AbortSignal }) {
  const { controlPlane, settings, signal } = deps
  const keepAsking = <T>(what: string, attempt: () => Promise<T>) => persist(attempt, { backoff: settings.backoff, signal, log: settings.log, what })

  const starts = createBatch<StartItem, Accepted | Refused>({ ...REPORTS, send: items => keepAsking('a start report', () => controlPlane.start(items, signal)) })
  const finishes = createBatch<FinishItem, Accepted | Refused>({ ...REPORTS, send: items => keepAsking('a result', () => controlPlane.finish(items, signal)) })
  const fails = createBatch<FailItem, Accepted | Refused>({ ...REPORTS, send: items => keepAsking('a failure', () => controlPlane.fail(items, signal)) })
  const pendingStarts = new Map<HeldFlow, StartItem>()

  /** Accepted, or too late: either way there is no more to say. */
  const settled = (held: HeldFlow, answer: Accepted | Refused): boolean => {
    if (!isRefused(answer)) return true
    settings.log.warn('a report was refused', { flow: held.flow.id, code: answer.code, message: answer.message })
    return TOO_LATE.includes(answer.code)
  }

  const finish = async (held: HeldFlow, result: Json) => {
    const answer = await finishes.add({ lease: held.lease, result, ...unused(held) }).catch(asRefused)
    if (!settled(held, answer)) await failWith(held, { code: 'RESULT_REFUSED', message: messageOf(answer), retryable: false })
  }

  const failWith = async (held: HeldFlow, error: FlowError) => {
    const answer = await fails.add(failItem(held, error)).catch(asRefused)
    if (settled(held, answer)) return
    const plain = { code: 'ERROR_REFUSED', message: messageOf(answer).slice(0, 200), retryable: error.retryable }
    settled(held, await fails.add(failItem(held, plain)).catch(asRefused))
  }

  const giveBack = async (held: HeldFlow) => {
    const ask = () => controlPlane.giveBack({ lease: held.lease }, signal)
    settled(held, await keepAsking('giving a flow back', ask).catch(asRefused))
  }

  return {
    /** Only `started` allows the handler to be called; `ended`: there is nothing left to do; `withdrawn`: it never left, give the flow back. */
    start: async (held: HeldFlow): Promise<'started' | 'ended' | 'withdrawn'> => {
      const item = { lease: held.lease }
      pendingStarts.set(held, item)
      const answer = await starts.add(item).catch(asRefused)
      pendingStarts.delete(held)
      if (answer === WITHDRAWN) return 'withdrawn'
      settled(held, answer)
      return !isRefused(answer) && answer.flow?.status === 'RUNNING' ? 'started' : 'ended'
    },
    /** Takes back the start reports that have not left yet. */
    withdrawStarts: () => {
      for (const item of pendingStarts.values()) starts.withdraw(item, WITHDRAWN)
    },
    outcome: async (held: HeldFlow, outcome: Outcome): Promise<void> => {
      switch (outcome.type) {
        case 'finished': return await finish(held, outcome.result)
        case 'failed': return await failWith(held, outcome.error)
        case 'interrupted': return held.interruptedBy === 'cancelled'
          ? await failWith(held, { code: 'CANCELLED', message: 'The handler stopped because the flow was cancelled', retryable: false })
          : await giveBack(held)
        default: outcome satisfies never
      }
    },
    giveBack,
  }
}

const failItem = (held: HeldFlow, { code, message, detail, retryable }: FlowError): FailItem => ({
  lease: held.lease, error: { code: code.slice(0, 64), message: message.slice(0, MESSAGE_MAX), detail: detail ?? null }, retryable, ...unused(held),
})

const unused = ({ unusedMemos }: HeldFlow) => (unusedMemos.length > 0 ? { unusedMemos } : {})

const messageOf = (answer: Accepted | Refused) => (isRefused(answer) ? answer.message : '')

/** A request that will never be accepted is a refusal like any other; the end of the worker is not. */
function asRefused(error: unknown): Refused {
  if (error instanceof Rejected) return { code: 'INVALID_INPUT', message: error.message }
  throw error
}
