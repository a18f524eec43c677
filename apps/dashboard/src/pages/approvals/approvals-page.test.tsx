import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { answeredWait, fakeWait, waitItem, type FakeWait } from '../../../test/wait-factories.ts'
import { connectionOf } from '../../../test/webhook-factories.ts'
import { waitSearch, type WaitSearch } from '../../features/wait/wait-search.ts'
import { ApprovalsPage } from './approvals-page.tsx'

const FORM = { type: 'object', required: ['version'], properties: { version: { type: 'string', minLength: 2 }, note: { type: 'string' } } }

const setup = async (read: () => FakeWait[], o: { search?: Record<string, unknown>; answers?: Record<string, (variables: Record<string, unknown>) => object> } = {}) => {
  const onSearch = vi.fn<(search: WaitSearch) => void>()
  const sight = renderWith(<ApprovalsPage search={waitSearch.parse(o.search ?? {})} onSearch={onSearch} />, {
    answers: { WaitList: () => ({ waitpoints: connectionOf('QueryWaitpoints', read()), lanes: [] }), ...o.answers },
  })
  await waitFor(() => expect(sight.api.heard).toEqual(['WaitListChanged']))
  await sight.api.send('WaitListChanged', waitItem())
  return { ...sight, onSearch }
}

const answersWith = (answered: FakeWait, status = 'RUNNING') => ({
  resolveWaitpoint: { __typename: 'ResolveWaitpointPayload', waitpoint: answered, flow: { __typename: 'Flow', id: answered.flow.id, status, phase: status === 'RUNNING' ? 'WORKING' : null, isTerminal: false } },
})
const refusal = (code: string, path?: string[]) => ({ resolveWaitpoint: { __typename: path ? 'InvalidInput' : 'NotResumable', code, message: 'It is not so.', ...(path ? { path } : {}) } })
const articles = () => screen.findAllByRole('article')
const inputOf = (api: { sent: { name: string; variables: Record<string, unknown> }[] }) => api.sent.find(({ name }) => name === 'Answer')?.variables['input']

