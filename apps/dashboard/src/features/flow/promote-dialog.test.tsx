import { fireEvent, screen } from '@testing-library/react'
import { describe, expect, test, vi } from 'vitest'
import { renderWith, submitter } from '../../../test/fake-api.tsx'
import { queuedFlow } from '../../../test/factories.ts'
import { PromoteDialog } from './promote-dialog.tsx'

const flow = queuedFlow({ reason: 'CAP' }, { title: 'Report' })
const payload = (change: object) => ({ promoteNow: { __typename: 'PromoteNowPayload', started: false, overCap: false, position: 1, reason: 'CAP', flow: { ...flow, queue: { ...flow.queue, pinned: true } }, ...change } })

const setup = (answer: object, as?: typeof submitter) => {
  const onClose = vi.fn<() => void>()
  const sight = renderWith(<PromoteDialog flow={flow} onClose={onClose} />, { answers: { PromoteNow: () => answer }, ...(as ? { as } : {}) })
  return { ...sight, onClose }
}

describe('promote now', () => {
  test('a start is announced and closes the dialog', async () => {
    const { onClose } = setup(payload({ started: true, position: null, reason: null }))
    fireEvent.click(screen.getByRole('button', { name: 'Promote now' }))
    expect(await screen.findByText('Report has started.')).toBeTruthy()
    expect(onClose).toHaveBeenCalledOnce()
  })

  test('no start shows the position and why, and the dialog stays', async () => {
    const { onClose } = setup(payload({}))
    fireEvent.click(screen.getByRole('button', { name: 'Promote now' }))
    expect(await screen.findByText('Not yet. It is pinned, at position 1.')).toBeTruthy()
    expect(screen.getByText('Cap full')).toBeTruthy()
    expect(onClose).not.toHaveBeenCalled()
  })

  test('force needs a reason before it can be sent', async () => {
    const { api } = setup(payload({ started: true, overCap: true }))
    fireEvent.click(screen.getByRole('checkbox', { name: 'Start it even if every slot is taken' }))
    fireEvent.click(screen.getByRole('button', { name: /Start over the cap/ }))
    expect(api.sent).toEqual([])
    fireEvent.change(screen.getByRole('textbox', { name: 'Reason' }), { target: { value: 'The customer waits' } })
    fireEvent.click(screen.getByRole('button', { name: 'Start over the cap' }))
    expect(await screen.findByText('Report has started, over the cap.')).toBeTruthy()
    expect(api.sent[0]?.variables).toEqual({ input: { id: flow.id, force: true, reason: 'The customer waits' } })
  })

  test('who may not force is not offered it', () => {
    setup(payload({}), submitter)
    expect(screen.queryByRole('checkbox')).toBeNull()
  })

  test('a refusal is shown with what to do next', async () => {
    setup({ promoteNow: { __typename: 'FlowNotQueued', code: 'FLOW_NOT_QUEUED', message: 'Flow is RUNNING.' } })
    fireEvent.click(screen.getByRole('button', { name: 'Promote now' }))
    expect((await screen.findByRole('alert')).textContent).toMatch(/^Flow is RUNNING\. It has left the queue/)
  })
})
