import { eventually } from '@sluice/testkit/db'
import { expect, test } from 'vitest'
import { keepRunning, type Running } from '../src/supervisor/keep-running.ts'

/** Something whose end the test decides. */
const setup = (o: { failures?: number; ready?(): Promise<void> } = {}) => {
  const starts: { end(cause: string): void; stopped: boolean }[] = []
  let failures = o.failures ?? 0
  const said: string[] = []
  const start = async (): Promise<Running> => {
    if (starts.length > 0 && failures-- > 0) throw new Error('not yet')
    let end: (cause: string) => void = () => undefined
    const ended = new Promise<string>(done => (end = done))
    const one = { end, stopped: false }
    starts.push(one)
    const stop = async () => {
      one.stopped = true
      end('asked')
    }
    return { pid: starts.length, ended, stop, kill: () => end('killed') }
  }
  return { starts, said, keep: () => keepRunning({ name: 'thing', start, onStart: () => undefined, ready: o.ready ?? (async () => undefined), say: line => said.push(line) }) }
}

test('what ends is started again, and one line says so, and one when it is ready', async () => {
  let ready: () => void = () => undefined
  const { starts, said, keep } = setup({ ready: () => new Promise(done => (ready = done)) })
  const kept = await keep()
  starts[0]!.end('SIGKILL')
  await eventually(() => starts.length === 2)
  expect(said).toEqual(['The thing, process 1, ended (SIGKILL); starting it again.'])
  ready()
  await eventually(() => said.length === 2)
  expect(said[1]).toBe('The thing is ready again.')
  expect(kept.restarts).toBe(1)
  await kept.stop()
})

test('a start that fails later is tried again', async () => {
  const { starts, said, keep } = setup({ failures: 2 })
  const kept = await keep()
  starts[0]!.end('exit code 1')
  await eventually(() => starts.length === 2)
  await eventually(() => said.length === 4)
  expect(said.slice(1)).toEqual(['The thing did not start: not yet; starting it again.', 'The thing did not start: not yet; starting it again.', 'The thing is ready again.'])
  await kept.stop()
})

test('of one that ends again, or is stopped, before it is ready nobody hears that it is', async () => {
  const { starts, said, keep } = setup({ ready: () => new Promise(() => undefined) })
  const kept = await keep()
  starts[0]!.end('SIGKILL')
  await eventually(() => starts.length === 2)
  starts[1]!.end('exit code 1')
  await eventually(() => starts.length === 3)
  await kept.stop()
  expect(said.filter(line => line.includes('ready'))).toEqual([])
})

test('a first start that fails is the caller’s to hear', async () => {
  await expect(keepRunning({ name: 'thing', start: () => Promise.reject(new Error('never')), onStart: () => undefined, ready: async () => undefined, say: () => undefined })).rejects.toThrow('never')
})

test('what was stopped stays stopped', async () => {
  const { starts, said, keep } = setup()
  const kept = await keep()
  await kept.stop()
  expect(starts.map(each => each.stopped)).toEqual([true])
  expect(said).toEqual([])
})

test('stopping between an end and its restart starts nothing more', async () => {
  const { starts, said, keep } = setup()
  const kept = await keep()
  starts[0]!.end('SIGKILL')
  await eventually(() => said.length === 1)
  await kept.stop()
  expect(starts).toHaveLength(1)
})
