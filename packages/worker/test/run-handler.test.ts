import { describe, expect, test } from 'vitest'
import { fail, type FlowContext, type Interruption } from '../src/index.ts'
import { runHandler } from '../src/testing/index.ts'

const untilAborted = ({ signal }: FlowContext) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Interruption)))

describe('runHandler', () => {
  test('gives the handler a flow whose input went through JSON, and what the test set', async () => {
    const given = { input: { at: new Date(0), no: undefined }, flow: { attempt: 2, labels: { a: 'b' } } }
    const run = runHandler(({ flow }) => [flow.input, flow.attempt, flow.labels], given)
    expect(await run.outcome).toEqual({ status: 'FINISHED', result: [{ at: '1970-01-01T00:00:00.000Z' }, 2, { a: 'b' }] })
  })

  test.each([
    ['cancel', 'CANCELLED', 'cancelled'],
    ['loseLease', 'LOST', 'lease_lost'],
    ['interrupt', 'INTERRUPTED', 'shutdown'],
  ] as const)('%s ends it as %s, and the signal says %s', async (act, status, reason) => {
    const reasons: string[] = []
    const run = runHandler(context => {
      context.signal.addEventListener('abort', () => reasons.push((context.signal.reason as Interruption).reason))
      return untilAborted(context)
    })
    run[act]()
    expect(await run.outcome).toEqual({ status })
    expect(reasons).toEqual([reason])
  })

  test('a value returned after an interruption is still a result, after a cancel it is not', async () => {
    const slow = async ({ signal }: FlowContext) => {
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      return 'made it'
    }
    const [interrupted, cancelled] = [runHandler(slow), runHandler(slow)]
    interrupted.interrupt()
    cancelled.cancel()
    expect(await interrupted.outcome).toEqual({ status: 'FINISHED', result: 'made it' })
    expect(await cancelled.outcome).toEqual({ status: 'CANCELLED' })
  })

  test('failures, progress and log are what the control plane would see', async () => {
    const run = runHandler(({ progress, log }) => {
      progress(130.4, 'over')
      progress(null, 'unknown')
      log.info('said', { n: 1 })
      return fail({ code: 'NO', message: 'No', detail: { when: new Date(0) } })
    })
    expect(await run.outcome).toEqual({ status: 'FAILED', error: { code: 'NO', message: 'No', detail: { when: '1970-01-01T00:00:00.000Z' }, retryable: true } })
    expect(run.progress).toEqual([{ percent: 100, message: 'over' }, { percent: null, message: 'unknown' }])
    expect(run.log).toEqual([{ level: 'info', message: 'said', fields: { n: 1 } }])
  })

  test('a result above the limit is refused here as it would be there', async () => {
    expect(await runHandler(() => 'x'.repeat(1024 * 1024)).outcome).toMatchObject({ status: 'FAILED', error: { code: 'RESULT_REFUSED' } })
  })
})

describe('runHandler with memory and questions', () => {
  const pipeline = async ({ step, ask, output, artifact, inputs }: FlowContext) => {
    const draft = await step('draft', () => `draft of ${inputs.length}`)
    await output.write(draft)
    const { decision, payload, by } = await ask('approve', { prompt: 'Publish?' })
    await artifact('report.md', draft, { mediaType: 'text/markdown' })
    return [draft, decision, payload, by]
  }

  test('steps, questions, output and artifacts are what the control plane would see', async () => {
    const run = runHandler(pipeline, { inputs: [{ id: 'inp_1', author: 'prn_1', content: 'x', createdAt: '2026-01-01T00:00:00.000Z' }] })
    run.answer('approve', 'approve', { note: 'fine' })
    expect(await run.outcome).toEqual({ status: 'FINISHED', result: ['draft of 1', 'approve', { note: 'fine' }, 'test'] })
    expect(run.asked).toMatchObject([{ key: 'approve', kind: 'APPROVAL', prompt: 'Publish?', allowedDecisions: ['approve', 'reject'] }])
    expect(run.output).toMatchObject([{ kind: 'TEXT', payload: 'draft of 1' }])
    expect(run.artifacts.map(({ name, mediaType, content }) => [name, mediaType, content.toString()])).toEqual([['report.md', 'text/markdown', 'draft of 1']])
    expect(run.remembered()).toEqual({ memory: { draft: 'draft of 1' }, answers: { approve: { decision: 'approve', payload: { note: 'fine' }, by: 'test' } } })
  })

  test('a released wait unwinds the handler, and the next run with its memory does no step twice and asks nothing', async () => {
    const first = runHandler(pipeline)
    first.release()
    expect(await first.outcome).toEqual({ status: 'WAITING' })
    first.answer('approve', 'reject')
    const second = runHandler(pipeline, first.remembered())
    expect(await second.outcome).toEqual({ status: 'FINISHED', result: ['draft of 0', 'reject', null, 'test'] })
    expect(second.asked).toEqual([])
  })

  test('a step that is remembered is not done, and what nobody asked for is told', async () => {
    const run = runHandler(pipeline, { memory: { draft: 'old', gone: 1 }, answers: { approve: { decision: 'approve' } } })
    expect(await run.outcome).toEqual({ status: 'FINISHED', result: ['old', 'approve', null, 'test'] })
    expect(run.unusedMemos()).toEqual(['gone'])
  })

  test.each([['cancel', 'CANCELLED'], ['loseLease', 'LOST'], ['interrupt', 'WAITING']] as const)('%s while it asks ends it as %s', async (act, status) => {
    const run = runHandler(pipeline)
    await expect.poll(() => run.asked.length).toBe(1)
    run[act]()
    expect(await run.outcome).toEqual({ status })
  })

  test('a memory that does not fit is refused here as it would be there', async () => {
    expect(await runHandler(pipeline, { memory: { approve: 1 } }).outcome).toMatchObject({ status: 'FAILED', error: { code: 'MEMO_MISMATCH', retryable: false } })
  })
})
