import { expect, test } from 'vitest'
import { parseSearch, saysMore, stringifySearch } from './search-params.ts'

test.each([
  ['a repeated name is a list', '?status=FAILED&status=CANCELLED', { status: ['FAILED', 'CANCELLED'] }],
  ['what looks like a number, a truth or JSON is a text', '?lane=123&kind=true&text=%7B%7D', { lane: '123', kind: 'true', text: '{}' }],
  ['an empty search has nothing', '', {}],
])('%s', (_title, text, search) => {
  expect(parseSearch(text)).toEqual(search)
  expect(stringifySearch(search)).toBe(text)
})

test('what is undefined or an empty list is left out', () => {
  expect(stringifySearch({ lane: undefined, kind: [], text: 'a b' })).toBe('?text=a+b')
})

test.each([
  ['a word that is no status', '?status=BOGUS', {}, true],
  ['one that is beside one that is not', '?status=BOGUS&status=FAILED', { status: ['FAILED'] }, true],
  ['all is understood, in another order', '?text=a&status=FAILED', { status: ['FAILED'], text: 'a' }, false],
  ['nothing is said', '', {}, false],
])('an address says more than was understood: %s', (_title, text, understood, more) => {
  expect(saysMore(text, understood)).toBe(more)
})
