import { DELIVERY_STATES } from '@sluice/protocol'
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { connectionOf, deliveryItem, disabledEndpoint, fakeDelivery, fakeDeliveryAttempt } from '../../../test/webhook-factories.ts'
import { DELIVERY_LOOKS } from '../../features/looks.ts'
import { DeliveryPage } from './delivery-page.tsx'
import type { DeliverySearch } from './delivery-search.ts'

type Delivery = ReturnType<typeof fakeDelivery>

const setup = async (read: () => Delivery | null, o: { search?: DeliverySearch; chain?: object[]; answers?: Record<string, () => object> } = {}) => {
  const onSearch = vi.fn<(search: DeliverySearch) => void>()
  const sight = renderWith(<DeliveryPage id="dlv_1" search={o.search ?? {}} onSearch={onSearch} />, { answers: {
    DeliveryPage: () => ({ node: read() }), DeliveryChain: () => ({ webhookDeliveries: connectionOf('QueryWebhookDeliveries', o.chain ?? []) }), ...o.answers,
  } })
  if (read() !== null) {
    await sight.api.send('DeliveryPageChanged', deliveryItem())
    await screen.findByRole('heading', { level: 1 })
  }
  return { ...sight, onSearch }
}

const replayButton = () => screen.getByRole('button', { name: 'Replay' })

