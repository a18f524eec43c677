import type { Json } from '@sluice/protocol'
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { useState } from 'react'
import { describe, expect, test } from 'vitest'
import { renderWith, submitter, viewer } from '../../../test/fake-api.tsx'
import { connectionOf } from '../../../test/webhook-factories.ts'
import { NewFlowPage } from './new-flow-page.tsx'
import type { NewFlowSearch } from './new-flow-search.ts'

const schema: Json = {
  type: 'object', additionalProperties: false, required: ['folder'],
  properties: {
    folder: { type: 'string', title: 'Folder', default: '.', description: 'Where to look.' }, seconds: { type: 'number', title: 'Seconds', minimum: 0, maximum: 600 },
    mode: { enum: ['fast', 'slow'] }, loud: { type: 'boolean' }, tags: { type: 'array', items: { type: 'string' } }, deep: { type: 'object', properties: { a: { type: 'integer' } } },
  },
}
const kindOf = (name: string, liveWorkers: number, inputSchema: Json = null) => ({ __typename: 'FlowKind', name, title: null, inputSchema, liveWorkers })
const kinds = [kindOf('sample.digest', 1, schema), kindOf('note.keep', 0)]
const lanes = [{ __typename: 'Lane', id: 'lane_1', name: 'default', state: 'OPEN' }, { __typename: 'Lane', id: 'lane_2', name: 'nightly', state: 'DRAINING' }]
const endpoints = [{ id: 'ep_1', name: 'crm', state: 'DISABLED', origin: 'NAMED' }, { id: 'ep_2', name: null, state: 'ACTIVE', origin: 'UNNAMED' }]
const created = { createFlow: { __typename: 'CreateFlowPayload', created: true, flow: { __typename: 'Flow', id: 'flow_new', title: 'Digest', status: 'QUEUED' } } }

const setup = async (kind: string | null = 'sample.digest', o: { answer?: object; as?: typeof viewer } = {}) => {
  function Page() {
    const [search, setSearch] = useState<NewFlowSearch>(kind === null ? {} : { kind })
    return <NewFlowPage search={search} onSearch={setSearch} />
  }
  const sight = renderWith(<Page />, { answers: { NewFlowPage: () => ({ flowKinds: kinds, lanes, webhookEndpoints: connectionOf('QueryWebhookEndpoints', endpoints.map(one => ({ __typename: 'WebhookEndpoint', ...one }))) }), NewFlow: () => o.answer ?? created }, ...(o.as ? { as: o.as } : {}) })
  await screen.findByRole('combobox', { name: 'Kind' })
  return { ...sight, sent: () => sight.api.sent.filter(({ name }) => name === 'NewFlow').map(({ variables }) => variables['input']) }
}

