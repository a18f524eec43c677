import { afterEach, describe, expect, test } from 'vitest'
import { createLog, createWorker, defineKind, WorkerRefused, WorkerReplaced } from '../src/index.ts'
import type { Kind, WorkerOptions } from '../src/index.ts'
import { startFake } from './fake-control-plane.ts'

const disposals: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

async function started(kinds: Record<string, Kind>, options: Partial<WorkerOptions> = {}) {
  const fake = await startFake()
  const worker = createWorker({
    url: fake.url, token: 't', name: 'test', kinds, log: createLog(() => {}), unwindMs: 500, backoff: { minMs: 5, maxMs: 20 }, ...options,
  })
  disposals.push(() => fake.stop(), () => worker.stop({ graceMs: 0 }))
  await worker.start()
  return { fake, worker }
}

/** Answers its word when its gate is opened, and says what it runs at once. */
function gated(word: string) {
  let open: () => void = () => {}
  const gate = new Promise<void>(resolve => (open = resolve))
  const entered: string[] = []
  const kind = defineKind({
    handler: async ({ flow, signal }) => {
      entered.push(flow.id)
      await Promise.race([gate, new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))])
      return word
    },
  })
  return { kind, entered, open: () => open() }
}

const says = (word: string) => defineKind({ handler: () => word })

describe('a worker whose kinds change', () => {
  test('what runs ends as it began, what comes later is done the new way, and no registration ends another', async () => {
    const former = gated('former')
    const { fake, worker } = await started({ k: former.kind })
    const running = fake.enqueue('k')
    await fake.until(() => former.entered.length === 1)

    await worker.changeKinds({ k: says('new'), more: says('more') })
    await fake.until(() => fake.calls('claimFlows').some(input => input.workerId === 'wrk_2'))
    const [again, more] = [fake.enqueue('k'), fake.enqueue('more')]
    await fake.until(() => fake.flow(again).status === 'FINISHED' && fake.flow(more).status === 'FINISHED')
    expect([fake.flow(again).result, fake.flow(more).result]).toEqual(['new', 'more'])
    expect(fake.flow(running).status).toBe('RUNNING')

    former.open()
    await fake.until(() => fake.flow(running).status === 'FINISHED')
    expect(fake.flow(running).result).toBe('former')
    expect(fake.calls('heartbeat').some(input => input.workerId === 'wrk_1' && input.draining)).toBe(true)
    const [first, second, ...others] = fake.calls('registerWorker') as unknown as { instanceId: string; kinds: { name: string }[] }[]
    expect(others).toEqual([])
    expect(first?.instanceId).not.toBe(second?.instanceId)
    expect(second?.kinds.map(kind => kind.name)).toEqual(['k', 'more'])
  })

  test('the lease of what runs is kept for as long as it runs', async () => {
    const former = gated('former')
    const { fake, worker } = await started({ k: former.kind })
    fake.enqueue('k')
    await fake.until(() => former.entered.length === 1)
    await worker.changeKinds({ k: says('new') })
    const before = fake.calls('heartbeat').length
    await fake.until(() => fake.calls('heartbeat').slice(before).filter(input => input.workerId === 'wrk_1' && input.leases.length === 1).length >= 2)
  })

  test('old and new together never run more than the capacity', async () => {
    const former = gated('former')
    const { fake, worker } = await started({ k: former.kind }, { capacity: 2 })
    const first = [fake.enqueue('k'), fake.enqueue('k')]
    await fake.until(() => former.entered.length === 2)
    const next = gated('new')
    await worker.changeKinds({ k: next.kind })
    await worker.changeKinds({ k: next.kind, other: next.kind })
    const late = fake.enqueue('k')
    const asked = () => fake.calls('claimFlows').filter(input => input.workerId !== 'wrk_1')
    expect([asked(), fake.flow(late).status]).toEqual([[], 'QUEUED'])
    former.open()
    await fake.until(() => first.every(id => fake.flow(id).status === 'FINISHED') && next.entered.length === 1)
    expect(Math.max(...asked().map(input => input.max))).toBeLessThanOrEqual(2)
  })

  test('what was leased to the former ones and not started goes back unstarted', async () => {
    const former = gated('former')
    const { fake, worker } = await started({ k: former.kind })
    await fake.until(() => fake.calls('claimFlows').length === 1)
    fake.next('startFlows', { http: 503 }, 1_000)
    const id = fake.enqueue('k')
    await fake.until(() => fake.calls('startFlows').length > 0)
    fake.next('claimFlows', 'lose the answer')
    const other = fake.enqueue('k')
    await fake.until(() => fake.flow(other).status === 'RUNNING')
    await worker.changeKinds({ k: says('new') })
    await fake.until(() => fake.flow(other).returned === 'unstarted')
    expect([former.entered, fake.flow(id).status]).toEqual([[], 'RUNNING'])
  })

  test('kinds that are refused leave the former ones at work', async () => {
    const { fake, worker } = await started({ k: says('former') })
    fake.next('registerWorker', { refuse: 'INVALID_INPUT' })
    await expect(worker.changeKinds({ k: says('bad') })).rejects.toBeInstanceOf(WorkerRefused)
    await expect(worker.changeKinds({})).rejects.toThrow('must name at least one kind')
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).result).toBe('former')
  })

  test('a stop ends every generation, also one that waits for the control plane', async () => {
    const former = gated('former')
    const { fake, worker } = await started({ k: former.kind })
    const id = fake.enqueue('k')
    await fake.until(() => former.entered.length === 1)
    await worker.changeKinds({ k: says('new') })
    fake.next('registerWorker', { http: 503 }, 1_000)
    const third = worker.changeKinds({ k: says('third') })
    await fake.until(() => fake.calls('registerWorker').length > 2)
    await worker.stop({ graceMs: 20 })
    await Promise.all([third, worker.closed])
    expect(fake.flow(id).returned).toBe('interrupted')
  })

  test('a replaced worker stops with its former generation', async () => {
    const former = gated('former')
    const { fake, worker } = await started({ k: former.kind })
    const id = fake.enqueue('k')
    await fake.until(() => former.entered.length === 1)
    await worker.changeKinds({ k: says('new') })
    fake.next('claimFlows', { refuse: 'CONFLICT' })
    fake.enqueue('k')
    former.open()
    await expect(worker.closed).rejects.toBeInstanceOf(WorkerReplaced)
    expect(fake.flow(id).result).toBe('former')
  })
})
