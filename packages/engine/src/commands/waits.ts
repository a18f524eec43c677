/**
 * A worker's side of a wait: the waitpoint is made first, so that an answer that comes early is kept (FF-32), then the flow suspends on it. Both name the
 * lease. A handler that runs again makes the same waitpoint by its key, and finds what was answered.
 */
import { FlowNotStarted, InvalidInput, LimitExceeded, MemoMismatch, NotFound, Refusal, endCancelled, newId, refuseJson, refuseText, refuseWhole, releaseWait, suspend } from '@sluice/domain'
import type { Actor, FlowFacts } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { DEFAULT_DECISIONS, LIMITS, WAIT_KINDS } from '@sluice/protocol'
import type { Json, LeaseRef, WaitKind, WaitMode, WaitTimeout } from '@sluice/protocol'
import { applyMoves } from '../apply-moves.ts'
import type { Deps, Outcome } from '../deps.ts'
import { refuseBySchema, refuseSchema } from '../input-schema.ts'
import { lockWaitpoint, openWaitpoint, satisfyBuffered, upsertWaitpoint } from '../sql/wait-sql.ts'
import type { ReadWaitpoint, WaitpointRow } from '../sql/wait-sql.ts'
import { lockLease } from './worker-lease.ts'

export interface CreateWaitpoint {
  actor: Actor
  lease: LeaseRef
  key: string
  kind: WaitKind
  prompt?: string | null | undefined
  /** JSON Schema of the answer's payload; absent: anything. */
  fields?: Json | undefined
  /** Default by kind: approve and reject, submit, or continue. */
  allowedDecisions?: string[] | null | undefined
  /** role:NAME or principal ids; default: the owner and operators. */
  answerableBy?: string[] | null | undefined
  timeoutMs?: number | null | undefined
  onTimeout?: WaitTimeout | null | undefined
  /** The answer of AUTO_RESUME. */
  timeoutDecision?: string | null | undefined
  timeoutPayload?: Json | undefined
}

export interface MadeWaitpoint { waitpointId: string; token: string | null; url: string | null }

export async function createWaitpoint(deps: Deps, cmd: CreateWaitpoint): Promise<Outcome<MadeWaitpoint>> {
  const asked = { ...cmd, decisions: cmd.allowedDecisions ?? [...DEFAULT_DECISIONS[cmd.kind]] }
  const refusal = refuse(asked)
  if (refusal) return refusal
  const kid = await deps.waitTokens.currentKid()
  const row = await transact<ReadWaitpoint | Refusal>(deps.pool, async tx => {
    const held = await lockLease(tx, cmd)
    if (held instanceof Refusal) return held
    if (held.flow.phase === 'STARTING') return notStarted(held.flow)
    if (await isStep(tx, cmd)) return new MemoMismatch(`The key ${cmd.key} is remembered as a step, and asked for as a wait.`)
    const made = await upsertWaitpoint(tx, { ...newRow(asked, { tokenKid: kid, inputDeadlineMs: deps.settings.inputDeadlineMs }), most: LIMITS.memosMax })
    if (!made) return new LimitExceeded(LIMITS.memosMax, `A flow asks at most ${LIMITS.memosMax} times.`)
    return made.kind === cmd.kind ? made : new MemoMismatch(`The key ${cmd.key} was a wait of kind ${made.kind}, and is asked for as ${cmd.kind}.`)
  })
  if (row instanceof Refusal) return row
  const token = await deps.waitTokens.sign({ waitpointId: row.id, allowedDecisions: row.allowedDecisions }, expiryOf(row))
  return { waitpointId: row.id, token, url: token === null ? null : `${deps.webhooks.publicUrl()}/waitpoints/${token}` }
}

/** What may lie between a link and the wait that it is for: a handler gives links away before it works, and waits when it is done. */
const MARGIN_MS = 30 * 86_400_000

/**
 * Thirty days after the wait would be over had it begun at once; without a timeout only the answer ends it. Made again later than that allows, it is moved on
 * by as much again, so that in between the same waitpoint has the same token.
 */
