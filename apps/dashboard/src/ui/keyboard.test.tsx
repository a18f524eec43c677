import { fireEvent, render, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { selectRow, useShortcuts } from './keyboard.ts'

function Rows({ onSelect }: { onSelect(): void }) {
  useShortcuts([{ keys: 'x', does: 'Select the row', run: selectRow }])
  return <><table><tbody><tr><td><input type="checkbox" data-select aria-label="Select" onChange={onSelect} /></td><td><a data-row href="/row">Row</a></td></tr></tbody></table><input aria-label="Text" /></>
}

test('x selects the row that has the focus, also from its box; while something is typed it is a letter', () => {
  const onSelect = vi.fn<() => void>()
  render(<Rows onSelect={onSelect} />)
  screen.getByRole('link').focus()
  fireEvent.keyDown(screen.getByRole('link'), { key: 'x' })
  screen.getByRole('checkbox').focus()
  fireEvent.keyDown(screen.getByRole('checkbox'), { key: 'x' })
  expect(onSelect).toHaveBeenCalledTimes(2)
  screen.getByRole('textbox').focus()
  fireEvent.keyDown(screen.getByRole('textbox'), { key: 'x' })
  expect(onSelect).toHaveBeenCalledTimes(2)
})
