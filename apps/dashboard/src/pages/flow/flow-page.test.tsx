import { FLOW_STATUSES, type FlowPhase, type FlowStatus } from '@sluice/protocol'
import { act, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, test } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { endedFlow, flowIn, queuedFlow, runningFlow, waitingFlow, type FakeFlow } from '../../../test/factories.ts'
import { answeredWait, fakeWait, waitItem } from '../../../test/wait-factories.ts'
import type { FlowSearch } from './flow-search.ts'
import { STATUS_LOOKS } from '../../features/looks.ts'
import { setClockOffset } from '../../ui/clock.ts'
import { FlowPage } from './flow-page.tsx'

const noRows = { __typename: 'Connection', edges: [], pageInfo: { __typename: 'PageInfo', hasNextPage: false, endCursor: null } }
const whole = (flow: FakeFlow) => ({ ...flow, milestones: { ...noRows, __typename: 'FlowEventsConnection' }, events: { ...noRows, __typename: 'FlowEventsConnection' }, attempts: { ...noRows, __typename: 'FlowAttemptsConnection' } })
const item = (kind: string) => ({ flowEvents: { __typename: 'FlowEventItem', cursor: '1', kind, gap: false, end: null, flow: null, event: null } })

/** When the fake server answers. */
const READ_AT = '2026-11-21T10:00:00.000Z'
const after = (seconds: number) => new Date(Date.parse(READ_AT) + seconds * 1000).toISOString()

const LEFT = endedFlow('FAILED').error

const fakeAttempt = (attempt: object = {}) => ({
  __typename: 'Attempt', id: 'att_1', index: 0, type: 'INITIAL', epoch: 1, codeVersion: null, startedAt: '2026-11-21T10:00:02.000Z', reportedAt: null, endedAt: '2026-11-21T10:00:05.000Z',
  endReason: 'failed', leaseExpiresAt: null, unusedMemos: [], worker: null, error: null, ...attempt,
})

const setup = (read: () => FakeFlow | null, milestones: object[] = [], { search = {}, attempts = [], remembered = [] }: { search?: FlowSearch; attempts?: object[]; remembered?: object[] } = {}) => renderWith(
  <FlowPage id="flow_1" search={search} onSearch={() => {}} onDeleted={() => {}} />,
  { answers: { FlowPage: () => { const flow = read(); return { flow: flow && { ...whole(flow), attempts: { ...noRows, __typename: 'FlowAttemptsConnection', edges: attempts.map(node => ({ __typename: 'FlowAttemptsConnectionEdge', node })) }, milestones: { ...noRows, __typename: 'FlowEventsConnection', edges: milestones.map(node => ({ __typename: 'FlowEventsConnectionEdge', node })) } } } }, Holders: () => ({ flow: null }), FlowWaits: () => ({ flow: read() }), FlowRemembered: () => ({ flow: read() && { ...read(), remembered: { ...noRows, __typename: 'FlowRememberedConnection', edges: remembered.map(node => ({ __typename: 'FlowRememberedConnectionEdge', node: { __typename: 'Remembered', attempt: 0, at: READ_AT, ...node } })) } } }) } },
)