function expiryOf({ createdAt, timeoutMs, timeoutAt, readAt }: ReadWaitpoint): number {
  if (timeoutMs === null) return 0
  const atOnce = createdAt.getTime() + timeoutMs
  const over = timeoutAt?.getTime() ?? readAt.getTime() + timeoutMs
  const margins = 1 + Math.max(0, Math.floor((over - atOnce) / MARGIN_MS))
  return Math.ceil((atOnce + margins * MARGIN_MS) / 1000)
}

type Asked = CreateWaitpoint & { decisions: string[] }

const newRow = (a: Asked, { tokenKid, inputDeadlineMs }: { tokenKid: string | null; inputDeadlineMs: number | null }) => ({
  id: newId('waitpoint'), flowId: a.lease.flowId, key: a.key, kind: a.kind, prompt: a.prompt ?? null, fields: a.fields ?? null, allowedDecisions: a.decisions,
  answerableBy: a.answerableBy ?? [], timeoutMs: a.timeoutMs ?? inputDeadlineMs, onTimeout: a.onTimeout ?? 'FAIL', timeoutDecision: a.timeoutDecision ?? null,
  timeoutPayload: a.timeoutPayload ?? null, attempt: a.lease.attempt, tokenKid,
})

const isStep = async (tx: Tx, { lease, key }: CreateWaitpoint): Promise<boolean> =>
  (await tx.rows('stepOfKey', `SELECT 1 FROM memo WHERE flow_id = $1 AND key = $2 AND kind = 'STEP'`, [lease.flowId, key])).length > 0

const notStarted = (flow: FlowFacts): Refusal => new FlowNotStarted(`Flow ${flow.id} was not reported started (startFlow) under this lease.`)

const TIMEOUT_MAX_MS = 10 * 365 * 86_400_000

function refuse(a: Asked): Refusal | undefined {
  if (a.key === '') return new InvalidInput(['key'], 'key must not be empty.')
  if (!WAIT_KINDS.includes(a.kind)) return new InvalidInput(['kind'], `kind must be one of ${WAIT_KINDS.join(', ')}.`)
  return refuseText(['key'], a.key, LIMITS.waitKeyMax) ?? refuseText(['prompt'], a.prompt, LIMITS.promptMax) ?? refuseDecisions(a.decisions) ??
    refuseJson(['fields'], a.fields, { maxBytes: LIMITS.formMaxBytes, what: 'fields' }) ?? refuseSchema(['fields'], a.fields) ??
    refuseWhole(['timeoutSeconds'], a.timeoutMs, { min: 1, max: TIMEOUT_MAX_MS }) ?? refuseAnswerers(a.answerableBy) ?? refuseTimeoutAnswer(a)
}

function refuseDecisions(decisions: string[]): Refusal | undefined {
  if (decisions.length === 0) return new InvalidInput(['allowedDecisions'], 'allowedDecisions must name at least one decision.')
  if (decisions.length > LIMITS.decisionsMax) return new LimitExceeded(LIMITS.decisionsMax, `At most ${LIMITS.decisionsMax} decisions are taken.`)
  for (const decision of decisions) {
    const refusal = decision === '' ? new InvalidInput(['allowedDecisions'], 'A decision must not be empty.') : refuseText(['allowedDecisions'], decision, LIMITS.decisionMax)
    if (refusal) return refusal
  }
  return undefined
}

const refuseAnswerers = (names: string[] | null | undefined): Refusal | undefined =>
  names?.every(name => /^role:(viewer|submitter|operator|admin)$/.test(name) || /^prn_\w{1,40}$/.test(name)) === false
    ? new InvalidInput(['answerableBy'], 'answerableBy names roles (role:operator) and principals (prn_…).') : undefined

function refuseTimeoutAnswer(a: Asked): Refusal | undefined {
  if (a.onTimeout !== 'AUTO_RESUME') return a.timeoutDecision == null ? undefined : new InvalidInput(['timeoutDecision'], 'timeoutDecision is of onTimeout AUTO_RESUME.')
  if (a.timeoutMs == null) return new InvalidInput(['timeoutSeconds'], 'onTimeout AUTO_RESUME needs timeoutSeconds.')
  if (a.timeoutDecision == null || !a.decisions.includes(a.timeoutDecision)) return new InvalidInput(['timeoutDecision'], `timeoutDecision must be one of ${a.decisions.join(', ')}.`)
  return refuseJson(['timeoutPayload'], a.timeoutPayload, { maxBytes: LIMITS.signalMaxBytes, what: 'timeoutPayload' }) ??
    // Left out, or null, it is nobody's answer to the form, and the handler is told that time was over.
    (a.fields == null || a.timeoutPayload == null ? undefined : refuseBySchema(a.fields, a.timeoutPayload, 'timeoutPayload'))
}

