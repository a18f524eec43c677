/** A worker and its fake control plane, for one test. */
import { afterEach } from 'vitest'
import { createLog, createWorker, type Kind, type LogLevel, type WorkerOptions } from '../src/index.ts'
import { startFake } from './fake-control-plane.ts'

const disposals: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

export async function started(kinds: Record<string, Kind>, options: Partial<WorkerOptions> = {}, { isWaiting = false } = {}) {
  const fake = await startFake()
  const said: { level: LogLevel; message: string }[] = []
  const log = createLog((level, message) => said.push({ level, message }))
  const make = (more: Partial<WorkerOptions> = {}) => {
    const worker = createWorker({ url: fake.url, token: 't', name: 'test', kinds, log, unwindMs: 500, backoff: { minMs: 5, maxMs: 20 }, ...options, ...more })
    disposals.push(() => worker.stop({ graceMs: 0 }))
    return worker
  }
  disposals.push(() => fake.stop())
  const worker = make()
  if (!isWaiting) await worker.start()
  return { fake, worker, make, said }
}
