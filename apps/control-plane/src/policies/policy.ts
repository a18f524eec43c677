import { Forbidden } from '@sluice/domain'
import type { Identity } from '@sluice/engine'
import type { Role } from '@sluice/protocol'

/** Who asks: an identity that came in by a token or a session. Its scopes narrow what its roles allow; none = all of it. */
export type Viewer = Identity

/** all = on everything; own = only on what the principal itself owns. Absent = not at all. */
export type Extent = 'all' | 'own'
type Row = Partial<Record<Role, Extent>>

const everyone: Row = { VIEWER: 'all', SUBMITTER: 'all', OPERATOR: 'all', ADMIN: 'all', WORKER: 'all' }
const people: Row = { VIEWER: 'all', SUBMITTER: 'all', OPERATOR: 'all', ADMIN: 'all' }
const readers: Row = { VIEWER: 'all', SUBMITTER: 'own', OPERATOR: 'all', ADMIN: 'all' }
const watchers: Row = { VIEWER: 'all', OPERATOR: 'all', ADMIN: 'all' }
const creators: Row = { SUBMITTER: 'own', OPERATOR: 'all', ADMIN: 'all' }
const operators: Row = { OPERATOR: 'all', ADMIN: 'all' }
const admins: Row = { ADMIN: 'all' }
const workers: Row = { WORKER: 'all' }

/**
 * The five roles (product.md 12): one row per operation, deny by default. A word with a dot is a right inside an
 * operation. What a subscription or query shows of other people's flows is narrowed further by `visibleFlows`.
 */
export const POLICY = {
  node: people, viewer: everyone, serverTime: everyone,
  flow: readers, waitForFlow: readers, flows: readers, flowCounts: readers,
  flowQueue: readers, queueStats: people, throughput: people, lanes: people, workers: people, unservedQueues: people, flowKinds: people, caps: people, servers: people,
  principals: watchers,
  audit: admins, apiTokens: admins,
  waitpoints: readers, memos: workers,
  webhookEndpoints: readers, webhookDeliveries: readers, webhookEventTypes: people, bulkOperations: operators,

  createFlow: creators, createFlows: creators, 'createFlow.priority': operators,
  cancelFlow: creators, retryFlow: creators, addFlowInput: creators, removeFlowInput: creators,
  resolveWaitpoint: readers, 'resolveWaitpoint.override': admins, rotateWaitpointKey: admins,
  promoteNow: operators, 'promoteNow.force': admins, setFlowPriority: operators, holdFlow: operators, releaseFlow: operators,
  pauseLane: operators, resumeLane: operators, drainLane: operators,
  deleteFlow: admins, setCap: admins, upsertLane: admins, createApiToken: admins, revokeApiToken: admins,

  replayWebhookDelivery: operators, replayWebhookDeliveries: operators, enableWebhookEndpoint: operators, disableWebhookEndpoint: operators,
  testWebhookEndpoint: operators, abortBulkOperation: operators,
  createWebhookEndpoint: admins, updateWebhookEndpoint: admins, deleteWebhookEndpoint: admins, revealWebhookEndpoint: admins, rotateWebhookSecret: admins,

  registerWorker: workers, claimFlows: workers, heartbeat: workers, startFlow: workers, startFlows: workers, returnFlow: workers,
  finishFlow: workers, finishFlows: workers, failFlow: workers, failFlows: workers, reportProgress: workers, appendFrames: workers,
  recordMemo: workers, recordMemos: workers, createWaitpoint: workers, suspendFlow: workers,

  'door.metrics': watchers, 'door.putArtifact': workers,
  // Of the flow whose lease it has; those who may read a flow read its artifacts with it.
  'door.getArtifact': workers,

  flowEvents: readers, flowFrames: readers, flowsChanged: readers, queueChanged: people, overview: people,
  waitpointsChanged: readers, webhookDeliveryChanged: readers, bulkOperationChanged: operators,
} as const satisfies Record<string, Row>

export type Operation = keyof typeof POLICY

export const OPERATIONS = Object.keys(POLICY) as Operation[]

