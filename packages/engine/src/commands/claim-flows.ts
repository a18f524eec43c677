/** A worker asks for flows: a long poll at the promoter. The same requestId again gets the same leases, whatever became of the first answer (D-36). */
import { InvalidInput, refuseText, refuseWhole } from '@sluice/domain'
import type { Actor, Refusal } from '@sluice/domain'
import { named } from '@sluice/db'
import { LIMITS } from '@sluice/protocol'
import type { LeaseRef } from '@sluice/protocol'
import type { Deps, Outcome } from '../deps.ts'
import { leasesOfRequest } from '../sql/worker-sql.ts'
import { refuseWorker } from './worker-of.ts'

export interface ClaimFlows { actor: Actor; workerId: string; max: number; waitMs: number; requestId: string; signal?: AbortSignal | undefined }

type Claim = LeaseRef & { expiresAt: Date }

export async function claimFlows(deps: Deps, cmd: ClaimFlows): Promise<Outcome<{ claims: Claim[] }>> {
  const refusal = refuse(cmd) ?? (await refuseWorker(deps, cmd.actor, cmd.workerId))
  if (refusal) return refusal
  // An earlier ask of this requestId may be inside a pass: only after it can its leases be seen.
  await deps.promoter.withdraw(cmd)
  const standing = await leasesOfRequest(named(deps.pool), { ...cmd, ttlMs: deps.settings.leaseTtlMs })
  if (standing.length > 0) return { claims: standing }
  return { claims: await deps.promoter.ask(cmd) }
}

const refuse = (cmd: ClaimFlows): Refusal | undefined =>
  refuseWhole(['max'], cmd.max, { min: 1, max: LIMITS.workerCapacityMax }) ?? refuseWhole(['waitMs'], cmd.waitMs, { min: 0, max: LIMITS.waitMsMax }) ??
  refuseText(['requestId'], cmd.requestId, 200) ?? (cmd.requestId === '' ? new InvalidInput(['requestId'], 'requestId must not be empty.') : undefined)
