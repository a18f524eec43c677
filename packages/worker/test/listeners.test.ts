import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineKind } from '../src/index.ts'
import { untilAborted } from '../src/wire/backoff.ts'
import { started } from './start.ts'

/** More than the ten that Node takes for no leak. */
const MANY = 12
const warned: string[] = []
const note = (warning: Error) => void warned.push(`${warning.name}: ${warning.message}`)
beforeEach(() => void process.on('warning', note))
afterEach(() => {
  process.off('warning', note)
  warned.length = 0
})
/** A warning comes a tick after its cause. */
const warnings = () => new Promise<string[]>(resolve => setImmediate(() => resolve([...warned])))
const kinds = {
  asks: defineKind({ handler: async ({ ask }) => (await ask('go')).decision }),
  works: defineKind({ handler: ({ signal }) => new Promise(resolve => signal.addEventListener('abort', resolve)) }),
}

test('a control plane that is killed again and again, and no longer knows its worker, leaves no listener behind', async () => {
  const { fake } = await started(kinds, { capacity: 2 })
  for (let n = 1; n <= MANY; n++) {
    await fake.stop()
    fake.next('claimFlows', { refuse: 'NOT_FOUND' })
    await fake.startAgain()
    await fake.until(() => fake.calls('registerWorker').length > n)
  }
  expect(await warnings()).toEqual([])
})

test('as many flows as a worker takes may wait at once', async () => {
  const { fake } = await started(kinds, { capacity: 2 * MANY })
  const ids = Array.from({ length: MANY }, () => fake.enqueue('asks'))
  await fake.until(() => ids.every(id => fake.flow(id).status === 'WAITING'))
  await fake.stop()
  await fake.startAgain()
  for (const id of ids) fake.answer(id, 'go', 'yes')
  await fake.until(() => ids.every(id => fake.flow(id).status === 'FINISHED'))
  expect(await warnings()).toEqual([])
})

test('generations that left are forgotten by what outlives them', async () => {
  const { fake, worker } = await started(kinds)
  const id = fake.enqueue('works')
  await fake.until(() => fake.flow(id).started)
  for (let n = 0; n < MANY; n++) await worker.changeKinds(kinds)
  expect(await warnings()).toEqual([])
})

test('untilAborted leaves its signal as it was', async () => {
  const { signal } = new AbortController()
  await untilAborted(signal, Promise.resolve())
  await expect(untilAborted(signal, Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
