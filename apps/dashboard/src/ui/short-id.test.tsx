import { fireEvent, render, screen } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { ShortId } from './short-id.tsx'

test('an id is shortened in the middle and copied whole', async () => {
  const writeText = vi.fn<(text: string) => Promise<void>>(() => Promise.resolve())
  Object.defineProperty(navigator, 'clipboard', { value: { writeText }, configurable: true })
  render(<ShortId id="flow_01k9abcdefghijklmnop1234" label="flow id" />)
  expect(screen.getByText('flow_01k9…op1234')).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'Copy flow id' }))
  expect(writeText).toHaveBeenCalledWith('flow_01k9abcdefghijklmnop1234')
  expect(await screen.findByRole('button', { name: 'flow id copied' })).toBeTruthy()
})
