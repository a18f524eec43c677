import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../src/index.ts'
import { persist } from '../src/wire/backoff.ts'
import { Unauthorized, Unreachable } from '../src/wire/transport.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** The levels that are told while `failing` keeps failing for so long. */
async function toldDuring(ms: number, failing: () => Error): Promise<string[]> {
  const levels: string[] = []
  const end = new AbortController()
  const log = createLog(level => levels.push(level))
  const asking = persist(() => Promise.reject(failing()), { backoff: { minMs: 50, maxMs: 500 }, signal: end.signal, log, what: 'asking' })
  const ended = asking.catch(String)
  await vi.advanceTimersByTimeAsync(ms)
  end.abort(new Error('over'))
  expect(await ended).toBe('Error: over')
  return levels.filter(level => level !== 'debug')
}

test('what may be a restart of the control plane is information, and an outage one warning', async () => {
  expect(await toldDuring(5_000, () => new Unreachable('connect ECONNREFUSED'))).toEqual(['info'])
  expect(await toldDuring(60_000, () => new Unreachable('connect ECONNREFUSED'))).toEqual(['info', 'warn'])
})

test('a token that is not accepted is a warning at once, and one', async () => {
  expect(await toldDuring(60_000, () => new Unauthorized('The token is not accepted'))).toEqual(['warn'])
})
