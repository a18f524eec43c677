import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { admin, renderWith, viewer } from '../../../test/fake-api.tsx'
import { connectionOf, deliveryItem, disabledEndpoint, fakeDelivery, fakeDeliveryAttempt, fakeEndpoint, fakeOperation, rotatedEndpoint } from '../../../test/webhook-factories.ts'
import { EndpointsPage } from './endpoints-page.tsx'
import type { EndpointsSearch } from './endpoints-search.ts'

type Endpoint = ReturnType<typeof fakeEndpoint>
type Answers = Record<string, (variables: Record<string, unknown>) => object>

const RIGHTS = ['principals', ...['create', 'update', 'delete', 'disable', 'enable', 'reveal', 'test'].map(verb => `${verb}WebhookEndpoint`), 'rotateWebhookSecret', 'replayWebhookDeliveries']
const mayAll = { ...admin, permissions: [...admin.permissions, ...RIGHTS] }

const setup = async (read: () => Endpoint[], o: { search?: EndpointsSearch; answers?: Answers; as?: typeof admin; live?: object[] } = {}) => {
  const onSearch = vi.fn<(search: EndpointsSearch) => void>()
  const sight = renderWith(<EndpointsPage search={o.search ?? {}} onSearch={onSearch} />, { as: o.as ?? mayAll, answers: {
    EndpointsPage: ({ owners }) => ({
      webhookEndpoints: connectionOf('QueryWebhookEndpoints', read()), live: connectionOf('QueryWebhookDeliveries', o.live ?? []),
      ...(owners === true ? { principals: [{ __typename: 'Principal', id: 'prn_acme', name: 'acme' }] } : {}),
    }),
    ...o.answers,
  } })
  await screen.findByRole('heading', { name: 'Who is told' })
  return { ...sight, onSearch, inputs: (name: string) => sight.api.sent.filter(one => one.name === name).map(({ variables }) => variables['input']) }
}

const rowOf = (name: string) => screen.getByRole('button', { name: `Details of endpoint ${name}` }).closest('tr') as HTMLElement
const choose = async (name: string, action: string) => {
  fireEvent.click(screen.getByRole('button', { name: `Actions on endpoint ${name}` }))
  fireEvent.click(await screen.findByRole('menuitem', { name: new RegExp(`^${action}`) }))
}
const type = (label: string | RegExp, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } })
const press = (name: string) => fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name }))
const noteOf = (label: string) => document.getElementById(screen.getByLabelText(label).getAttribute('aria-describedby')?.split(' ')[0] ?? '')?.textContent ?? ''

