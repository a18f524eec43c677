import { expect, test } from 'vitest'
import { hasLabels, matchesText, parseFlowText, wordsOf } from '../src/index.ts'

const flow = { id: 'flow_01KAJ5V6M3Q8W9X0Y1Z2A3B4C5', title: 'Scan example.com: port 443' }

test.each<[string, boolean]>([
  ['scan', true], ['EXAMP 44', true], ['example.com', true], ['can', false], [flow.id, true], ['flow_01kaj5', true], ['flow_01KAJ6', false], ['', true],
])('the title and id above are found by %j: %s', (text, found) => expect(matchesText(flow, text)).toBe(found))

test('words are cut at white space and ASCII punctuation, and lower-cased', () => expect(wordsOf('Über-Größe  v1.2/x_y')).toEqual(['über', 'größe', 'v1', '2', 'x', 'y']))
test('what only looks like an id is words', () => expect(parseFlowText('flow_of work')).toEqual({ words: ['flow', 'of', 'work'] }))
test('every label asked for must be there', () => {
  expect(hasLabels({ env: 'prod' }, ['env', 'env=prod'])).toBe(true)
  expect(hasLabels({ env: 'prod' }, ['env', 'team'])).toBe(false)
})
