import { runHandler } from '@sluice/worker/testing'
import { expect, test } from 'vitest'
import { approval } from './approval.ts'

const input = { topic: 'queues' }

test('what was approved is published, under the title that the editor gave it', async () => {
  const run = runHandler(approval, { input })
  run.answer('approve', 'approve', { title: 'Why queues' })
  expect(await run.outcome).toEqual({ status: 'FINISHED', result: { url: 'https://example.com/why-queues', approvedBy: 'test' } })
  expect(run.artifacts[0]?.content.toString()).toMatch(/^# Why queues/)
  expect(run.asked[0]).toMatchObject({ prompt: 'Publish "About queues"?', timeoutSeconds: 2 * 86_400, onTimeout: 'CANCEL' })
})

test('what was rejected fails with the reason, and no retry helps', async () => {
  const run = runHandler(approval, { input })
  run.answer('approve', 'reject', { why: 'Too short' })
  expect(await run.outcome).toMatchObject({ status: 'FAILED', error: { code: 'REJECTED', message: 'Too short', retryable: false } })
})

test('after a release it goes on with the draft that the editor saw', async () => {
  const first = runHandler(approval, { input })
  first.release()
  expect(await first.outcome).toEqual({ status: 'WAITING' })
  const draft = { title: 'As it was', body: 'Then.' }
  const second = runHandler(approval, { input, memory: { draft: { ...draft } }, answers: { approve: { decision: 'approve' } } })
  expect(await second.outcome).toMatchObject({ status: 'FINISHED', result: { url: 'https://example.com/as-it-was' } })
  expect(second.asked).toEqual([])
})
