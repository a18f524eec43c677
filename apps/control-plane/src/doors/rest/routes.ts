import { getArtifactRoute } from '../artifacts/get-artifact-route.ts'
import { putArtifactRoute } from '../artifacts/put-artifact-route.ts'
import { flowEventsRoute } from '../events/flow-events-route.ts'
import { flowFramesRoute } from '../events/flow-frames-route.ts'
import { exportRoutes } from '../export/export-routes.ts'
import { flowRoutes } from './flow-routes.ts'
import { FLOW_BY_ID } from './documents.ts'
import { Components, Describer, type JsonSchema } from './json-schema.ts'
import { describe } from './openapi.ts'
import { respondWith, type Route } from './route.ts'
import { stored } from './stored-document.ts'

const components = new Components()
const BY_ID = stored(FLOW_BY_ID)
const artifactOf = (all: Components): JsonSchema => new Describer(all, BY_ID).at(BY_ID.operation, ['flow', 'artifacts'])

/** Every door of this family, in the order of its description. */
export const ROUTES: Route[] = [
  ...flowRoutes(components),
  flowEventsRoute(components),
  flowFramesRoute(components),
  getArtifactRoute,
  putArtifactRoute(artifactOf(components)),
  ...exportRoutes(components),
  {
    method: 'GET', path: '/openapi.json', operationId: 'describe', summary: 'This description.', query: {},
    successes: { 200: { description: 'OpenAPI 3.1.', content: { 'application/json': { type: 'object' } } } },
    refusals: [],
    run: async (call) => respondWith(call, 200, OPENAPI),
  },
]

/** As GET /openapi.json serves it, and as it is committed. */
export const OPENAPI = describe(ROUTES, components)
