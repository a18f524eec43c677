import type { FlowInputState, FlowStatus, Json } from '@sluice/protocol'
import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, test } from 'vitest'
import { admin, renderWith, viewer as reader } from '../../../test/fake-api.tsx'
import type { ViewerData } from '../../graphql/viewer.ts'
import { FlowInputs } from './flow-inputs.tsx'

const operator: ViewerData = { ...admin, permissions: [...admin.permissions, 'addFlowInput', 'removeFlowInput', 'principals'] }
const fakeInput = (at: number, content: Json, { state = 'PENDING', attempt = null, author = 'prn_admin' }: { state?: FlowInputState; attempt?: number | null; author?: string } = {}) =>
  ({ __typename: 'FlowInput', id: `fin_${at}`, author, content, state, attempt, createdAt: '2026-11-21T09:59:00.000Z' })
type FakeInput = ReturnType<typeof fakeInput>
const item = (kind: string) => ({ flowEvents: { __typename: 'FlowEventItem', cursor: '1', kind, gap: false, end: null, flow: null } })

interface Far { inputs: FakeInput[]; status: FlowStatus }

const setup = async (far: Far, { add = () => ({}), as = operator }: { add?(content: Json): object; as?: ViewerData } = {}) => {
  const flow = () => ({ __typename: 'Flow', id: 'flow_1', title: 'Report', status: far.status, isTerminal: far.status === 'FINISHED', owner: { __typename: 'Principal', id: 'prn_olga', name: 'olga' }, inputs: far.inputs })
  const view = renderWith(<FlowInputs flowId="flow_1" />, {
    as,
    answers: {
      FlowInputs: () => ({ flow: flow() }),
      PrincipalNames: () => ({ principals: [{ __typename: 'Principal', id: 'prn_paul', name: 'paul' }] }),
      AddInput: ({ input }) => ({ addFlowInput: { __typename: 'AddFlowInputPayload', ...add((input as { content: Json }).content), flow: flow() } }),
      TakeBack: () => ({ removeFlowInput: { __typename: 'RemoveFlowInputPayload', input: { ...far.inputs[0], state: 'REMOVED' } } }),
    },
  })
  await view.api.send('FlowInputsEvents', item('SNAPSHOT'))
  return view
}
const type = (label: string, text: string) => fireEvent.change(screen.getByLabelText(label), { target: { value: text } })

const saidOf = (element: HTMLElement) => document.getElementById(element.getAttribute('aria-describedby') ?? '')?.textContent

