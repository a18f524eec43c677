/**
 * An answer (T12, T13): by somebody who may give it, or with the waitpoint's token. Under the locks of flow and waitpoint exactly one of answer, cancel and
 * timeout wins (INV-25); the answer, its signal, the memo and the move commit together (INV-23). The rights are looked at when it is decided (D-29).
 */
import { FlowAlreadyTerminal, Forbidden, InvalidDecision, NotFound, NotResumable, newId, receiveSignal, refuseJson, refuseText, resume } from '@sluice/domain'
import type { Actor, FlowFacts, Refusal } from '@sluice/domain'
import { named, transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { LIMITS, isTerminal } from '@sluice/protocol'
import type { Json } from '@sluice/protocol'
import { applyMoves } from '../apply-moves.ts'
import type { Access, Deps, Outcome, OwnedFlow } from '../deps.ts'
import { refuseBySchema } from '../input-schema.ts'
import { writeAudit } from '../sql/audit-sql.ts'
import { lockFlows } from '../sql/lock-sql.ts'
import { lockWaitpoint, readWaitpoint, writeAnswers } from '../sql/wait-sql.ts'
import type { WaitpointRow } from '../sql/wait-sql.ts'
import { parseToken } from '../waits/tokens.ts'
import type { Token } from '../waits/tokens.ts'

/**
 * mayAnswer is asked with who the waitpoint names; empty: its owner and operators. isStillValid: whether what it signed in with holds, asked under the locks,
 * so that a right that was revoked while the request waited for them decides nothing.
 */
export interface Answerer {
  actor: Actor & { principalId: string }
  access(flow: OwnedFlow): Access
  mayAnswer(flow: OwnedFlow, answerableBy: string[]): boolean
  isStillValid?(tx: Tx): Promise<boolean>
}

export interface ResolveWaitpoint {
  /** Either who answers and the waitpoint's id, or its token. */
  by: { answerer: Answerer; id: string } | { token: string; address?: string | null }
  decision: string
  payload?: Json | undefined
  /** The same key again gets the first answer again. */
  idempotencyKey?: string | null | undefined
}

export interface Resolved { waitpointId: string; flowId: string }

export async function resolveWaitpoint(deps: Deps, cmd: ResolveWaitpoint): Promise<Outcome<Resolved>> {
  const token = 'token' in cmd.by ? parseToken(cmd.by.token) : null
  const id = 'id' in cmd.by ? cmd.by.id : token?.waitpointId
  if (id === undefined) return unknownToken()
  const shape = refuseShape(cmd)
  if (shape && 'id' in cmd.by) return shape
  // What a token is of never changes. Its key is read on a connection of its own: asked for while this one is held, the pool would wait for itself.
  const seen = await readWaitpoint(named(deps.pool), id)
  if (!seen) return unknown(cmd, id)
  if (token && !(await deps.waitTokens.verify(token, { ...seen, waitpointId: seen.id }))) return unknownToken()
  return transact<Outcome<Resolved>>(deps.pool, async tx => {
    const flow = (await lockFlows(tx, [seen.flowId])).get(seen.flowId)
    const waitpoint = flow && (await lockWaitpoint(tx, { id, flowId: flow.id }))
    if (!flow || !waitpoint || flow.deleted) return unknown(cmd, id)
    if ('answerer' in cmd.by && (await cmd.by.answerer.isStillValid?.(tx)) === false) return new Forbidden('What you signed in with was revoked.')
    return refuseAnswer({ cmd, flow, waitpoint }) ?? shape ?? (isRepeat(cmd, waitpoint) ? { waitpointId: id, flowId: flow.id } : answer(tx, deps, { cmd, flow, waitpoint }))
  })
}

interface Asked { cmd: ResolveWaitpoint; flow: FlowFacts; waitpoint: WaitpointRow }

/** Whatever is wrong with a token, it is one 404: nothing is told to who should not know. */
const unknownToken = (): Refusal => new NotFound('There is no such waitpoint.')
const unknown = (cmd: ResolveWaitpoint, id: string): Refusal => ('token' in cmd.by ? unknownToken() : NotFound.of('waitpoint', id))

const isRepeat = (cmd: ResolveWaitpoint, waitpoint: WaitpointRow): boolean =>
  cmd.idempotencyKey != null && waitpoint.answerKey === cmd.idempotencyKey && waitpoint.decision !== null

const refuseShape = ({ decision, payload, idempotencyKey }: ResolveWaitpoint): Refusal | undefined =>
  refuseText(['decision'], decision, LIMITS.decisionMax) ?? refuseText(['idempotencyKey'], idempotencyKey, LIMITS.idempotencyKeyMax) ??
  refuseJson(['payload'], payload, { maxBytes: LIMITS.signalMaxBytes, what: 'payload' })

function refuseAnswer({ cmd, flow, waitpoint }: Asked): Refusal | undefined {
  const refusal = 'answerer' in cmd.by ? refuseRights(cmd.by, { flow, waitpoint }) : undefined
  if (refusal || isRepeat(cmd, waitpoint)) return refusal
  if (waitpoint.decision !== null || !['PENDING', 'OPEN'].includes(waitpoint.state)) return used(cmd, { flow, waitpoint })
  if (isTerminal(flow.status)) return used(cmd, { flow, waitpoint })
  if (!waitpoint.allowedDecisions.includes(cmd.decision)) return new InvalidDecision(`${JSON.stringify(cmd.decision)} is not among the decisions ${waitpoint.allowedDecisions.join(', ')}.`)
  return waitpoint.fields === null ? undefined : refuseBySchema(waitpoint.fields, cmd.payload ?? null, 'payload')
}

function refuseRights({ answerer, id }: { answerer: Answerer; id: string }, { flow, waitpoint }: Omit<Asked, 'cmd'>): Refusal | undefined {
  if (answerer.access(flow) === 'hide') return NotFound.of('waitpoint', id)
  return answerer.mayAnswer(flow, waitpoint.answerableBy) ? undefined : new Forbidden(`You may not answer waitpoint ${id}.`)
}

function used(cmd: ResolveWaitpoint, { flow, waitpoint }: Omit<Asked, 'cmd'>): Refusal {
  if ('token' in cmd.by) return unknownToken()
  if (isTerminal(flow.status)) return new FlowAlreadyTerminal(flow.id, flow.status, flow.terminalReason)
  return new NotResumable(waitpoint.decision === null ? `Waitpoint ${waitpoint.id} is ${waitpoint.state.toLowerCase()}.` : `Waitpoint ${waitpoint.id} was answered already: ${waitpoint.decision}.`)
}

async function answer(tx: Tx, deps: Deps, { cmd, flow, waitpoint }: Asked): Promise<Resolved> {
  const by = 'answerer' in cmd.by ? cmd.by.answerer.actor.principalId : 'token'
  const effect = waitpoint.state === 'OPEN' ? 'SATISFIED' : 'BUFFERED'
  await writeAnswers(tx, [{
    waitpointId: waitpoint.id, flowId: flow.id, decision: cmd.decision, payload: cmd.payload ?? null, by, key: cmd.idempotencyKey ?? null, signalId: newId('signal'), effect,
  }])
  const told = { waitpoint: waitpoint.id, decision: cmd.decision, by }
  await applyMoves(tx, deps, by, [effect === 'SATISFIED' ? resume(flow, told) : receiveSignal(flow, told)])
  const actor = 'answerer' in cmd.by ? cmd.by.answerer.actor : { principalId: null, address: cmd.by.address ?? null }
  await writeAudit(tx, actor, [{ action: 'resolveWaitpoint', target: waitpoint.id, reason: null, before: null, after: { flow: flow.id, decision: cmd.decision, by } }])
  return { waitpointId: waitpoint.id, flowId: flow.id }
}

/** What a token is of, for the page that it opens; undefined for whatever is wrong with it. */
export async function waitpointOfToken(deps: Pick<Deps, 'pool' | 'waitTokens'>, text: string): Promise<WaitpointRow | undefined> {
  const token: Token | null = parseToken(text)
  if (!token) return undefined
  const waitpoint = await readWaitpoint(named(deps.pool), token.waitpointId)
  if (!waitpoint || waitpoint.decision !== null || !['PENDING', 'OPEN'].includes(waitpoint.state)) return undefined
  if (!(await deps.waitTokens.verify(token, { ...waitpoint, waitpointId: waitpoint.id }))) return undefined
  const live = await named(deps.pool).rows('flowStillAsks', 'SELECT 1 FROM flow WHERE id = $1 AND finished_at IS NULL AND deleted_at IS NULL', [waitpoint.flowId])
  return live.length > 0 ? waitpoint : undefined
}
