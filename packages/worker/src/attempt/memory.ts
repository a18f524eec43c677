/**
 * What the flow remembers, as this attempt may ask for it. A key names one thing in one run: asked for twice it is a mistake of the
 * handler, asked for as another kind than it was kept the code no longer fits the memory (D-32). Both end the attempt whatever the handler makes
 * of it, because going on would mean going on with a wrong answer.
 */
import { LIMITS, type Json, type MemoKind } from '@sluice/protocol'
import { createBatch } from '../batch.ts'
import { FlowFailure, type FailureOptions } from '../outcome.ts'
import type { Memo, Talk } from './talk.ts'

const LOOK_UP = { maxItems: 100, maxBytes: 64 * 1024 }
const WAS: Record<MemoKind, string> = { STEP: 'the result of a step', ANSWER: 'an answer' }

export interface MemoryOptions {
  memos: readonly Memo[]
  /** false: there are more, to be asked for by key. */
  complete: boolean
  talk: Pick<Talk, 'recall' | 'remember'>
}

export type Memory = ReturnType<typeof createMemory>

export function createMemory({ memos, complete, talk }: MemoryOptions) {
  const kept = new Map(memos.map(memo => [memo.key, memo]))
  const used = new Set<string>()
  let fault: FlowFailure | null = null

  const lookUp = createBatch<string, Memo | null>({
    ...LOOK_UP,
    send: async keys => {
      const found = new Map((await talk.recall(keys)).map(memo => [memo.key, memo]))
      return keys.map(key => found.get(key) ?? null)
    },
  })
  const end = (o: FailureOptions): never => {
    fault ??= new FlowFailure({ retryable: false, ...o })
    throw fault
  }
  const fitting = (memo: Memo, kind: MemoKind): Memo => {
    if (memo.kind === kind) return memo
    return end({ code: 'MEMO_MISMATCH', message: `"${memo.key}" is asked for as ${WAS[kind]}, and was kept as ${WAS[memo.kind]}` })
  }

  return {
    /** Once for each key. Throws a FlowFailure. */
    use: (key: string): void => {
      if (typeof key !== 'string' || key === '' || key.length > LIMITS.waitKeyMax) {
        end({ code: 'INVALID_KEY', message: `A key is a text of 1 to ${LIMITS.waitKeyMax} characters` })
      }
      if (used.has(key)) end({ code: 'KEY_USED_TWICE', message: `The key "${key}" was used before in this run; give each step and each question its own` })
      used.add(key)
    },
    recall: async (key: string, kind: MemoKind): Promise<Memo | null> => {
      const memo = kept.get(key) ?? (complete ? null : await lookUp.add(key))
      return memo && fitting(memo, kind)
    },
    /** Resolves with what is remembered from now on, which somebody else may have been quicker to say. */
    record: async (key: string, value: Json): Promise<Memo> => fitting(await talk.remember(key, value), 'STEP'),
    /** What the control plane says of the memory counts as well. */
    heed: async <T>(said: Promise<T>): Promise<T> =>
      await said.catch(error => {
        if (error instanceof FlowFailure && error.code === 'MEMO_MISMATCH') fault ??= error
        throw error
      }),
    /** What ends this attempt, however the handler ended. */
    fault: () => fault,
    /** Of what came with the lease, what the code did not ask for. */
    unused: () => memos.map(memo => memo.key).filter(key => !used.has(key)),
  }
}
