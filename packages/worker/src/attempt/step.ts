/**
 * A step: work whose result is remembered before anybody sees it. What it gives went through JSON the first time too, so that a handler
 * cannot tell whether it was remembered.
 */
import { LIMITS, type Json } from '@sluice/protocol'
import { FlowFailure } from '../outcome.ts'
import { toJson } from '../to-json.ts'
import type { Latch } from './latch.ts'
import type { Memory } from './memory.ts'

export type Step = <T>(key: string, work: () => T | Promise<T>) => Promise<T>

/** Begins no work after the signal was aborted; the result of what runs then is still remembered, as long as there is a lease. */
export function createStep({ memory, latch, signal }: { memory: Memory; latch: Latch; signal: AbortSignal }) {
  return async (key: string, work: () => unknown): Promise<unknown> => {
    signal.throwIfAborted()
    memory.use(key)
    const known = await memory.recall(key, 'STEP')
    if (known) return known.value
    return await latch.pass(async () => {
      signal.throwIfAborted()
      const value = rememberable(key, await work())
      return (await memory.heed(memory.record(key, value))).value
    })
  }
}

function rememberable(key: string, value: unknown): Json {
  const json = toJson(value)
  if (!json.ok) throw new FlowFailure({ code: 'STEP_NOT_JSON', message: `The result of step "${key}" is not JSON: ${json.why}`, retryable: false })
  const bytes = Buffer.byteLength(JSON.stringify(json.value))
  if (bytes <= LIMITS.memoMaxBytes) return json.value
  const message = `The result of step "${key}" has ${bytes} bytes, a step may have ${LIMITS.memoMaxBytes}; keep what is larger as an artifact`
  throw new FlowFailure({ code: 'STEP_TOO_LARGE', message, retryable: false })
}
