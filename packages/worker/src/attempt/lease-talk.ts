/** The talk of a lease: every message names it. */
import { interrupt, leave, type HeldFlow } from '../holdings.ts'
import { FlowFailure } from '../outcome.ts'
import type { Settings } from '../options.ts'
import type { MemoBatch } from '../memo-batch.ts'
import { persist, untilAborted } from '../wire/backoff.ts'
import { isRefused, type ControlPlane, type Refused } from '../wire/control-plane.ts'
import type { Downloader } from '../wire/download.ts'
import { Rejected } from '../wire/transport.ts'
import type { Uploader } from '../wire/upload.ts'
import type { Talk } from './talk.ts'

export interface LeaseTalkDeps { controlPlane: ControlPlane; memoBatch: MemoBatch; upload: Uploader; download: Downloader; settings: Pick<Settings, 'backoff' | 'log'> }

/** The request itself is not understood: this control plane is older than the worker. */
const REQUEST_REFUSED = 'REQUEST_REFUSED'
const LEASE_GONE = ['STALE_LEASE', 'FLOW_ALREADY_TERMINAL', 'NOT_FOUND']

export function leaseTalk(held: HeldFlow, { controlPlane, memoBatch, upload, download, settings }: LeaseTalkDeps): Talk {
  const { lease } = held
  const signal = held.gone.signal

  const say = async <T extends object>(what: string, ask: () => Promise<T | Refused>): Promise<T> => {
    const answer = await persist<T | Refused>(ask, { ...settings, signal, what }).catch(error => otherwise(error, held))
    if (!isRefused(answer)) return answer
    if (!LEASE_GONE.includes(answer.code)) throw new FlowFailure({ code: answer.code, message: answer.message, retryable: false })
    interrupt(held, 'lease_lost')
    throw reasonOf(held)
  }

  return {
    remember: async (key, value) => (await say('a memo', () => unlessGone(signal, memoBatch.add({ lease, key, value })))).memo,
    recall: async keys => {
      const ask = () => controlPlane.memos({ flowId: lease.flowId, epoch: lease.epoch, keys }, signal)
      return (await say('a question for memos', ask)).memos
    },
    makeWait: async wait => {
      const { waitpoint, token, url } = await say('a waitpoint', () => controlPlane.createWaitpoint({ lease, ...wait }, signal))
      return { id: waitpoint.id, answer: waitpoint.answer, token, url }
    },
    suspend: async (waitpoint, mode) => {
      const answer = await say('a wait', () => controlPlane.suspend({ lease, waitpoint, mode }, signal))
      if (answer.flow.status !== 'CANCELLED') return answer.waitpoint.answer
      // The wait was the acknowledgement of a cancel: it is over, and there is no more to say.
      interrupt(held, 'cancelled')
      leave(held)
      throw reasonOf(held)
    },
    append: async frames => void (await say('output', () => controlPlane.appendFrames({ lease, frames }, signal))),
    upload: async (artifact, body) => void (await say('an artifact', () => upload({ lease, artifact, body, signal }))),
    download: async name => (await say('a question for an artifact', () => download({ lease, name, signal }))).found,
  }
}

/** What many leases ask together goes on without the one that is gone. */
async function unlessGone<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  await untilAborted(signal, work)
  signal.throwIfAborted()
  return await work
}

/** What the handler was told first, which may have been something else than what is found out now. */
const reasonOf = (held: HeldFlow): Error => held.abort.signal.reason as Error

function otherwise(error: unknown, held: HeldFlow): never {
  if (error instanceof Rejected) throw new FlowFailure({ code: REQUEST_REFUSED, message: error.message, retryable: false })
  throw held.abort.signal.aborted ? reasonOf(held) : error
}
