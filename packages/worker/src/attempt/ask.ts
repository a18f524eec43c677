/** Questions and callbacks: the waitpoint is made first, then the flow waits for it; an answer that came before is not asked for again. */
import { FlowFailure } from '../outcome.ts'
import type { Memory } from './memory.ts'
import type { Answer, Talk } from './talk.ts'
import { answerOf, waitRequest, type AskOptions } from './wait-request.ts'
import type { Waits } from './waits.ts'

export type { AskOptions } from './wait-request.ts'
export type { Answer } from './talk.ts'

export interface Callback {
  /** Where the other system posts its answer, once. Whoever has it can answer. */
  url: string
  /** The same as a token. */
  token: string
  /** The flow waits from the first call on; an answer that came before is given at once. */
  answer(): Promise<Answer>
}

export interface AskDeps { talk: Pick<Talk, 'makeWait'>; memory: Memory; waits: Pick<Waits, 'wait'>; signal: AbortSignal; holdMs: number }

export function createAsk({ talk, memory, waits, signal, holdMs }: AskDeps) {
  const holdOf = (o: AskOptions) => ({ ms: o.holdMs ?? holdMs, releaseAtStop: o.releaseAtStop ?? false })
  const remembered = async (key: string): Promise<Answer | null> => {
    const memo = await memory.recall(key, 'ANSWER')
    return memo && answerOf(memo.value)
  }

  const ask = async (key: string, options: AskOptions = {}): Promise<Answer> => {
    signal.throwIfAborted()
    const request = waitRequest(key, options)
    memory.use(key)
    const known = await remembered(key)
    if (known) return known
    const made = await memory.heed(talk.makeWait(request))
    return made.answer ?? await waits.wait(made.id, holdOf(options))
  }

  /** Made again in every run: the control plane gives the same URL again, and whoever is to have it may not have heard it yet. */
  const callback = async (key: string, options: AskOptions = {}): Promise<Callback> => {
    signal.throwIfAborted()
    const request = waitRequest(key, { kind: 'CALLBACK', ...options })
    memory.use(key)
    const known = await remembered(key)
    const made = await memory.heed(talk.makeWait(request))
    if (made.url === null || made.token === null) {
      throw new FlowFailure({ code: 'NO_CALLBACK_URL', message: `The control plane gives no URL for "${key}": its signing key is retired` })
    }
    let answer: Promise<Answer> | null = null
    const wait = async () => known ?? made.answer ?? await waits.wait(made.id, holdOf(options))
    return { url: made.url, token: made.token, answer: () => (answer ??= wait()) }
  }

  return { ask, callback }
}

