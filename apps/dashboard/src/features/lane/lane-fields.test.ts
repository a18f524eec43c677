import { expect, test } from 'vitest'
import { changesBetween, defaultsOf, EMPTY_FIELDS, fieldsOf, wrongFields } from './lane-fields.ts'

const settings = { waitingHoldsSlot: false, defaults: { priority: 0, maxAttempts: 3, onLeaseLost: 'RETRY', queueTtlSeconds: 60 } }

test('what a lane says goes into the form and comes back the same', () => {
  expect(defaultsOf(fieldsOf(settings), settings.defaults)).toEqual(settings.defaults)
})

test('an emptied field is no longer said, and what the form does not know is kept', () => {
  expect(defaultsOf({ ...EMPTY_FIELDS, priority: ' 5 ' }, { maxAttempts: 3, later: true })).toEqual({ later: true, priority: 5 })
})

test.each([['priority', '9001'], ['priority', '-1'], ['maxAttempts', '0'], ['maxAttempts', '1.5'], ['queueTtlSeconds', '1m']] as const)('%s cannot be %s', (name, text) => {
  expect(wrongFields({ ...EMPTY_FIELDS, [name]: text })[name]).toMatch(/^A whole number from/)
})

test('empty fields and whole numbers within the bounds are right', () => {
  expect(wrongFields({ ...EMPTY_FIELDS, priority: '9000', maxAttempts: '100' })).toEqual({})
})

test('what somebody else changed is told setting by setting', () => {
  expect(changesBetween(fieldsOf(settings), { ...fieldsOf(settings), waitingHoldsSlot: true, maxAttempts: '' }))
    .toEqual(['A released wait keeps its slot: yes, was no', 'Attempts at most: not set, was 3'])
})
