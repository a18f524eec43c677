/** A control plane for one attempt, in memory: it remembers, keeps questions until the test answers them, and takes what is shown and stored. */
import { buffer } from 'node:stream/consumers'
import type { Json } from '@sluice/protocol'
import type { Answer, Frame, Memo, Talk, WaitRequest } from '../attempt/talk.ts'
import type { Artifact } from '../wire/upload.ts'

/** Everything that a flow remembers, as the next run of its handler is given it. */
export interface Remembered {
  /** Results of steps by their keys. */
  memory: Record<string, Json>
  /** Answers by their keys. */
  answers: Record<string, Answer>
}

export interface TestTalk extends Talk {
  readonly asked: WaitRequest[]
  readonly frames: Frame[]
  readonly artifacts: (Artifact & { content: Buffer })[]
  listen(waitpoint: string, hear: (answer: Answer) => void): () => void
  /** Of a question that may not have been asked yet. */
  answer(key: string, answer: Answer): void
  /** As somebody who says that no answer comes soon. */
  release(): void
  readonly released: AbortSignal
  remembered(): Remembered
}

/** left: artifacts of earlier attempts, by their names. */
export function createTestTalk(before: Remembered & { left?: Record<string, string | Uint8Array> }): TestTalk {
  const kept = new Map(Object.entries(before.memory))
  const answers = new Map(Object.entries(before.answers))
  const listeners = new Map<string, (answer: Answer) => void>()
  const released = new AbortController()
  const [asked, frames, artifacts]: [WaitRequest[], Frame[], TestTalk['artifacts']] = [[], [], []]
  return {
    asked, frames, artifacts, released: released.signal,
    remember: async (key, value): Promise<Memo> => {
      if (answers.has(key)) return { key, kind: 'ANSWER', value: null }
      if (!kept.has(key)) kept.set(key, value)
      return { key, kind: 'STEP', value: kept.get(key) ?? null }
    },
    recall: async () => [],
    makeWait: async wait => {
      asked.push(wait)
      return { id: wait.key, answer: answers.get(wait.key) ?? null, token: `token of ${wait.key}`, url: `http://127.0.0.1/waits/${encodeURIComponent(wait.key)}` }
    },
    suspend: async key => answers.get(key) ?? null,
    append: async more => void frames.push(...more),
    upload: async (artifact, body) => void artifacts.push({ ...artifact, content: await buffer(body()) }),
    download: async name => {
      const content = artifacts.findLast(one => one.name === name)?.content ?? before.left?.[name]
      return content === undefined ? null : new Response(content)
    },
    listen: (key, hear) => {
      listeners.set(key, hear)
      return () => listeners.delete(key)
    },
    answer: (key, answer) => {
      if (answers.has(key)) return
      answers.set(key, answer)
      listeners.get(key)?.(answer)
    },
    release: () => released.abort(),
    remembered: () => ({ memory: Object.fromEntries(kept), answers: Object.fromEntries(answers) }),
  }
}

/** What would travel with the lease. */
export const memosOf = ({ memory, answers }: Remembered): Memo[] => [
  ...Object.entries(memory).map(([key, value]): Memo => ({ key, kind: 'STEP', value })),
  ...Object.entries(answers).map(([key, answer]): Memo => ({ key, kind: 'ANSWER', value: { ...answer } })),
]
