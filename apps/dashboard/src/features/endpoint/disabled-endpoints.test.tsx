import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { DisabledEndpoints } from './disabled-endpoints.tsx'

const item = (disabledEndpoints: number | null) => ({ overview: { __typename: 'OverviewItem', cursor: '1', kind: 'CHANGE', gap: false, end: null, disabledEndpoints } })

test('one line says that endpoints are disabled, and leads to all of them; none where none is', async () => {
  const { api } = renderWith(<DisabledEndpoints />)
  await api.send('DisabledEndpointsOverview', item(2))
  expect((await screen.findByText(/2 webhook endpoints are disabled/)).textContent).toContain('kept as suppressed')
  expect(screen.getByRole('link', { name: 'Show endpoints' }).getAttribute('href')).toBe('/endpoints?unnamed=shown')
  await api.send('DisabledEndpointsOverview', item(null))
  expect(screen.getByText(/2 webhook endpoints/)).toBeTruthy()
  await api.send('DisabledEndpointsOverview', item(0))
  expect(screen.queryByText(/disabled/)).toBeNull()
})
