import { expect, test } from 'vitest'
import { placeInCells } from './slot-cells.ts'

test.each([
  ['the board has a cell for every slot of the cap', [], ['a'], 3, ['a', null, null]],
  ['whoever has a cell keeps it when another ends', ['a', 'b', 'c'], ['b', 'c'], 3, [null, 'b', 'c']],
  ['a newcomer takes the first free cell', [null, 'b', 'c'], ['b', 'c', 'd'], 3, ['d', 'b', 'c']],
  ['who finds no cell stands behind the last, over the cap', ['a', 'b'], ['a', 'b', 'c'], 2, ['a', 'b', 'c']],
  ['who stood over the cap moves into a cell that becomes free', ['a', 'b', 'c'], ['b', 'c'], 2, ['c', 'b']],
  ['a lowered cap leaves its holders visible', ['a', 'b', 'c'], ['a', 'b', 'c'], 1, ['a', 'b', 'c']],
  ['a raised cap adds free cells', ['a'], ['a'], 3, ['a', null, null]],
] as const)('%s', (_title, before, holders, cap, after) => {
  expect(placeInCells(before, holders, cap)).toEqual(after)
})
