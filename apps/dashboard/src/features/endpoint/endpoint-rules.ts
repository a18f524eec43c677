import type { EndpointOrigin, EndpointState } from '@sluice/protocol'
import { whyMayNot, type ViewerData } from '../../graphql/viewer.ts'

export const ENDPOINT_ACTIONS = ['test', 'edit', 'rotate', 'enable', 'disable', 'reveal', 'delete'] as const
export type EndpointAction = (typeof ENDPOINT_ACTIONS)[number]

interface Endpoint { state: EndpointState; origin: EndpointOrigin }

const OPERATIONS: Record<EndpointAction, string> = {
  test: 'testWebhookEndpoint', edit: 'updateWebhookEndpoint', rotate: 'rotateWebhookSecret', enable: 'enableWebhookEndpoint', disable: 'disableWebhookEndpoint',
  reveal: 'revealWebhookEndpoint', delete: 'deleteWebhookEndpoint',
}

const NOT_OURS: Record<Exclude<EndpointOrigin, 'NAMED'>, Partial<Record<EndpointAction, string>>> = {
  ENVIRONMENT: {
    edit: 'FLOW_WEBHOOK_URL of the server’s environment sets it.', rotate: 'FLOW_WEBHOOK_SECRET of the server’s environment signs for it.',
    delete: 'It is there while FLOW_WEBHOOK_URL names it.',
  },
  UNNAMED: { edit: 'A flow brought it along; the next flow names another URL.', rotate: 'FLOW_WEBHOOK_SECRET of the server’s environment signs for it.' },
}

/** What is shown for an endpoint: of enable and disable, the one that changes something. */
export const offeredActions = ({ state }: Endpoint): EndpointAction[] => ENDPOINT_ACTIONS.filter(action => action !== (state === 'DISABLED' ? 'disable' : 'enable'))

/** Why that cannot be done to an endpoint now; null = it can. */
export const whyNotOn = (action: EndpointAction, { origin }: Endpoint, viewer: ViewerData | null): string | null =>
  (origin === 'NAMED' ? undefined : NOT_OURS[origin][action]) ?? whyMayNot(viewer, OPERATIONS[action])