describe('page of a delivery', () => {
  test.each(DELIVERY_STATES)('shows one that is %s', async state => {
    await setup(() => fakeDelivery(state))
    expect(screen.getAllByText(DELIVERY_LOOKS[state].word).length).toBeGreaterThan(0)
    expect(replayButton().getAttribute('aria-disabled')).toBe(['PENDING', 'SENDING', 'RETRY_SCHEDULED'].includes(state) ? 'true' : null)
  })

  test('the latest attempt is open; each shows its request, its answer and what that means, and is an address', async () => {
    const attempts = [
      fakeDeliveryAttempt(1, { statusCode: 429, retryAfterMs: 30_000 }),
      fakeDeliveryAttempt(2, { statusCode: null, errorClass: 'TIMEOUT', address: null, responseHeaders: null, responseExcerpt: null, durationMs: 10_000 }),
    ]
    const { onSearch } = await setup(() => fakeDelivery('EXHAUSTED', { attempts }))
    const second = screen.getByRole('region', { name: 'Attempt 2' })
    expect(second.textContent).toContain('There was no whole answer in time.')
    expect(second.textContent).toContain('no connection was made')
    expect(second.textContent).toContain('Body: none came.')
    fireEvent.click(screen.getByRole('button', { name: 'Attempt 1' }))
    expect(onSearch).toHaveBeenCalledWith({ attempt: 1 })
  })

  test('an attempt that an address names is open, with Retry-After, and a long answer says that it was cut', async () => {
    const attempts = [fakeDeliveryAttempt(1, { statusCode: 429, retryAfterMs: 30_000, responseExcerpt: 'x'.repeat(2048) }), fakeDeliveryAttempt(2)]
    await setup(() => fakeDelivery('EXHAUSTED', { attempts }), { search: { attempt: 1 } })
    const first = screen.getByRole('region', { name: 'Attempt 1' })
    expect(first.textContent).toContain('It asked to wait 30s.')
    expect(first.textContent).toContain('it asks for a slower pace')
    expect(within(first).getByText(/the first 2 KiB are kept/)).toBeTruthy()
  })

  test.each([
    ['DELIVERY_IN_PROGRESS', 'A delivery of this event to this endpoint has not ended yet.'], ['ENDPOINT_GONE', 'Its endpoint was deleted.'],
    ['BODY_PURGED', 'What was sent is kept no longer.'], ['FORBIDDEN', 'Your role does not allow it.'],
  ] as const)('where a replay would be refused with %s, it is off and says why', async (cannotReplayReason, why) => {
    await setup(() => fakeDelivery('EXHAUSTED', { cannotReplayReason }))
    expect(replayButton().getAttribute('aria-disabled')).toBe('true')
    expect(screen.getByText(why, { selector: '[hidden]' })).toBeTruthy()
  })

  test('a replay of what was delivered warns, and leads to the new delivery', async () => {
    const replayed = { replayWebhookDelivery: { __typename: 'ReplayWebhookDeliveryPayload', delivery: { __typename: 'WebhookDelivery', id: 'dlv_2', state: 'PENDING' } } }
    const { went, api } = await setup(() => fakeDelivery('DELIVERED', { id: 'dlv_1' }), { answers: { ReplayDelivery: () => replayed } })
    fireEvent.click(replayButton())
    expect((await screen.findByRole('dialog')).textContent).toContain('It was delivered already')
    fireEvent.click(screen.getByRole('button', { name: 'Replay it' }))
    await waitFor(() => expect(went).toEqual(['/deliveries/dlv_2']))
    expect(api.sent.find(({ name }) => name === 'ReplayDelivery')?.variables).toEqual({ input: { id: 'dlv_1' } })
  })

  test('a replay to a disabled endpoint says that it is sent all the same; a refusal says what to do', async () => {
    const refusal = { replayWebhookDelivery: { __typename: 'DeliveryInProgress', code: 'DELIVERY_IN_PROGRESS', message: 'It is being delivered.' } }
    await setup(() => fakeDelivery('SUPPRESSED', { endpoint: disabledEndpoint('crm', 'Gone') }), { answers: { ReplayDelivery: () => refusal } })
    fireEvent.click(replayButton())
    expect((await screen.findByRole('dialog')).textContent).toContain('A replay is sent to it all the same')
    fireEvent.click(screen.getByRole('button', { name: 'Replay it' }))
    expect((await screen.findByRole('alert')).textContent).toBe('It is being delivered. Wait until it has ended.')
  })

  test('the replays of the same event stand in a chain, without those of another event', async () => {
    const first = fakeDelivery('EXHAUSTED', { id: 'dlv_1' })
    const second = fakeDelivery('DELIVERED', { id: 'dlv_2', trigger: 'REPLAY', replayOf: { __typename: 'WebhookDelivery', id: 'dlv_1' }, requestedBy: { __typename: 'Principal', id: 'prn_1', name: 'olga' } })
    await setup(() => first, { chain: [second, fakeDelivery('DELIVERED', { eventId: 'evt_2' }), first] })
    const chain = await screen.findByRole('region', { name: 'The same event to this endpoint' })
    expect(within(chain).getAllByRole('listitem').map(item => item.textContent)).toEqual([expect.stringContaining('this one'), expect.stringContaining('repeats this one, by olga')])
    expect(within(chain).getByRole('link', { name: 'dlv_2' }).getAttribute('href')).toBe('/deliveries/dlv_2')
  })

  test('INV-34 a change is read at once, and with it the next attempt', async () => {
    let delivery = fakeDelivery('PENDING', { id: 'dlv_1' })
    const { api } = await setup(() => delivery)
    expect(screen.getByText('None yet: the first begins when its turn comes.')).toBeTruthy()
    delivery = fakeDelivery('DELIVERED', { id: 'dlv_1', attempts: [fakeDeliveryAttempt(1, { statusCode: 200, responseExcerpt: '' })] })
    await api.send('DeliveryPageChanged', deliveryItem({ __typename: 'WebhookDelivery', id: 'dlv_1', state: 'DELIVERED', attemptCount: 1, nextAttemptAt: null, lastError: null }))
    expect(await screen.findByRole('button', { name: 'Attempt 1' })).toBeTruthy()
  })

  test('a body that is kept no longer is said to be gone', async () => {
    await setup(() => fakeDelivery('DELIVERED', { body: null, cannotReplayReason: 'BODY_PURGED' }))
    expect(screen.getByText(/It is kept no longer, so that this delivery cannot be sent again/)).toBeTruthy()
  })

  test('one that cannot be read is said to be missing', async () => {
    await setup(() => null)
    expect(await screen.findByRole('heading', { name: 'There is no such delivery' })).toBeTruthy()
  })
})
