import { describe, expect, test } from 'vitest'
import type { ItemHead } from '../src/live/items.ts'
import { Outlet } from '../src/live/outlet.ts'

type Item = ItemHead & { key?: string }

const outletOf = (limit: number): Outlet<Item> => new Outlet<Item>({ limit, atEnd: (end) => ({ cursor: 'end', kind: 'END', end }), keyOf: ({ key }) => key ?? null })
const item = (cursor: number, key?: string): Item => ({ cursor: String(cursor), kind: 'CHANGE', ...(key ? { key } : {}) })
const read = async (outlet: Outlet<Item>): Promise<string[]> => {
  const seen: string[] = []
  for await (const { cursor, end } of outlet.items()) seen.push(end ?? cursor)
  return seen
}

describe('an outlet', () => {
  test('INV-36 holds no more than its limit, then says TOO_SLOW instead of what waited', async () => {
    const outlet = outletOf(3)
    outlet.push([item(1), item(2), item(3)])
    outlet.push([item(4)])
    expect(await read(outlet)).toEqual(['TOO_SLOW'])
  })

  test('keeps only the latest of a key, behind what waits, so that cursors grow', async () => {
    const outlet = outletOf(3)
    outlet.push([item(1, 'a'), item(2, 'b'), item(3, 'a'), item(4, 'c'), item(5, 'b')])
    outlet.close()
    expect(await read(outlet)).toEqual(['3', '4', '5'])
  })

  test('INV-34 what is no event takes the place of what waits of its key, with that cursor; else it comes last', async () => {
    const outlet = outletOf(3)
    outlet.push([item(1, 'a'), item(2, 'b')])
    outlet.amend({ ...item(2, 'a'), gap: true }, (waiting) => ({ ...item(2, 'a'), gap: true, cursor: waiting.cursor }))
    outlet.amend(item(2, 'c'), () => item(9))
    outlet.close()
    const seen: Item[] = []
    for await (const one of outlet.items()) seen.push(one)
    expect(seen).toEqual([{ ...item(1, 'a'), gap: true }, item(2, 'b'), item(2, 'c')])
  })

  test('INV-36 an item takes as much of the limit as it weighs, and gives it back when it is read or replaced', async () => {
    const outlet = new Outlet<Item>({ limit: 10, atEnd: (end) => ({ cursor: 'end', kind: 'END', end }), keyOf: ({ key }) => key ?? null, weigh: ({ cursor }) => Number(cursor) })
    const items = outlet.items()
    outlet.push([item(6), item(4, 'a')])
    expect((await items.next()).value).toMatchObject({ cursor: '6' })
    outlet.push([item(5, 'a'), item(5)])
    outlet.amend(item(0, 'a'), () => item(4, 'a'))
    outlet.push([item(1)])
    outlet.push([item(1)])
    expect((await items.next()).value).toMatchObject({ end: 'TOO_SLOW' })
  })

  test('TERMINAL comes after what waits, every other end replaces it', async () => {
    const [ended, revoked] = [outletOf(3), outletOf(3)]
    ended.push([item(1)])
    ended.end('TERMINAL')
    revoked.push([item(1)])
    revoked.end('REVOKED')
    expect([await read(ended), await read(revoked)]).toEqual([['1', 'TERMINAL'], ['REVOKED']])
  })
})
