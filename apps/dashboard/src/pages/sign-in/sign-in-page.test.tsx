import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { SignInPage } from './sign-in-page.tsx'
import { signInSearch } from './sign-in-search.ts'

const told = (search: object) => {
  const { unmount } = render(<SignInPage search={signInSearch.parse(search)} onSignedIn={() => {}} />)
  const alert = screen.queryByRole('alert')?.textContent ?? null
  unmount()
  return alert
}

test('a link that did not sign in says whether another one is needed, and nothing else of the address is shown', () => {
  expect(told({ refused: 'code' })).toContain('Make another one.')
  expect(told({ refused: 'unavailable' })).toContain('Open the link once more in a moment.')
  expect([told({}), told({ refused: 'your account is blocked' })]).toEqual([null, null])
})
