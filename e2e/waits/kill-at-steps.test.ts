/** A worker of its own process is killed at every boundary of a handler of ten steps, against the whole system. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startWorld, type World } from '@sluice/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seen } from './people.ts'

const PROGRAM = ['--import', import.meta.resolve('tsx'), fileURLToPath(new URL('ten-steps.ts', import.meta.url))]
const FAST = { LEASE_TTL: '1s', HEARTBEAT: '300ms', RETRY_BACKOFF_MIN: '50ms', RETRY_BACKOFF_MAX: '100ms', SWEEP_LEASES: '200ms', SWEEP_PROMOTER: '500ms' }
const BOUNDARIES = Array.from({ length: 10 }, (_, i) => i + 1)

describe('a worker killed at every boundary of ten steps', () => {
  let world: World
  let folder: string
  let token: string

  beforeAll(async () => {
    world = await startWorld({ env: FAST })
    folder = await mkdtemp(join(tmpdir(), 'sluice-steps-'))
    token = (await world.actor('WORKER', 'ten-steps')).token
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  const run = async (name: string) => {
    const runs = join(folder, name)
    await writeFile(runs, '')
    const start = (kill: string) => spawn(process.execPath, PROGRAM, { env: { SLUICE_URL: world.url, SLUICE_TOKEN: token, KILL: kill, RUNS: runs }, stdio: 'ignore' })
    const [id = ''] = await world.admin.createFlows([{ kind: 'ten', onLeaseLost: 'RETRY', maxAttempts: 30 }])
    return { id, start, runs: async () => (await readFile(runs, 'utf8')).trim().split('\n').map(Number) }
  }
  const killedIn = async (worker: ReturnType<typeof spawn>) => expect((await once(worker, 'exit'))[1]).toBe('SIGKILL')
  const finished = async (id: string, start: (kill: string) => ReturnType<typeof spawn>) => {
    const last = start('never')
    try {
      return await seen(world.admin, { id, is: flow => flow.status === 'FINISHED' })
    } finally {
      last.kill('SIGTERM')
      await once(last, 'exit')
    }
  }

  test('INV-45 each step whose result was acknowledged runs once', async () => {
    const { id, start, runs } = await run('after')
    for (const n of BOUNDARIES) await killedIn(start(`after:${n}`))
    const flow = await finished(id, start)
    expect([flow.result, await runs()]).toEqual([BOUNDARIES.map(n => n * n), BOUNDARIES])
  })

  test('the step in which it is killed may run again, and none before it does', async () => {
    const { id, start, runs } = await run('within')
    for (const n of BOUNDARIES) await killedIn(start(`within:${n}`))
    const flow = await finished(id, start)
    expect([flow.result, await runs()]).toEqual([BOUNDARIES.map(n => n * n), BOUNDARIES.flatMap(n => [n, n])])
  })
})
