import { runHandler, type TestOutcome } from '@sluice/worker/testing'
import { expect, test } from 'vitest'
import { retryOn, type Fetch } from './retry.ts'

/** As the control plane: again while attempts are left and the failure may pass, each time with what is remembered. */
async function attempts(fetchOrder: Fetch) {
  const kind = retryOn(fetchOrder)
  const outcomes: TestOutcome[] = []
  let remembered = {}
  for (let attempt = 0; attempt < 3; attempt++) {
    const run = runHandler(kind, { input: { order: '7' }, flow: { attempt, retriesUsed: attempt, maxAttempts: 3 }, ...remembered })
    const outcome = await run.outcome
    remembered = run.remembered()
    outcomes.push(outcome)
    if (outcome.status !== 'FAILED' || !outcome.error.retryable) break
  }
  return outcomes
}

test('what passes is tried again, and keeps what it had done', async () => {
  const outcomes = await attempts(attempt => (attempt < 2 ? { status: 503, body: '' } : { status: 200, body: 'yours' }))
  expect(outcomes).toMatchObject([
    { status: 'FAILED', error: { code: 'UPSTREAM', retryable: true } }, { status: 'FAILED' }, { status: 'FINISHED', result: { body: 'yours', reserved: 'reservation of 7' } },
  ])
})

test('after three attempts it is exhausted, and the last failure says why', async () => {
  const outcomes = await attempts(() => ({ status: 503, body: '' }))
  expect(outcomes).toHaveLength(3)
  expect(outcomes.at(-1)).toMatchObject({ status: 'FAILED', error: { message: 'HTTP 503 in attempt 3', detail: { status: 503 } } })
})

test('what will not be better is tried once', async () => {
  expect(await attempts(() => ({ status: 404, body: '' }))).toMatchObject([{ status: 'FAILED', error: { code: 'NO_SUCH_ORDER', retryable: false } }])
})
