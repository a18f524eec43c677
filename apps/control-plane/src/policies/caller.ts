import { areStillValid, type Access, type Answerer, type Caller, type DeliveryCaller } from '@sluice/engine'
import { mayAnswer } from './answerers.ts'
import { extentOf, inScope, type Operation, type Viewer } from './policy.ts'
import { mayRead } from './visible.ts'
import { isInSight } from './visible-deliveries.ts'

export const actorOf = (viewer: Viewer, address: string | null) => ({ principalId: viewer.principalId, kind: 'principal', address }) as const

/** The caller of a command on flows: what it may not read does not exist for it, what it may read but not change is forbidden. */
export const callerOf = (viewer: Viewer, address: string | null, operation: Operation): Caller => ({
  actor: actorOf(viewer, address),
  access: (flow): Access => {
    if (!mayRead(viewer, flow)) return 'hide'
    const extent = extentOf(viewer, operation)
    return extent === 'all' || (extent === 'own' && flow.principalId === viewer.principalId) ? 'allow' : 'forbid'
  },
})

/** The same for commands on deliveries, which may be of no flow. */
export const deliveryCallerOf = (viewer: Viewer, address: string | null, operation: Operation): DeliveryCaller => ({
  actor: actorOf(viewer, address),
  access: (flow): Access => {
    if (!isInSight(viewer, flow)) return 'hide'
    const extent = extentOf(viewer, operation)
    return extent === 'all' || (extent === 'own' && flow?.principalId === viewer.principalId) ? 'allow' : 'forbid'
  },
})

/** Who answers a wait. That what it signed in with still holds is asked again when it is decided (D-29). */
export const answererFor = (viewer: Viewer, address: string | null): Answerer => ({
  ...callerOf(viewer, address, 'resolveWaitpoint'), actor: actorOf(viewer, address),
  mayAnswer: (flow, answerableBy) => mayAnswer(viewer, flow, answerableBy),
  isStillValid: async (tx) => (await areStillValid(tx, [viewer]))[0] ?? false,
})

/** Whether the token's scopes cover a flow it wants to create. */
export const mayCreateIn = (viewer: Viewer) => (flow: { lane: string; kind: string }): boolean => inScope(viewer, flow)