/** How far the viewer may go with the operation; null = not at all, as for an operation that the table does not have. */
export function extentOf(viewer: Viewer, operation: string): Extent | null {
  const row: Row | undefined = Object.hasOwn(POLICY, operation) ? POLICY[operation as Operation] : undefined
  if (row === undefined || !scopeAllows(viewer.scopes, operation, row)) return null
  const extents = rolesInScope(viewer).map((role) => row[role])
  if (extents.includes('all')) return 'all'
  return extents.includes('own') ? 'own' : null
}

export const mayRun = (viewer: Viewer, operation: string): boolean => extentOf(viewer, operation) !== null

/** Words for clients: every operation the viewer may run; `:own` at its end when only on its own flows. */
export const permissionsOf = (viewer: Viewer): string[] => OPERATIONS.flatMap((operation) => {
  const extent = extentOf(viewer, operation)
  if (extent === null) return []
  return extent === 'own' ? [`${operation}:own`] : [operation]
})

// Scopes: role:NAME and do:OPERATION say which rights are left, lane:NAME and kind:NAME which flows. None of a sort = no limit of that sort.
const rolesInScope = ({ roles, scopes }: Viewer): Role[] => {
  const named = withPrefix(scopes, 'role:').map((role) => role.toUpperCase())
  if (named.length === 0) return [...roles]
  return [...new Set(roles.flatMap((role) => INCLUDES[role]))].filter((role) => named.includes(role))
}

/** The roles whose rights the viewer has, each with those that it includes. */
export const rolesOf = (viewer: Viewer): Role[] => [...new Set(rolesInScope(viewer).flatMap((role) => INCLUDES[role]))]

/** Whose rights a role has besides its own: a token may be narrowed to any of them. Workers are no people, and nobody is one beside. */
const INCLUDES: Record<Role, readonly Role[]> = {
  ADMIN: ['ADMIN', 'OPERATOR', 'SUBMITTER', 'VIEWER'], OPERATOR: ['OPERATOR', 'SUBMITTER', 'VIEWER'], SUBMITTER: ['SUBMITTER'], VIEWER: ['VIEWER'], WORKER: ['WORKER'],
}

function scopeAllows(scopes: readonly string[], operation: string, row: Row): boolean {
  const named = withPrefix(scopes, 'do:')
  return named.length === 0 || row === everyone || named.includes(operation)
}

/** Whether the scopes let the token touch this lane and kind. */
export const inScope = ({ scopes }: Viewer, { lane, kind }: { lane: string; kind: string }): boolean =>
  allows(withPrefix(scopes, 'lane:'), lane) && allows(withPrefix(scopes, 'kind:'), kind)

export const lanesInScope = (viewer: Viewer): string[] => withPrefix(viewer.scopes, 'lane:')
export const kindsInScope = (viewer: Viewer): string[] => withPrefix(viewer.scopes, 'kind:')

const allows = (named: string[], name: string): boolean => named.length === 0 || named.includes(name)
const withPrefix = (scopes: readonly string[], prefix: string): string[] =>
  scopes.filter((scope) => scope.startsWith(prefix)).map((scope) => scope.slice(prefix.length))

const SCOPE = /^(role:(viewer|submitter|operator|admin|worker)|do:[A-Za-z.]+|(lane|kind):\S{1,64})$/i

/** Whether the word is a scope: role:NAME, do:OPERATION, lane:NAME or kind:NAME. */
export const isScope = (scope: string): boolean =>
  SCOPE.test(scope) && (!scope.startsWith('do:') || Object.hasOwn(POLICY, scope.slice('do:'.length)))

/** The lanes a worker's token may serve: those it asked for within its scopes. @throws Forbidden when none is left, or a kind is out of scope. */
export function lanesFor(viewer: Viewer, asked: string[], kinds: string[]): string[] {
  const outside = [
    ...asked.filter((lane) => !allows(lanesInScope(viewer), lane)),
    ...kinds.filter((kind) => !allows(kindsInScope(viewer), kind)),
  ]
  if (outside.length > 0) throw new Forbidden(`The scopes of this token do not cover ${outside.join(', ')}.`)
  return asked.length > 0 ? asked : lanesInScope(viewer)
}