export interface SuspendFlow { actor: Actor; lease: LeaseRef; waitpointId: string; mode: WaitMode }
/** waiting: the call let the flow wait, and RELEASED closed the lease. Otherwise the waitpoint has its answer, or the flow was cancelled. */
export interface Suspended { flowId: string; waitpointId: string; waiting: boolean }

/** T11; T13b for a held wait whose worker goes. Already answered: the answer stands on the waitpoint, and nothing changes. */
export const suspendFlow = (deps: Deps, cmd: SuspendFlow): Promise<Outcome<Suspended>> =>
  transact<Outcome<Suspended>>(deps.pool, async tx => {
    const held = await lockLease(tx, cmd)
    if (held instanceof Refusal) return repeatedRelease(tx, cmd, held)
    const { flow, workerId } = held
    const waitpoint = await lockWaitpoint(tx, { id: cmd.waitpointId, flowId: flow.id })
    if (!waitpoint) return NotFound.of('waitpoint of this flow', cmd.waitpointId)
    const done = (waiting: boolean): Suspended => ({ flowId: flow.id, waitpointId: waitpoint.id, waiting })
    if (flow.phase === 'STARTING') return notStarted(flow)
    if (flow.phase === 'CANCELLING') {
      await applyMoves(tx, deps, workerId, [endCancelled(flow, { acknowledgedBy: 'suspend', why: 'acknowledged' })])
      return done(false)
    }
    if (flow.status === 'WAITING') return holdOrRelease(tx, deps, { flow, waitpoint, workerId, mode: cmd.mode })
    if (waitpoint.state === 'PENDING' && waitpoint.decision !== null) await satisfyBuffered(tx, waitpoint.id)
    if (waitpoint.decision !== null) return done(false)
    if (waitpoint.state !== 'PENDING') return new InvalidInput(['waitpoint'], `Waitpoint ${waitpoint.id} is ${waitpoint.state.toLowerCase()} and cannot be waited for.`)
    await openWaitpoint(tx, { id: waitpoint.id, mode: cmd.mode })
    await applyMoves(tx, deps, workerId, [suspend(flow, { waitpoint: waitpoint.id, key: waitpoint.key, kind: waitpoint.kind, prompt: waitpoint.prompt, mode: cmd.mode })])
    return done(true)
  })

async function holdOrRelease(tx: Tx, deps: Deps, o: { flow: FlowFacts; waitpoint: WaitpointRow; workerId: string; mode: WaitMode }): Promise<Outcome<Suspended>> {
  if (o.waitpoint.state !== 'OPEN') return new InvalidInput(['waitpoint'], `Flow ${o.flow.id} waits for another waitpoint.`)
  if (o.mode === 'RELEASED') {
    await applyMoves(tx, deps, o.workerId, [releaseWait(o.flow, { call: 'suspend', why: 'hold_over' })])
  }
  return { flowId: o.flow.id, waitpointId: o.waitpoint.id, waiting: true }
}

/** A release whose answer was lost: the same lease of the same worker ended its attempt by it, and is told what it was told then (INV-20). */
async function repeatedRelease(tx: Tx, { actor, lease, mode, waitpointId }: SuspendFlow, refusal: Refusal): Promise<Outcome<Suspended>> {
  if (mode !== 'RELEASED') return refusal
  const [row] = await tx.rows('suspendedBy', SUSPENDED_BY, [lease.flowId, lease.attempt, lease.epoch, waitpointId, actor.principalId])
  return row ? { flowId: lease.flowId, waitpointId, waiting: true } : refusal
}

const SUSPENDED_BY = `
SELECT 1 FROM attempt a JOIN worker k ON k.id = a.worker_id JOIN waitpoint w ON w.flow_id = a.flow_id AND w.id = $4
 WHERE a.flow_id = $1 AND a.index = $2 AND a.epoch = $3 AND a.end_reason = 'suspended' AND a.ended_by_call = 'suspend' AND ($5::text IS NULL OR k.principal_id = $5)`
