import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { defineKind, type FlowContext } from '../src/index.ts'
import { started } from './start.ts'

const step = (handler: (context: FlowContext) => unknown) => ({ k: defineKind({ handler }) })

describe('ctx.step', () => {
  test('gives what it remembered, which went through JSON the first time too', async () => {
    const { fake } = await started(step(async ({ step }) => [await step('when', () => new Date(0)), await step('nothing', () => undefined)]))
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).result).toEqual(['1970-01-01T00:00:00.000Z', null])
    expect(fake.flow(id).memos).toEqual([{ key: 'when', kind: 'STEP', value: '1970-01-01T00:00:00.000Z' }, { key: 'nothing', kind: 'STEP', value: null }])
  })

  test('is done once: a later attempt is given the result that was acknowledged, and only what was not runs again', async () => {
    const runs: string[] = []
    let isFirst = true
    const { fake } = await started(step(async ({ step }) => {
      const a = await step('a', () => runs.push('a'))
      const b = await step('b', async () => {
        runs.push('b')
        if (!isFirst) return 'b'
        isFirst = false
        return await new Promise(() => {})
      })
      return [a, b]
    }))
    const id = fake.enqueue('k')
    await fake.until(() => runs.length === 2)
    fake.loseWorker(id)
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect([runs, fake.flow(id).result]).toEqual([['a', 'b', 'b'], [1, 'b']])
  })

  test('resolves only after its result was acknowledged', async () => {
    const seen: string[] = []
    const { fake } = await started(step(async ({ step }) => {
      await step('a', () => seen.push('done'))
      seen.push('resolved')
    }))
    fake.next('recordMemos', { http: 503 }, 3)
    const id = fake.enqueue('k')
    await fake.until(() => fake.calls('recordMemos').length === 3)
    expect(seen).toEqual(['done'])
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(seen).toEqual(['done', 'resolved'])
  })

  test('the first write of a key wins, also where its answer was lost on the way', async () => {
    const { fake } = await started(step(({ step }) => step('a', () => 'mine')))
    fake.next('recordMemos', 'lose the answer')
    const [again, taken] = [fake.enqueue('k'), fake.enqueue('k')]
    await fake.until(() => fake.flow(again).status === 'FINISHED' && fake.flow(taken).status === 'FINISHED')
    expect(fake.flow(again).memos).toEqual([{ key: 'a', kind: 'STEP', value: 'mine' }])
    expect(fake.flow(again).result).toBe('mine')
  })

  test('many side by side do not stand in line', async () => {
    let allBegan: () => void = () => {}
    const gate = new Promise<void>(resolve => (allBegan = resolve))
    let begun = 0
    const work = (i: number) => (++begun === 50 && allBegan(), gate.then(() => i))
    const { fake } = await started(step(async ({ step }) => (await Promise.all(Array.from({ length: 50 }, (_, i) => step(`s${i}`, () => work(i))))).length))
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).memos).toHaveLength(50)
    expect(fake.calls('recordMemos').length, 'requests for what ended together').toBeLessThan(25)
  })

  test('work that throws is remembered as nothing, and what it threw reaches the handler', async () => {
    const { fake } = await started(step(async ({ step }) => await step('a', () => { throw new RangeError('too far') }).catch(error => String(error))))
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect([fake.flow(id).result, fake.flow(id).memos]).toEqual(['RangeError: too far', []])
  })

  test('what did not travel with the lease is asked for by key, in one question', async () => {
    const memos = ['a', 'b', 'c', 'd'].map(key => ({ key, kind: 'STEP' as const, value: key.toUpperCase() }))
    const { fake } = await started(step(async ({ step }) => await Promise.all(['a', 'b', 'c', 'd', 'e'].map(key => step(key, () => 'new')))))
    fake.set({ memosWithLease: 1 })
    const id = fake.enqueue('k', {}, { memos })
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).result).toEqual(['A', 'B', 'C', 'D', 'new'])
    expect(fake.calls('memos')).toHaveLength(1)
  })

  test('memos that the code did not ask for are told with the result, and with a failure', async () => {
    const memos = ['a', 'old'].map(key => ({ key, kind: 'STEP' as const, value: 1 }))
    const { fake } = await started(step(async ({ step, flow }) => {
      await step('a', () => 2)
      if (flow.input === 'fail') throw new Error('no')
    }))
    const [good, bad] = [fake.enqueue('k', {}, { memos: [...memos] }), fake.enqueue('k', 'fail', { memos: [...memos] })]
    await fake.until(() => fake.flow(good).status === 'FINISHED' && fake.flow(bad).status === 'FAILED')
    expect([fake.flow(good).unusedMemos, fake.flow(bad).unusedMemos]).toEqual([['old'], ['old']])
  })
})

