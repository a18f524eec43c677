import { expect, test } from 'vitest'
import { parseSearch, stringifySearch } from './search-params.ts'

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
