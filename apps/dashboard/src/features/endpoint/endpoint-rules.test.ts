import { describe, expect, test } from 'vitest'
import type { ViewerData } from '../../graphql/viewer.ts'
import { offeredActions, whyNotOn } from './endpoint-rules.ts'

const may = (...permissions: string[]): ViewerData => ({ permissions, expiresAt: null, principal: { id: 'prn_1', name: 'somebody', roles: ['ADMIN'] } })
const all = may('testWebhookEndpoint', 'updateWebhookEndpoint', 'rotateWebhookSecret', 'enableWebhookEndpoint', 'disableWebhookEndpoint', 'revealWebhookEndpoint', 'deleteWebhookEndpoint')

describe('what can be done to an endpoint', () => {
  test.each([['ACTIVE', 'disable'], ['DISABLED', 'enable']] as const)('one that is %s is offered to %s', (state, action) => {
    expect(offeredActions({ state, origin: 'NAMED' })).toEqual(['test', 'edit', 'rotate', action, 'reveal', 'delete'])
  })

  test('what the environment or a flow brought along is not edited, and says where it comes from', () => {
    expect(whyNotOn('edit', { state: 'ACTIVE', origin: 'ENVIRONMENT' }, all)).toMatch(/FLOW_WEBHOOK_URL/)
    expect(whyNotOn('rotate', { state: 'ACTIVE', origin: 'UNNAMED' }, all)).toMatch(/FLOW_WEBHOOK_SECRET/)
    expect(whyNotOn('delete', { state: 'ACTIVE', origin: 'UNNAMED' }, all)).toBeNull()
    expect(whyNotOn('edit', { state: 'ACTIVE', origin: 'NAMED' }, all)).toBeNull()
  })

  test('a right that is missing is said', () => {
    expect(whyNotOn('reveal', { state: 'ACTIVE', origin: 'NAMED' }, may('testWebhookEndpoint'))).toBe('Your role does not allow it.')
    expect(whyNotOn('test', { state: 'ACTIVE', origin: 'NAMED' }, may('testWebhookEndpoint'))).toBeNull()
  })
})
