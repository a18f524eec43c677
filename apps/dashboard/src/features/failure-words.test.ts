import { DELIVERY_ERROR_CLASSES, DELIVERY_ERROR_SENTENCES } from '@sluice/protocol'
import { expect, test } from 'vitest'
import { sentenceOfFailure } from './failure-words.ts'

test.each(DELIVERY_ERROR_CLASSES)('%s is told by its sentence', word => {
  expect(sentenceOfFailure(word)).toBe(DELIVERY_ERROR_SENTENCES[word])
})

test.each([
  ['HTTP_503', 'Answered 503: it is not available now.'],
  ['HTTP_302', 'Answered 302: a redirect, which is not followed.'],
  ['HTTP_418', 'Answered 418.'],
  ['ENDPOINT_DISABLED', 'Its endpoint was disabled when its turn came.'],
  ['LATER_WORD', 'LATER_WORD'],
])('%s is told as %s', (word, sentence) => {
  expect(sentenceOfFailure(word)).toBe(sentence)
})

test('nothing went wrong: nothing is said', () => {
  expect(sentenceOfFailure(null)).toBe('')
})
