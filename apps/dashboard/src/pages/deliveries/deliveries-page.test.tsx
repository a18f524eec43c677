import { DELIVERY_STATES } from '@sluice/protocol'
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { admin, renderWith, viewer } from '../../../test/fake-api.tsx'
import { connectionOf, deliveryItem, disabledEndpoint, fakeDelivery, fakeEndpoint, fakeOperation } from '../../../test/webhook-factories.ts'
import { DELIVERY_LOOKS } from '../../features/looks.ts'
import { deliveriesSearch, type DeliveriesSearch } from './deliveries-search.ts'
import { DeliveriesPage } from './deliveries-page.tsx'

type Delivery = ReturnType<typeof fakeDelivery>
interface Read { deliveries?: Delivery[]; more?: Delivery[]; endpoints?: object[]; live?: object[] }

const mayAll = { ...admin, permissions: [...admin.permissions, 'replayWebhookDeliveries', 'abortBulkOperation'] }

const setup = async (read: () => Read, o: { search?: Record<string, unknown>; answers?: Record<string, (variables: Record<string, unknown>) => object>; as?: typeof admin } = {}) => {
  const onSearch = vi.fn<(search: DeliveriesSearch) => void>()
  const sight = renderWith(<DeliveriesPage search={deliveriesSearch.parse(o.search ?? {})} onSearch={onSearch} />, { as: o.as ?? mayAll, answers: {
    DeliveryList: ({ after }) => ({ webhookDeliveries: connectionOf('QueryWebhookDeliveries', after === null ? (read().deliveries ?? []) : (read().more ?? []), after === null && read().more ? 'c1' : null) }),
    DeliveriesPageHealth: () => ({ webhookEndpoints: connectionOf('QueryWebhookEndpoints', read().endpoints ?? [fakeEndpoint()]), live: connectionOf('QueryWebhookDeliveries', read().live ?? []) }),
    ...o.answers,
  } })
  await sight.api.send('DeliveryListChanged', deliveryItem())
  return { ...sight, onSearch }
}

const rowOf = async (delivery: Delivery) => {
  const links = await screen.findAllByRole('link', { name: delivery.eventType })
  return links.find(link => link.getAttribute('href') === `/deliveries/${delivery.id}`)?.closest('tr') as HTMLElement
}
const asked = (sight: Awaited<ReturnType<typeof setup>>, name: string) => sight.api.sent.filter(one => one.name === name).map(({ variables }) => variables['input'])

