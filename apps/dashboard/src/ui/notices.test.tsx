import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { NoticesProvider, useNotify, type Notice } from './notices.tsx'

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

function Teller({ notices }: { notices: Notice[] }) {
  const notify = useNotify()
  return <button type="button" onClick={() => notices.forEach(notify)}>Tell</button>
}

const tell = (...notices: Notice[]) => {
  render(<NoticesProvider><Teller notices={notices} /></NoticesProvider>)
  fireEvent.click(screen.getByRole('button', { name: 'Tell' }))
}
const told = () => screen.queryAllByRole('button', { name: 'Dismiss' }).map(button => button.parentElement?.textContent)

test('good news goes by itself, bad news stays until it is dismissed', () => {
  tell({ tone: 'good', text: 'Done.' }, { tone: 'bad', text: 'Refused.' })
  expect(told()).toEqual(['Done.', 'Refused.'])
  act(() => { vi.advanceTimersByTime(6000) })
  expect(told()).toEqual(['Refused.'])
})

test('at most three stand there: the oldest makes room', () => {
  tell(...['a', 'b', 'c', 'd'].map(text => ({ tone: 'good' as const, text })))
  expect(told()).toEqual(['b', 'c', 'd'])
})
