import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { admin, renderWith, viewer } from '../../../test/fake-api.tsx'
import { fakeCap, fakeLane, pausedLane, statsOf } from '../../../test/lane-factories.ts'
import { updateConnection } from '../../graphql/connection.ts'
import { LanesPage } from './lanes-page.tsx'
import type { LanesSearch } from './lanes-search.ts'

const item = { __typename: 'QueueChangedItem', cursor: '1', gap: false, end: null }
const mayAll = { ...admin, permissions: [...admin.permissions, 'upsertLane'] }

interface Shown { lanes?: object[]; caps?: object[]; stats?: object }

const setup = async (read: () => Shown, o: { search?: LanesSearch; answers?: Record<string, (variables: Record<string, unknown>) => object>; as?: typeof admin } = {}) => {
  const onSearch = vi.fn<(search: LanesSearch) => void>()
  const sight = renderWith(<LanesPage search={o.search ?? {}} onSearch={onSearch} />, {
    as: o.as ?? mayAll,
    answers: { LanesPage: () => ({ queueStats: read().stats ?? statsOf(), lanes: read().lanes ?? [fakeLane('default')], caps: read().caps ?? [fakeCap()] }), ...o.answers },
  })
  await sight.api.send('LanesPageQueueChanged', { queueChanged: { ...item, kind: 'SNAPSHOT', stats: null } })
  await screen.findByRole('table', { name: 'Lanes' })
  return { ...sight, onSearch }
}

const rowOf = (name: string) => {
  const row = screen.getByRole('button', { name: `Details of lane ${name}` }).closest('tr')
  if (!row) throw new Error(`no row of lane ${name}`)
  return row
}
const choose = async (lane: string, action: string) => {
  fireEvent.click(screen.getByRole('button', { name: `Actions on lane ${lane}` }))
  fireEvent.click(await screen.findByRole('menuitem', { name: new RegExp(`^${action}`) }))
}

