import { runHandler, type HandlerRun } from '@sluice/worker/testing'
import { expect, test } from 'vitest'
import { raceOn, runner, type Track } from './race.ts'

/** Runs the contenders here; `runHandler` cancels one as the control plane would. */
function trackOf(runs: Map<string, HandlerRun>): Track {
  return {
    start: async (key, input) => {
      if (!runs.has(key)) runs.set(key, runHandler(runner, { input, flow: { id: key } }))
      return key
    },
    firstOf: ids => Promise.race(ids.map(async id => {
      const outcome = await runs.get(id)?.outcome
      return outcome?.status === 'FINISHED' ? { id, result: outcome.result } : await new Promise<never>(() => {})
    })),
    cancel: async id => runs.get(id)?.cancel(),
  }
}

const contenders = [{ lane: 'slow', ms: 60_000 }, { lane: 'fast', ms: 20 }, { lane: 'slower', ms: 90_000 }]

test('the first that is finished wins, and the losers are cancelled', async () => {
  const runs = new Map<string, HandlerRun>()
  const race = runHandler(raceOn(trackOf(runs)), { input: { contenders }, flow: { id: 'race' } })
  expect(await race.outcome).toEqual({ status: 'FINISHED', result: { lane: 'fast' } })
  expect(await Promise.all([...runs.values()].map(run => run.outcome))).toEqual([
    { status: 'CANCELLED' }, { status: 'FINISHED', result: { lane: 'fast' } }, { status: 'CANCELLED' },
  ])
})

test('a referee that was killed starts no second field, and lets the winner be', async () => {
  const runs = new Map<string, HandlerRun>()
  const track = trackOf(runs)
  const first = runHandler(raceOn({ ...track, cancel: () => Promise.reject(new Error('killed')) }), { input: { contenders }, flow: { id: 'race' } })
  expect(await first.outcome).toMatchObject({ status: 'FAILED' })
  const firstOf = () => Promise.reject(new Error('asked again'))
  const second = runHandler(raceOn({ ...track, firstOf }), { input: { contenders }, flow: { id: 'race' }, ...first.remembered() })
  expect(await second.outcome).toEqual({ status: 'FINISHED', result: { lane: 'fast' } })
  expect(runs.size).toBe(3)
})
