import { fireEvent, screen, waitFor } from '@testing-library/react'
import { expect, test } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { endedFlow } from '../../../test/factories.ts'
import { RetryDialog } from './retry-dialog.tsx'

test('a retry leads to the new flow', async () => {
  const flow = endedFlow('FAILED')
  const { went } = renderWith(<RetryDialog flow={flow} onClose={() => {}} />, { answers: {
    RetryInput: () => ({ flow: { __typename: 'Flow', id: flow.id, input: flow.input } }),
    RetryFlow: () => ({ retryFlow: { __typename: 'RetryFlowPayload', flow: { __typename: 'Flow', id: 'flow_new', status: 'QUEUED' } } }),
  } })
  fireEvent.click(await screen.findByRole('button', { name: 'Make a new flow' }))
  await waitFor(() => expect(went).toEqual(['/flows/flow_new']))
})