describe('approvals page', () => {
  test('INV-34 subscribes first, shows what is asked, by whom, of whom and how long still, the oldest first', async () => {
    await setup(() => [fakeWait('APPROVAL', { title: 'Monthly', prompt: 'Send it to all?', lane: 'mail', timeoutAt: '2999-01-01T00:00:00.000Z', onTimeout: 'CANCEL' }), fakeWait('BUDGET', { title: 'Costly', answerableBy: ['role:admin'] })])
    const [first, second] = await articles()
    for (const text of ['Send it to all?', 'Monthly', 'mail', 'submitter and operators', 'then it is cancelled', 'Approval']) expect(first?.textContent).toContain(text)
    for (const text of ['Costly', 'admins', 'no time limit', 'Budget']) expect(second?.textContent).toContain(text)
  })

  test('the lines of a prompt stay lines, whether its form is open or not', async () => {
    await setup(() => [fakeWait('APPROVAL', { prompt: 'Send it?\nTo all of them.', fields: FORM })])
    const prompt = () => screen.getByText(/To all of them/)
    expect((await screen.findByText(/To all of them/)).className).toContain('whitespace-pre-line')
    fireEvent.click(screen.getByRole('button', { name: /^Answer publish/ }))
    expect(prompt().className).toContain('whitespace-pre-wrap')
  })

  test('approve asks nothing: one press answers, says what came of it, and the row goes', async () => {
    const wait = fakeWait('APPROVAL', { title: 'Monthly' })
    let left = [wait]
    const { api } = await setup(() => left, { answers: { Answer: () => { left = []; return answersWith(answeredWait(wait, 'approve', { by: 'admin' })) } } })
    fireEvent.click(await screen.findByRole('button', { name: 'Approve' }))
    expect(await screen.findByText('Nothing waits for an answer')).toBeTruthy()
    expect(screen.getByRole('region', { name: 'Notices' }).textContent).toContain('Approve: Monthly goes on at its worker.')
    expect(inputOf(api)).toMatchObject({ id: wait.id, decision: 'approve', payload: null })
  })

  test('what must be typed is asked in a form, and what is wrong is said at its field, here and from the server', async () => {
    const wait = fakeWait('APPROVAL', { fields: FORM })
    let answer: object = refusal('INVALID_INPUT', ['payload', 'version'])
    const { api } = await setup(() => [wait], { answers: { Answer: () => answer } })
    fireEvent.click(await screen.findByRole('button', { name: /^Answer publish/ }))
    fireEvent.click(screen.getByRole('button', { name: 'Approve' }))
    expect(await screen.findByText('This is required.')).toBeTruthy()
    expect(inputOf(api)).toBeUndefined()
    fireEvent.change(screen.getByLabelText('version'), { target: { value: '1.2' } })
    fireEvent.click(screen.getByRole('button', { name: 'Approve' }))
    expect(await screen.findByText('It is not so.')).toBeTruthy()
    expect(screen.getByLabelText('version').getAttribute('aria-invalid')).toBe('true')
    answer = answersWith(answeredWait(wait, 'approve'))
    fireEvent.click(screen.getByRole('button', { name: 'Approve' }))
    await waitFor(() => expect(screen.queryByRole('article')).toBeNull())
    expect(inputOf(api)).toMatchObject({ payload: { version: '1.2' } })
  })

  test('a row that somebody types in is not pulled away: it says who answered, until it is put away', async () => {
    const [mine, other] = [fakeWait('APPROVAL', { fields: FORM, title: 'Mine' }), fakeWait('APPROVAL', { title: 'Other' })]
    let left = [mine, other]
    const { api } = await setup(() => left)
    fireEvent.click(await screen.findByRole('button', { name: 'Answer publish of Mine' }))
    fireEvent.change(screen.getByLabelText('version'), { target: { value: '2.1' } })
    left = []
    await api.send('WaitListChanged', waitItem(answeredWait(mine, 'reject', { by: 'olga' })))
    await api.send('WaitListChanged', waitItem(answeredWait(other, 'approve')))
    await waitFor(() => expect(screen.queryByRole('article', { name: /Other/ })).toBeNull())
    expect((await screen.findByRole('article', { name: /Mine/ })).textContent).toContain('by olga: Reject')
    await waitFor(() => expect(api.heard.filter(name => name === 'WaitList').length).toBeGreaterThan(1))
    expect(screen.getByLabelText<HTMLInputElement>('version').value).toBe('2.1')
    expect(screen.getByRole('button', { name: 'Approve' }).getAttribute('aria-disabled')).toBe('true')
    fireEvent.click(screen.getByRole('button', { name: 'Put away publish of Mine' }))
    expect(await screen.findByText('Nothing waits for an answer')).toBeTruthy()
  })

  test('a wait that comes is listed behind the others', async () => {
    const first = fakeWait('APPROVAL', { title: 'First' })
    let rows = [first]
    const { api } = await setup(() => rows)
    await articles()
    rows = [first, fakeWait('INPUT', { title: 'Second' })]
    await api.send('WaitListChanged', waitItem(rows[1]))
    await waitFor(async () => expect((await articles()).map(one => one.getAttribute('aria-label'))).toEqual(['publish of First', 'publish of Second']))
  })

  test('who may not answer reads who may, and nothing is sent', async () => {
    const { api } = await setup(() => [fakeWait('APPROVAL', { viewerMayAnswer: false, answerableBy: ['role:admin'] })])
    const approve = await screen.findByRole('button', { name: 'Approve' })
    fireEvent.click(approve)
    expect(approve.getAttribute('aria-disabled')).toBe('true')
    expect(screen.getAllByText('It may be answered by admins.').length).toBeGreaterThan(0)
    expect(inputOf(api)).toBeUndefined()
  })

  test('a refusal is explained where it was asked', async () => {
    await setup(() => [fakeWait()], { answers: { Answer: () => refusal('NOT_RESUMABLE') } })
    fireEvent.click(await screen.findByRole('button', { name: 'Reject' }))
    const [article] = await articles()
    expect(await within(article as HTMLElement).findByText(/It does not wait any more|Read again/)).toBeTruthy()
  })

  test('what is no plain object is answered as JSON', async () => {
    const { api } = await setup(() => [fakeWait('INPUT', { fields: { type: 'array', items: { type: 'string' }, minItems: 1 } })], { answers: { Answer: () => refusal('NOT_RESUMABLE') } })
    fireEvent.click(await screen.findByRole('button', { name: /^Answer publish/ }))
    fireEvent.change(screen.getByLabelText('Answer as JSON'), { target: { value: '["a"]' } })
    fireEvent.click(screen.getByRole('button', { name: 'Submit' }))
    await waitFor(() => expect(inputOf(api)).toMatchObject({ decision: 'submit', payload: ['a'] }))
  })

  test('the filters are the address', async () => {
    const { api, onSearch } = await setup(() => [], { search: { kind: 'BUDGET', lane: ['a', 'b'], mine: 'yes' } })
    await screen.findByText('Nothing that fits waits')
    expect(api.sent.at(-1)?.variables['filter']).toEqual({ state: ['OPEN'], kind: ['BUDGET'], lane: ['a', 'b'], answerableByMe: true })
    fireEvent.click(screen.getByRole('button', { name: 'That I may answer' }))
    expect(onSearch.mock.calls.at(-1)?.[0]).toMatchObject({ mine: undefined, kind: ['BUDGET'] })
  })

  test('an empty list says what would fill it', async () => {
    await setup(() => [])
    await screen.findByText('Nothing waits for an answer')
    expect(screen.getByText(/await ctx.ask/)).toBeTruthy()
    expect(screen.getByText(/sluice ask/)).toBeTruthy()
  })
})
