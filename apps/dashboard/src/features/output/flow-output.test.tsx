import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, test } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { fakeFrame, framesItem } from '../../../test/output-factories.ts'
import { connectionOf } from '../../../test/webhook-factories.ts'
import { updateConnection } from '../../graphql/connection.ts'
import { FlowOutput } from './flow-output.tsx'

const attempts = [{ __typename: 'Attempt', id: 'att_1', index: 0, worker: { __typename: 'Worker', id: 'wrk_1', name: 'printer' } }]
const setup = () => renderWith(<FlowOutput flowId="flow_1" />, {
  answers: { FlowOutputAttempts: () => ({ flow: { __typename: 'Flow', id: 'flow_1', attempts: connectionOf('FlowAttempts', attempts) } }) },
})
const shown = () => screen.getByRole('region', { name: 'Output' })
const connect = (state: 'open' | 'closed') => act(() => updateConnection({ state }))

afterEach(() => updateConnection({ state: 'connecting' }))

describe('output', () => {
  test('it is told by whom, as it comes, each kind by its word', async () => {
    const { api } = setup()
    await api.send('OutputFrames', framesItem())
    await api.send('OutputFrames', framesItem([fakeFrame(0, 1, 'Dear rea'), fakeFrame(0, 2, 'ders'), fakeFrame(0, 3, 'It is late', 'WARNING'), fakeFrame(0, 4, 'No paper', 'ERROR')]))
    await waitFor(() => expect(shown().textContent).toContain('Dear readers'))
    for (const text of ['Attempt 1', 'by printer', 'Warning', 'It is late', 'Error', 'No paper']) expect(shown().textContent).toContain(text)
    expect(screen.getByText('Live')).toBeTruthy()
  })

  test('D-24 after a lost socket it goes on with its cursor: nothing is missing, nothing comes twice', async () => {
    const { api } = setup()
    connect('open')
    await api.send('OutputFrames', framesItem([fakeFrame(0, 1), fakeFrame(0, 2)]))
    connect('closed')
    connect('open')
    await waitFor(() => expect(api.subscribed.map(({ variables }) => variables['after'])).toEqual([null, '0.2']))
    await api.send('OutputFrames', framesItem([fakeFrame(0, 2), fakeFrame(0, 3)]))
    await waitFor(() => expect(shown().textContent).toContain('line 3'))
    expect(shown().textContent?.match(/line \d/g)).toEqual(['line 1', 'line 2', 'line 3'])
  })

  test('it is not called live while nothing can come: without a connection, until it was read again, and without the right', async () => {
    const { api } = setup()
    connect('open')
    await api.send('OutputFrames', framesItem([fakeFrame(0, 1)]))
    expect(screen.getByText('Live')).toBeTruthy()
    connect('closed')
    expect(screen.getByText('Not live')).toBeTruthy()
    expect(screen.queryByText('Live')).toBeNull()
    connect('open')
    expect(screen.getByText('Reading')).toBeTruthy()
    await api.send('OutputFrames', framesItem())
    expect(await screen.findByText('Live')).toBeTruthy()
    await api.send('OutputFrames', framesItem(null, { kind: 'END', end: 'REVOKED', cursor: '0.1' }))
    expect(await screen.findByText('Not live')).toBeTruthy()
  })

  test('one that was too slow begins again where it was, and the end is the end', async () => {
    const { api } = setup()
    await api.send('OutputFrames', framesItem([fakeFrame(0, 7)]))
    await api.send('OutputFrames', framesItem(null, { kind: 'END', end: 'TOO_SLOW', cursor: '0.7' }))
    await waitFor(() => expect(api.subscribed.at(-1)?.variables['after']).toBe('0.7'))
    await api.send('OutputFrames', framesItem(null, { kind: 'END', end: 'TERMINAL', cursor: '0.7' }))
    expect(await screen.findByText('Complete')).toBeTruthy()
    connect('closed')
    connect('open')
    expect(api.subscribed).toHaveLength(2)
  })

  test('a place of another life of the server is of no use: all is told anew', async () => {
    const { api } = setup()
    await api.send('OutputFrames', framesItem([fakeFrame(0, 1, 'before\n')]))
    await api.send('OutputFrames', framesItem(null, { gap: true }))
    await api.send('OutputFrames', framesItem([fakeFrame(0, 1, 'after\n')]))
    await waitFor(() => expect(shown().textContent).toContain('after'))
    expect(shown().textContent).not.toContain('before')
  })

  test('what was trimmed is said', async () => {
    const { api } = setup()
    await api.send('OutputFrames', framesItem([fakeFrame(0, 2001)]))
    expect(await screen.findByText(/2,000 earlier pieces are kept no longer/)).toBeTruthy()
  })

  test('a search says how many lines hold it, and steps through them', async () => {
    const { api } = setup()
    await api.send('OutputFrames', framesItem([1, 2, 3].map(n => fakeFrame(0, n))))
    await screen.findByText('3 lines')
    const search = screen.getByRole('searchbox', { name: 'Words of the output' })
    fireEvent.change(search, { target: { value: 'line' } })
    fireEvent.keyDown(search, { key: 'Enter' })
    fireEvent.keyDown(search, { key: 'Enter' })
    expect(await screen.findByText('2 of 3')).toBeTruthy()
    fireEvent.change(search, { target: { value: 'nowhere' } })
    expect(await screen.findByText('not found')).toBeTruthy()
  })

  test('JSON is folded until it is opened', async () => {
    const { api } = setup()
    await api.send('OutputFrames', framesItem([fakeFrame(0, 1, { pages: 12 }, 'JSON')]))
    fireEvent.click(await screen.findByRole('button', { name: '{"pages":12}' }))
    await waitFor(() => expect(shown().textContent).toContain('"pages": 12'))
  })
})
