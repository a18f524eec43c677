import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { endedFlow, queuedFlow, runningFlow, type FakeFlow } from '../../../test/factories.ts'
import { updateConnection } from '../../graphql/connection.ts'
import { QueuePage } from './queue-page.tsx'
import type { QueueSearch } from './queue-search.ts'

const rows = (name: string, flows: FakeFlow[], hasNextPage = false) => ({
  __typename: name, edges: flows.map(node => ({ __typename: `${name}Edge`, node })), pageInfo: { __typename: 'PageInfo', hasNextPage, endCursor: hasNextPage ? 'c50' : null },
})

const pageOf = ({ queued = [], running = [], ended = [], cap = 3, more = false }: { queued?: FakeFlow[]; running?: FakeFlow[]; ended?: FakeFlow[]; cap?: number; more?: boolean }) => {
  const stats = {
    __typename: 'QueueStats', queued: queued.length, running: running.length, waiting: 0, slotsHeld: running.length, slotsHeldByWaiting: 0, cap,
    oldestQueuedAt: queued[0]?.queuedAt ?? null, finishedLastMinute: 0, failedLastMinute: 0,
  }
  return {
    queueStats: stats,
    flowCounts: { __typename: 'FlowCounts', total: queued.length + running.length + ended.length },
    caps: [{ __typename: 'Cap', scope: 'GLOBAL', lane: null, maxActive: cap, active: running.length, fromEnvironment: false, environmentValue: 8, setBy: null, setAt: null, reason: null }],
    lanes: [{ __typename: 'Lane', id: 'lane_default', name: 'default', state: 'OPEN', maxActive: 0, stats: { ...stats } }],
    flowQueue: rows('QueryFlowQueueConnection', queued, more),
    holding: rows('QueryFlowsConnection', running),
    ended: rows('QueryFlowsConnection', ended),
  }
}

const change = { __typename: 'QueueChangedItem', cursor: '1', gap: false, end: null, orderChanged: true }

const setup = async (read: () => Parameters<typeof pageOf>[0]) => {
  const onSearch = vi.fn<(search: QueueSearch) => void>()
  const sight = renderWith(<QueuePage search={{}} onSearch={onSearch} />, { answers: {
    QueuePage: () => pageOf(read()), QueuePageThroughput: () => ({ throughput: [] }),
    StartSample: () => ({ createFlow: { __typename: 'CreateFlowPayload', flow: { __typename: 'Flow', id: 'flow_new', title: 'sample.digest', status: 'QUEUED' } } }),
  } })
  await sight.api.send('QueuePageQueueChanged', { queueChanged: { ...change, kind: 'SNAPSHOT' } })
  await sight.api.send('QueuePageFlowsChanged', { flowsChanged: { __typename: 'FlowsChangedItem', cursor: '1', gap: false, end: null, kind: 'SNAPSHOT', flow: null } })
  return { ...sight, onSearch }
}

describe('queue page', () => {
  test('with no flows it offers the samples, the command line and the GraphQL call', async () => {
    const { api } = await setup(() => ({}))
    fireEvent.click(await screen.findByRole('button', { name: 'Start a sample: Digest' }))
    expect(await screen.findByText(/was created/)).toBeTruthy()
    expect(api.sent.find(({ name }) => name === 'StartSample')?.variables).toEqual({ input: { kind: 'sample.digest', input: { seconds: 8 } } })
    const shell = screen.getByLabelText('command line').textContent
    expect(shell).toContain('SLUICE_TOKEN=$(npm run --silent token -- --role submitter --name me)\ncurl')
    expect(shell).not.toContain('.sluice')
    expect(screen.getByLabelText('GraphQL call').textContent).toContain('createFlow')
  })

  test.each([
    ['all', [queuedFlow(), queuedFlow()], '2 in promotion order'],
    ['one of three', [queuedFlow(), queuedFlow({ reason: 'DELAYED', position: null }), queuedFlow({ reason: 'HELD', position: null })], '3 queued, 1 due'],
  ])('the queue says how many are there and how many of them are due: %s', async (_title, queued, words) => {
    await setup(() => ({ queued }))
    expect(await screen.findByText(words)).toBeTruthy()
  })

  test('a flow is seen queued, in a slot, and ended, without leaving the page', async () => {
    let state: Parameters<typeof pageOf>[0] = { queued: [queuedFlow({}, { id: 'flow_1', title: 'Report' })] }
    const { api } = await setup(() => state)
    const queue = await screen.findByRole('region', { name: 'In the queue' })
    expect(within(queue).getByRole('link', { name: 'Report' })).toBeTruthy()
    state = { running: [runningFlow('WORKING', { id: 'flow_1', title: 'Report' })] }
    await api.send('QueuePageQueueChanged', { queueChanged: { ...change, kind: 'CHANGE' } })
    await waitFor(() => expect(within(screen.getByRole('list', { name: 'Slots' })).getByRole('link', { name: /Report/ })).toBeTruthy())
    state = { ended: [endedFlow('FINISHED', { id: 'flow_1', title: 'Report' })] }
    await api.send('QueuePageQueueChanged', { queueChanged: { ...change, kind: 'CHANGE' } })
    await waitFor(() => expect(within(screen.getByRole('region', { name: 'Ended last' })).getByRole('link', { name: 'Report' })).toBeTruthy())
  })

  test('says when the environment differs from the cap that was set', async () => {
    await setup(() => ({ queued: [queuedFlow()] }))
    expect(await screen.findByText(/MAX_CONCURRENT_FLOWS says 8/)).toBeTruthy()
  })

  test('a read that fails leaves what was read before, and says that it may be old', async () => {
    let reachable = true
    const { api } = await setup(() => {
      if (!reachable) throw new TypeError('fetch failed')
      return { queued: [queuedFlow({}, { title: 'Report' })] }
    })
    await screen.findByRole('link', { name: 'Report' })
    reachable = false
    await api.send('QueuePageQueueChanged', { queueChanged: { ...change, kind: 'CHANGE' } })
    expect((await screen.findByRole('alert')).textContent).toContain('What is shown may be old. The control plane cannot be reached.')
    expect(screen.getByRole('link', { name: 'Report' })).toBeTruthy()
  })

  test('the next page of the queue is an address', async () => {
    const { onSearch } = await setup(() => ({ queued: [queuedFlow()], more: true }))
    fireEvent.click(await screen.findByRole('button', { name: 'Next page' }))
    expect(onSearch).toHaveBeenCalledWith({ after: 'c50' })
  })

  test('INV-34 a socket that was lost and opened again makes the page read again, since events in between are lost', async () => {
    act(() => updateConnection({ state: 'open', generation: 1 }))
    let state: Parameters<typeof pageOf>[0] = { queued: [queuedFlow({}, { title: 'Before' })] }
    await setup(() => state)
    await screen.findByRole('link', { name: 'Before' })
    state = { queued: [queuedFlow({}, { title: 'After' })] }
    act(() => updateConnection({ state: 'closed' }))
    act(() => updateConnection({ state: 'open', generation: 2 }))
    expect(await screen.findByRole('link', { name: 'After' })).toBeTruthy()
  })
})