describe('deliveries page', () => {
  test.each(DELIVERY_STATES)('a delivery that is %s is shown with its word, and leads to its page, its flow and its endpoint', async state => {
    const delivery = fakeDelivery(state)
    await setup(() => ({ deliveries: [delivery] }))
    const row = await rowOf(delivery)
    expect(within(row).getByText(DELIVERY_LOOKS[state].word)).toBeTruthy()
    expect(within(row).getByRole('link', { name: 'Digest of docs' }).getAttribute('href')).toBe('/flows/flow_1')
    expect(within(row).getByRole('link', { name: 'crm' }).getAttribute('href')).toBe('/deliveries?endpoint=ep_crm')
  })

  test('INV-34 subscribes first, then reads; what changes elsewhere changes here, in its place', async () => {
    const [a, b] = [fakeDelivery('PENDING'), fakeDelivery('DELIVERED')]
    const { api } = await setup(() => ({ deliveries: [b, a] }))
    const row = await rowOf(a)
    expect(api.heard.indexOf('DeliveryListChanged')).toBeLessThan(api.heard.indexOf('DeliveryList'))
    await api.send('DeliveryListChanged', deliveryItem({ ...a, state: 'RETRY_SCHEDULED', attemptCount: 1, lastError: 'TIMEOUT' }))
    await waitFor(() => expect(row.textContent).toContain('There was no whole answer in time.'))
    expect(within(row).getByText('Retries')).toBeTruthy()
  })

  test('what no longer fits the filter stays in its place and says so', async () => {
    const delivery = fakeDelivery('EXHAUSTED')
    const { api } = await setup(() => ({ deliveries: [delivery] }), { search: { state: 'EXHAUSTED' } })
    const row = await rowOf(delivery)
    await api.send('DeliveryListChanged', deliveryItem({ ...delivery, state: 'DELIVERED', lastError: null }, false))
    expect(await within(row).findByText('left')).toBeTruthy()
  })

  test('while rows are selected, newcomers wait and are counted', async () => {
    let deliveries = [fakeDelivery()]
    const { api } = await setup(() => ({ deliveries }))
    fireEvent.click(within(await rowOf(deliveries[0] as Delivery)).getByRole('checkbox'))
    const fresh = fakeDelivery('PENDING', { createdAt: '2026-11-21T11:00:00.000Z' })
    deliveries = [fresh, ...deliveries]
    await api.send('DeliveryListChanged', deliveryItem(fresh))
    expect(await screen.findByRole('button', { name: '1 new, show it' })).toBeTruthy()
    expect(screen.getAllByRole('row')).toHaveLength(2)
    fireEvent.click(screen.getByRole('button', { name: 'Clear' }))
    await waitFor(() => expect(screen.getAllByRole('row')).toHaveLength(3))
  })

  test('what is selected is counted by the server, then replayed by an operation that the address shows', async () => {
    const [a, b] = [fakeDelivery('EXHAUSTED'), fakeDelivery('EXHAUSTED')]
    const replay = ({ input }: Record<string, unknown>) => {
      const dry = (input as { dryRun?: boolean }).dryRun === true
      return { replayWebhookDeliveries: { __typename: 'ReplayWebhookDeliveriesPayload', matched: 2, exact: true, operation: dry ? null : fakeOperation({ matched: 2 }) } }
    }
    const sight = await setup(() => ({ deliveries: [b, a] }), { answers: { ReplayDeliveries: replay } })
    for (const one of [a, b]) fireEvent.click(within(await rowOf(one)).getByRole('checkbox'))
    fireEvent.click(within(screen.getByRole('group', { name: 'Selected deliveries' })).getByRole('button', { name: 'Replay' }))
    fireEvent.click(await screen.findByRole('button', { name: 'Replay 2 deliveries' }))
    await waitFor(() => expect(sight.onSearch).toHaveBeenCalledWith(expect.objectContaining({ operation: 'blk_1' })))
    expect(asked(sight, 'ReplayDeliveries')).toEqual([{ ids: [a.id, b.id], dryRun: true }, { ids: [a.id, b.id], reason: null }])
  })

  test('a count that stopped is told as the least, and another span is counted again before anything can start', async () => {
    const replay = () => ({ replayWebhookDeliveries: { __typename: 'ReplayWebhookDeliveriesPayload', matched: 10_000, exact: false, operation: null } })
    const sight = await setup(() => ({ deliveries: [fakeDelivery('EXHAUSTED')] }), { search: { endpoint: 'ep_crm', createdAfter: '2026-11-21T09:00:00.000Z' }, answers: { ReplayDeliveries: replay } })
    fireEvent.click(screen.getByRole('button', { name: 'Replay what failed' }))
    expect(await screen.findByRole('button', { name: 'Replay 10,000 or more deliveries' })).toBeTruthy()
    expect(asked(sight, 'ReplayDeliveries')).toEqual([{ dryRun: true, filter: { endpoint: ['ep_crm'], createdAfter: '2026-11-21T09:00:00.000Z', state: ['EXHAUSTED', 'REJECTED', 'BLOCKED'] } }])
    fireEvent.click(screen.getByRole('checkbox', { name: 'Suppressed' }))
    expect(screen.getByRole('button', { name: 'Replay' }).getAttribute('aria-disabled')).toBe('true')
    await waitFor(() => expect(asked(sight, 'ReplayDeliveries').at(-1)).toMatchObject({ filter: { state: ['EXHAUSTED', 'REJECTED', 'BLOCKED', 'SUPPRESSED'] } }))
  })

  test('progress is followed, what was refused is listed, and it can be aborted', async () => {
    let operation = fakeOperation({ matched: 10, done: 4, refused: 1, refusals: [{ __typename: 'BulkRefusal', target: 'dlv_9', code: 'BODY_PURGED', message: 'What was sent is kept no longer.' }] })
    const abort = () => {
      operation = { ...operation, state: 'ABORTED', endedAt: '2026-11-21T10:00:10.000Z' }
      return { abortBulkOperation: { __typename: 'AbortBulkOperationPayload', operation } }
    }
    const { api } = await setup(() => ({}), { search: { operation: 'blk_1' }, answers: { BulkProgress: () => ({ node: operation }), AbortBulkOperation: abort } })
    await api.send('BulkProgressChanged', { bulkOperationChanged: { __typename: 'BulkOperationItem', cursor: '1', kind: 'SNAPSHOT', gap: false, end: null, operation: null } })
    const progress = await screen.findByRole('region', { name: 'Replay of 10 deliveries' })
    expect(progress.textContent).toContain('4 replayed, 1 refused, 5 to go')
    expect(within(progress).getByText('What was sent is kept no longer.')).toBeTruthy()
    fireEvent.click(within(progress).getByRole('button', { name: 'Abort' }))
    fireEvent.click(await screen.findByRole('button', { name: 'Abort it' }))
    expect(await within(progress).findByText('Aborted')).toBeTruthy()
    expect(progress.textContent).toContain('5 left out')
  })

  test('what is disabled stands first, with its reason; a card narrows the list to its endpoint', async () => {
    await setup(() => ({ endpoints: [fakeEndpoint('crm'), disabledEndpoint('billing', '20 deliveries in a row failed.')], live: [fakeDelivery('PENDING')] }), { search: { state: 'EXHAUSTED' } })
    const cards = within(await screen.findByRole('region', { name: 'Health of endpoints' })).getAllByRole('link')
    expect(cards.map(card => card.textContent)).toEqual(['billingDisabled20 deliveries in a row failed.0 % of the latest arrived0 live', 'crmActiveNone failed in a row100 % of the latest arrived1 live'])
    expect(cards[1]?.getAttribute('href')).toBe('/deliveries?state=EXHAUSTED&endpoint=ep_crm')
  })

  test('an empty list says what would fill it', async () => {
    await setup(() => ({}))
    expect(await screen.findByRole('heading', { name: 'No deliveries yet' })).toBeTruthy()
    expect(screen.getByRole('link', { name: 'make an endpoint' }).getAttribute('href')).toBe('/endpoints')
    expect(screen.getByText('npm run receiver')).toBeTruthy()
  })

  test('a group of states and a choice become the address', async () => {
    const { onSearch } = await setup(() => ({ deliveries: [fakeDelivery()] }), { search: { endpoint: 'ep_crm' } })
    expect(screen.getByRole('link', { name: 'Failed' }).getAttribute('href')).toBe('/deliveries?endpoint=ep_crm&state=EXHAUSTED&state=REJECTED&state=BLOCKED')
    fireEvent.click(screen.getByRole('button', { name: 'Trigger' }))
    fireEvent.click(await screen.findByRole('checkbox', { name: 'Replay' }))
    expect(onSearch).toHaveBeenLastCalledWith(expect.objectContaining({ endpoint: ['ep_crm'], trigger: ['REPLAY'] }))
  })

  test('near the end the next page is read, by its cursor', async () => {
    const [a, b] = [fakeDelivery(), fakeDelivery()]
    const { api } = await setup(() => ({ deliveries: [a], more: [b] }))
    await waitFor(async () => expect(await rowOf(b)).toBeTruthy())
    expect(api.sent.filter(({ name }) => name === 'DeliveryList').map(({ variables }) => variables['after'])).toEqual([null, 'c1'])
  })

  test('who may not replay reads why', async () => {
    await setup(() => ({ deliveries: [fakeDelivery('EXHAUSTED')] }), { as: viewer })
    act(() => screen.getByRole('button', { name: 'Replay what failed' }).focus())
    expect(screen.getByText('Your role does not allow it.', { selector: '[hidden]' })).toBeTruthy()
  })
})
