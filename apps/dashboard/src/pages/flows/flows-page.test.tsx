import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { FLOW_STATUSES } from '@sluice/protocol'
import { Provider } from 'urql'
import { describe, expect, test, vi } from 'vitest'
import { renderWith, submitter } from '../../../test/fake-api.tsx'
import { endedFlow, flowIn, queuedFlow, type FakeFlow } from '../../../test/factories.ts'
import { listSearch, type ListSearch } from '../../features/flow-list/list-search.ts'
import { lookOf } from '../../features/looks.ts'
import { FlowsPage } from './flows-page.tsx'

interface Read { flows?: FakeFlow[]; more?: FakeFlow[]; errors?: object[]; count?: number; exact?: boolean }

const connection = (flows: FakeFlow[], next: string | null) => ({
  flows: {
    __typename: 'QueryFlowsConnection', edges: flows.map(node => ({ __typename: 'QueryFlowsConnectionEdge', node })),
    pageInfo: { __typename: 'PageInfo', hasNextPage: next !== null, endCursor: next ?? 'end' },
  },
})
const countsOf = (count: number, exact: boolean) => ({
  flowCounts: { __typename: 'FlowCounts', byStatus: FLOW_STATUSES.map(status => ({ __typename: 'StatusCount', status, count: status === 'FAILED' ? count : 0 })), total: count, exact },
})
const choices = () => ({
  lanes: [{ __typename: 'Lane', id: 'lane_nightly', name: 'nightly' }], flowKinds: [{ __typename: 'FlowKind', name: 'sample.digest', title: 'Digest' }],
  principals: [{ __typename: 'Principal', id: 'prn_admin', name: 'admin' }],
})
const changeOf = (flow: FakeFlow, matches = true) => ({ flowsChanged: { __typename: 'FlowsChangedItem', cursor: '2', kind: 'CHANGE', gap: false, end: null, matches, deletedId: null, flow } })
const begins = { flowsChanged: { __typename: 'FlowsChangedItem', cursor: '1', kind: 'SNAPSHOT', gap: false, end: null, matches: null, deletedId: null, flow: null } }

const setup = async (read: () => Read, search: Record<string, unknown> = {}, o: Parameters<typeof renderWith>[1] = {}) => {
  const onSearch = vi.fn<(search: ListSearch, o?: { replace: boolean }) => void>()
  const sight = renderWith(<FlowsPage search={listSearch.parse(search)} onSearch={onSearch} />, { ...o, answers: {
    FlowList: ({ after }) => {
      const { flows = [], more, errors } = read()
      return errors ? { errors } : connection(after === null ? flows : (more ?? []), after === null && more ? 'c1' : null)
    },
    FlowsPageCounts: () => countsOf(read().count ?? 0, read().exact ?? true), FlowsPageChoices: choices,
  } })
  await sight.api.send('FlowListFlowsChanged', begins)
  return { ...sight, onSearch }
}

const titles = () => within(screen.getByRole('table', { name: 'Flows' })).getAllByRole('link').filter(link => 'row' in link.dataset).map(link => link.textContent)
const named = (title: string, flow: Partial<FakeFlow> = {}) => queuedFlow({}, { title, ...flow })
const rowOf = async (title: string) => (await screen.findByText(title)).closest('tr') as HTMLElement

