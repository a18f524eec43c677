import { runHandler } from '@sluice/worker/testing'
import { expect, test } from 'vitest'
import { wordCount } from './word-count.ts'

test('counts the words of every paragraph', async () => {
  const run = runHandler(wordCount, { input: { text: 'one two\n\nthree' } })
  expect(await run.outcome).toEqual({ status: 'FINISHED', result: { words: 3 } })
  expect(run.progress.at(-1)).toEqual({ percent: 100, message: '3 words so far' })
})

test('an empty text is a failure that no retry helps', async () => {
  const outcome = await runHandler(wordCount, { input: { text: ' ' } }).outcome
  expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'NO_TEXT', retryable: false } })
})

test('a cancel stops it between two paragraphs', async () => {
  const run = runHandler(wordCount, { input: { text: 'one\n\ntwo' } })
  run.cancel()
  expect(await run.outcome).toEqual({ status: 'CANCELLED' })
})
