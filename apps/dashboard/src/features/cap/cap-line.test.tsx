import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { masked } from '../../../test/mask.ts'
import { CapLine } from './cap-line.tsx'

const line = (cap: object) => renderWith(<CapLine lane={undefined} caps={[masked({ scope: 'GLOBAL', lane: null, maxActive: 3, active: 0, fromEnvironment: false, environmentValue: null, setBy: null, setAt: null, ...cap })]} />)

test('says when the environment names another cap than the one that was set', () => {
  line({ environmentValue: 8 })
  expect(screen.getByText(/MAX_CONCURRENT_FLOWS says 8/)).toBeTruthy()
})

test.each([['names none', null], ['is not set', 0], ['says the same', 3]])('says nothing of an environment that %s', (_title, environmentValue) => {
  line({ environmentValue })
  expect(screen.queryByText(/MAX_CONCURRENT_FLOWS/)).toBeNull()
})
