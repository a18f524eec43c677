import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { createLog, createWorker, defineKind, fail, FlowFailure, WorkerRefused, WorkerReplaced } from '../src/index.ts'
import type { Interruption, Kind, Worker, WorkerOptions } from '../src/index.ts'
import { startFake, type FakeControlPlane } from './fake-control-plane.ts'

const silent = createLog(() => {})
const disposals: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

const setup = async (kinds: Record<string, Kind>, options: Partial<WorkerOptions> = {}) => {
  const fake = await startFake()
  const worker = createWorker({ url: fake.url, token: 't', name: 'test', kinds, log: silent, unwindMs: 500, backoff: { minMs: 5, maxMs: 20 }, ...options })
  disposals.push(() => fake.stop(), () => worker.stop({ graceMs: 0 }))
  return { fake, worker }
}
const started = async (...given: Parameters<typeof setup>) => {
  const made = await setup(...given)
  await made.worker.start()
  return made
}

/** A handler that says when it was entered and ends when it is told to. */
const gated = () => {
  let open: (value: unknown) => void = () => {}
  const gate = new Promise(resolve => (open = resolve))
  const entered: string[] = []
  const reasons: string[] = []
  const kind = defineKind({
    handler: async ({ flow, signal }) => {
      entered.push(flow.id)
      const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => {
        reasons.push((signal.reason as Interruption).reason)
        reject(signal.reason as Error)
      }))
      return await Promise.race([gate, aborted])
    },
  })
  return { kind, entered, reasons, open: (value: unknown = null) => open(value) }
}

const NO_INK = { code: 'NO_INK', message: 'The ink is out', detail: { colour: 'red' } }

