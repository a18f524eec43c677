import { refuseReplay, withDeliveryId } from '@sluice/domain'
import type { ErrorCode } from '@sluice/protocol'
import { mayRun } from '../policies/policy.ts'
import type { Context } from './context.ts'
import { databaseTime } from './database-time.ts'
import type { DeliveryAttemptRow } from './webhook-loaders.ts'
import type { DeliveryRow } from './webhook-refs.ts'

/** Why the viewer cannot replay it now, in the words of the command; null = it can. */
export async function cannotReplay({ id }: DeliveryRow, ctx: Context): Promise<ErrorCode | null> {
  if (!mayRun(ctx.viewer, 'replayWebhookDelivery')) return 'FORBIDDEN'
  const facts = await ctx.load.replayFacts.load(id)
  return facts === null ? 'NOT_FOUND' : refuseReplay(facts)?.code ?? null
}

/** What is stored is the same for every delivery of the event; its own id goes in front when it is sent. */
export async function bodyOf({ id, eventId, inlineArtifacts: inline }: DeliveryRow, _args: object, ctx: Context): Promise<string | null> {
  const body = await ctx.load.eventBody.load({ eventId, inline })
  return body && withDeliveryId(body, id)
}

export const endOf = ({ startedAt, durationMs }: DeliveryAttemptRow): Date | null => (durationMs === null ? null : new Date(startedAt.getTime() + durationMs))

export async function durationOf({ startedAt, durationMs }: DeliveryAttemptRow, _args: object, ctx: Context): Promise<number> {
  return durationMs ?? Math.max(0, (await databaseTime(ctx.deps.pool)).getTime() - startedAt.getTime())
}