describe('flow page', () => {
  test.each(FLOW_STATUSES)('shows a flow that is %s', async status => {
    const flow = flowIn(status)
    const { api } = setup(() => flow)
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    expect(await screen.findByRole('heading', { name: flow.title })).toBeTruthy()
    expect(screen.getAllByText(STATUS_LOOKS[status].word).length).toBeGreaterThan(0)
  })

  test('INV-34 subscribes first, reads with the snapshot, and reads again after a change', async () => {
    let flow = queuedFlow({}, { title: 'Report' })
    const { api } = setup(() => flow)
    await waitFor(() => expect(api.heard).toEqual(['FlowPageFlowEvents']))
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    await screen.findByText('Why it waits')
    flow = { ...flowIn('FINISHED'), id: flow.id, title: 'Report' }
    await api.send('FlowPageFlowEvents', item('CHANGE'))
    await waitFor(() => expect(screen.queryByText('Why it waits')).toBeNull())
    expect(screen.getByText('Finished')).toBeTruthy()
  })

  test.each([
    ['failed', endedFlow('FAILED'), 'Error'],
    ['was cancelled after an attempt that failed', endedFlow('CANCELLED', { error: LEFT }), 'Error of the last attempt that failed'],
    ['is tried again', runningFlow('WORKING', { error: LEFT }), 'Error of the last attempt that failed'],
  ])('an error is called why the flow ended only where it did: one that %s', async (_, flow, heading) => {
    const { api } = setup(() => flow)
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    expect((await screen.findByRole('heading', { name: /^Error/ })).textContent).toBe(heading)
  })

  test('the head of one that failed has the failure\'s own words, and then what became of it', async () => {
    const { api } = setup(() => endedFlow('FAILED'))
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    const own = await screen.findByText(LEFT?.message ?? '', { selector: 'strong' })
    expect(own.parentElement?.textContent).toBe('The command ended with exit code 2.It failed, and the failure may not be retried or no retry was allowed.')
  })

  test.each([
    ['its worker reported', { endReason: 'failed', error: LEFT }, 1],
    ['the control plane saw when the worker was lost', { endReason: 'worker_lost', error: LEFT }, 0],
    ['came after what a worker had reported', { endReason: 'failed', error: { ...LEFT, code: 'another' } }, 0],
  ])('that a worker said whether trying again may help is said of what it reported: of a failure that %s', async (_, attempt, times) => {
    const { api } = setup(() => endedFlow('FAILED'), [], { attempts: [fakeAttempt(attempt)] })
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    await screen.findByRole('heading', { name: 'Error' })
    expect(screen.queryAllByText(/The worker said/)).toHaveLength(times)
  })

  test('its times are told apart: in the queue, worked, waited for an answer, and all together as the lists say it', async () => {
    const seconds: [FlowStatus, FlowPhase | null, number][] = [['QUEUED', null, 0], ['RUNNING', 'WORKING', 2], ['WAITING', null, 5], ['QUEUED', null, 90], ['RUNNING', 'STARTING', 92], ['RUNNING', 'WORKING', 93], ['FINISHED', null, 105]]
    const milestones = seconds.map(([status, phase, second], sequence) => ({ __typename: 'FlowEvent', sequence, type: 'flow.moved', status, phase, at: after(second), payload: {} }))
    const attempts = [fakeAttempt({ startedAt: after(2), endedAt: after(5) }), fakeAttempt({ id: 'att_2', index: 1, startedAt: after(92), reportedAt: after(93), endedAt: after(105) })]
    const { api } = setup(() => endedFlow('FINISHED', { queuedAt: after(90), startedAt: after(2), finishedAt: after(105) }), milestones, { attempts })
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    const times = (await screen.findByText('Took')).closest('dl')
    expect(times?.textContent).toMatch(/^Queued2\.0sWorked15s in 2 attemptsWaited for an answer1m 25sTook1m 43sEnded/)
    expect(screen.getByTitle(/all attempts together/).textContent).toContain('Worked')
  })

  test('while its worker is not heard, its head says so and since when instead of that it works', async () => {
    const currentAttempt = { __typename: 'Attempt' as const, id: 'att_1', startedAt: READ_AT, reportedAt: READ_AT, leaseExpiresAt: after(13), worker: { __typename: 'Worker' as const, id: 'wrk_1', heartbeatAt: after(-32), heartbeatMs: 15_000 } }
    const { api } = setup(() => runningFlow('WORKING', { currentAttempt }))
    setClockOffset(Date.parse(after(2.1)) - Date.now())
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    expect((await screen.findByText('Worker silent')).parentElement?.textContent).toBe('Worker silent for 34s')
    expect(screen.queryByText('Working')).toBeNull()
    act(() => setClockOffset(Date.parse(after(60)) - Date.now()))
    expect(screen.getByText('for 37s')).toBeTruthy()
    setClockOffset(0)
  })

  test('one that runs again after its worker was lost or shut down says so', async () => {
    const { api } = setup(() => runningFlow(), [], { search: { tab: 'attempts' }, attempts: [fakeAttempt({ endReason: 'worker_lost' }), fakeAttempt({ id: 'att_2', index: 1, type: 'RECLAIM', endReason: null, endedAt: null })] })
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    // All of it can be read, however narrow its column.
    expect((await screen.findByText('again, its worker was gone')).className).toContain('whitespace-normal')
  })

  test('the reason given for a cancel stands in the overview, and why it ended stands there once', async () => {
    const event = { __typename: 'FlowEvent', sequence: 1, type: 'flow.cancel_requested', status: null, phase: null, at: '2026-11-21T10:00:05.000Z', payload: { by: 'prn_admin', reason: 'Wrong folder.' } }
    const { api } = setup(() => endedFlow('CANCELLED'), [event])
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    expect(await screen.findByText('Wrong folder.')).toBeTruthy()
    expect(screen.getAllByText(/An operator cancelled it/)).toHaveLength(1)
  })

  test('a text that it finished with is shown as it reads, not as JSON', async () => {
    const { api } = setup(() => endedFlow('FINISHED', { result: 'All is "printed".\nThank you.' }))
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    expect((await screen.findByRole('region', { name: 'result' })).textContent).toBe('All is "printed".\nThank you.')
  })

  test('a flow that cannot be read is said to be missing', async () => {
    const { api } = setup(() => null)
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    expect(await screen.findByRole('heading', { name: 'There is no such flow' })).toBeTruthy()
  })

  test('one that waits says whom it asks and since when, and leads to the answer', async () => {
    const { api } = setup(() => waitingFlow())
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    expect((await screen.findByRole('link', { name: 'Answer' })).getAttribute('href')).toMatch(/\?tab=waits$/)
    expect(screen.getByText('Approval')).toBeTruthy()
    expect(screen.getByText(/^for/).querySelector('time')?.dateTime).toBe('2026-11-21T10:00:05.000Z')
  })

  test('the waits are told with what was answered and by whom; what stands open has its form', async () => {
    const FORM = { type: 'object', required: ['note'], properties: { note: { type: 'string' } } }
    const waitpoints = [answeredWait(fakeWait('APPROVAL', { prompt: 'First?' }), 'approve', { payload: { tone: 'calm' } }), fakeWait('INPUT', { prompt: 'Second?', fields: FORM, mode: 'RELEASED' })]
    const { api } = setup(() => waitingFlow({ waitpoints }), [], { search: { tab: 'waits' } })
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    await api.send('WaitListChanged', waitItem())
    const [first, second] = await screen.findAllByRole('article')
    for (const text of ['First?', 'by olga: Approve', '"calm"', 'With its worker']) expect(first?.textContent).toContain(text)
    for (const text of ['Second?', 'Without its worker', 'Submit']) expect(second?.textContent).toContain(text)
    expect(screen.getByLabelText('note')).toBeTruthy()
  })

  test('D-32 the keys of what is not done or asked again stand below the attempts', async () => {
    const { api } = setup(() => runningFlow(), [], { search: { tab: 'attempts' }, attempts: [fakeAttempt()], remembered: [{ key: 'draft', kind: 'STEP' }, { key: 'go-on', kind: 'ANSWER' }] })
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    const table = await screen.findByRole('table', { name: 'Remembered' })
    expect(within(table).getAllByRole('row').map(row => row.textContent)).toEqual(['KeyKindAttemptWhen', expect.stringMatching(/^draftStep1/), expect.stringMatching(/^go-onAnswer1/)])
  })

  test('D-32 an attempt says in words why it ended, and which remembered steps it did not ask for', async () => {
    const attempt = fakeAttempt({ endReason: 'suspended', unusedMemos: ['draft', 'proof'] })
    const { api } = setup(() => runningFlow(), [], { search: { tab: 'attempts' }, attempts: [attempt] })
    await api.send('FlowPageFlowEvents', item('SNAPSHOT'))
    expect(await screen.findByText('suspended, to wait without its worker')).toBeTruthy()
    expect(screen.getByText('draft, proof')).toBeTruthy()
  })
})
