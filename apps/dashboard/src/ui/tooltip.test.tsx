import { fireEvent, render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { ActionDialog } from './action-dialog.tsx'
import { Button } from './button.tsx'
import { HoldOrderProvider } from './hold-order.tsx'

const shownFor = async (name: string, text: string) => {
  fireEvent.mouseEnter(screen.getByRole('button', { name }))
  fireEvent.mouseMove(screen.getByRole('button', { name }))
  return await screen.findByText(text, { selector: '.popup' })
}

test('why a button of a dialog cannot be pressed is shown above the dialog, not in the page below it', async () => {
  render(<HoldOrderProvider><main><ActionDialog title="New lane" confirm="Make it" whyNot="A name is missing." running={false} problem={null} onClose={() => {}} onConfirm={() => {}} /></main></HoldOrderProvider>)
  expect((await shownFor('Make it', 'A name is missing.')).closest('main')).toBeNull()
})

test('why a button of the page cannot be pressed is shown inside the main landmark', async () => {
  render(<Button whyNot="It has ended.">Cancel</Button>, { container: document.body.appendChild(document.createElement('main')) })
  expect((await shownFor('Cancel', 'It has ended.')).closest('main')).toBeTruthy()
})