const json = () => JSON.parse(screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Input as JSON' }).value) as unknown
const type = (name: string, value: string) => fireEvent.change(screen.getByRole('textbox', { name }), { target: { value } })
const choose = (name: string, label: string) => {
  const field = screen.getByRole<HTMLSelectElement>('combobox', { name })
  fireEvent.change(field, { target: { value: [...field.options].find(option => option.text === label)?.value } })
}
const start = () => fireEvent.click(screen.getByRole('button', { name: 'Start the flow' }))
const noteOf = (name: string) => document.getElementById(screen.getByRole('textbox', { name }).getAttribute('aria-describedby')?.split(' ')[0] ?? '')?.textContent ?? ''

describe('the form of a new flow', () => {
  test('fields write into the JSON, and the JSON into the fields', async () => {
    await setup()
    expect(json()).toEqual({ folder: '.' })
    type('Folder', 'packages')
    type('Seconds', '1.50')
    choose('mode', 'slow')
    choose('loud', 'True')
    fireEvent.click(screen.getByRole('button', { name: 'Add to tags' }))
    type('tags 1', 'a')
    type('deep', '{"a": 1}')
    expect(json()).toEqual({ folder: 'packages', seconds: 1.5, mode: 'slow', loud: true, tags: ['a'], deep: { a: 1 } })
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Seconds' }).value).toBe('1.50')
    type('Input as JSON', '{"folder": "docs", "seconds": 7, "loud": false}')
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Folder' }).value).toBe('docs')
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Seconds' }).value).toBe('7')
    expect(screen.getByRole<HTMLSelectElement>('combobox', { name: 'loud' }).selectedOptions[0]?.text).toBe('False')
    expect(screen.queryByRole('textbox', { name: 'tags 1' })).toBeNull()
  })

  test('without a kind, every kind is listed with who does it now', async () => {
    await setup(null)
    expect(screen.getByRole('link', { name: 'sample.digest' }).getAttribute('href')).toBe('/flows/new?kind=sample.digest')
    expect(screen.getAllByRole('row').map(row => row.textContent)).toEqual(['KindWhat it doesLive workers', 'sample.digest1', 'note.keepNo worker'])
  })

  test('an empty field leaves its property out', async () => {
    await setup()
    type('Folder', '')
    expect(json()).toEqual({})
  })

  test('what is wrong is said at its field and not sent; what is right is sent once, and leads to the flow', async () => {
    const { sent, went } = await setup()
    type('Seconds', '601')
    start()
    expect(noteOf('Seconds')).toBe('At most 600.')
    expect(document.activeElement).toBe(screen.getByRole('textbox', { name: 'Seconds' }))
    expect(sent()).toEqual([])
    type('Seconds', '60')
    start()
    start()
    await waitFor(() => expect(went).toEqual(['/flows/flow_new']))
    expect(sent()).toEqual([{ kind: 'sample.digest', input: { folder: '.', seconds: 60 } }])
  })

  test('a refusal of the server is said at the field that its path names, until something is changed', async () => {
    const refusal = { __typename: 'InvalidInput', code: 'INVALID_INPUT', message: 'input.folder does not exist.', path: ['input', 'folder'] }
    await setup('sample.digest', { answer: { createFlow: refusal } })
    start()
    await waitFor(() => expect(noteOf('Folder')).toBe('input.folder does not exist.'))
    type('Folder', 'other')
    expect(noteOf('Folder')).toMatch(/^Required · Where to look\./)
  })

  test('a refusal about an option opens the options and stands there', async () => {
    const refusal = { __typename: 'InvalidInput', code: 'INVALID_INPUT', message: 'deadlineAt is past.', path: ['deadlineAt'] }
    await setup('sample.digest', { answer: { createFlow: refusal } })
    start()
    expect(await screen.findAllByText(/deadlineAt is past/)).toHaveLength(2)
    expect(screen.getByLabelText('Deadline').closest('details')?.open).toBe(true)
  })

  test('a refused webhook URL says so at its field, which stays open while it is corrected', async () => {
    const refusal = { __typename: 'UrlNotAllowed', code: 'URL_NOT_ALLOWED', message: 'localhost leads to this machine itself (WEBHOOK_ALLOW_HOSTS=localhost lifts this)' }
    const { sent } = await setup('sample.digest', { answer: { createFlow: refusal } })
    type('Webhook URL', 'https://localhost/hook')
    choose('Webhook endpoint', 'crm (disabled)')
    start()
    expect(noteOf('Webhook URL')).toBe('A URL or an endpoint, not both.')
    choose('Webhook endpoint', 'As the lane says, else the server')
    start()
    await waitFor(() => expect(noteOf('Webhook URL')).toContain('leads to this machine itself'))
    expect(sent()).toEqual([{ kind: 'sample.digest', input: { folder: '.' }, webhookUrl: 'https://localhost/hook' }])
    type('Webhook URL', 'https://example.com/hook')
    expect(noteOf('Webhook URL')).toMatch(/^Its end is told there/)
    expect(screen.getByLabelText('Webhook URL').closest('details')?.open).toBe(true)
  })

  test('JSON that is none says where, the fields wait, and nothing is sent', async () => {
    const { sent } = await setup()
    type('Input as JSON', '{\n  "folder": "a"\n  "seconds": 1\n}')
    expect(noteOf('Input as JSON')).toBe('Line 3, column 3: Here comes a comma or the closing }.')
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Folder' }).disabled).toBe(true)
    start()
    expect(sent()).toEqual([])
  })

  test.each([['Seconds', '12345678901234567890'], ['Input as JSON', '{"folder": ".", "seconds": 12345678901234567890}'], ['deep', '{"a": 12345678901234567890}']])('a number in %s that would arrive as another one is not sent', async (name, text) => {
    const { sent } = await setup()
    type(name, text)
    start()
    expect(noteOf(name)).toContain('12345678901234567890 would arrive as 12345678901234567000')
    expect(sent()).toEqual([])
  })

  test('a text that is no JSON is forgotten when the JSON beside is changed', async () => {
    const { sent } = await setup()
    type('deep', '{"a": ')
    start()
    expect(noteOf('deep')).toContain('Line 1, column 7')
    expect(sent()).toEqual([])
    type('Input as JSON', '{"folder": ".", "deep": {"a": 2}}')
    start()
    await waitFor(() => expect(sent()).toEqual([{ kind: 'sample.digest', input: { folder: '.', deep: { a: 2 } } }]))
  })

  test('a value that its field cannot show is edited as JSON', async () => {
    await setup()
    type('Input as JSON', '{"folder": null}')
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Folder' }).value).toBe('null')
    type('Folder', '"docs"')
    expect(json()).toEqual({ folder: 'docs' })
  })

  test('what is shown to copy is what is sent', async () => {
    const { sent } = await setup()
    type('Folder', 'it’s')
    type('Title', 'A title')
    const shown = screen.getByLabelText('curl').textContent ?? ''
    fireEvent.click(screen.getByRole('tab', { name: 'As GraphQL' }))
    const variables = JSON.parse(screen.getByLabelText('GraphQL variables').textContent ?? '') as { input: unknown }
    expect(shown).toContain(JSON.stringify(variables.input))
    start()
    await waitFor(() => expect(sent()).toEqual([variables.input]))
  })

  test.each([['Priority', 'soon', 'priority: A whole number'], ['Labels', 'letters', 'labels: letters is no label'], ['Seconds', '601', 'seconds: At most 600.']])('a wrong %s is not left out of a copy: nothing is copied, and why is said', async (name, text, why) => {
    await setup()
    expect(screen.getByRole('button', { name: 'Copy curl' }).getAttribute('aria-disabled')).toBeNull()
    type(name, text)
    expect(screen.getByRole('button', { name: 'Copy curl' }).getAttribute('aria-disabled')).toBe('true')
    expect(screen.getAllByText(`Not ready to copy: ${why}`, { exact: false }).length).toBeGreaterThan(0)
  })

  test('what is wrong leaves the help of its field as it is', async () => {
    await setup()
    type('Seconds', '601')
    start()
    const [error, hint] = (screen.getByRole('textbox', { name: 'Seconds' }).getAttribute('aria-describedby') ?? '').split(' ').map(id => document.getElementById(id))
    expect([error?.className.includes('text-bad'), hint?.className.includes('text-bad')]).toEqual([true, false])
  })

  test('a kind without workers, and one that nobody knows, say that the flow will wait', async () => {
    await setup('note.keep')
    expect(screen.getByText(/No live worker handles note\.keep/)).toBeTruthy()
    expect(screen.getByText(/names no schema/)).toBeTruthy()
    choose('Kind', 'A kind that nobody registered…')
    type('Name of the kind', 'never.heard')
    fireEvent.click(screen.getByRole('button', { name: 'Choose' }))
    expect(screen.getByText(/Nobody has registered never\.heard yet/)).toBeTruthy()
  })

  test('what was typed for a kind is there again when it is chosen again', async () => {
    await setup()
    type('Folder', 'docs')
    choose('Kind', 'note.keep')
    expect(json()).toEqual({})
    choose('Kind', 'sample.digest')
    expect(json()).toEqual({ folder: 'docs' })
  })

  test('a priority is for those who may give one, and the others read why not', async () => {
    await setup('sample.digest', { as: submitter })
    expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Priority' }).disabled).toBe(true)
    expect(noteOf('Priority')).toBe('Your role does not allow it.')
  })

  test('who may not submit reads why', async () => {
    const { sent } = await setup('sample.digest', { as: viewer })
    start()
    expect(sent()).toEqual([])
    expect(screen.getByText('Your role does not allow it.', { selector: '[hidden]' })).toBeTruthy()
  })
})
