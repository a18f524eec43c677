/**
 * Retention (D-21, D-48). Nothing else deletes: an ended flow older than FLOW_RETENTION_DAYS leaves the lists by the same move as deleteFlow, with its
 * event and its count; what left the lists is purged an hour later, so that no subscriber who is a little behind meets a gap. Small tables are trimmed by
 * their own rules. Every batch is a transaction of its own under a try-lock, and after each it rests as long as it took: whatever else the database has to
 * do goes on. Killed between any two lines, the next turn goes on from the rows.
 */
import { markDeleted } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { isTerminal } from '@sluice/protocol'
import { applyMoves } from '../apply-moves.ts'
import type { Deps } from '../deps.ts'
import { lockFlows } from '../sql/lock-sql.ts'
import { expireArtifacts, purgeOrphanChunks } from '../sql/artifact-sql.ts'
import { findOld, purgeBodies, purgeDeleted, purgeDeliveries, purgeFrames, trim } from '../sql/retention-sql.ts'
import { trySweepLock } from '../sql/sweep-sql.ts'
import { rest } from './rest.ts'

export interface Retained { hidden: number; purged: number; deliveries: number; frames: number; artifacts: number; trimmed: number }

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Between leaving the lists and the purge. */
export const PURGE_REST_MS = HOUR_MS
/** As far back as throughput looks, and a day. */
const MINUTES_KEPT_MS = 8 * DAY_MS
const BATCH = 500
const TRIM_BATCH = 5000
const FRAME_BATCH = 2000
/** Of 1 MiB each. */
const CHUNK_BATCH = 32
/** An upload to which nothing was added for so long was broken off. */
const UPLOAD_REST_MS = HOUR_MS

/**
 * How many flows left the lists, how many were purged, and how many rows of small tables went. What fails does not keep the rest from its turn; the first
 * failure is thrown at the end.
 */
export async function sweepRetention(deps: Deps): Promise<Retained> {
  const { flowRetentionDays, frameRetentionDays, auditRetentionDays, webhookRetentionDays, idempotencyWindowMs } = deps.settings
  const failures: unknown[] = []
  const run = (most: number, batch: Batch): Promise<number> => inFittingBatches(deps, most, batch).catch((error: unknown) => (failures.push(error), 0))
  // Deliveries first: a flow outlives them.
  const deliveries = webhookRetentionDays > 0 ? await run(BATCH, (tx, limit) => purgeDeliveries(tx, { days: webhookRetentionDays, limit })) : 0
  if (webhookRetentionDays > 0) await run(BATCH, (tx, limit) => purgeBodies(tx, { days: webhookRetentionDays, limit }))
  const hidden = flowRetentionDays > 0 ? await hideAllOld(deps, { days: flowRetentionDays, run }) : 0
  const frames = frameRetentionDays > 0 ? await run(FRAME_BATCH, (tx, limit) => purgeFrames(tx, { days: frameRetentionDays, limit })) : 0
  const artifacts = await run(BATCH, (tx, limit) => expireArtifacts(tx, { limit }))
  const purged = await run(BATCH, (tx, limit) => purgeDeleted(tx, { restMs: PURGE_REST_MS, limit }))
  // Last: the bytes of what went above have no artifact any more.
  await run(CHUNK_BATCH, (tx, limit) => purgeOrphanChunks(tx, { restMs: UPLOAD_REST_MS, limit }))
  const rules = [
    { what: 'idempotencyKeys', olderThanMs: idempotencyWindowMs }, { what: 'minutes', olderThanMs: MINUTES_KEPT_MS },
    { what: 'sessions', olderThanMs: DAY_MS }, { what: 'signInCodes', olderThanMs: DAY_MS },
    ...(auditRetentionDays > 0 ? [{ what: 'audit', olderThanMs: auditRetentionDays * DAY_MS } as const] : []),
  ] as const
  let trimmed = 0
  for (const rule of rules) trimmed += await run(TRIM_BATCH, (tx, limit) => trim(tx, { ...rule, limit }))
  if (hidden + purged + deliveries + frames + artifacts > 0) deps.log({ event: 'retention', hidden, purged, deliveries, frames, artifacts, trimmed })
  if (failures.length > 0) throw failures[0]
  return { hidden, purged, deliveries, frames, artifacts, trimmed }
}

type Batch = (tx: Tx, limit: number) => Promise<number>

/** Ended by statement_timeout or transaction_timeout. */
const TOO_LONG = new Set(['57014', '25P04'])

/** Until a batch is not full, or the process closes, or another process is at it. A batch that takes too long is tried again at half its size. */
async function inFittingBatches(deps: Deps, most: number, batch: Batch): Promise<number> {
  let total = 0
  let limit = most
  while (!deps.closing.aborted) {
    const began = performance.now()
    const done = await oneBatch(deps, tx => batch(tx, limit))
    if (done === 'too long' && limit === 1) throw new Error('A batch of one takes longer than a transaction may.')
    if (done === 'too long') limit = Math.ceil(limit / 2)
    else total += done
    if (done !== 'too long' && done < limit) break
    await rest(performance.now() - began, deps.closing)
  }
  return total
}

async function oneBatch(deps: Deps, batch: (tx: Tx) => Promise<number>): Promise<number | 'too long'> {
  try {
    return await transact(deps.pool, async tx => ((await trySweepLock(tx, 'retention')) ? batch(tx) : 0))
  } catch (error) {
    if (TOO_LONG.has((error as { code?: string }).code ?? '')) return 'too long'
    throw error
  }
}

/** One walk along the ended flows: those that their deliveries keep are met once and stay behind. */
async function hideAllOld(deps: Deps, { days, run }: { days: number; run(most: number, batch: Batch): Promise<number> }): Promise<number> {
  let beyond: { finishedAt: string; id: string } | null = null
  let hidden = 0
  await run(BATCH, async (tx, limit) => {
    const old = await findOld(tx, { days, beyond, limit })
    hidden += await hide(tx, deps, old.filter(flow => !flow.kept).map(flow => flow.id))
    tx.afterCommit(() => { beyond = old.at(-1) ?? beyond })
    return old.length
  })
  return hidden
}

async function hide(tx: Tx, deps: Deps, ids: string[]): Promise<number> {
  const flows = await lockFlows(tx, ids)
  const moves = [...flows.values()].filter(flow => isTerminal(flow.status) && !flow.deleted).map(flow => markDeleted(flow, { by: 'system', reason: 'retention' }))
  await applyMoves(tx, deps, 'system', moves)
  return moves.length
}
