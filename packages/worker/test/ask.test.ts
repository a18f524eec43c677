import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { defineKind, type FlowContext, type Interruption } from '../src/index.ts'
import { started } from './start.ts'

const kindOf = (handler: (context: FlowContext) => unknown) => ({ k: defineKind({ handler }) })
const waiting = ({ fake }: Pick<Awaited<ReturnType<typeof started>>, 'fake'>, id: string) => fake.until(() => fake.flow(id).status === 'WAITING')
const FORM = { type: 'object', properties: { note: { type: 'string' } } }

describe('a wait that is held', () => {
  test('is made first, then waited for, as it was asked', async () => {
    const { fake } = await started(kindOf(({ ask }) => ask('ok', {
      kind: 'INPUT', prompt: 'Well?', form: FORM, decisions: ['yes', 'no'], answerableBy: ['operator'], timeout: '90s', onTimeout: 'AUTO_RESUME', timeoutAnswer: { decision: 'no' },
    })))
    const id = fake.enqueue('k')
    await waiting({ fake }, id)
    expect(fake.calls('createWaitpoint')).toMatchObject([{
      key: 'ok', kind: 'INPUT', prompt: 'Well?', fields: FORM, allowedDecisions: ['yes', 'no'], answerableBy: ['operator'], timeoutSeconds: 90,
      onTimeout: 'AUTO_RESUME', timeoutDecision: 'no',
    }])
    expect(fake.calls('createWaitpoint')[0]).not.toHaveProperty('timeoutPayload')
    expect(fake.calls('suspendFlow')).toMatchObject([{ waitpoint: `${id}-ok`, mode: 'HELD' }])
  })

  test('INV-45 the answer comes by the parked heartbeat at once, and is acknowledged by the next one, also at once', async () => {
    const heard = () => fake.calls('heartbeat').some(input => input.acknowledged?.includes(`${id}-ok`))
    const { fake, worker } = await started(kindOf(async ({ ask }) => [await ask('ok'), await fake.until(() => heard() && fake.calls('heartbeat').at(-1)?.acknowledged === undefined)]), {}, { isWaiting: true })
    // A heartbeat that is not answered at once is not answered within the time of this test.
    fake.set({ heartbeatMs: 30_000 })
    await worker.start()
    const id = fake.enqueue('k')
    await waiting({ fake }, id)
    await fake.until(() => (fake.calls('heartbeat').at(-1)?.leases.length ?? 0) > 0)
    fake.answer(id, 'ok', 'approve', { note: 'go' })
    await fake.until(heard)
    expect(fake.flow(id).waitpoints[0]?.unread).toBe(false)
    await fake.until(() => fake.calls('heartbeat').at(-1)?.acknowledged === undefined)
    const beats = fake.calls('heartbeat').filter(({ leases }) => leases.length > 0)
    expect(beats.map(({ waitMs, acknowledged }) => [waitMs, acknowledged])).toEqual([[30_000, undefined], [0, [`${id}-ok`]], [30_000, undefined]])
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).result).toEqual([{ decision: 'approve', payload: { note: 'go' }, by: 'prn_1' }, null])
  })

  test('INV-45 an acknowledgement whose answer was lost is said again', async () => {
    const { fake } = await started(kindOf(async ({ ask }) => [await ask('ok'), await delay(400)]))
    const id = fake.enqueue('k')
    await waiting({ fake }, id)
    await delay(300)
    fake.next('heartbeat', 'lose the request', 2)
    fake.answer(id, 'ok', 'approve')
    await fake.until(() => fake.flow(id).waitpoints[0]?.unread === false)
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).memos).toHaveLength(1)
  })

  test.each(['lose the request', 'lose the answer'] as const)('a suspend that meets "%s" is repeated, and an answer meanwhile is heard', async fault => {
    const { fake } = await started(kindOf(({ ask }) => ask('ok')))
    fake.next('suspendFlow', fault, 2)
    const id = fake.enqueue('k')
    await fake.until(() => fake.calls('suspendFlow').length > 0 && fake.flow(id).waitpoints.length > 0)
    fake.answer(id, 'ok', 'approve')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
  })

  test('an answer that came before the flow waits is given at once, and it never waits', async () => {
    const { fake } = await started(kindOf(async ({ callback, step }) => {
      const paid = await callback('paid')
      await step('order', () => paid.url)
      await delay(150)
      return [await paid.answer(), await paid.answer()]
    }))
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).memos.length === 1)
    fake.answer(id, 'paid', 'submit', { amount: 3 })
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    const answer = { decision: 'submit', payload: { amount: 3 }, by: 'prn_1' }
    expect(fake.flow(id).result).toEqual([answer, answer])
    expect(fake.flow(id).memos[0]).toEqual({ key: 'order', kind: 'STEP', value: `http://127.0.0.1/w/${id}-paid` })
  })

  test('INV-21 questions asked side by side are waited for one after the other', async () => {
    const { fake } = await started(kindOf(({ ask }) => Promise.all([ask('a'), ask('b'), ask('c')])))
    const id = fake.enqueue('k')
    for (const key of ['a', 'b', 'c']) {
      await fake.until(() => fake.flow(id).waitpoints.some(point => point.key === key && point.state === 'OPEN'))
      expect(fake.flow(id).waitpoints.filter(point => point.state === 'OPEN')).toHaveLength(1)
      fake.answer(id, key, 'approve', key)
    }
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).result).toEqual(['a', 'b', 'c'].map(payload => ({ decision: 'approve', payload, by: 'prn_1' })))
  })

  test('a cancel or a timeout that takes the lease away ends the question', async () => {
    const reasons: string[] = []
    const { fake } = await started(kindOf(async ({ ask, signal }) => await ask('ok').catch(error => {
      reasons.push((signal.reason as Interruption).reason)
      throw error
    })))
    const id = fake.enqueue('k')
    await waiting({ fake }, id)
    fake.change(id, { status: 'CANCELLED' })
    await fake.until(() => reasons.length === 1)
    expect([reasons, fake.calls('failFlows'), fake.calls('returnFlow')]).toEqual([['lease_lost'], [], []])
  })

  test('a question asked while a cancel is under way acknowledges it, and nothing else is said', async () => {
    const reasons: string[] = []
    const { fake } = await started(kindOf(async ({ ask }) => await ask('ok').catch(error => {
      reasons.push((error as Interruption).reason)
      throw error
    })))
    fake.next('heartbeat', 'never answer', 9)
    const id = fake.enqueue('k')
    fake.next('createWaitpoint', { http: 503 }, 3)
    await fake.until(() => fake.calls('createWaitpoint').length === 2)
    fake.change(id, { cancelling: true })
    await fake.until(() => reasons.length === 1)
    expect([reasons, fake.flow(id).status, fake.calls('failFlows')]).toEqual([['cancelled'], 'CANCELLED', []])
  })

  test('what cannot be asked fails the flow, and no retry helps', async () => {
    const { fake } = await started({
      duration: defineKind({ handler: ({ ask }) => ask('ok', { timeout: 'soon' }) }), refused: defineKind({ handler: ({ ask }) => ask('ok') }),
    })
    fake.next('createWaitpoint', { refuse: 'LIMIT_EXCEEDED' })
    const [duration, refused] = [fake.enqueue('duration'), fake.enqueue('refused')]
    await fake.until(() => [duration, refused].every(id => fake.flow(id).status === 'FAILED'))
    expect(fake.flow(duration)).toMatchObject({ error: { code: 'INVALID_WAIT' }, retryable: false })
    expect(fake.flow(refused)).toMatchObject({ error: { code: 'LIMIT_EXCEEDED' }, retryable: false })
  })
})

