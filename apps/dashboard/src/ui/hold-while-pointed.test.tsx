import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HoldOrderProvider, useHeldRows } from './hold-order.tsx'
import { useHoldWhilePointed } from './hold-while-pointed.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function List({ names }: { names: string[] }) {
  const { rows } = useHeldRows(names, name => name)
  return <ul aria-label="Rows" {...useHoldWhilePointed()}>{rows.map(name => <li key={name}>{name}</li>)}</ul>
}

const list = (names: string[]) => <HoldOrderProvider><List names={names} /></HoldOrderProvider>
const shown = () => screen.getAllByRole('listitem').map(item => item.textContent)

test('a row that comes waits while a mouse moves over the list, and no longer than that', () => {
  const { rerender } = render(list(['b']))
  fireEvent.pointerMove(screen.getByRole('list'), { pointerType: 'mouse' })
  rerender(list(['a', 'b']))
  expect(shown()).toEqual(['b'])
  act(() => { vi.advanceTimersByTime(4000) })
  expect(shown()).toEqual(['a', 'b'])
})

test('it comes at once when the mouse leaves, and a touch holds nothing', () => {
  const { rerender } = render(list(['b']))
  fireEvent.pointerMove(screen.getByRole('list'), { pointerType: 'mouse' })
  rerender(list(['a', 'b']))
  fireEvent.pointerLeave(screen.getByRole('list'))
  expect(shown()).toEqual(['a', 'b'])
  fireEvent.pointerMove(screen.getByRole('list'), { pointerType: 'touch' })
  rerender(list(['a', 'b', 'c']))
  expect(shown()).toEqual(['a', 'b', 'c'])
})
