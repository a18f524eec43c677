import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { admin, renderWith } from '../../../test/fake-api.tsx'
import { masked } from '../../../test/mask.ts'
import { FlowEvents } from './flow-events.tsx'

const AT = '2026-11-21T10:00:00.000Z'
const event = (sequence: number, type: string, rest: object) => ({ node: { sequence, type, status: null, phase: null, actor: null, at: AT, payload: {}, ...rest } })

test('events name who acted and tell what they carried', async () => {
  const attempts = { id: 'flow_1', attempts: { edges: [{ node: { id: 'att_1.0', worker: { id: 'wrk_1', name: 'runner' } } }] } }
  const flow = {
    id: 'flow_1', owner: { id: 'prn_owner', name: 'ada' },
    events: {
      pageInfo: { hasNextPage: false, endCursor: null },
      edges: [
        event(1, 'flow.queued', { actor: 'prn_owner' }), event(2, 'flow.starting', { actor: 'system', payload: { status: 'RUNNING', phase: 'STARTING', attempt: 0, worker: 'wrk_1', workerName: 'runner', pinnedBy: null } }),
        event(3, 'flow.running', { actor: 'wrk_1' }), event(4, 'flow.held', { actor: 'prn_admin', payload: { by: 'prn_admin', reason: 'Legal' } }),
        event(5, 'flow.released', { actor: 'prn_paula' }),
      ],
    },
  }
  renderWith(<FlowEvents flow={masked(flow)} attempts={masked(attempts)} paged={false} onPage={() => {}} />, {
    as: { ...admin, permissions: ['principals'] }, answers: { PrincipalNames: () => ({ principals: [{ __typename: 'Principal', id: 'prn_paula', name: 'paula' }] }) },
  })
  for (const words of ['by ada', 'by the system', 'attempt: 1, worker: runner', 'by runner', 'by admin', 'reason: Legal']) expect(screen.getByText(words)).toBeTruthy()
  expect(await screen.findByText('by paula')).toBeTruthy()
})
