import type { FlowChange, FlowMove, Instant } from '@sluice/domain'
import { MOVES } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import type { CountWord } from '@sluice/protocol'
import type { LockedFlow } from './flow-facts-sql.ts'

/** wanted: the types of events that some webhook endpoint ever asked for, the same on every row. */
export interface Moved { id: string; sequence: number; at: Date; leaseExpiresAt: Date | null; wanted: string[] }

/**
 * Writes many moves, of one kind or of many, in one statement: the flow's row, its attempt, its event and the count ledger.
 * The guard repeats what the decision was made on: a row that no longer stands there is not written.
 * Instants are this statement's clock, never earlier than the flow's last event (D-45). Rank, place, block and expiry in the queue are
 * derived here from what the row then says (D-34), so no move can forget them.
 */
export async function writeMoves(tx: Tx, moves: FlowMove[], actorOf: (move: FlowMove) => string): Promise<Moved[]> {
  const { changes, ordered } = byChange(moves, actorOf)
  return tx.rows<Moved & Record<string, unknown>>('writeMoves', WRITE_MOVES, [JSON.stringify(changes), ordered.map(rowOf), ordered.map(resultOf)])
}

// This statement's clock, never earlier than the flow's last event; and what the row's own instants become.
const AT = 'greatest(c.now, f.last_event_at)'
const QUEUED_AT = `CASE n.queued_at WHEN 'now' THEN ${AT} ELSE f.queued_at END`
const NOT_BEFORE = `CASE n.not_before WHEN 'in' THEN ${AT} + n.not_before_ms * interval '1 ms' WHEN 'clear' THEN NULL ELSE f.not_before END`
const PINNED_AT = `CASE n.pinned_at WHEN 'now' THEN ${AT} WHEN 'clear' THEN NULL ELSE f.pinned_at END`
const HELD_AT = `CASE n.held_at WHEN 'now' THEN ${AT} WHEN 'clear' THEN NULL ELSE f.held_at END`

/**
 * Its plan is kept (ADR 26), so the text leaves the planner one way: from the items to each flow where its row lies, to each attempt by its key. A join by plain
 * equality could be begun at the table, in the order of its key; words of the item instead of literals invite no partial index (trap 1).
 */
