import { describe, expect, test } from 'vitest'
import { exportAddress, isFiltered, listSearch, toFilter } from './list-search.ts'

describe('the address of the list of flows', () => {
  test.each([
    ['one word and many are lists alike', { lane: 'nightly', kind: ['a', 'b'] }, { lane: ['nightly'], kind: ['a', 'b'] }],
    ['a status that there is not is dropped, the others stay', { status: ['EATEN', 'FAILED'] }, { status: ['FAILED'] }],
    ['no status that there is filters nothing', { status: 'EATEN' }, {}],
    ['an instant without its zone is dropped', { createdAfter: '2026-11-21T10:00:00', createdBefore: '2026-11-21T10:00:00.000Z' }, { createdBefore: '2026-11-21T10:00:00.000Z' }],
    ['an empty text filters nothing', { lane: '', slotHeld: 'perhaps' }, {}],
  ])('%s', (_title, typed, filter) => {
    expect(toFilter(listSearch.parse(typed))).toEqual(filter)
  })

  test('a held slot is asked for as a truth, and the order is no filter', () => {
    const search = listSearch.parse({ slotHeld: 'false', order: 'FINISHED_DESC' })
    expect(toFilter(search)).toEqual({ slotHeld: false })
    expect(isFiltered(listSearch.parse({ order: 'FINISHED_DESC' }))).toBe(false)
  })

  test('the export has the same names and order, and lists are repeated', () => {
    const search = listSearch.parse({ status: ['FAILED', 'CANCELLED'], label: 'team=a&b', text: 'report', order: 'FINISHED_DESC' })
    expect(exportAddress(search, 'csv')).toBe('/export/flows?format=csv&orderBy=FINISHED_DESC&status=FAILED&status=CANCELLED&label=team%3Da%26b&text=report')
  })
})
