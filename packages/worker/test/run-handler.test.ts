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
