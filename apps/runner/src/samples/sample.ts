import { setTimeout as wait } from 'node:timers/promises'
import type { Json } from '@sluice/protocol'

/** The input can never work; the message says why and reaches the person who gave it. */
export class BadInput extends Error {
  override readonly name = 'BadInput'
}

export interface SampleContext {
  /** The folder or the address that the sample may look at. */
  place: string
  input: Record<string, Json>
  progress(percent: number, message: string): void
  /** Waits until this share of the wanted time has passed. */
  pace(done: number, total: number): Promise<void>
}

export type Sample = (context: SampleContext) => Promise<Json>

/** Spreads the work over the wanted seconds, instead of sleeping at one end of it. */
export function createPace(seconds: number): SampleContext['pace'] {
  const startedAt = performance.now()
  return async (done, total) => {
    const ahead = startedAt + (seconds * 1_000 * done) / Math.max(1, total) - performance.now()
    if (ahead > 1) await wait(ahead)
  }
}

/** Throws BadInput. */
export function secondsOf(input: Record<string, Json>): number {
  const seconds = input['seconds'] ?? 0
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= 600)) throw new BadInput('seconds must be a number from 0 to 600')
  return seconds
}

/** Throws BadInput. */
export function textOf(input: Record<string, Json>, name: string, byDefault: string): string {
  const text = input[name] ?? byDefault
  if (typeof text !== 'string' || text.includes('\0')) throw new BadInput(`${name} must be a text`)
  return text
}
