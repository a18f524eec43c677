/** Questions of handlers and of commands against the whole system: held, released, answered, and with their workers killed. */
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startWorld, until, type World } from '@sluice/testkit/world'
import { createLog, createWorker, defineKind, type Kind, type WorkerOptions } from '@sluice/worker'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { decide, look, seen } from './people.ts'

const FAST = { LEASE_TTL: '2s', HEARTBEAT: '500ms', SWEEP_LEASES: '200ms', SWEEP_PROMOTER: '500ms', SWEEP_WAITPOINTS: '200ms', RUNNER_GRACE: '500ms' }
const shell = (script: string) => ({ command: ['/bin/sh', '-c', script] })
const COMMAND = { kinds: { impatient: shell('sluice ask ok --form form.json --timeout 1s > /dev/null; echo "code $?"'), asks: { command: ['/bin/sh', '-c', 'echo thinking; sluice progress 50 asking; sluice ask ok --prompt "Well?"'] } } }

describe('asking', () => {
  let world: World
  let token: string
  const stops: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    world = await startWorld({ env: FAST })
    token = (await world.actor('WORKER', 'asking')).token
  })
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const worker = async (kinds: Record<string, Kind>, options: Partial<WorkerOptions> = {}) => {
    const made = createWorker({ url: world.url, token, name: 'asking', kinds, log: createLog(() => {}), backoff: { minMs: 50, maxMs: 200 }, ...options })
    stops.push(() => made.stop({ graceMs: 0 }))
    await made.start()
    return made
  }
  const created = async (kind: string) => (await world.admin.createFlows([{ kind }]))[0] ?? ''

  const counting = () => {
    const runs: number[] = []
    const kind = defineKind({
      handler: async ({ step, ask, flow, output }) => {
        runs.push(flow.attempt)
        const draft = await step('draft', () => `draft of attempt ${flow.attempt}`)
        await output.write(draft)
        const { decision, payload } = await ask('ok', { form: { type: 'object' } })
        return [draft, decision, payload]
      },
    })
    return { runs, kind }
  }

  test('INV-45 a held wait is answered in the same run', async () => {
    const { runs, kind } = counting()
    await worker({ 'ask.held': kind })
    const id = await created('ask.held')
    await decide(world.admin, { id, decision: 'approve', payload: { note: 'go' } })
    const flow = await seen(world.admin, { id, is: one => one.status === 'FINISHED' })
    expect([flow.result, runs]).toEqual([['draft of attempt 0', 'approve', { note: 'go' }], [0]])
  })

  test('a released wait goes on in another run, with its memory, and frees its place meanwhile', async () => {
    const { runs, kind } = counting()
    await worker({ 'ask.released': kind }, { holdMs: 50, capacity: 1 })
    const ids = [await created('ask.released'), await created('ask.released')]
    for (const id of ids) await seen(world.admin, { id, is: one => one.openWaitpoint?.mode === 'RELEASED' })
    for (const id of ids) await decide(world.admin, { id, decision: 'reject', payload: {} })
    for (const id of ids) {
      const flow = await seen(world.admin, { id, is: one => one.status === 'FINISHED' })
      expect([flow.result, flow.retriesUsed]).toEqual([['draft of attempt 0', 'reject', {}], 0])
    }
    expect(runs.toSorted()).toEqual([0, 0, 1, 1])
  })

  test('T13b a worker that stops releases what it holds, and another goes on', async () => {
    const { kind } = counting()
    const first = await worker({ 'ask.stop': kind }, { holdMs: 600_000 })
    const id = await created('ask.stop')
    await seen(world.admin, { id, is: one => one.openWaitpoint?.mode === 'HELD' })
    await first.stop({ graceMs: 10_000 })
    expect((await look(world.admin, id)).openWaitpoint?.mode).toBe('RELEASED')
    await worker({ 'ask.stop': kind })
    await decide(world.admin, { id, decision: 'approve', payload: {} })
    await seen(world.admin, { id, is: one => one.status === 'FINISHED' })
  })

  test('a control plane killed while a wait is held, and a database killed after it: the answer arrives', async () => {
    const { runs, kind } = counting()
    await worker({ 'ask.outage': kind }, { holdMs: 600_000 })
    const id = await created('ask.outage')
    await seen(world.admin, { id, is: one => one.openWaitpoint?.mode === 'HELD' })
    for (const part of ['controlPlane', 'postgres'] as const) {
      await world.kill(part)
      await until(() => world.isReady(), { withinMs: 60_000, what: () => `${part} to be back` })
    }
    await decide(world.admin, { id, decision: 'approve', payload: {} })
    await seen(world.admin, { id, is: one => one.status === 'FINISHED' })
    expect(runs).toEqual([0])
  })

  describe('a command of the runner', () => {
    beforeAll(async () => {
      const file = join(world.dataDir, 'runner.json')
      await writeFile(join(world.dataDir, 'form.json'), JSON.stringify({ type: 'object', required: ['note'] }))
      await writeFile(`${file}.new`, JSON.stringify(COMMAND))
      await rename(`${file}.new`, file)
      await until(async () => (await world.admin.ask<{ flowKinds: { name: string }[] }>('{ flowKinds { name } }')).flowKinds.some(({ name }) => name === 'asks'), { withinMs: 30_000, what: () => 'the kind to be registered' })
    })

    test('asks, is answered, and ends with the answer', async () => {
      const id = await created('asks')
      await decide(world.admin, { id, decision: 'approve' })
      const flow = await seen(world.admin, { id, is: one => one.status === 'FINISHED' })
      expect(flow.result).toMatch(/^thinking\n\{"decision":"approve"/)
    })

    test('refused it fails with exit code 3', async () => {
      const id = await created('asks')
      await decide(world.admin, { id, decision: 'reject' })
      expect(await seen(world.admin, { id, is: one => one.status === 'FAILED' })).toMatchObject({ error: { code: 'COMMAND_FAILED' } })
    })

    test('hears that nobody answered in time, with a form that nobody filled in: exit code 4', async () => {
      const flow = await seen(world.admin, { id: await created('impatient'), is: one => one.status === 'FINISHED' })
      expect(flow.result).toBe('code 4\n')
    })

    test('T13b its runner is killed while it asks: the flow waits on, and the next run has the answer', async () => {
      const id = await created('asks')
      await seen(world.admin, { id, is: one => one.openWaitpoint?.mode === 'HELD' })
      await world.kill('runner')
      await seen(world.admin, { id, is: one => one.openWaitpoint?.mode === 'RELEASED' })
      await decide(world.admin, { id, decision: 'approve' })
      const flow = await seen(world.admin, { id, is: one => one.status === 'FINISHED' })
      expect(flow.attempts.edges).toHaveLength(2)
    })
  })
})