const WRITE_MOVES = `
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
moved AS (
  UPDATE flow f SET
    status = n.status, phase = n.phase, queue_class = n.queue_class, wait_kind = n.wait_kind, wait_mode = n.wait_mode,
    answer_unread = coalesce(n.answer_unread, false), terminal_reason = n.terminal_reason, slot_held = n.slot_held, over_cap = n.over_cap,
    epoch = n.epoch, current_attempt = n.current_attempt, retries_used = n.retries_used, lost_starts = n.lost_starts, priority = n.priority,
    -- What an earlier attempt reported is told while it may be tried again, and with a failure; what finished or was cancelled did not fail of it.
    result = coalesce(($3::jsonb[])[at.n], f.result), error = CASE WHEN n.status IN ('FINISHED', 'CANCELLED') THEN NULL ELSE coalesce(n.error, f.error) END,
    cancel_requested_by = n.cancel_requested_by, cancel_reason = n.cancel_reason,
    pinned_by = n.pinned_by, pin_force = n.pin_force, pin_reason = n.pin_reason, held_by = n.held_by, held_reason = n.held_reason,
    queued_at = ${QUEUED_AT}, not_before = ${NOT_BEFORE}, pinned_at = ${PINNED_AT}, held_at = ${HELD_AT},
    blocked = ${HELD_AT} IS NOT NULL,
    cap_group = CASE WHEN n.status = 'QUEUED' AND n.was_status <> 'QUEUED' THEN coalesce((SELECT q.subject FROM quota q
                     WHERE q.scope = 'PRINCIPAL' AND q.subject = f.principal_id AND q.max_active > 0), '') ELSE f.cap_group END,
    rank = CASE WHEN n.status <> 'QUEUED' THEN f.rank WHEN ${PINNED_AT} IS NOT NULL THEN 0 WHEN n.queue_class = 'RESUME' THEN 1 ELSE 9002 - n.priority END,
    order_at = CASE WHEN n.status <> 'QUEUED' THEN f.order_at
                    WHEN ${PINNED_AT} IS NOT NULL THEN timestamptz '2000-01-01Z' - (${PINNED_AT} - timestamptz '2000-01-01Z')
                    ELSE greatest(${QUEUED_AT}, ${NOT_BEFORE}) END,
    -- A retry or resume never expires by it (T5).
    queue_expires_at = CASE WHEN n.status = 'QUEUED' AND n.queue_class = 'NEW' AND f.started_at IS NULL
                            THEN greatest(${QUEUED_AT}, ${NOT_BEFORE}, ${PINNED_AT}) + f.queue_ttl_seconds * interval '1 s' END,
    started_at = CASE n.started_at WHEN 'now' THEN coalesce(f.started_at, ${AT}) ELSE f.started_at END,
    finished_at = CASE WHEN n.ends THEN ${AT} ELSE f.finished_at END,
    cancel_requested_at = CASE n.cancel_requested_at WHEN 'now' THEN ${AT} ELSE f.cancel_requested_at END,
    deleted_at = CASE n.deleted_at WHEN 'now' THEN ${AT} ELSE f.deleted_at END,
    waiting_since = CASE n.waiting_since WHEN 'now' THEN ${AT} WHEN 'clear' THEN NULL ELSE f.waiting_since END,
    last_sequence = f.last_sequence + 1, last_event_at = ${AT}
  FROM clock c CROSS JOIN json_to_recordset($1::json) AS n(
    first int, last int, was_status flow_status, was_phase flow_phase, was_epoch int, was_cancel_requested boolean, was_deleted boolean,
    status flow_status, phase flow_phase, queue_class queue_class, wait_kind wait_kind, wait_mode wait_mode, answer_unread boolean, terminal_reason text, slot_held boolean, over_cap boolean, epoch int,
    current_attempt int, retries_used int, lost_starts int, priority int, error jsonb, cancel_requested_by text, cancel_reason text,
    pinned_by text, pin_force boolean, pin_reason text, held_by text, held_reason text,
    queued_at text, not_before text, not_before_ms int, started_at text, cancel_requested_at text, pinned_at text, held_at text, deleted_at text, waiting_since text, ends boolean,
    attempt_do text, attempt_index int, attempt_type attempt_type, attempt_epoch int, worker_id text, request_id text, code_version text, ttl_ms int,
    end_reason text, end_call text, attempt_error jsonb,
    event_type text, actor text, payload jsonb, words text[], deltas int[])
  CROSS JOIN LATERAL generate_series(n.first, n.last) AS at(n)
  WHERE f.ctid = ($2::tid[])[at.n] AND f.status = n.was_status AND f.phase IS NOT DISTINCT FROM n.was_phase AND f.epoch = n.was_epoch
    AND (f.cancel_requested_at IS NOT NULL) = n.was_cancel_requested AND (f.deleted_at IS NOT NULL) = n.was_deleted
  RETURNING f.id, f.lane, f.kind, f.last_sequence, f.last_event_at AS at, n.status, n.phase, n.current_attempt, n.attempt_do, n.attempt_index, n.attempt_type,
    n.attempt_epoch, n.worker_id, n.request_id, n.code_version, n.ttl_ms, n.end_reason, n.end_call, n.attempt_error, n.event_type, n.actor, n.payload, n.words, n.deltas
),
opened AS (
  INSERT INTO attempt (flow_id, index, type, worker_id, claim_request_id, code_version, epoch, started_at, renewed_at, expires_at)
  SELECT m.id, m.attempt_index,
         CASE WHEN m.attempt_type = 'RETRY' AND (SELECT p.end_reason FROM attempt p WHERE p.flow_id = m.id AND p.index = m.attempt_index - 1)
                   IN ('worker_lost', 'interrupted') THEN 'RECLAIM'::attempt_type ELSE m.attempt_type END,
         m.worker_id, m.request_id, m.code_version, m.attempt_epoch, m.at, m.at, m.at + m.ttl_ms * interval '1 ms'
    FROM moved m WHERE m.attempt_do = 'open'
),
-- Not "ended_at IS NULL": that would invite the small index of live leases as the outer side (trap 1).
reported AS (
  UPDATE attempt a SET reported_at = m.at FROM moved m
   WHERE m.attempt_do = 'report' AND a.flow_id = ANY(ARRAY[m.id]) AND a.index = m.current_attempt AND coalesce(a.ended_at, 'infinity') = 'infinity'
),
-- Waits do not count against the time that an attempt may work: the flow's row, as it was before this statement, says since when it waited.
resumed AS (
  UPDATE attempt a SET waited_ms = a.waited_ms + greatest(0, extract(epoch FROM m.at - (SELECT w.waiting_since FROM flow w WHERE w.id = m.id)) * 1000)::bigint FROM moved m
   WHERE m.attempt_do = 'resume' AND a.flow_id = ANY(ARRAY[m.id]) AND a.index = m.current_attempt AND coalesce(a.ended_at, 'infinity') = 'infinity'
),
closed AS (
  UPDATE attempt a SET ended_at = m.at, end_reason = m.end_reason, ended_by_call = m.end_call, error = m.attempt_error FROM moved m
   WHERE m.attempt_do = 'close' AND a.flow_id = ANY(ARRAY[m.id]) AND a.index = m.current_attempt AND coalesce(a.ended_at, 'infinity') = 'infinity'
),
told AS (
  INSERT INTO flow_event (flow_id, sequence, type, status, phase, actor, at, payload, xid)
  SELECT m.id, m.last_sequence, m.event_type, m.status, m.phase, m.actor, m.at, m.payload, pg_current_xact_id()::text::bigint FROM moved m ORDER BY m.at, m.id
),
counted AS (
  INSERT INTO flow_count_ledger (minute, lane, kind, word, delta)
  SELECT w.minute, w.lane, w.kind, w.word, sum(w.delta)
    FROM (SELECT date_trunc('minute', m.at) AS minute, m.lane, m.kind, unnest(m.words) AS word, unnest(m.deltas) AS delta FROM moved m) w
   GROUP BY 1, 2, 3, 4 HAVING sum(w.delta) <> 0
)
SELECT m.id, m.last_sequence AS sequence, m.at, CASE m.attempt_do WHEN 'open' THEN m.at + m.ttl_ms * interval '1 ms' END AS "leaseExpiresAt",
       (SELECT coalesce(array_agg(event_type), '{}') FROM webhook_interest) AS wanted FROM moved m`

