import { screen, waitFor, within } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { connectionOf, deliveryItem, fakeDelivery } from '../../../test/webhook-factories.ts'
import { FlowDeliveries } from './flow-deliveries.tsx'

type Delivery = ReturnType<typeof fakeDelivery>

const setup = async (read: () => Delivery[], next: string | null = null) => {
  const onPage = vi.fn<(after: string | undefined) => void>()
  const sight = renderWith(<FlowDeliveries flowId="flow_1" after={undefined} onPage={onPage} />, {
    answers: { FlowDeliveries: () => ({ flow: { __typename: 'Flow', id: 'flow_1', deliveries: connectionOf('FlowDeliveries', read(), next) } }) },
  })
  await sight.api.send('FlowDeliveriesChanged', deliveryItem())
  return { ...sight, onPage }
}

describe('deliveries of a flow', () => {
  test('INV-34 each tells how far it got, and a change is read at once', async () => {
    let deliveries = [fakeDelivery('RETRY_SCHEDULED')]
    const { api } = await setup(() => deliveries)
    const table = await screen.findByRole('table', { name: 'Deliveries of this flow' })
    expect(table.textContent).toContain('Answered 503: it is not available now.')
    expect(within(table).getByRole('link', { name: 'flow.finished' }).getAttribute('href')).toBe(`/deliveries/${deliveries[0]?.id}`)
    deliveries = deliveries.map(one => ({ ...fakeDelivery('DELIVERED'), id: one.id }))
    await api.send('FlowDeliveriesChanged', deliveryItem(deliveries[0]))
    await waitFor(() => expect(within(table).getByText('Delivered')).toBeTruthy())
    expect(screen.getByRole('link', { name: 'Open them in the list of deliveries' }).getAttribute('href')).toBe('/deliveries?flow=flow_1')
  })

  test('a replay is called one', async () => {
    await setup(() => [fakeDelivery('DELIVERED', { trigger: 'REPLAY' })])
    expect(await screen.findByText('Replay')).toBeTruthy()
  })

  test('where nobody was told, it says what would tell somebody', async () => {
    await setup(() => [])
    expect((await screen.findByRole('link', { name: 'endpoints' })).getAttribute('href')).toBe('/endpoints')
  })
})