describe('one flow', () => {
  test('the returned value is the result, and nothing returned is null', async () => {
    const { fake } = await started({
      double: defineKind<{ n: number }>({ handler: ({ flow }) => ({ doubled: flow.input.n * 2 }) }),
      nothing: defineKind({ handler: () => {} }),
    })
    const [a, b] = [fake.enqueue('double', { n: 21 }), fake.enqueue('nothing')]
    await fake.until(() => fake.flow(a).status === 'FINISHED' && fake.flow(b).status === 'FINISHED')
    expect([fake.flow(a).result, fake.flow(b).result]).toEqual([{ doubled: 42 }, null])
  })

  test.each([
    ['a returned fail()', () => fail({ ...NO_INK, retryable: false }), NO_INK, false],
    ['a thrown FlowFailure', () => { throw new FlowFailure({ code: 'JAM', message: 'Paper jam' }) }, { code: 'JAM', message: 'Paper jam', detail: null }, true],
    ['any other throw', () => { throw new RangeError('too far') }, { code: 'HANDLER_THREW', message: 'too far', detail: { name: 'RangeError' } }, true],
    ['a fail() of something else', () => fail('no ink' as never), { code: 'HANDLER_THREW', message: 'A failure is { code, message, retryable?, detail? }: code and message are texts, retryable is true or false' }, true],
    ['a failure without a message', () => { throw new FlowFailure({ code: 'JAM' } as never) }, { code: 'HANDLER_THREW', detail: { name: 'TypeError' } }, true],
    ['a failure that may be tried again "no"', () => fail({ ...NO_INK, retryable: 'no' as never }), { code: 'HANDLER_THREW' }, true],
    ['a throw of what has no text', () => { throw Object.create(null) }, { code: 'HANDLER_THREW', message: 'something that has no text' }, true],
    ['an error whose message is no text', () => { throw Object.assign(new Error(), { message: { why: 'ink' } }) }, { code: 'HANDLER_THREW', message: '[object Object]' }, true],
    ['a result that is not JSON', () => ({ big: 1n }), { code: 'RESULT_NOT_JSON' }, false],
  ])('%s fails the flow as it says', async (_title, handler, error, retryable) => {
    const { fake } = await started({ k: defineKind({ handler }) })
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).status === 'FAILED')
    expect(fake.flow(id).error).toMatchObject(error)
    expect(fake.flow(id).retryable).toBe(retryable)
  })

  test('INV-44 the handler is called only after its start report was acknowledged', async () => {
    const { kind, entered, open } = gated()
    const { fake, worker } = await setup({ k: kind })
    fake.next('startFlows', 'lose the request', 3)
    const id = fake.enqueue('k')
    await worker.start()
    await fake.until(() => fake.calls('startFlows').length === 3)
    expect(entered).toEqual([])
    await fake.until(() => entered.length === 1)
    expect(fake.calls('startFlows')).toHaveLength(4)
    open()
    await fake.until(() => fake.flow(id).status === 'FINISHED')
  })

  test.each([['STALE_LEASE'], ['FLOW_ALREADY_TERMINAL']])('INV-44 a start report refused with %s never reaches the handler', async code => {
    const { kind, entered } = gated()
    const { fake, worker } = await setup({ k: kind }, { capacity: 1 })
    fake.next('startFlows', { refuse: code })
    fake.enqueue('k')
    await worker.start()
    const second = fake.enqueue('k')
    await fake.until(() => entered.length === 1)
    expect(entered).toEqual([second])
  })

  test('a start that acknowledged a cancel never reaches the handler', async () => {
    const { kind, entered } = gated()
    const { fake, worker } = await setup({ k: kind })
    const id = fake.enqueue('k')
    fake.change(id, { cancelling: true })
    await worker.start()
    await fake.until(() => fake.flow(id).status === 'CANCELLED')
    expect(entered).toEqual([])
  })

  test('a result that the control plane refuses for its content fails the flow instead of leaving it running', async () => {
    const { fake, worker } = await setup({ k: defineKind({ handler: () => 'much' }) })
    fake.next('finishFlows', { refuse: 'LIMIT_EXCEEDED' })
    const id = fake.enqueue('k')
    await worker.start()
    await fake.until(() => fake.flow(id).status === 'FAILED')
    expect(fake.flow(id)).toMatchObject({ error: { code: 'RESULT_REFUSED' }, retryable: false })
  })

  test('a request refused as a whole fails only the flow that is refused alone', async () => {
    let gather: (() => void)[] = []
    const together = () => new Promise<void>(resolve => {
      gather.push(resolve)
      if (gather.length < 6) return
      for (const go of gather) go()
      gather = []
    })
    const kind = defineKind<{ result: string; fails?: boolean }>({
      handler: async ({ flow: { input } }) => {
        await together()
        return input.fails ? fail({ code: 'SAID', message: 'as it said', detail: input.result, retryable: true }) : input.result
      },
    })
    const { fake, worker } = await setup({ k: kind }, { capacity: 6 })
    const finishing = ['a', 'b', 'a\u0000b', 'c'].map(result => fake.enqueue('k', { result }))
    const failing = ['d', 'e\u0000'].map(result => fake.enqueue('k', { result, fails: true }))
    await worker.start()
    await fake.until(() => [...finishing, ...failing].every(id => fake.flow(id).status !== 'QUEUED' && fake.flow(id).status !== 'RUNNING'))
    expect(fake.calls('finishFlows')[0]?.items).toHaveLength(4)
    expect(finishing.map(id => fake.flow(id).result ?? fake.flow(id).error)).toMatchObject(['a', 'b', { code: 'RESULT_REFUSED', message: 'A text contains U+0000' }, 'c'])
    expect(failing.map(id => [fake.flow(id).error, fake.flow(id).retryable])).toMatchObject([[{ code: 'SAID' }, true], [{ code: 'ERROR_REFUSED' }, true]])
  })

  test('progress leaves at most four times a second, the latest wins, and the last one leaves before the result', async () => {
    const { fake } = await started({
      k: defineKind({ handler: ({ progress }) => { for (let i = 0; i <= 100; i++) progress(i + 0.4, `step ${i}`) } }),
    })
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).progress).toEqual([[0, 'step 0'], [100, 'step 100']])
  })
})

describe('interruptions', () => {
  test('a cancel reaches the handler at once as a typed abort reason, and its end acknowledges it', async () => {
    const { kind, entered, reasons } = gated()
    const { fake } = await started({ k: kind })
    const id = fake.enqueue('k')
    await fake.until(() => entered.length === 1 && fake.calls('heartbeat').some(input => input.leases.length === 1))
    const since = Date.now()
    fake.change(id, { cancelling: true })
    await fake.until(() => fake.flow(id).status === 'CANCELLED')
    expect(reasons).toEqual(['cancelled'])
    expect(Date.now() - since).toBeLessThan(900)
  })

  test('INV-19 a lost lease aborts the handler and its outcome is not reported', async () => {
    const { kind, entered, reasons } = gated()
    const { fake } = await started({ k: kind }, { capacity: 1 })
    const id = fake.enqueue('k')
    await fake.until(() => entered.length === 1)
    fake.change(id, { status: 'FAILED' })
    await fake.until(() => reasons.length === 1)
    fake.enqueue('k')
    await fake.until(() => entered.length === 2)
    expect(reasons).toEqual(['lease_lost'])
    expect([...fake.calls('finishFlows'), ...fake.calls('failFlows'), ...fake.calls('returnFlow')]).toEqual([])
  })

  test('a handler that ignores its cancel does not make the worker ask in circles', async () => {
    const { fake } = await started({ k: defineKind({ handler: () => delay(1_200) }) })
    const id = fake.enqueue('k')
    await fake.until(() => fake.calls('startFlows').length === 1)
    fake.change(id, { cancelling: true })
    await fake.until(() => fake.flow(id).status === 'CANCELLED')
    expect(fake.calls('heartbeat').length).toBeLessThan(8)
  })
})