describe('endpoints page', () => {
  test('each row tells where it leads as far as may be shown, what it hears of, how it does, and what signs', async () => {
    await setup(() => [rotatedEndpoint('crm', '2026-11-22T10:00:00.000Z'), disabledEndpoint('billing', '20 deliveries in a row failed.'), fakeEndpoint('mail', { consecutiveFailures: 3 }), fakeEndpoint(null)], { live: [fakeDelivery('PENDING')] })
    expect(rowOf('crm').textContent).toMatch(/crm.*Active.*https:\/\/hooks\.example\.com\/….*every end.*100 %.*0.*1.*two, until 22 Nov/)
    expect(rowOf('billing').textContent).toContain('20 deliveries in a row failed.')
    expect(rowOf('billing').textContent).toMatch(/Disabled.*0 %20/)
    expect(rowOf('mail').textContent).toContain('3 of 20')
    expect(rowOf('https://hooks.example.com/…').textContent).toContain('FLOW_WEBHOOK_SECRET')
  })

  test('without one it says what would fill the list', async () => {
    await setup(() => [])
    expect(screen.getByText(/Nobody is told of flows yet/)).toBeTruthy()
    expect(screen.getByText('npm run receiver')).toBeTruthy()
  })

  test('those that flows brought along are asked for by the address', async () => {
    const { onSearch, api } = await setup(() => [])
    expect(api.sent[0]?.variables).toMatchObject({ unnamed: false })
    fireEvent.click(screen.getByRole('checkbox', { name: 'Also those that flows brought along' }))
    expect(onSearch).toHaveBeenCalledWith({ unnamed: 'shown', after: undefined })
  })

  test('a new one is made, and its secret is shown until somebody says that it is kept', async () => {
    const { inputs, onSearch } = await setup(() => [], { answers: { CreateEndpoint: () => ({ createWebhookEndpoint: { __typename: 'CreateWebhookEndpointPayload', secret: 'whsec_abc', endpoint: fakeEndpoint() } }) } })
    fireEvent.click(screen.getByRole('button', { name: 'New endpoint' }))
    expect((await screen.findByRole('button', { name: 'Make it' })).getAttribute('aria-disabled')).toBe('true')
    type('Name', ' crm ')
    type('URL', 'https://hooks.example.com/t/1')
    type('Whose flows', 'prn_acme')
    fireEvent.click(screen.getByRole('checkbox', { name: 'flow.queued' }))
    fireEvent.click(screen.getByRole('checkbox', { name: 'In strict order' }))
    press('Make it')
    expect((await screen.findByLabelText('secret')).textContent).toBe('whsec_abc')
    expect(inputs('CreateEndpoint')).toEqual([{
      name: 'crm', url: 'https://hooks.example.com/t/1', principalId: 'prn_acme', inlineArtifacts: false, strictOrder: true,
      events: ['flow.queued', 'flow.finished', 'flow.failed', 'flow.cancelled', 'flow.skipped'],
    }])
    expect(onSearch).toHaveBeenCalledWith({ after: undefined, endpoint: 'ep_crm' })
    fireEvent.keyDown(screen.getByRole('dialog'), { key: 'Escape' })
    expect(await screen.findByText(/Nobody can show it again/)).toBeTruthy()
    press('I have kept it')
    await waitFor(() => expect(screen.queryByText('whsec_abc')).toBeNull())
  })

  test.each([
    ['loopback', '127.0.0.1 leads to this machine itself (WEBHOOK_ALLOW_HOSTS=127.0.0.1 lifts this).', /WEBHOOK_ALLOW_HOSTS=127\.0\.0\.1/],
    [null, 'intern.example.com resolves to an address that is not allowed.', /not allowed\. Whoever runs the server may allow hosts with WEBHOOK_ALLOW_HOSTS, and http:\/\/ with WEBHOOK_ALLOW_HTTP\./],
    ['metadata', '169.254.169.254 leads to a metadata service.', /metadata service\.$/],
  ])('a URL that the policy refuses (%s) says so at its field, until it is changed', async (rule, message, shown) => {
    await setup(() => [], { answers: { CreateEndpoint: () => ({ createWebhookEndpoint: { __typename: 'UrlNotAllowed', code: 'URL_NOT_ALLOWED', message, rule } }) } })
    fireEvent.click(screen.getByRole('button', { name: 'New endpoint' }))
    await screen.findByRole('dialog')
    type('Name', 'crm')
    type('URL', 'https://x.example.com')
    press('Make it')
    await waitFor(() => expect(noteOf('URL')).toMatch(shown))
    expect(screen.getAllByText(shown)).toHaveLength(1)
    type('URL', 'https://y.example.com')
    expect(noteOf('URL')).toMatch(/^It is stored encrypted/)
  })

  test('an edit that somebody overtook is explained, read again and shown, and goes on from there; an empty URL stays as it is', async () => {
    let endpoint = fakeEndpoint('crm')
    const update = ({ input }: Record<string, unknown>) => {
      if ((input as { version: number }).version === 2) return { updateWebhookEndpoint: { __typename: 'UpdateWebhookEndpointPayload', endpoint } }
      endpoint = fakeEndpoint('crm', { strictOrder: true, version: 2 })
      return { updateWebhookEndpoint: { __typename: 'Conflict', code: 'CONFLICT', message: 'It is at version 2, not 1.' } }
    }
    const { inputs } = await setup(() => [endpoint], { answers: { UpdateEndpoint: update } })
    await choose('crm', 'Change')
    await screen.findByRole('dialog')
    type('Name', 'crm of the north')
    press('Change')
    expect(await screen.findByText('In strict order: yes, was no')).toBeTruthy()
    press('Take theirs, drop mine')
    type('Name', 'crm of the south')
    press('Change')
    await waitFor(() => expect(inputs('UpdateEndpoint').at(-1)).toEqual({ id: 'ep_crm', version: 2, name: 'crm of the south', events: endpoint.events, inlineArtifacts: false, strictOrder: true }))
  })

  test('a test shows what becomes of it, as it becomes', async () => {
    let delivery = fakeDelivery('PENDING', { id: 'dlv_test' })
    const { api } = await setup(() => [fakeEndpoint()], { answers: {
      TestEndpoint: () => ({ testWebhookEndpoint: { __typename: 'TestWebhookEndpointPayload', delivery } }), TestOutcome: () => ({ node: delivery }),
    } })
    await choose('crm', 'Send a test')
    fireEvent.click(await screen.findByRole('button', { name: 'Send a test' }))
    await api.send('TestOutcomeChanged', deliveryItem())
    expect(await screen.findByText('There is no answer yet.')).toBeTruthy()
    delivery = fakeDelivery('DELIVERED', { id: 'dlv_test', attempts: [fakeDeliveryAttempt(1, { statusCode: 204, durationMs: 80 })] })
    await api.send('TestOutcomeChanged', deliveryItem(delivery))
    expect(await screen.findByText('The receiver answered 204 after 80ms.')).toBeTruthy()
    expect(screen.getByRole('link', { name: 'Open the delivery' }).getAttribute('href')).toBe('/deliveries/dlv_test')
  })

  test('a rotated secret is shown once, and until when both sign', async () => {
    const rotated = { rotateWebhookSecret: { __typename: 'RotateWebhookSecretPayload', secret: 'whsec_new', formerUntil: '2026-11-23T10:00:00.000Z', endpoint: rotatedEndpoint('crm', '2026-11-23T10:00:00.000Z') } }
    const { inputs } = await setup(() => [fakeEndpoint()], { answers: { RotateSecret: () => rotated } })
    await choose('crm', 'Rotate the secret')
    await screen.findByRole('dialog')
    type('Hours in which the former signs too', '721')
    expect(screen.getByRole('button', { name: 'Make a new secret' }).getAttribute('aria-disabled')).toBe('true')
    type('Hours in which the former signs too', '48')
    press('Make a new secret')
    expect((await screen.findByLabelText('secret')).textContent).toBe('whsec_new')
    expect(screen.getByText(/Both sign until/)).toBeTruthy()
    expect(inputs('RotateSecret')).toEqual([{ id: 'ep_crm', overlapHours: 48 }])
  })

  test('disabling asks for a reason; enabling counts what was suppressed and leads to its replay', async () => {
    let endpoint = fakeEndpoint('crm')
    const { inputs, went } = await setup(() => [endpoint], { answers: {
      DisableEndpoint: () => {
        endpoint = disabledEndpoint('crm', 'It moves')
        return { disableWebhookEndpoint: { __typename: 'DisableWebhookEndpointPayload', endpoint } }
      },
      CountSuppressed: () => ({ replayWebhookDeliveries: { __typename: 'ReplayWebhookDeliveriesPayload', matched: 7, exact: true } }),
      EnableEndpoint: () => ({ enableWebhookEndpoint: { __typename: 'EnableWebhookEndpointPayload', endpoint: fakeEndpoint('crm'), operation: fakeOperation() } }),
    } })
    await choose('crm', 'Disable')
    await screen.findByRole('dialog')
    type(/^Reason/, 'It moves')
    press('Disable it')
    await waitFor(() => expect(rowOf('crm').textContent).toContain('It moves'))
    expect(inputs('DisableEndpoint')).toEqual([{ id: 'ep_crm', reason: 'It moves' }])
    await choose('crm', 'Enable')
    expect(await screen.findByText(/^7 deliveries made since it was disabled/)).toBeTruthy()
    expect(inputs('CountSuppressed')).toEqual([{ dryRun: true, filter: { endpoint: ['ep_crm'], state: ['SUPPRESSED'], createdAfter: endpoint.disabledAt } }])
    press('Enable and replay')
    await waitFor(() => expect(went).toEqual(['/deliveries?endpoint=ep_crm&operation=blk_1']))
    expect(inputs('EnableEndpoint')).toEqual([{ id: 'ep_crm', replaySuppressed: true }])
  })

  test('the whole URL is shown after asking', async () => {
    const revealed = { revealWebhookEndpoint: { __typename: 'RevealWebhookEndpointPayload', url: 'https://hooks.example.com/t/secret', endpoint: fakeEndpoint() } }
    await setup(() => [fakeEndpoint()], { answers: { RevealEndpoint: () => revealed } })
    await choose('crm', 'Show the whole URL')
    expect(screen.queryByText('https://hooks.example.com/t/secret')).toBeNull()
    fireEvent.click(await screen.findByRole('button', { name: 'Show it' }))
    expect((await screen.findByLabelText('URL')).textContent).toBe('https://hooks.example.com/t/secret')
  })

  test('deleting names the thing, and says that it is done', async () => {
    const deleted = { deleteWebhookEndpoint: { __typename: 'DeleteWebhookEndpointPayload', deletedId: 'ep_crm', endpoint: fakeEndpoint('crm', { state: 'DELETED' }) } }
    const { inputs } = await setup(() => [fakeEndpoint()], { answers: { DeleteEndpoint: () => deleted } })
    await choose('crm', 'Delete')
    expect((await screen.findByRole('dialog')).textContent).toContain('Delete crm?')
    press('Delete 1 endpoint')
    expect(await screen.findByText('crm was deleted.')).toBeTruthy()
    expect(inputs('DeleteEndpoint')).toEqual([{ id: 'ep_crm', reason: null }])
  })

  test('what is not offered says why: of a right that is missing, and of what the environment sets', async () => {
    await setup(() => [fakeEndpoint('server', { origin: 'ENVIRONMENT', secrets: [] })], { as: viewer })
    expect(screen.getByRole('button', { name: 'New endpoint' }).getAttribute('aria-disabled')).toBe('true')
    fireEvent.click(screen.getByRole('button', { name: 'Actions on endpoint server' }))
    expect((await screen.findByRole('menuitem', { name: /^Change/ })).textContent).toContain('FLOW_WEBHOOK_URL')
    expect(screen.getByRole('menuitem', { name: /^Send a test/ }).textContent).toContain('Your role does not allow it.')
  })

  test('an endpoint that the address names and that is not there is said to be missing', async () => {
    await setup(() => [fakeEndpoint('crm')], { search: { endpoint: 'ep_gone' } })
    expect(screen.getByText(/The endpoint that the address names is not in this list/)).toBeTruthy()
  })

  test('the details of an endpoint are an address', async () => {
    const { onSearch } = await setup(() => [fakeEndpoint('crm', { inlineArtifacts: true })], { search: { endpoint: 'ep_crm' } })
    expect(screen.getByText('output and small artifacts')).toBeTruthy()
    expect(screen.getByRole('link', { name: 'What failed' }).getAttribute('href')).toBe('/deliveries?endpoint=ep_crm&state=EXHAUSTED&state=REJECTED&state=BLOCKED')
    fireEvent.click(screen.getByRole('button', { name: 'Details of endpoint crm' }))
    expect(onSearch).toHaveBeenCalledWith({ endpoint: undefined })
  })
})
