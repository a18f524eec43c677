import { describe, expect, test } from 'vitest'
import { answeredWait, fakeWait } from '../../../test/wait-factories.ts'
import type { Wait } from './wait-documents.ts'
import { answererName, answerersOf, lookOfDecision, whyNoAnswer } from './wait-rules.ts'
import { shownOf } from './use-wait-list.ts'

const wait = (fields: Parameters<typeof fakeWait>[1] = {}) => fakeWait('APPROVAL', fields) as unknown as Wait
const names = new Map([['prn_olga', 'olga']])

describe('decisions', () => {
  test.each([
    ['approve', ['approve', 'reject'], 'primary'], ['reject', ['approve', 'reject'], 'danger'], ['submit', ['submit'], 'primary'], ['Cancel it', ['go', 'Cancel it'], 'danger'],
    ['later', ['go', 'later'], 'plain'], ['notify', ['notify'], 'primary'], ['no', ['yes', 'no'], 'danger'], ['stopgap', ['stopgap'], 'primary'], ['cancel', ['cancel', 'go'], 'danger'],
  ])('%s of %j looks %s: only its name tells', (decision, all, look) => {
    expect(lookOfDecision(decision, all)).toBe(look)
  })
})

describe('who', () => {
  test.each([
    [[], 'submitter and operators'], [['role:admin'], 'admins'], [['role:operator', 'prn_olga'], 'operators and olga'], [['prn_01k0000000000000000000x7'], 'prn_01k00…0000x7'],
  ])('%j may answer: %s', (answerableBy, words) => {
    expect(answerersOf(wait({ answerableBy }), names)).toBe(words)
  })

  test('who may not answer reads who may', () => {
    expect(whyNoAnswer(wait({ viewerMayAnswer: false, answerableBy: ['prn_olga'] }), names)).toBe('It may be answered by olga.')
    expect(whyNoAnswer(wait(), names)).toBeNull()
  })

  test.each([['token', 'whoever had its link'], ['timeout', 'its timeout']])('an answer by %s is by %s', (by, name) => {
    expect(answererName({ by, decision: 'go', payload: null, at: '', principal: null }, 'prn_admin')).toBe(name)
  })
})

test('what is answered goes, but for what is kept, which stays at its place as it was last heard of', () => {
  const [first, second, third] = [fakeWait(), fakeWait(), fakeWait()]
  const answered = answeredWait(second, 'approve')
  const as = (rows: object[]) => rows as unknown as Wait[]
  expect(shownOf(as([first, answered, third]), new Map(), new Set()).map(({ id }) => id)).toEqual([first.id, third.id])
  expect(shownOf(as([first, third]), new Map([[second.id, answered as unknown as Wait]]), new Set([second.id])).map(({ id, state }) => [id, state])).toEqual([[first.id, 'OPEN'], [second.id, 'SATISFIED'], [third.id, 'OPEN']])
})