describe('faults of the wire', () => {
  test('a claim whose answer was lost is repeated with its request id and brings the same leases', async () => {
    const { kind, entered } = gated()
    const { fake, worker } = await setup({ k: kind })
    fake.next('claimFlows', 'lose the answer')
    fake.enqueue('k')
    await worker.start()
    await fake.until(() => entered.length === 1)
    const ids = fake.calls('claimFlows').slice(0, 2).map(input => input.requestId)
    expect(ids[0]).toBe(ids[1])
  })

  test('INV-20 a finished result survives a restarting server and a lost answer', async () => {
    const { kind, entered, open } = gated()
    const { fake } = await started({ k: kind })
    const id = fake.enqueue('k')
    await fake.until(() => entered.length === 1)
    await fake.stop()
    open({ kept: true })
    await delay(50)
    fake.next('finishFlows', { http: 503 }, 2)
    await fake.startAgain()
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).result).toEqual({ kept: true })
    expect(fake.calls('finishFlows')).toHaveLength(3)
  })

  test('an outage is one warning, and one line when the control plane answers again, at once', async () => {
    const said: [string, string][] = []
    const log = createLog((level, message) => said.push([level, message]))
    const { fake } = await started({ k: defineKind({ handler: () => null }) }, { log })
    const [gone, back] = ['no answer to the heartbeat; the work goes on', 'the control plane answers again']
    const ofOutage = () => said.filter(([level, message]) => level !== 'debug' && [gone, back].includes(message))
    for (const outage of [1, 2]) {
      await fake.stop()
      await fake.until(() => ofOutage().length === 2 * outage - 1)
      const heard = fake.calls('heartbeat').length
      await fake.startAgain()
      await fake.until(() => ofOutage().length === 2 * outage)
      // A parked one would be answered late.
      expect(fake.calls('heartbeat')[heard]?.waitMs).toBe(0)
    }
    expect(ofOutage()).toEqual([['warn', gone], ['info', back], ['warn', gone], ['info', back]])
  })

  test('INV-43 an outage interrupts nothing: the handler goes on and its lease is renewed afterwards', async () => {
    const { kind, entered, reasons } = gated()
    const { fake } = await started({ k: kind })
    fake.enqueue('k')
    await fake.until(() => entered.length === 1)
    await fake.stop()
    await delay(100)
    const before = fake.calls('heartbeat').length
    await fake.startAgain()
    await fake.until(() => fake.calls('heartbeat').slice(before).some(input => input.leases.length === 1))
    expect(reasons).toEqual([])
  })

  test('a worker that is not known any more registers again and goes on', async () => {
    const { fake, worker } = await setup({ k: defineKind({ handler: () => 'done' }) })
    fake.next('claimFlows', { refuse: 'NOT_FOUND' })
    fake.next('heartbeat', { refuse: 'NOT_FOUND' })
    await worker.start()
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.calls('registerWorker')).toHaveLength(2)
    expect(fake.calls('claimFlows').at(-1)?.workerId).toBe('wrk_2')
  })

  test('a replaced worker interrupts its handlers, reports nothing, and stops', async () => {
    const { kind, entered, reasons } = gated()
    const { fake, worker } = await started({ k: kind })
    fake.enqueue('k')
    await fake.until(() => entered.length === 1)
    fake.next('heartbeat', { refuse: 'CONFLICT' }, 9)
    fake.next('claimFlows', { refuse: 'CONFLICT' }, 9)
    await expect(worker.closed).rejects.toBeInstanceOf(WorkerReplaced)
    expect(reasons).toEqual(['replaced'])
    expect([...fake.calls('finishFlows'), ...fake.calls('failFlows'), ...fake.calls('returnFlow')]).toEqual([])
  })

  test('a start waits for a control plane that is not there yet, and a wrong token is told at once', async () => {
    const { fake, worker } = await setup({ k: gated().kind })
    fake.next('registerWorker', { http: 503 }, 3)
    await worker.start()
    expect(fake.calls('registerWorker')).toHaveLength(4)

    const other = createWorker({ url: fake.url, token: 'wrong', name: 'other', kinds: { k: gated().kind }, log: silent })
    fake.next('registerWorker', { http: 401 })
    await expect(other.start()).rejects.toBeInstanceOf(WorkerRefused)
  })
})

