import { expect, test } from 'vitest'
import { hasLabels, matchesText, newId, parseFlowText, wordsOf } from '../src/index.ts'

const flow = { id: 'flow_01kaj5v6m3q8w9x0y1z2a3b4c5', title: 'Scan example.com: port 443' }

test.each<[string, boolean]>([
  ['scan', true], ['EXAMP 44', true], ['example.com', true], ['can', false], [flow.id, true], ['FLOW_01KAJ5', true], ['flow_01kaj6', false], ['', true],
])('the title and id above are found by %j: %s', (text, found) => expect(matchesText(flow, text)).toBe(found))

test('words are cut at white space and ASCII punctuation, and lower-cased', () => expect(wordsOf('Über-Größe  v1.2/x_y')).toEqual(['über', 'größe', 'v1', '2', 'x', 'y']))
test('what only looks like an id is words', () => expect(parseFlowText('flow_of work')).toEqual({ words: ['flow', 'of', 'work'] }))
test('every label asked for must be there', () => {
  expect(hasLabels({ env: 'prod' }, ['env', 'env=prod'])).toBe(true)
  expect(hasLabels({ env: 'prod' }, ['env', 'team'])).toBe(false)
})
test('an id as it is given out is found whole and by its beginning', () => {
  const id = newId('flow')
  expect([id, id.slice(0, 12), id.toUpperCase()].map(text => matchesText({ id, title: '' }, text))).toEqual([true, true, true])
})