describe('a mistake about memory ends the attempt, not retryable, whatever the handler makes of it', () => {
  const answered = [{ key: 'a', kind: 'ANSWER' as const, value: { decision: 'approve', payload: null } }]
  const done = [{ key: 'a', kind: 'STEP' as const, value: 1 }]
  test.each<[string, FlowHandler, object, string]>([
    ['the same key twice', async ({ step }) => [await step('a', () => 1), await step('a', () => 2)], {}, 'KEY_USED_TWICE'],
    ['one key for a step and a question', async ({ step, ask }) => [await step('a', () => 1), await ask('a')], {}, 'KEY_USED_TWICE'],
    ['an answer asked for as a step', ({ step }) => step('a', () => 1), { memos: answered }, 'MEMO_MISMATCH'],
    ['a step asked for as an answer', ({ ask }) => ask('a'), { memos: done }, 'MEMO_MISMATCH'],
    ['a step asked for as an answer, caught', ({ ask }) => ask('a').catch(() => 'fine'), { memos: done }, 'MEMO_MISMATCH'],
    ['no key', ({ step }) => step('', () => 1), {}, 'INVALID_KEY'],
    ['a result that is not JSON', ({ step }) => step('a', () => 1n), {}, 'STEP_NOT_JSON'],
    ['a result above 256 KiB', ({ step }) => step('a', () => 'x'.repeat(256 * 1024)), {}, 'STEP_TOO_LARGE'],
  ])('%s', async (_title, handler, more, code) => {
    const { fake } = await started(step(handler))
    const id = fake.enqueue('k', {}, more)
    await fake.until(() => fake.flow(id).status === 'FAILED')
    expect(fake.flow(id)).toMatchObject({ error: { code }, retryable: false })
  })

  test('found out by the control plane, because the memo did not travel with the lease', async () => {
    const { fake } = await started(step(({ step }) => step('a', () => 1).catch(() => 'fine')))
    fake.next('recordMemos', { refuse: 'MEMO_MISMATCH' })
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).status === 'FAILED')
    expect(fake.flow(id)).toMatchObject({ error: { code: 'MEMO_MISMATCH' }, retryable: false })
  })
})

type FlowHandler = (context: FlowContext) => unknown

test('INV-19 a step that ends after its lease was lost is told so, and nothing of it is kept', async () => {
  let open: (value: unknown) => void = () => {}
  const heard: string[] = []
  const { fake } = await started(step(async ({ step }) => {
    await step('a', () => new Promise(resolve => (open = resolve))).catch(error => heard.push(String((error as { reason?: string }).reason)))
  }))
  const id = fake.enqueue('k')
  await fake.until(() => fake.flow(id).started)
  await delay(20)
  fake.change(id, { epoch: 99, status: 'FAILED' })
  open(1)
  await fake.until(() => heard.length === 1)
  expect([heard, fake.flow(id).memos]).toEqual([['lease_lost'], []])
})

test('INV-19 a lease that is lost while its memo gets no answer is told so at once, and the memos of others go on', async () => {
  const heard: string[] = []
  const { fake } = await started(step(({ step }) => step('a', () => 1).catch(error => { heard.push(String((error as { reason?: string }).reason)); throw error })))
  fake.next('recordMemos', { http: 503 }, 12)
  const [lost, kept] = [fake.enqueue('k'), fake.enqueue('k')]
  await fake.until(() => fake.flow(lost).started && fake.flow(kept).started && fake.calls('recordMemos').length > 1)
  fake.change(lost, { epoch: 99, status: 'FAILED' })
  await fake.until(() => heard.length === 1)
  await fake.until(() => fake.flow(kept).status === 'FINISHED')
  expect([heard, fake.flow(lost).memos, fake.flow(kept).memos]).toEqual([['lease_lost'], [], [{ key: 'a', kind: 'STEP', value: 1 }]])
})

test('a control plane of the version before, which knows no memory, still gives flows; a step there fails the flow', async () => {
  const { fake, worker } = await started({ plain: defineKind({ handler: () => 1 }), ...step(({ step }) => step('a', () => 1)) }, {}, { isWaiting: true })
  fake.next('registerWorker', 'not known')
  fake.next('claimFlows', 'not known', 1)
  fake.next('heartbeat', 'not known', 1)
  fake.next('recordMemos', 'not known', 9)
  const [plain, stepping] = [fake.enqueue('plain'), fake.enqueue('k')]
  await worker.start()
  await fake.until(() => fake.flow(plain).status === 'FINISHED' && fake.flow(stepping).status === 'FAILED')
  expect(fake.flow(stepping)).toMatchObject({ error: { code: 'REQUEST_REFUSED' }, retryable: false })
})