describe('stopping', () => {
  test('what runs may finish within the grace, and no more is claimed', async () => {
    const { kind, entered, open } = gated()
    const { fake, worker } = await started({ k: kind })
    const id = fake.enqueue('k')
    await fake.until(() => entered.length === 1)
    const stopped = worker.stop({ graceMs: 10_000 })
    await fake.until(() => fake.calls('heartbeat').some(input => input.draining))
    const late = fake.enqueue('k')
    open('in time')
    await stopped
    expect([fake.flow(id).status, entered]).toEqual(['FINISHED', [id]])
    expect(fake.flow(late).status).not.toBe('RUNNING')
  })

  test('what still runs after the grace is interrupted and given back as interrupted', async () => {
    const { kind, entered, reasons } = gated()
    const { fake, worker } = await started({ k: kind })
    const id = fake.enqueue('k')
    await fake.until(() => entered.length === 1)
    await worker.stop({ graceMs: 20 })
    expect(reasons).toEqual(['shutdown'])
    expect(fake.flow(id).returned).toBe('interrupted')
  })

  test('a handler that does not get out is left behind, its flow is given back', async () => {
    const { fake, worker } = await started({ k: defineKind({ handler: () => new Promise(() => {}) }) }, { unwindMs: 30 })
    const id = fake.enqueue('k')
    await fake.until(() => fake.calls('startFlows').length === 1)
    await worker.stop({ graceMs: 0 })
    expect(fake.flow(id).returned).toBe('interrupted')
  })

  test('what was leased by a claim whose answer the stop cut off goes back unstarted', async () => {
    const { kind, entered } = gated()
    const { fake, worker } = await setup({ k: kind })
    fake.next('claimFlows', 'lose the answer')
    const id = fake.enqueue('k')
    fake.next('claimFlows', 'never answer')
    await worker.start()
    await fake.until(() => fake.calls('claimFlows').length === 2)
    await worker.stop()
    expect(fake.flow(id).returned).toBe('unstarted')
    expect(entered).toEqual([])
  })

  test('a stop ends in time although the control plane is gone', async () => {
    const { kind, entered } = gated()
    const { fake, worker } = await started({ k: kind }, { unwindMs: 50 })
    fake.enqueue('k')
    await fake.until(() => entered.length === 1)
    await fake.stop()
    const since = Date.now()
    await worker.stop({ graceMs: 20 })
    expect(Date.now() - since).toBeLessThan(3_000)
    await fake.startAgain()
  })
})

describe('the ends of a worker', () => {
  test('a stop while the control plane is still away ends the start', async () => {
    const { fake, worker } = await setup({ k: gated().kind })
    await fake.stop()
    const starting = worker.start()
    await worker.stop()
    await starting
    await fake.startAgain()
    expect(fake.calls('registerWorker')).toEqual([])
  })

  test('a second stop shortens the grace of the first', async () => {
    const { kind, entered } = gated()
    const { fake, worker } = await started({ k: kind })
    const id = fake.enqueue('k')
    await fake.until(() => entered.length === 1)
    const patient = worker.stop({ graceMs: 600_000 })
    await worker.stop({ graceMs: 0 })
    await patient
    expect(fake.flow(id).returned).toBe('interrupted')
  })

  test('the example is a program: it works, and SIGTERM ends it with 0', async () => {
    const fake = await startFake()
    const example = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), fileURLToPath(new URL('../examples/worker.ts', import.meta.url))], {
      env: { SLUICE_URL: fake.url, SLUICE_TOKEN: 't' }, stdio: 'ignore',
    })
    disposals.push(() => fake.stop(), () => Promise.resolve(example.kill('SIGKILL')))
    const exited = new Promise(resolve => example.once('exit', resolve))
    const id = fake.enqueue('example.words', { text: 'one two' })
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).result).toEqual({ words: 2 })
    example.kill('SIGTERM')
    expect(await exited).toBe(0)
  })
})

describe('throughput', () => {
  test('many short flows take few requests: reports of one tick leave together', async () => {
    const { fake } = await started({ k: defineKind({ handler: () => 1 }) }, { capacity: 100 })
    const ids = Array.from({ length: 500 }, () => fake.enqueue('k'))
    await fake.until(() => ids.every(id => fake.flow(id).status === 'FINISHED'))
    expect(fake.calls('startFlows').length + fake.calls('finishFlows').length).toBeLessThan(150)
  })
})

test('options: unknown ones are refused with the nearest known, bad ones by name', () => {
  const make = (o: object) => createWorker({ name: 'n', token: 't', kinds: { k: { handler: () => null } }, ...o } as WorkerOptions) as Worker | FakeControlPlane
  expect(() => make({ capcity: 3 })).toThrow('Worker option capcity is unknown; did you mean capacity?')
  expect(() => make({ capacity: 0 })).toThrow('Worker option capacity must be a whole number from 1 to 1000')
  expect(() => make({ token: '' })).toThrow('Worker option token is missing')
  expect(() => make({ kinds: {} })).toThrow('Worker option kinds must name at least one kind')
  expect(() => make({ url: 'ftp://x' })).toThrow('Worker option url must be an http or https address')
})