type Said = Record<string, unknown>

/**
 * Most moves of a batch say the same of many flows. What they say is sent and read once, with the first and the last of the moves, in their new order, that say
 * it: reading 45 words for every flow took a quarter of the statement's time.
 */
function byChange(moves: FlowMove[], actorOf: (move: FlowMove) => string): { changes: Said[]; ordered: FlowMove[] } {
  const groups = new Map<string, { change: Said; of: FlowMove[] }>()
  for (const move of moves) {
    const change = toChange(move, actorOf(move))
    const text = JSON.stringify(change)
    const group = groups.get(text) ?? { change, of: [] }
    group.of.push(move)
    groups.set(text, group)
  }
  let last = 0
  const changes = [...groups.values()].map(({ change, of }) => ({ ...said(change), first: last + 1, last: (last += of.length) }))
  return { changes, ordered: [...groups.values()].flatMap(group => group.of) }
}

/** A flow that was not read under its lock has none, and is not written. */
const rowOf = ({ flow }: FlowMove): string | null => (flow as Partial<LockedFlow>).ctid ?? null
const resultOf = ({ set }: FlowMove): string | null => (set.result == null ? null : JSON.stringify(set.result))

/** Without what is null: reading costs by the number of words. */
const said = (change: Said): Said => Object.fromEntries(Object.entries(change).filter(([, value]) => value != null))