describe('inputs of a flow', () => {
  test('each is told with who added it, how it stands and what it says', async () => {
    await setup({ status: 'RUNNING', inputs: [fakeInput(1, 'Use the new logo', { state: 'DELIVERED', attempt: 1, author: 'prn_olga' }), fakeInput(2, { pages: 12 }, { state: 'REMOVED', author: 'prn_paul' }), fakeInput(3, 'Mine')] })
    const rows = await screen.findAllByRole('listitem')
    for (const text of ['Handed over', 'with attempt 2', 'by olga', 'Use the new logo']) expect(rows[0]?.textContent).toContain(text)
    await waitFor(() => { for (const text of ['Taken back', 'by paul', 'pages']) expect(rows[1]?.textContent).toContain(text) })
    expect(rows[2]?.textContent).toContain('by you')
    expect(screen.getByText(/^It is running: what is added must be there before its lease/)).toBeTruthy()
    expect(screen.queryByRole('form')).toBeNull()
  })

  test('a text is added as a text and JSON as what it is; the field is empty again, and has the focus', async () => {
    const far: Far = { status: 'QUEUED', inputs: [] }
    await setup(far, { add: content => { far.inputs = [...far.inputs, fakeInput(far.inputs.length + 1, content)]; return {} } })
    expect(await screen.findByText(/^Nothing was added yet/)).toBeTruthy()
    type('Text to add', '12')
    fireEvent.click(screen.getByRole('button', { name: 'Add' }))
    await waitFor(() => expect(far.inputs.map(({ content }) => content)).toEqual(['12']))
    await waitFor(() => expect((screen.getByLabelText('Text to add') as HTMLTextAreaElement).value).toBe(''))
    expect(document.activeElement).toBe(screen.getByLabelText('Text to add'))
    fireEvent.click(screen.getByRole('radio', { name: 'JSON' }))
    type('JSON to add', '{"pages": 12}')
    fireEvent.keyDown(screen.getByLabelText('JSON to add'), { key: 'Enter', ctrlKey: true })
    await waitFor(() => expect(far.inputs.at(-1)?.content).toEqual({ pages: 12 }))
    expect(await screen.findByText('2 of 32 pending, 16 B of 1.0 MiB in all')).toBeTruthy()
  })

  test.each([
    ['JSON that is none', '{"pages"', 'It is not JSON yet.'], ['null', 'null', 'null is nothing to hand over; any other JSON is.'],
  ])('%s is not sent, and the button says why', async (_title, text, why) => {
    const { api } = await setup({ status: 'QUEUED', inputs: [] })
    fireEvent.click(await screen.findByRole('radio', { name: 'JSON' }))
    type('JSON to add', text)
    fireEvent.click(screen.getByRole('button', { name: 'Add' }))
    expect(api.heard).not.toContain('AddInput')
    expect(saidOf(screen.getByRole('button', { name: 'Add' }))).toBe(why)
  })

  test.each([
    [{ __typename: 'LimitExceeded', code: 'LIMIT_EXCEEDED', message: 'The inputs of a flow are at most 1048576 bytes together; it has 1048000.' }, /at most 1048576 bytes together/],
    [{ __typename: 'InvalidInput', code: 'INVALID_INPUT', message: 'The content has 300000 bytes.', path: ['content'] }, /The content has 300000 bytes/],
  ])('a refusal stands at the field until something else is typed', async (refusal, words) => {
    await setup({ status: 'QUEUED', inputs: [] }, { add: () => refusal })
    await screen.findByLabelText('Text to add')
    type('Text to add', 'much')
    fireEvent.click(screen.getByRole('button', { name: 'Add' }))
    expect((await screen.findByRole('alert')).textContent).toMatch(words)
    const field = screen.getByLabelText('Text to add')
    expect([field.getAttribute('aria-invalid'), saidOf(field)]).toEqual(['true', expect.stringMatching(words)])
    type('Text to add', 'less')
    expect(screen.queryByRole('alert')).toBeNull()
  })

  test('a pending one is taken back, and its row has the focus', async () => {
    const { api } = await setup({ status: 'QUEUED', inputs: [fakeInput(1, 'Wrong'), fakeInput(2, 'Right')] })
    const [row] = await screen.findAllByRole('listitem')
    fireEvent.click(screen.getByRole('button', { name: 'Take back input 1' }))
    await waitFor(() => expect(row?.textContent).toContain('Taken back'))
    expect(api.sent.at(-1)).toEqual({ name: 'TakeBack', variables: { input: { id: 'fin_1' } } })
    await waitFor(() => expect(document.activeElement).toBe(row))
  })

  test('what is added elsewhere appears; who was typing when the flow left the queue keeps what was typed', async () => {
    const far: Far = { status: 'QUEUED', inputs: [] }
    const { api } = await setup(far)
    await screen.findByLabelText('Text to add')
    type('Text to add', 'half a sen')
    far.inputs = [fakeInput(1, 'From elsewhere')]
    await api.send('FlowInputsEvents', item('CHANGE'))
    expect(await screen.findByText('From elsewhere')).toBeTruthy()
    far.status = 'RUNNING'
    far.inputs = [fakeInput(1, 'From elsewhere', { state: 'DELIVERED', attempt: 0 })]
    await api.send('FlowInputsEvents', item('CHANGE'))
    expect(await screen.findByText('with attempt 1')).toBeTruthy()
    expect((screen.getByLabelText('Text to add') as HTMLTextAreaElement).value).toBe('half a sen')
    expect(screen.getByText(/^It is running/, { selector: 'p' })).toBeTruthy()
    expect(saidOf(screen.getByRole('button', { name: 'Add' }))).toMatch(/^It is running/)
  })

  test('who may not add or take back is told so', async () => {
    await setup({ status: 'QUEUED', inputs: [fakeInput(1, 'Theirs', { author: 'prn_olga' })] }, { as: reader })
    const [row] = await screen.findAllByRole('listitem')
    expect(within(row as HTMLElement).getByRole('button', { name: 'Take back input 1' }).getAttribute('aria-disabled')).toBe('true')
    expect(screen.getByRole('button', { name: 'Add' }).getAttribute('aria-disabled')).toBe('true')
    expect(saidOf(screen.getByRole('button', { name: 'Add' }))).toBe('Your role does not allow it.')
  })

  test('one that is full says so', async () => {
    await setup({ status: 'QUEUED', inputs: Array.from({ length: 32 }, (_, at) => fakeInput(at, 'x')) })
    await screen.findByLabelText('Text to add')
    expect(saidOf(screen.getByRole('button', { name: 'Add' }))).toMatch(/^32 are pending, which is all it takes/)
  })
})
