import { fireEvent, screen, within } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { at, fakeAttempt, fakeServer, fakeWorker } from '../../../test/lane-factories.ts'
import { WorkersPage } from './workers-page.tsx'
import type { WorkersSearch } from './workers-search.ts'

interface Shown { workers?: object[]; unservedQueues?: object[]; flowKinds?: object[]; servers?: object[] }

const setup = async (shown: Shown, { search = {}, answers = {} }: { search?: WorkersSearch; answers?: Record<string, () => object> } = {}) => {
  const onSearch = vi.fn<(search: WorkersSearch) => void>()
  const sight = renderWith(<WorkersPage search={search} onSearch={onSearch} />, {
    answers: { WorkersPage: () => ({ workers: [fakeWorker('runner')], unservedQueues: [], flowKinds: [], servers: [fakeServer('1')], ...shown }), ...answers },
  })
  await screen.findByRole('table', { name: 'Control planes' })
  return { ...sight, onSearch }
}

const needs = () => screen.getByRole('region', { name: 'What needs you' })
const lane = (name: string, state = 'OPEN') => ({ __typename: 'Lane', id: `lane_${name}`, name, state })
const rowOf = (name: string) => screen.getByRole('button', { name: `Details of worker ${name}` }).closest('tr')

describe('workers page', () => {
  test('says first which kinds wait for a worker that does not exist, and leads to the flows', async () => {
    await setup({ unservedQueues: [{ __typename: 'UnservedQueue', kind: 'ocr.page', queued: 4, lane: lane('scans', 'PAUSED') }] })
    expect(needs().textContent).toContain('4 queued of kind ocr.page in lane scans, and no live worker handles it there (the lane is paused as well).')
    expect(within(needs()).getByRole('link').getAttribute('href')).toBe('/flows?kind=ocr.page&lane=scans&status=QUEUED')
    expect(needs().compareDocumentPosition(screen.getByRole('table', { name: 'Live workers' })) & Node.DOCUMENT_POSITION_FOLLOWING).toBeTruthy()
  })

  test('says when no control plane is dispatcher, and when versions differ', async () => {
    await setup({ servers: [fakeServer('1', { roles: ['api'] }), fakeServer('2', { roles: ['api'], version: '0.2.0' })] })
    expect(needs().textContent).toContain('No control plane is dispatcher')
    expect(needs().textContent).toContain('0.1.0, 0.2.0')
  })

  test('says nothing where nothing is wrong', async () => {
    await setup({})
    expect(needs().textContent).toBe('')
  })

  test('a worker that was not heard for two heartbeats is called silent by the server’s clock', async () => {
    await setup({ workers: [fakeWorker('fine', { heartbeatAt: at(-20) }), fakeWorker('late', { heartbeatAt: at(-40) })] })
    expect(rowOf('fine')?.textContent).toContain('Active')
    expect(rowOf('late')?.textContent).toContain('Silent')
    expect(screen.getByRole('region', { name: 'Workers' }).textContent).toContain('1 silent,1 live, 0 of 16 leased')
  })

  test('what a worker holds: the oldest in the row, all of it in the details, with the lease', async () => {
    const held = [fakeAttempt('1', 'Digest of docs'), fakeAttempt('2', 'Digest of apps')]
    const busy = fakeWorker('busy', { leased: 3, currentAttempts: held.slice(0, 1) })
    const answers = { WorkerLeases: () => ({ node: { ...busy, currentAttempts: held } }) }
    const { onSearch } = await setup({ workers: [busy] }, { search: { worker: 'wrk_busy' }, answers })
    expect(rowOf('busy')?.textContent).toContain('3 of 8')
    expect(rowOf('busy')?.textContent).toContain('Digest of docs+2')
    const details = await screen.findByRole('table', { name: /Holds 3 flows; 2 that you may see/ })
    expect(within(details).getByRole('link', { name: 'Digest of apps' }).getAttribute('href')).toBe('/flows/flow_2')
    fireEvent.click(screen.getByRole('button', { name: 'Details of worker busy' }))
    expect(onSearch).toHaveBeenCalledWith({ worker: undefined })
  })

  test('those that leave stay in sight while they hold flows; the rest is counted and folded away', async () => {
    const workers = [fakeWorker('leaving', { state: 'DRAINING', leased: 1 }), fakeWorker('left', { state: 'DRAINING' }), fakeWorker('lost', { state: 'DEAD' })]
    const { onSearch } = await setup({ workers })
    expect(rowOf('leaving')?.textContent).toContain('Draining')
    expect(screen.queryByRole('button', { name: 'Details of worker lost' })).toBeNull()
    fireEvent.click(screen.getByRole('button', { name: '1 draining, 1 gone in the last ten minutes' }))
    expect(onSearch).toHaveBeenCalledWith({ gone: 'shown' })
  })

  test('without a worker it says that nothing starts, and what would be one', async () => {
    await setup({ workers: [] })
    expect(screen.getByText(/No worker is live: nothing starts/)).toBeTruthy()
  })

  test('a kind with queued flows and no worker stands out in the list of kinds', async () => {
    await setup({ flowKinds: [{ __typename: 'FlowKind', name: 'ocr.page', title: null, hasInputSchema: true, liveWorkers: 0, queued: 4 }] })
    const row = screen.getByRole('link', { name: 'ocr.page' }).closest('tr')
    expect(row?.textContent).toContain('none')
    expect(screen.getByRole('link', { name: '4 queued of kind ocr.page: show them' })).toBeTruthy()
  })
})