/** All that a move says, but for its flow's id and result. */
function toChange(move: FlowMove, actor: string): Said {
  const { flow, set, attempt } = move
  const status = set.status ?? flow.status
  return {
    was_status: flow.status, was_phase: flow.phase, was_epoch: flow.epoch, was_cancel_requested: flow.cancelRequested, was_deleted: flow.deleted,
    ...columns(move), ends: status !== flow.status && set.terminalReason != null,
    ...(attempt ? attemptColumns(attempt) : {}),
    event_type: MOVES[move.name].event, actor, payload: { ...move.payload, status, phase: pick(set.phase, flow.phase) },
    ...countsOf(move, status),
  }
}

const pick = <T>(changed: T | undefined, was: T): T => (changed === undefined ? was : changed)

function columns({ flow, set }: FlowMove): Record<string, unknown> {
  return {
    status: pick(set.status, flow.status), phase: pick(set.phase, flow.phase), queue_class: pick(set.queueClass, flow.queueClass),
    wait_kind: pick(set.waitKind, flow.waitKind), wait_mode: pick(set.waitMode, flow.waitMode), answer_unread: pick(set.answerUnread, flow.answerUnread) || null,
    terminal_reason: pick(set.terminalReason, flow.terminalReason), slot_held: pick(set.slotHeld, flow.slotHeld), over_cap: pick(set.overCap, flow.overCap),
    epoch: pick(set.epoch, flow.epoch), current_attempt: pick(set.currentAttempt, flow.currentAttempt), retries_used: pick(set.retriesUsed, flow.retriesUsed),
    lost_starts: pick(set.lostStarts, flow.lostStarts), priority: pick(set.priority, flow.priority), error: set.error ?? null,
    cancel_requested_by: pick(set.cancelRequestedBy, flow.cancelRequestedBy), cancel_reason: pick(set.cancelReason, flow.cancelReason),
    pinned_by: pick(set.pinnedBy, flow.pinnedBy), pin_force: pick(set.pinForce, flow.pinForce), pin_reason: pick(set.pinReason, flow.pinReason),
    held_by: pick(set.heldBy, flow.heldBy), held_reason: pick(set.heldReason, flow.heldReason),
    ...instants(set),
  }
}

function instants(set: Partial<FlowChange>): Record<string, unknown> {
  return {
    queued_at: word(set.queuedAt), not_before: word(set.notBefore), not_before_ms: typeof set.notBefore === 'object' ? set.notBefore.inMs : null,
    started_at: word(set.startedAt), cancel_requested_at: word(set.cancelRequestedAt), pinned_at: word(set.pinnedAt), held_at: word(set.heldAt),
    deleted_at: word(set.deletedAt), waiting_since: word(set.waitingSince),
  }
}

/** Nothing = the row keeps what it has. */
const word = (instant: Instant | undefined): string | null => (typeof instant === 'object' ? 'in' : instant === 'keep' ? null : (instant ?? null))

function attemptColumns(change: NonNullable<FlowMove['attempt']>): Record<string, unknown> {
  if (change.do === 'report' || change.do === 'resume') return { attempt_do: change.do }
  if (change.do === 'close') return { attempt_do: 'close', end_reason: change.reason, end_call: change.call, attempt_error: change.error }
  return {
    attempt_do: 'open', attempt_index: change.index, attempt_type: change.type, attempt_epoch: change.epoch, worker_id: change.workerId,
    request_id: change.requestId, code_version: change.codeVersion, ttl_ms: change.ttlMs,
  }
}

/** D-40: where the flow stood and stands, and what happened. A deleted flow stands nowhere. */
function countsOf({ name, flow, set }: FlowMove, status: FlowChange['status']): { words: CountWord[]; deltas: number[] } {
  if (name === 'markDeleted') return { words: [flow.status], deltas: [-1] }
  const more: CountWord[] = status === flow.status ? [] : [status]
  if (name === 'retry' || name === 'loseStart' || name === 'requeueUnread' || name === 'resumeReleased') more.push('queued')
  if (set.startedAt === 'now' && !flow.started) more.push('started')
  if (status === 'FINISHED') more.push('finished')
  if (status === 'FAILED' && set.status) more.push('failed')
  const left: CountWord[] = status === flow.status ? [] : [flow.status]
  return { words: [...left, ...more], deltas: [...left.map(() => -1), ...more.map(() => 1)] }
}

