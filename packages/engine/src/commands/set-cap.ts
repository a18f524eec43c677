/** Caps (D-46): written under the promoter's lock, so that a promotion counts as wholly before or wholly after. */
import { InvalidInput, NotFound, Refusal, SYSTEM, refuseText, refuseWhole } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { LIMITS } from '@sluice/protocol'
import type { CapScope } from '@sluice/protocol'
import type { Deps, Outcome } from '../deps.ts'
import { writeAudit } from '../sql/audit-sql.ts'
import { lockPromotion } from '../sql/promotion-sql.ts'
import { deleteQuota, followPrincipalCap, readQuota, writeEnvironmentValue, writeQuota } from '../sql/quota-sql.ts'
import type { QuotaRow } from '../sql/quota-sql.ts'

export interface SetCap {
  actor: Actor
  scope: CapScope
  /** A lane's name or a principal's id; '' for GLOBAL. */
  subject: string
  /** 0 = no cap; null gives it back to the environment (global) or removes it. */
  maxActive: number | null
  reason?: string | null | undefined
}

export async function setCap(deps: Deps, cmd: SetCap): Promise<Outcome<{ scope: CapScope; subject: string }>> {
  const refusal = refuse(cmd)
  if (refusal) return refusal
  const done = await transact(deps.pool, async tx => {
    await lockPromotion(tx)
    if (!(await exists(tx, cmd))) return NotFound.of(cmd.scope === 'LANE' ? 'lane' : 'principal', cmd.subject)
    await writeCap(tx, deps, cmd)
    tx.afterCommit(() => deps.wake.hint({ queue: true }))
    return { scope: cmd.scope, subject: cmd.subject }
  })
  if (!(done instanceof Refusal) && cmd.scope === 'PRINCIPAL') await followAll(deps, cmd)
  return done
}

const refuse = (cmd: SetCap): Refusal | undefined =>
  (cmd.scope === 'GLOBAL') === (cmd.subject === '')
    ? refuseWhole(['maxActive'], cmd.maxActive, { min: 0, max: 1_000_000 }) ?? refuseText(['reason'], cmd.reason, LIMITS.reasonMax)
    : new InvalidInput(['lane'], 'A cap is of one lane, of one principal, or global.')

async function exists(tx: Tx, cmd: SetCap): Promise<boolean> {
  if (cmd.scope === 'GLOBAL') return true
  const [row] = cmd.scope === 'LANE'
    ? await tx.rows('laneExists', 'SELECT 1 FROM lane WHERE name = $1', [cmd.subject])
    : await tx.rows('principalExists', 'SELECT 1 FROM principal WHERE id = $1', [cmd.subject])
  return row !== undefined
}

/** Inside a transaction that holds the promoter's lock. */
export async function writeCap(tx: Tx, deps: Pick<Deps, 'settings'>, cmd: SetCap): Promise<void> {
  const before = await readQuota(tx, cmd.scope, cmd.subject)
  const back = cmd.maxActive === null
  const maxActive = cmd.maxActive ?? deps.settings.maxConcurrentFlows
  if (back && cmd.scope !== 'GLOBAL') await deleteQuota(tx, cmd.scope, cmd.subject)
  else await writeQuota(tx, { scope: cmd.scope, subject: cmd.subject, maxActive, fromEnvironment: back, setBy: cmd.actor.principalId, reason: cmd.reason ?? null })
  await writeAudit(tx, cmd.actor, [auditOf(cmd, { before, after: back && cmd.scope !== 'GLOBAL' ? undefined : { maxActive, fromEnvironment: back } })])
}

/** As the row stood and stands; null where there is none. */
const auditOf = (cmd: SetCap, o: { before: Cap | undefined; after: Cap | undefined }) => {
  const told = (cap: Cap | undefined) => (cap ? { scope: cmd.scope, maxActive: cap.maxActive, fromEnvironment: cap.fromEnvironment } : null)
  return { action: 'setCap', target: cmd.subject || null, reason: cmd.reason ?? null, before: told(o.before), after: told(o.after) }
}
type Cap = Pick<QuotaRow, 'maxActive' | 'fromEnvironment'>

async function followAll(deps: Deps, cmd: SetCap): Promise<void> {
  const capGroup = (cmd.maxActive ?? 0) > 0 ? cmd.subject : ''
  const limit = 5000
  for (;;) {
    const changed = await transact(deps.pool, tx => followPrincipalCap(tx, { principalId: cmd.subject, capGroup, limit }))
    if (changed < limit) return
  }
}

/** At start: while nobody used setCap, the row takes the environment's value (D-46). Answers what to log, if anything. */
export async function takeEnvironmentCap(deps: Pick<Deps, 'pool' | 'settings'>): Promise<string | undefined> {
  const value = deps.settings.maxConcurrentFlows
  return transact(deps.pool, async tx => {
    await lockPromotion(tx)
    const row = await readQuota(tx, 'GLOBAL', '')
    if (row?.fromEnvironment && row.maxActive !== value) await writeCap(tx, deps, { actor: SYSTEM, scope: 'GLOBAL', subject: '', maxActive: null, reason: 'MAX_CONCURRENT_FLOWS at start' })
    await writeEnvironmentValue(tx, value)
    if (!row || row.fromEnvironment || row.maxActive === value) return undefined
    return `The global cap is ${row.maxActive}, set by setCap; MAX_CONCURRENT_FLOWS=${value} does not count until setCap gives it back.`
  })
}
