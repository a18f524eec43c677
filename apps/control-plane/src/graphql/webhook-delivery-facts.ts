import type { ErrorCode } from '@sluice/protocol'
import { refuseReplay } from '../engine-to-come.ts'
import { mayRun } from '../policies/policy.ts'
import type { Context } from './context.ts'
import { databaseTime } from './database-time.ts'
import type { DeliveryAttemptRow } from './webhook-loaders.ts'
import type { DeliveryRow } from './webhook-refs.ts'

/** Why the viewer cannot replay it now, in the words of the command; null = it can. */
export async function cannotReplay(delivery: DeliveryRow, ctx: Context): Promise<ErrorCode | null> {
  if (!mayRun(ctx.viewer, 'replayWebhookDelivery')) return 'FORBIDDEN'
  const { eventId, endpointId, inlineArtifacts: inline } = delivery
  const [endpoint, hasBody, inProgress] = await Promise.all([
    ctx.load.endpoint.load(endpointId), ctx.load.hasBody.load({ eventId, inline }), ctx.load.isInProgress.load({ eventId, endpointId }),
  ])
  return refuseReplay({ endpointDeleted: endpoint === null || endpoint.state === 'DELETED', bodyPurged: !hasBody, inProgress })?.code ?? null
}

/** What is stored is the same for every delivery of the event; its own id goes in front when it is sent. */
export async function bodyOf({ id, eventId, inlineArtifacts: inline }: DeliveryRow, _args: object, ctx: Context): Promise<string | null> {
  const body = await ctx.load.eventBody.load({ eventId, inline })
  return body && `{"delivery_id":${JSON.stringify(id)},${body.slice(1)}`
}

export const endOf = ({ startedAt, durationMs }: DeliveryAttemptRow): Date | null => (durationMs === null ? null : new Date(startedAt.getTime() + durationMs))

export async function durationOf({ startedAt, durationMs }: DeliveryAttemptRow, _args: object, ctx: Context): Promise<number> {
  return durationMs ?? Math.max(0, (await databaseTime(ctx.deps.pool)).getTime() - startedAt.getTime())
}
