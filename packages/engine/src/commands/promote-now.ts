/**
 * promoteNow (D-25): an operator puts a flow first of all, and with force past the caps. It cannot start it by itself, because a flow is promoted for a
 * worker that asked: it commits the pin, wakes the promoter, waits up to waitMs and says whether it started, or where it stands and why. The pin stays.
 */
import { FlowNotQueued, InvalidInput, Refusal, pin, refuseText, refuseWhole } from '@sluice/domain'
import type { FlowFacts } from '@sluice/domain'
import { named } from '@sluice/db'
import { LIMITS } from '@sluice/protocol'
import type { QueueReason } from '@sluice/protocol'
import { moveFlows } from '../apply-moves.ts'
import type { Decision } from '../apply-moves.ts'
import { accessRefusal } from '../deps.ts'
import type { Caller, Deps, Outcome } from '../deps.ts'
import { queuePlaces } from '../reads/queue-places.ts'

export interface PromoteNow {
  caller: Caller
  id: string
  /** May pass the caps of all three scopes; needs a reason. */
  force: boolean
  reason?: string | null | undefined
  /** 0 … 30000. */
  waitMs: number
  signal?: AbortSignal | undefined
}

export interface PromoteNowAnswer { flowId: string; started: boolean; overCap: boolean; position: number | null; reason: QueueReason | null }

export async function promoteNow(deps: Deps, cmd: PromoteNow): Promise<Outcome<PromoteNowAnswer>> {
  const refusal = refuse(cmd)
  if (refusal) return refusal
  let attemptBefore = -1
  const decide = (flow: FlowFacts | undefined): Decision => {
    attemptBefore = flow?.currentAttempt ?? -1
    return decidePin(cmd, flow)
  }
  const [decision] = await moveFlows(deps, { ids: [cmd.id], actor: cmd.caller.actor, decide, audit: cmd.force ? 'promoteNow.force' : 'promoteNow' })
  if (decision instanceof Refusal) return decision
  await deps.watch.wait({ id: cmd.id, until: flow => flow.status !== 'QUEUED', timeoutMs: cmd.waitMs, signal: cmd.signal })
  return answer(deps, cmd.id, attemptBefore)
}

const refuse = (cmd: PromoteNow): Refusal | undefined =>
  refuseText(['reason'], cmd.reason, LIMITS.reasonMax) ?? refuseWhole(['waitMs'], cmd.waitMs, { min: 0, max: LIMITS.waitMsMax }) ??
  (cmd.force && !cmd.reason?.trim() ? new InvalidInput(['reason'], 'Forcing a flow past the caps needs a reason.') : undefined)

function decidePin(cmd: PromoteNow, flow: FlowFacts | undefined): Decision {
  const refusal = accessRefusal(cmd.caller, cmd.id, flow)
  if (refusal || !flow) return refusal ?? 'unchanged'
  if (flow.status !== 'QUEUED') return new FlowNotQueued(`Flow ${flow.id} is ${flow.status}, not QUEUED.`)
  return pin(flow, { by: cmd.caller.actor.principalId ?? 'system', force: cmd.force, reason: cmd.reason ?? null })
}

async function answer(deps: Deps, id: string, attemptBefore: number): Promise<PromoteNowAnswer> {
  const [row] = await named(deps.pool).rows<{ attempt: number; overCap: boolean; queued: boolean }>(
    'readPromoted', `SELECT coalesce(current_attempt, -1) AS attempt, over_cap AS "overCap", status = 'QUEUED' AS queued FROM flow WHERE id = $1`, [id])
  const started = (row?.attempt ?? -1) > attemptBefore
  const place = row?.queued ? (await queuePlaces(deps.pool, [id])).get(id) : undefined
  return { flowId: id, started, overCap: started && (row?.overCap ?? false), position: place?.position ?? null, reason: started ? null : place?.reason ?? null }
}
