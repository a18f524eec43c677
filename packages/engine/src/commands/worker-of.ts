import { Conflict, NotFound } from '@sluice/domain'
import type { Actor , Refusal } from '@sluice/domain'
import { named } from '@sluice/db'
import type { Deps } from '../deps.ts'
import { readWorker } from '../sql/worker-sql.ts'

/** The refusal for a worker id that the caller may not use: unknown or another principal's NOT_FOUND, replaced CONFLICT (D-47), or undefined. */
export async function refuseWorker(deps: Deps, actor: Actor, workerId: string): Promise<Refusal | undefined> {
  const worker = await readWorker(named(deps.pool), workerId)
  if (!worker || worker.principalId !== actor.principalId) return NotFound.of('worker', workerId)
  if (worker.replacedBy) return new Conflict(`Worker ${workerId} was replaced by ${worker.replacedBy}, which registered under the same instance id.`)
  return worker.state === 'DEAD' ? NotFound.of('live worker', workerId) : undefined
}
