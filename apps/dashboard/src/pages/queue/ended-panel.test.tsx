import { fireEvent, screen } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { endedFlow } from '../../../test/factories.ts'
import { masked } from '../../../test/mask.ts'
import { EndedPanel } from './ended-panel.tsx'
import { queueSearch, type QueueSearch } from './queue-search.ts'
import { toVariables } from './queue-variables.ts'

const setup = (search: QueueSearch, { flows = [endedFlow()], more = false } = {}) => {
  const onSearch = vi.fn<(search: QueueSearch) => void>()
  renderWith(<EndedPanel ended={masked({ edges: flows.map(node => ({ node })), pageInfo: { hasNextPage: more, endCursor: more ? 'c10' : null } })} search={search} onSearch={onSearch} />)
  return onSearch
}

describe('what ended last', () => {
  test('one kind of end is an address, and the lane stays', () => {
    const onSearch = setup({ lane: 'nightly', endedAfter: 'c10' })
    fireEvent.click(screen.getByRole('button', { name: 'failed' }))
    expect(onSearch).toHaveBeenCalledWith({ lane: 'nightly', ended: 'failed', endedAfter: undefined })
  })

  test('older ones are an address, by cursor', () => {
    const onSearch = setup({ ended: 'failed' }, { more: true })
    fireEvent.click(screen.getByRole('button', { name: 'Show older' }))
    expect(onSearch).toHaveBeenCalledWith({ ended: 'failed', endedAfter: 'c10' })
  })

  test('where no flow ended so, it says so and the way back stays', () => {
    setup({ ended: 'cancelled' }, { flows: [] })
    expect(screen.getByText('Nothing that is kept has ended as cancelled.')).toBeTruthy()
    expect(screen.getByRole('button', { name: 'cancelled' }).getAttribute('aria-pressed')).toBe('true')
    expect(screen.getByRole('button', { name: 'all' })).toBeTruthy()
  })

  test('the address decides what is asked', () => {
    expect(toVariables({ ended: 'failed', endedAfter: 'c10' })).toMatchObject({ ended: { status: ['FAILED'] }, endedAfter: 'c10', endedFirst: 50 })
    expect(toVariables(queueSearch.parse({ ended: 'eaten' }))).toMatchObject({ endedAfter: null, endedFirst: 10 })
  })
})
