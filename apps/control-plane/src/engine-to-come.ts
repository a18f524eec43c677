/** STUB, removed before the merge to main: what packages/engine will export, as its contract says, so that the schema can be printed without it. */
import type { Actor } from '@sluice/domain'
import type { Access, Deps, Outcome, OwnedFlow } from '@sluice/engine'
import type { DeliveryState, DeliveryTrigger } from '@sluice/protocol'

const toCome = (): never => {
  throw new Error('The engine does not do this yet.')
}

export interface DeliveryCaller { actor: Actor; access(flow: OwnedFlow | null): Access }
export interface DeliveryFilter {
  flow?: string; endpoint?: string[]; state?: DeliveryState[]; eventType?: string[]; trigger?: DeliveryTrigger[]; createdAfter?: Date; createdBefore?: Date
  owner?: string | null; lanes?: string[]; kinds?: string[]
}
export interface DeliveryCursor { generation: string; xid: string; id: string }
interface Asked { actor: Actor; id: string }
type Done<T> = Promise<Outcome<T>>

export const createWebhookEndpoint = (_deps: Deps, _o: {
  actor: Actor; name: string; url: string; events: string[]; principalId?: string | null; inlineArtifacts?: boolean; strictOrder?: boolean
}): Done<{ endpointId: string; secret: string }> => toCome()
export const updateWebhookEndpoint = (_deps: Deps, _o: Asked & {
  version?: number | null; name?: string; url?: string; events?: string[]; inlineArtifacts?: boolean; strictOrder?: boolean
}): Done<{ endpointId: string }> => toCome()
export const deleteWebhookEndpoint = (_deps: Deps, _o: Asked): Done<{ endpointId: string }> => toCome()
export const disableWebhookEndpoint = (_deps: Deps, _o: Asked & { reason?: string | null }): Done<{ endpointId: string }> => toCome()
export const enableWebhookEndpoint = (_deps: Deps, _o: Asked & { replaySuppressed: boolean }): Done<{ endpointId: string; operationId: string | null }> => toCome()
export const revealWebhookEndpoint = (_deps: Deps, _o: Asked): Done<{ endpointId: string; url: string }> => toCome()
export const rotateWebhookSecret = (_deps: Deps, _o: Asked & { overlapHours: number }): Done<{ endpointId: string; secret: string; formerUntil: Date }> => toCome()
export const testWebhookEndpoint = (_deps: Deps, _o: Asked): Done<{ deliveryId: string }> => toCome()

export const replayDeliveries = (_deps: Deps, _o: { caller: DeliveryCaller; ids: string[] }): Promise<Outcome<{ deliveryId: string }>[]> => toCome()
export const replayInBulk = (_deps: Deps, _o: {
  actor: Actor; filter?: DeliveryFilter; ids?: string[]; reason?: string | null; dryRun: boolean
}): Done<{ matched: number; exact: boolean; operationId: string | null }> => toCome()
export const abortBulkOperation = (_deps: Deps, _o: Asked): Done<{ operationId: string }> => toCome()

type Pool = Deps['pool']
export const listDeliveries = (_pool: Pool, _o: { filter: DeliveryFilter; after: string | null; limit: number }): Promise<{ id: string; cursor: string }[]> => toCome()
export const successRates = (_pool: Pool, _endpointIds: string[]): Promise<Map<string, number>> => toCome()
export interface DeliveryFigures { live: number; exhaustedLastHour: number; disabledEndpoints: number; oldestDueMs: number | null }
export const deliveryFigures = (_pool: Pool): Promise<DeliveryFigures> => toCome()
export const deliveryHead = (_pool: Pool): Promise<DeliveryCursor> => toCome()
export const changedDeliveries = (_pool: Pool, _cursor: DeliveryCursor, _limit: number):
  Promise<{ items: { id: string; xid: string }[]; head: DeliveryCursor; gap: boolean; more: boolean }> => toCome()
export const encodeDeliveryCursor = ({ generation, xid, id }: DeliveryCursor): string => `${generation}.${xid}.${id}`
export const decodeDeliveryCursor = (_text: string): DeliveryCursor | undefined => toCome()
