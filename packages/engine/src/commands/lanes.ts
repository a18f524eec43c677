/** Lanes: made by an operator, so that a typo cannot make a queue that nobody serves (D-31). */
import { Conflict, NotFound, newId, refuseDefaults, refuseName, refuseText, refuseWhole } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { LIMITS } from '@sluice/protocol'
import type { Json, LaneState } from '@sluice/protocol'
import type { Deps, Outcome } from '../deps.ts'
import { writeAudit } from '../sql/audit-sql.ts'
import { lockPromotion } from '../sql/promotion-sql.ts'
import { writeCap } from './set-cap.ts'

export interface UpsertLane {
  actor: Actor
  name: string
  maxActive?: number | null | undefined
  waitingHoldsSlot?: boolean | null | undefined
  defaults?: Json | undefined
  /** The version that was read; another one now is a CONFLICT. Absent: whatever it is. */
  version?: number | null | undefined
}

interface LaneFacts { name: string; state: LaneState; version: number; waitingHoldsSlot: boolean; defaults: Json }

async function lockLane(tx: Tx, name: string): Promise<LaneFacts | undefined> {
  const [row] = await tx.rows<LaneFacts & Record<string, unknown>>(
    'lockLane', 'SELECT name, state, version, waiting_holds_slot AS "waitingHoldsSlot", defaults FROM lane WHERE name = $1 FOR UPDATE', [name])
  return row
}

export async function upsertLane(deps: Deps, cmd: UpsertLane): Promise<Outcome<{ name: string }>> {
  const refusal = refuseName(['name'], cmd.name) ?? refuseWhole(['maxActive'], cmd.maxActive, { min: 0, max: 1_000_000 }) ?? refuseDefaults(['defaults'], cmd.defaults)
  if (refusal) return refusal
  return transact(deps.pool, async tx => {
    await lockPromotion(tx)
    const before = await lockLane(tx, cmd.name)
    if (cmd.version != null && before?.version !== cmd.version) return new Conflict(conflictOf(cmd, before))
    await writeLane(tx, cmd)
    if (cmd.waitingHoldsSlot === false) await freeKeptSlots(tx, cmd.name)
    if (cmd.maxActive != null) await writeCap(tx, deps, { actor: cmd.actor, scope: 'LANE', subject: cmd.name, maxActive: cmd.maxActive, reason: null })
    await writeAudit(tx, cmd.actor, [{ action: 'upsertLane', target: cmd.name, reason: null, before: before as unknown as Json ?? null, after: { waitingHoldsSlot: cmd.waitingHoldsSlot ?? null, defaults: cmd.defaults ?? null } }])
    tx.afterCommit(() => deps.wake.hint({ queue: true }))
    return { name: cmd.name }
  })
}

/** D-2: of waits that were released already, and of resumes that stand in the queue. A held wait keeps its own. */
const freeKeptSlots = (tx: Tx, lane: string): Promise<unknown> =>
  tx.rows('freeKeptSlots', `UPDATE flow SET slot_held = false WHERE lane = $1 AND slot_held AND (wait_mode = 'RELEASED' OR status = 'QUEUED')`, [lane])

const conflictOf = (cmd: UpsertLane, before: LaneFacts | undefined): string =>
  before ? `Lane ${cmd.name} is at version ${before.version}, not ${cmd.version}; read it again.` : `There is no lane ${cmd.name} yet; leave version out to make it.`

const writeLane = (tx: Tx, cmd: UpsertLane): Promise<unknown> =>
  tx.rows(
    'writeLane',
    `INSERT INTO lane AS l (id, name, waiting_holds_slot, defaults, created_at) VALUES ($1, $2, coalesce($3, true), coalesce($4::jsonb, '{}'), clock_timestamp())
     ON CONFLICT (name) DO UPDATE SET waiting_holds_slot = coalesce($3, l.waiting_holds_slot), defaults = coalesce($4::jsonb, l.defaults), version = l.version + 1`,
    [newId('lane'), cmd.name, cmd.waitingHoldsSlot ?? null, cmd.defaults === undefined ? null : JSON.stringify(cmd.defaults)],
  )

export interface SetLaneState { actor: Actor; name: string; state: LaneState; reason?: string | null | undefined; action: string }

/** Pauses, drains or reopens. To the state it is in already: nothing. */
export async function setLaneState(deps: Deps, cmd: SetLaneState): Promise<Outcome<{ name: string }>> {
  const refusal = refuseText(['reason'], cmd.reason, LIMITS.reasonMax)
  if (refusal) return refusal
  return transact<Outcome<{ name: string }>>(deps.pool, async tx => {
    await lockPromotion(tx)
    const before = await lockLane(tx, cmd.name)
    if (!before) return NotFound.of('lane', cmd.name)
    if (before.state === cmd.state) return { name: cmd.name }
    await tx.rows(
      'writeLaneState',
      `UPDATE lane SET state = $2::lane_state, state_reason = $3, state_by = $4, state_at = clock_timestamp(), version = version + 1 WHERE name = $1`,
      [cmd.name, cmd.state, cmd.reason ?? null, cmd.actor.principalId],
    )
    await writeAudit(tx, cmd.actor, [{ action: cmd.action, target: cmd.name, reason: cmd.reason ?? null, before: { state: before.state }, after: { state: cmd.state } }])
    tx.afterCommit(() => deps.wake.hint({ queue: true }))
    return { name: cmd.name }
  })
}
