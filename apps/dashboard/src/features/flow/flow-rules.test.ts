import { FLOW_STATUSES } from '@sluice/protocol'
import { describe, expect, test } from 'vitest'
import { admin, submitter, viewer } from '../../../test/fake-api.tsx'
import { flowIn, queuedFlow, runningFlow } from '../../../test/factories.ts'
import { FLOW_ACTIONS, offeredActions, whyNotOn, type FlowOfActions } from './flow-rules.ts'

const allowed = (flow: FlowOfActions) => FLOW_ACTIONS.filter(action => whyNotOn(action, flow, admin) === null)

describe('what can be done with a flow', () => {
  test.each([
    ['QUEUED', ['promote', 'hold', 'priority', 'cancel']],
    ['RUNNING', ['cancel']],
    ['WAITING', ['cancel']],
    ['FINISHED', ['retry', 'delete']],
    ['FAILED', ['retry', 'delete']],
    ['CANCELLED', ['retry', 'delete']],
    ['SKIPPED', ['retry', 'delete']],
  ] as const)('%s allows an administrator %j', (status, actions) => {
    expect(allowed(flowIn(status))).toEqual(actions)
  })

  test('a held flow can be released, and must be before it is promoted', () => {
    const held = queuedFlow({ reason: 'HELD' })
    expect(offeredActions(held)).toContain('release')
    expect(whyNotOn('release', held, admin)).toBeNull()
    expect(whyNotOn('promote', held, admin)).toBe('It is held; release it first.')
  })

  test('a second cancel says that the first is under way', () => {
    expect(whyNotOn('cancel', runningFlow('CANCELLING'), admin)).toMatch(/requested already/)
  })

  test('whoever may not do it is told so, whatever the status', () => {
    for (const status of FLOW_STATUSES) {
      for (const action of offeredActions(flowIn(status))) expect(whyNotOn(action, flowIn(status), viewer)).toBe('Your role does not allow it.')
    }
  })

  test('a submitter cancels its own flows only', () => {
    const own = runningFlow('WORKING', { owner: { __typename: 'Principal', id: 'prn_submitter', name: 'submitter' } })
    expect(whyNotOn('cancel', own, submitter)).toBeNull()
    expect(whyNotOn('cancel', runningFlow(), submitter)).toBe('Your role allows it for your own flows only.')
  })
})