describe('a wait that is released', () => {
  const counting = () => {
    const runs: string[] = []
    const unwound: string[] = []
    const kinds = kindOf(async ({ step, ask, signal }) => {
      runs.push('run')
      const draft = await step('draft', () => `draft ${runs.push('step')}`)
      try {
        const { decision } = await ask('ok')
        return [draft, decision]
      } finally {
        if (signal.aborted) unwound.push((signal.reason as Interruption).reason)
      }
    })
    return { kinds, runs, unwound }
  }

  test('unwinds the handler after the hold, frees its place, and runs it again with its memory when the answer is there', async () => {
    const { kinds, runs, unwound } = counting()
    const { fake } = await started(kinds, { holdMs: 30, capacity: 1 })
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).waitMode === 'RELEASED')
    const other = fake.enqueue('k')
    await fake.until(() => fake.flow(other).status === 'WAITING')
    expect(unwound[0]).toBe('suspended')
    expect([...fake.calls('finishFlows'), ...fake.calls('failFlows'), ...fake.calls('returnFlow')]).toEqual([])
    fake.answer(id, 'ok', 'approve')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).result).toEqual(['draft 2', 'approve'])
    expect(fake.calls('createWaitpoint').filter(input => input.lease.flowId === id)).toHaveLength(1)
    expect(runs.filter(run => run === 'step')).toHaveLength(2)
  })

  test('the hold is what the option says, else what the control plane says; per question it may be none', async () => {
    const { kinds } = counting()
    const { fake, worker } = await started(kinds, {}, { isWaiting: true })
    fake.set({ holdMs: 20 })
    await worker.start()
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).waitMode === 'RELEASED')

    const other = await started(kindOf(({ ask }) => ask('ok', { holdMs: 0 })))
    const now = other.fake.enqueue('k')
    await other.fake.until(() => other.fake.flow(now).waitMode === 'RELEASED')
  })

  test('an answer that wins against the release goes on in the same run', async () => {
    const { kinds, runs } = counting()
    const { fake } = await started(kinds, { holdMs: 50 })
    fake.next('suspendFlow', 'lose the answer')
    const id = fake.enqueue('k')
    await waiting({ fake }, id)
    fake.next('suspendFlow', { http: 503 }, 3)
    await fake.until(() => fake.calls('suspendFlow').length > 3)
    fake.answer(id, 'ok', 'approve')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(runs.filter(run => run === 'run')).toHaveLength(1)
  })

  test('a release whose answer was lost is no failure: the flow waits on, and goes on after the answer', async () => {
    const { kinds } = counting()
    const { fake } = await started(kinds, { holdMs: 300 })
    const id = fake.enqueue('k')
    await waiting({ fake }, id)
    fake.next('suspendFlow', 'lose the answer')
    await fake.until(() => fake.flow(id).waitMode === 'RELEASED' && fake.calls('suspendFlow').length === 3)
    fake.answer(id, 'ok', 'reject')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.calls('failFlows')).toEqual([])
  })

  test('INV-45 a release whose answer was lost, answered meanwhile: the answer is the next run\'s, and this one goes no further', async () => {
    const { kinds, runs, unwound } = counting()
    const { fake } = await started(kinds, { holdMs: 100, backoff: { minMs: 150, maxMs: 150 } })
    const id = fake.enqueue('k')
    await waiting({ fake }, id)
    fake.next('heartbeat', 'never answer', 9)
    fake.next('suspendFlow', 'lose the answer')
    await fake.until(() => fake.flow(id).waitMode === 'RELEASED')
    fake.answer(id, 'ok', 'approve')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    await fake.until(() => unwound.length === 1)
    expect([unwound, runs.filter(run => run === 'run').length, fake.calls('finishFlows').length]).toEqual([['suspended'], 2, 1])
  })

  test('a step beside the question is not cut off: the release waits for it', async () => {
    const ends: string[] = []
    const { fake } = await started(kindOf(async ({ step, ask }) => await Promise.all([
      ask('ok'), step('long', async () => {
        await delay(300)
        ends.push('long')
      }),
    ])), { holdMs: 20 })
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).waitMode === 'RELEASED')
    expect([ends, fake.flow(id).memos.map(memo => memo.key)]).toEqual([['long'], ['long']])
  })

  test('a handler that swallows its unwinding cannot report, and it is told in the log', async () => {
    const { fake, said } = await started(kindOf(async ({ ask, step, output }) => {
      const answer = await ask('ok').catch(() => 'swallowed')
      const more = await step('more', () => 'more').catch(() => 'no step')
      await output.write('more').catch(() => {})
      return [answer, more]
    }), { holdMs: 20 })
    const id = fake.enqueue('k')
    await fake.until(() => said.some(({ message }) => message.includes('the handler ended although its flow waits')))
    expect([fake.flow(id).status, fake.flow(id).memos, fake.flow(id).frames]).toEqual(['WAITING', [], []])
    fake.answer(id, 'ok', 'approve')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).result).toEqual([{ decision: 'approve', payload: null, by: 'prn_1' }, 'more'])
  })

  test('a handler that gets out while its flow waits has its wait released: it runs again after the answer', async () => {
    const { fake } = await started(kindOf(async ({ ask }) => await Promise.race([ask('ok'), delay(150, 'impatient')])))
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).waitMode === 'RELEASED')
    expect(fake.calls('finishFlows')).toEqual([])
    fake.answer(id, 'ok', 'approve')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).result).toEqual({ decision: 'approve', payload: null, by: 'prn_1' })
  })

  test('a handler that is out asks nothing more: what it had asked beside is not waited for', async () => {
    const { fake } = await started(kindOf(async ({ ask }) => await Promise.race([ask('a'), ask('b')])))
    const id = fake.enqueue('k')
    await waiting({ fake }, id)
    await fake.until(() => fake.flow(id).waitpoints.length === 2)
    fake.answer(id, 'a', 'approve')
    await fake.until(() => fake.flow(id).status !== 'RUNNING' || fake.calls('finishFlows').length > 0)
    await delay(100)
    if (fake.flow(id).status !== 'FINISHED') fake.answer(id, 'b', 'approve')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).result).toMatchObject({ decision: 'approve' })
    expect(fake.calls('failFlows')).toEqual([])
  })

  test('T13b a worker that stops releases at once what it holds, and interrupts nothing', async () => {
    const { kinds, unwound } = counting()
    const { fake, worker, make } = await started(kinds, { holdMs: 60_000 })
    const id = fake.enqueue('k')
    await waiting({ fake }, id)
    // It would not return within the time of this test if it waited for its grace.
    await worker.stop({ graceMs: 600_000 })
    expect([fake.flow(id).waitMode, unwound, fake.calls('returnFlow')]).toEqual(['RELEASED', ['suspended'], []])
    fake.answer(id, 'ok', 'approve')
    await make({ instanceId: 'next' }).start()
    await fake.until(() => fake.flow(id).status === 'FINISHED')
  })

  test('T13b one that is held for as long as it takes is released when the grace is over, also when its handler does not get out', async () => {
    const { fake, worker } = await started({
      k: defineKind({ handler: ({ ask }) => ask('ok', { holdMs: Infinity }) }),
      stuck: defineKind({ handler: async ({ ask }) => await ask('ok', { holdMs: Infinity }).catch(() => new Promise(() => {})) }),
    }, { holdMs: 10, unwindMs: 50 })
    const ids = [fake.enqueue('k'), fake.enqueue('stuck')]
    for (const id of ids) await waiting({ fake }, id)
    await delay(100)
    expect(ids.map(id => fake.flow(id).waitMode)).toEqual(['HELD', 'HELD'])
    await worker.stop({ graceMs: 100 })
    expect(ids.map(id => fake.flow(id).waitMode)).toEqual(['RELEASED', 'RELEASED'])
    expect(fake.calls('returnFlow')).toEqual([])
  })

  test('T13b one that is to be released at the stop is held through a change of kinds, and released at once when the worker stops', async () => {
    const k = defineKind({ handler: ({ ask }) => ask('ok', { holdMs: Infinity, releaseAtStop: true }) })
    const { fake, worker } = await started({ k }, { holdMs: 10 })
    const [id, answered] = [fake.enqueue('k'), fake.enqueue('k')]
    for (const one of [id, answered]) await waiting({ fake }, one)
    await worker.changeKinds({ k })
    await fake.until(() => fake.calls('heartbeat').some(input => input.workerId === 'wrk_1' && input.draining))
    fake.answer(answered, 'ok', 'approve')
    await fake.until(() => fake.flow(answered).status === 'FINISHED')
    expect([fake.flow(answered).epoch, fake.flow(id).waitMode]).toEqual([1, 'HELD'])
    // Longer than this test may take.
    await worker.stop({ graceMs: 60_000 })
    expect(fake.flow(id)).toMatchObject({ status: 'WAITING', waitMode: 'RELEASED' })
    expect(fake.calls('returnFlow')).toEqual([])
  })

  test('T13b an answer that comes together with that release goes on in the same run, within the grace', async () => {
    const { fake, worker } = await started(kindOf(({ ask }) => ask('ok', { holdMs: Infinity, releaseAtStop: true })))
    const id = fake.enqueue('k')
    await waiting({ fake }, id)
    fake.next('heartbeat', 'never answer', 9)
    fake.answer(id, 'ok', 'approve')
    await worker.stop({ graceMs: 60_000 })
    expect(fake.flow(id)).toMatchObject({ status: 'FINISHED', result: { decision: 'approve' } })
  })
})

test('INV-45 a worker lost with an answer on its way: the next attempt has it, and nobody is asked twice', async () => {
  const { fake } = await started(kindOf(({ ask }) => ask('ok')))
  fake.next('heartbeat', 'never answer', 2)
  const id = fake.enqueue('k')
  await waiting({ fake }, id)
  fake.answer(id, 'ok', 'approve')
  fake.loseWorker(id)
  await fake.until(() => fake.flow(id).status === 'FINISHED')
  expect(fake.calls('createWaitpoint')).toHaveLength(1)
})
