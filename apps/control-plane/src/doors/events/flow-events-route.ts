import { FLOW_EVENTS } from '../rest/documents.ts'
import { withUrl } from '../rest/flow-url.ts'
import type { Components } from '../rest/json-schema.ts'
import type { Route } from '../rest/route.ts'
import { stored } from '../rest/stored-document.ts'
import { followedRoute, type FollowedItem } from './follow.ts'

const EVENTS = stored(FLOW_EVENTS)

interface Item extends FollowedItem { flow: { id: string; isTerminal: boolean } | null }

/** GET /flows/{id}/events: the subscription flowEvents as server-sent events. */
export const flowEventsRoute = (components: Components): Route => followedRoute<Item>({
  path: '/flows/{id}/events', operationId: 'followFlow', type: 'FlowEventItem', summary: 'What happens to one flow, as server-sent events, up to its end.', description: '',
}, {
  document: EVENTS,
  hasEnded: (_call, { flow }) => flow?.isTerminal ?? false,
  shown: (item) => ({ ...item, flow: item.flow && withUrl(item.flow) }),
}, components)
