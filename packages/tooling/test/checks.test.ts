import { describe, expect, test } from 'vitest'
import { titlesIn } from '../../../scripts/checks/invariants.ts'
import { admits } from '../../../scripts/checks/node-range.ts'

describe('the engines check', () => {
  test.each([
    ['>=20.19.0', true], ['>= 20', true], ['^20.19.0 || >=22.12.0', true], ['20 || >=22', true], ['>=10.13', true], ['*', true], ['>=v12.22.7', true], ['>= 10.x', true],
    ['>=22.0.0', false], ['^22.12.0 || >=24', false], ['^20.20.0', false], ['>=18 <20', false], ['~20.18.1', false], ['~20.19.0', true],
  ])('%s admits Node 20.19.0: %s', (range, expected) => {
    expect(admits(range, '20.19.0')).toBe(expected)
  })
})

describe('the invariants check', () => {
  test('reads ids from titles and table rows, not from comments', () => {
    const text = [
      "// INV" + '-90 in a comment',
      "test('INV" + "-91 a title', () => {})",
      "test.each(rows)('INV" + "-92 of $name', () => {})",
      "const rows = [['INV" + "-93 a row', 1]]",
    ].join('\n')
    expect(titlesIn(text).join(' ').match(/INV-\d+/g)).toEqual(['INV' + '-91', 'INV' + '-92', 'INV' + '-93'])
  })
})
