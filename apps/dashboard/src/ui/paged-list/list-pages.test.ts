import { describe, expect, test } from 'vitest'
import { changed, has, lengthOf, locate, nextOf, refreshed, rowAt, reopened, withPage, withoutFar, type ListPages } from './list-pages.ts'

interface Row { id: string; word: string }
const rows = (page: number, length = 3): Row[] => Array.from({ length }, (_, at) => ({ id: `${page}.${at}`, word: 'old' }))
const cursor = (page: number) => (page === 0 ? null : `c${page}`)
const read = (page: number, length = 3) => ({ after: cursor(page), next: `c${page + 1}`, end: `c${page + 1}`, rows: rows(page, length) })
const listOf = (pages: number): ListPages<Row> => Array.from({ length: pages }, (_, page) => read(page)).reduce(withPage<Row>, [])
const idAt = (pages: ListPages<Row>, index: number) => rowAt(pages, index)?.row.id

describe('a list read page by page', () => {
  test('finds the row at a place, and where to read on', () => {
    const list = listOf(3)
    expect([lengthOf(list), nextOf(list), idAt(list, 4), locate(list, 9)]).toEqual([9, 'c3', '1.1', null])
  })

  test('what is far from the view is dropped, and its places stay', () => {
    const list = withoutFar(listOf(20), { first: 10, last: 11 })
    expect(list.map(page => page.rows !== null)).toEqual(list.map((_, at) => at === 0 || (at >= 7 && at <= 14)))
    expect([lengthOf(list), idAt(list, 6), idAt(list, 30)]).toEqual([60, undefined, '10.0'])
  })

  test('however long the list, no more than a few pages are kept', () => {
    let list: ListPages<Row> = []
    for (let page = 0; page < 200; page += 1) list = withoutFar(withPage(list, read(page)), { first: page, last: page })
    expect(list.filter(page => page.rows !== null).length).toBeLessThanOrEqual(5)
    expect(lengthOf(list)).toBe(600)
  })

  test('a dropped page is filled again where it stood, without rows that the page behind it shows', () => {
    const dropped = withoutFar(listOf(10), { first: 8, last: 9 })
    expect(rowAt(dropped, 9)).toBeNull()
    const filled = withPage(dropped, { after: 'c4', next: 'cx', end: 'cx', rows: [...rows(4).slice(1), ...rows(5).slice(0, 1)] })
    expect(filled[4]?.rows?.map(({ row }) => row.id)).toEqual(['4.1', '4.2'])
    expect(filled[4]?.next).toBe('c5')
  })

  test('a change stays in its place, what left is marked, and other rows are the same objects', () => {
    const list = listOf(2)
    const after = changed(list, new Map([['0.1', { news: { word: 'new' }, gone: null }], ['1.0', { news: {}, gone: 'left' as const }], ['9.9', { news: { word: 'elsewhere' }, gone: null }]]))
    expect([rowAt(after, 1)?.row, rowAt(after, 3)?.gone, has(after, '9.9')]).toEqual([{ id: '0.1', word: 'new' }, 'left', false])
    expect(rowAt(after, 0)).toBe(rowAt(list, 0))
  })

  test('a list that was read to its end goes on behind its last row', () => {
    const ended = withPage<Row>([], { ...read(0), next: null })
    expect([nextOf(ended), nextOf(reopened(ended))]).toEqual([null, 'c1'])
  })

  test('INV-34 what was missed is read again: contents are new, who is missing has left, nobody moves', () => {
    const again = { after: null, next: 'c1', end: 'c1', rows: [{ id: 'new', word: 'new' }, { id: '0.2', word: 'new' }, { id: '0.0', word: 'new' }] }
    const after = refreshed(listOf(1), again)
    expect(after[0]?.rows).toEqual([{ row: { id: '0.0', word: 'new' }, gone: null }, { row: { id: '0.1', word: 'old' }, gone: 'left' }, { row: { id: '0.2', word: 'new' }, gone: null }])
  })
})
