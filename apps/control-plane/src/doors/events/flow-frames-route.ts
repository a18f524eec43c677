import { FLOW_FRAMES, FLOW_IS_OVER } from '../rest/documents.ts'
import type { Components } from '../rest/json-schema.ts'
import type { Route } from '../rest/route.ts'
import { ask, stored } from '../rest/stored-document.ts'
import { followedRoute } from './follow.ts'

const FRAMES = stored(FLOW_FRAMES)
const IS_OVER = stored(FLOW_IS_OVER)

/** GET /flows/{id}/frames: the subscription flowFrames as server-sent events, with a cursor of its own beside that of the events (D-24). */
export const flowFramesRoute = (components: Components): Route => followedRoute({
  path: '/flows/{id}/frames', operationId: 'followOutput', type: 'FlowFrameItem', summary: 'The output of one flow, as server-sent events, up to its end.',
  description: 'Without a cursor from the first frame that is kept. `gap` in a change: frames before these are kept no longer.',
}, {
  document: FRAMES,
  hasEnded: async ({ id, ctx }) => ((await ask(IS_OVER, { id }, ctx)) as { flow: { isTerminal: boolean } | null }).flow?.isTerminal ?? true,
}, components)