describe('lanes page', () => {
  test('a paused lane says why, by whom and for how long, and is named at the top', async () => {
    await setup(() => ({ lanes: [fakeLane('default'), pausedLane('nightly', 'Disk is nearly full')] }))
    expect(rowOf('nightly').textContent).toContain('Paused')
    expect(rowOf('nightly').textContent).toContain('Disk is nearly full, admin')
    expect(screen.getByText(/2 lanes/).textContent).toContain('1 not open')
    expect(screen.getByRole('link', { name: 'nightly' }).getAttribute('href')).toBe('/lanes?lane=nightly')
  })

  test('more slots held than the cap has are told as such: 7 of 5, over', async () => {
    await setup(() => ({
      stats: statsOf({ slotsHeld: 7, slotsHeldByWaiting: 2, cap: 5 }),
      lanes: [fakeLane('default', { stats: statsOf({ slotsHeld: 3 }), cap: fakeCap({ scope: 'LANE', maxActive: 2, active: 3 }) })],
    }))
    expect(within(screen.getByRole('region', { name: 'All lanes' })).getByText('Slots held').parentElement?.textContent).toContain('7 of 5over')
    expect(rowOf('default').textContent).toContain('3 of 2over')
  })

  test('what is pushed of all lanes is shown at once, without another read', async () => {
    const { api } = await setup(() => ({ stats: statsOf({ queued: 1 }) }))
    act(() => updateConnection({ state: 'open' }))
    const reads = api.heard.filter(name => name === 'LanesPage').length
    await api.send('LanesPageQueueChanged', { queueChanged: { ...item, kind: 'CHANGE', stats: statsOf({ queued: 41 }) } })
    expect(await screen.findByText('41')).toBeTruthy()
    expect(api.heard.filter(name => name === 'LanesPage')).toHaveLength(reads)
  })

  test('pausing asks for a reason, and the row follows', async () => {
    let lanes = [fakeLane('default')]
    const { api } = await setup(() => ({ lanes }), { answers: {
      PauseLane: () => {
        lanes = [pausedLane('default', 'Flood')]
        return { pauseLane: { __typename: 'LanePayload', lane: { ...lanes[0], __typename: 'Lane' } } }
      },
    } })
    await choose('default', 'Pause')
    fireEvent.change(await screen.findByLabelText('Reason (kept in the audit)'), { target: { value: 'Flood' } })
    fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Pause' }))
    await waitFor(() => expect(rowOf('default').textContent).toContain('Flood, admin'))
    expect(api.sent.find(({ name }) => name === 'PauseLane')?.variables).toEqual({ input: { name: 'default', reason: 'Flood' } })
  })

  test('an edit that somebody overtook is explained, read again and shown, and goes on from there', async () => {
    const changed = { __typename: 'Conflict', code: 'CONFLICT', message: 'Lane default is at version 2, not 1; read it again.' }
    let lane = fakeLane('default', { defaults: { priority: 1 } })
    const answers = { UpsertLane: ({ input }: Record<string, unknown>) => {
      if ((input as { version: number }).version === 2) return { upsertLane: { __typename: 'LanePayload', lane } }
      lane = fakeLane('default', { defaults: { priority: 9 }, version: 2 })
      return { upsertLane: changed }
    } }
    const { api } = await setup(() => ({ lanes: [lane] }), { answers })
    await choose('default', 'Change the settings')
    fireEvent.change(await screen.findByLabelText('Attempts at most'), { target: { value: '3' } })
    fireEvent.click(screen.getByRole('button', { name: 'Change' }))
    expect(await screen.findByText('Priority: 9, was 1')).toBeTruthy()
    expect(screen.getByText(/Lane default is at version 2/)).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Change' }).getAttribute('aria-disabled')).toBe('true')
    fireEvent.click(screen.getByRole('button', { name: 'Take theirs, drop mine' }))
    fireEvent.change(screen.getByLabelText('Attempts at most'), { target: { value: '3' } })
    fireEvent.click(screen.getByRole('button', { name: 'Change' }))
    await waitFor(() => expect(api.sent.filter(({ name }) => name === 'UpsertLane').at(-1)?.variables).toEqual({
      input: { name: 'default', version: 2, waitingHoldsSlot: true, defaults: { priority: 9, maxAttempts: 3 } },
    }))
  })

  test('a cap of a lane can be removed only where there is one', async () => {
    const { api } = await setup(() => ({ lanes: [fakeLane('default'), fakeLane('nightly', { cap: fakeCap({ scope: 'LANE', maxActive: 2 }) })] }), {
      answers: { SetCap: () => ({ setCap: { __typename: 'SetCapPayload', cap: null } }) },
    })
    await choose('default', 'Change the cap')
    expect(await screen.findByLabelText('At most')).toBeTruthy()
    expect(screen.queryByLabelText(/Remove the cap/)).toBeNull()
    fireEvent.click(screen.getAllByRole('button', { name: 'Close' })[0] as HTMLElement)
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    await choose('nightly', 'Change the cap')
    fireEvent.click(await screen.findByLabelText('Remove the cap of lane nightly'))
    fireEvent.click(screen.getByRole('button', { name: 'Change' }))
    expect(await screen.findByText('There is no cap of lane nightly now.')).toBeTruthy()
    expect(api.sent.find(({ name }) => name === 'SetCap')?.variables).toEqual({ input: { lane: 'nightly', principalId: null, maxActive: null, reason: null } })
  })

  test('the cap of a principal shows what it holds and names the flows', async () => {
    const principal = { __typename: 'Principal', id: 'prn_acme', name: 'acme' }
    await setup(() => ({ caps: [fakeCap(), fakeCap({ scope: 'PRINCIPAL', principal, maxActive: 2, active: 3, reason: 'They flood us' })] }), {
      answers: { CapHolders: () => ({ flows: {
        __typename: 'QueryFlowsConnection', edges: [{ __typename: 'QueryFlowsConnectionEdge', node: { __typename: 'Flow', id: 'flow_1', title: 'Import', kind: 'k' } }],
        pageInfo: { __typename: 'PageInfo', hasNextPage: false },
      } }) },
    })
    const table = screen.getByRole('table', { name: 'Caps of principals' })
    expect(within(table).getByText('They flood us')).toBeTruthy()
    fireEvent.click(within(table).getByRole('button', { name: '3 of 2 slots held by acme: show the flows' }))
    expect((await screen.findByRole('link', { name: 'Import' })).getAttribute('href')).toBe('/flows/flow_1')
  })

  test('a new lane must have a name of its own', async () => {
    const { api, onSearch } = await setup(() => ({}), { answers: { UpsertLane: () => ({ upsertLane: { __typename: 'LanePayload', lane: fakeLane('mail') } }) } })
    fireEvent.click(screen.getByRole('button', { name: 'New lane' }))
    fireEvent.change(await screen.findByLabelText('Name'), { target: { value: 'default' } })
    expect(screen.getAllByText('There is a lane of that name.').length).toBeGreaterThan(0)
    fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'mail' } })
    fireEvent.change(screen.getByLabelText('At most at once'), { target: { value: '2' } })
    fireEvent.click(screen.getByRole('button', { name: 'Make it' }))
    await waitFor(() => expect(onSearch).toHaveBeenCalledWith({ lane: 'mail' }))
    expect(api.sent.find(({ name }) => name === 'UpsertLane')?.variables).toEqual({ input: { name: 'mail', maxActive: 2, waitingHoldsSlot: true, defaults: {} } })
  })

  test('a viewer is told why nothing can be done', async () => {
    await setup(() => ({ lanes: [pausedLane('default', 'x')] }), { as: viewer })
    expect(screen.getByRole('button', { name: 'New lane' }).getAttribute('aria-disabled')).toBe('true')
    fireEvent.click(screen.getByRole('button', { name: 'Actions on lane default' }))
    expect((await screen.findByRole('menuitem', { name: /^Resume/ })).textContent).toContain('Your role does not allow it.')
    expect(screen.getByRole('menuitem', { name: /^Pause/ }).textContent).toContain('It is paused already.')
  })

  test('the details of a lane are an address', async () => {
    const { onSearch } = await setup(() => ({ lanes: [fakeLane('default', { waitingHoldsSlot: false, defaults: { onLeaseLost: 'RETRY' } })] }), { search: { lane: 'default' } })
    expect(screen.getByText('try again')).toBeTruthy()
    expect(screen.getByRole('link', { name: 'Its flows' }).getAttribute('href')).toBe('/flows?lane=default')
    fireEvent.click(screen.getByRole('button', { name: 'Details of lane default' }))
    expect(onSearch).toHaveBeenCalledWith({ lane: undefined })
  })
})