describe('flows page', () => {
  test('INV-34 subscribes first, then reads, and a row that changes elsewhere changes here, in its place', async () => {
    const [a, b] = [named('flow a'), named('flow b')]
    const { api } = await setup(() => ({ flows: [b, a] }))
    await screen.findByRole('link', { name: 'flow a' })
    expect(api.heard.indexOf('FlowListFlowsChanged')).toBeLessThan(api.heard.indexOf('FlowList'))
    await api.send('FlowListFlowsChanged', changeOf({ ...a, status: 'FINISHED', finishedAt: '2026-11-21T10:01:00.000Z' }))
    await waitFor(async () => expect(within(await rowOf('flow a')).getByText('Finished')).toBeTruthy())
    expect(titles()).toEqual(['flow b', 'flow a'])
  })

  test.each(FLOW_STATUSES)('a flow that is %s is shown with its word and leads to its page', async status => {
    const flow = flowIn(status)
    await setup(() => ({ flows: [flow] }))
    const row = await rowOf(flow.title)
    expect(within(row).getByText(lookOf(flow).word)).toBeTruthy()
    expect(within(row).getByRole('link', { name: flow.title }).getAttribute('href')).toBe(`/flows/${flow.id}`)
  })

  test('a click on a row opens it, one on its kind narrows the list', async () => {
    const flow = named('flow a')
    const { went } = await setup(() => ({ flows: [flow] }), { status: 'QUEUED' })
    const row = await rowOf('flow a')
    fireEvent.click(within(row).getByText('admin'))
    expect(went).toEqual([`/flows/${flow.id}`])
    expect(within(row).getByRole('link', { name: 'sample.digest' }).getAttribute('href')).toBe('/flows?status=QUEUED&kind=sample.digest')
  })

  test('what no longer fits the filter stays in its place and says so; what was deleted cannot be opened', async () => {
    const [a, b] = [named('flow a'), named('flow b')]
    const { api } = await setup(() => ({ flows: [b, a] }), { status: 'QUEUED' })
    await screen.findByRole('link', { name: 'flow a' })
    await api.send('FlowListFlowsChanged', changeOf({ ...a, status: 'RUNNING' }, false))
    await api.send('FlowListFlowsChanged', { flowsChanged: { ...begins.flowsChanged, kind: 'CHANGE', matches: false, deletedId: b.id } })
    await waitFor(async () => expect(within(await rowOf('flow a')).getByText('left')).toBeTruthy())
    expect(within(await rowOf('flow b')).getByText('deleted')).toBeTruthy()
    expect(screen.queryByRole('link', { name: 'flow b' })).toBeNull()
  })

  test('newcomers wait under a focus that is in the list, and are shown when asked for', async () => {
    let flows = [named('flow a')]
    const { api } = await setup(() => ({ flows }))
    const row = await screen.findByRole('link', { name: 'flow a' })
    act(() => row.focus())
    const fresh = named('flow b', { createdAt: '2026-11-21T11:00:00.000Z' })
    flows = [fresh, ...flows]
    await api.send('FlowListFlowsChanged', changeOf(fresh))
    fireEvent.click(await screen.findByRole('button', { name: '1 new, show it' }))
    await waitFor(() => expect(titles()).toEqual(['flow b', 'flow a']))
    expect(screen.queryByRole('button', { name: /new, show/ })).toBeNull()
  })

  test('INV-34 who comes back finds the rows at once, and what changed meanwhile is read again', async () => {
    let flows = [named('flow a')]
    const { api, rerender } = await setup(() => ({ flows }))
    await screen.findByRole('link', { name: 'flow a' })
    const page = (shown: boolean) => <Provider value={api.client}>{shown && <FlowsPage search={listSearch.parse({})} onSearch={() => {}} />}</Provider>
    rerender(page(false))
    flows = flows.map(flow => ({ ...flow, status: 'RUNNING' as const }))
    rerender(page(true))
    expect(screen.getByRole('link', { name: 'flow a' })).toBeTruthy()
    await api.send('FlowListFlowsChanged', begins)
    await waitFor(async () => expect(within(await rowOf('flow a')).getByText(lookOf({ status: 'RUNNING', phase: null }).word)).toBeTruthy())
  })

  test('who opened a row by keyboard stands on it again after coming back', async () => {
    const [a, b] = [named('flow a'), named('flow b')]
    const { api, rerender } = await setup(() => ({ flows: [b, a] }))
    document.addEventListener('click', event => event.preventDefault(), { once: true })
    fireEvent.click(await screen.findByRole('link', { name: 'flow a' }), { detail: 0 })
    const page = (shown: boolean) => <Provider value={api.client}>{shown && <FlowsPage search={listSearch.parse({})} onSearch={() => {}} />}</Provider>
    rerender(page(false))
    rerender(page(true))
    expect(document.activeElement).toBe(screen.getByRole('link', { name: 'flow a' }))
  })

  test('near the end the next page is read, by its cursor', async () => {
    const { api } = await setup(() => ({ flows: [named('flow a')], more: [named('flow b')] }))
    await screen.findByRole('link', { name: 'flow b' })
    expect(api.sent.filter(({ name }) => name === 'FlowList').map(({ variables }) => variables['after'])).toEqual([null, 'c1'])
  })

  test('an empty list says what would fill it', async () => {
    await setup(() => ({}))
    expect(await screen.findByRole('heading', { name: 'No flows yet' })).toBeTruthy()
    expect(screen.getByRole('link', { name: 'Start a new flow' }).getAttribute('href')).toBe('/flows/new')
  })

  test('a filter that nothing fits leads back to all', async () => {
    await setup(() => ({}), { lane: 'nightly' })
    expect(await screen.findByRole('heading', { name: 'No flow fits these filters' })).toBeTruthy()
    expect(screen.getByRole('link', { name: 'Show all flows' }).getAttribute('href')).toBe('/flows')
  })

  test('a piece of an id that finds nothing says how ids are found', async () => {
    await setup(() => ({}), { text: 'flow_01m7…epq2bx' })
    expect((await screen.findByText(/Ids are found whole or by their beginning/)).textContent).toContain('flow_…')
  })

  test('a filter that takes too long says what to do', async () => {
    await setup(() => ({ errors: [{ message: 'This took longer than 2000 ms: narrow the filter.', extensions: { code: 'LIMIT_EXCEEDED' } }] }), { text: 'e' })
    expect((await screen.findByRole('alert')).textContent).toContain('narrow the filter. Choose a status, a lane, a kind or a shorter time.')
  })

  test.each([[3, true, 'Failed 3'], [10_000, false, 'Failed 10,000+'], [1_234_567, true, 'Failed 1,234,567']])('%d counted, exact: %s, is shown as %s and leads to those', async (count, exact, text) => {
    await setup(() => ({ count, exact }), { lane: 'nightly' })
    const tab = await screen.findByRole('link', { name: text.replace(' ', '') })
    expect(tab.getAttribute('href')).toBe('/flows?lane=nightly&status=FAILED')
  })

  test('where counting stopped, nothing is claimed of a status that was not met until then', async () => {
    await setup(() => ({ count: 10_000, exact: false }))
    expect(await screen.findByRole('link', { name: 'Queued?' })).toBeTruthy()
  })

  test('a choice and a typed text become the address; typing makes no steps to go back through', async () => {
    const { onSearch } = await setup(() => ({ flows: [endedFlow()] }), { status: 'FINISHED' })
    fireEvent.click(await screen.findByRole('button', { name: 'Lane' }))
    fireEvent.click(await screen.findByRole('checkbox', { name: 'nightly' }))
    expect(onSearch).toHaveBeenLastCalledWith({ status: ['FINISHED'], lane: ['nightly'] })
    fireEvent.change(screen.getByRole('searchbox', { name: 'Title or id' }), { target: { value: ' report ' } })
    await waitFor(() => expect(onSearch).toHaveBeenLastCalledWith({ status: ['FINISHED'], text: 'report' }, { replace: true }))
  })

  test('in the search, the first Escape takes the text away and the next leaves', async () => {
    await setup(() => ({ flows: [endedFlow()] }))
    const box = await screen.findByRole<HTMLInputElement>('searchbox', { name: 'Title or id' })
    act(() => box.focus())
    fireEvent.change(box, { target: { value: 'report' } })
    fireEvent.keyDown(box, { key: 'Escape' })
    expect([box.value, document.activeElement]).toEqual(['', box])
    fireEvent.keyDown(box, { key: 'Escape' })
    expect(document.activeElement).toBe(document.body)
  })

  test('who may not read who there is cannot choose among owners', async () => {
    const { api } = await setup(() => ({}), {}, { as: submitter })
    await screen.findByRole('button', { name: 'Slot' })
    expect(api.sent.find(({ name }) => name === 'FlowsPageChoices')?.variables).toEqual({ owners: false })
  })
})
