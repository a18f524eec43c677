import type { FlowChange, FlowMove, Instant } from '@sluice/domain'
import { MOVES } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import type { CountWord } from '@sluice/protocol'

/** wanted: the types of events that some webhook endpoint ever asked for, the same on every row. */
export interface Moved { id: string; sequence: number; at: Date; leaseExpiresAt: Date | null; wanted: string[] }

/**
 * Writes many moves, of one kind or of many, in one statement: the flow's row, its attempt, its event and the count ledger.
 * The guard repeats what the decision was made on: a row that no longer stands there is not written.
 * Instants are this statement's clock, never earlier than the flow's last event (D-45). Rank, place, block and expiry in the queue are
 * derived here from what the row then says (D-34), so no move can forget them.
 */
export async function writeMoves(tx: Tx, moves: FlowMove[], actorOf: (move: FlowMove) => string): Promise<Moved[]> {
  const items = moves.map(move => said({ ...toItem(move), actor: actorOf(move) }))
  return tx.rows<Moved & Record<string, unknown>>('writeMoves', WRITE_MOVES, [JSON.stringify(items)])
}

const WRITE_MOVES = `
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
item AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json) AS i(
    id text, was_status flow_status, was_phase flow_phase, was_epoch int, was_cancel_requested boolean, was_deleted boolean,
    status flow_status, phase flow_phase, queue_class queue_class, wait_kind wait_kind, wait_mode wait_mode, answer_unread boolean, terminal_reason text, slot_held boolean, over_cap boolean, epoch int,
    current_attempt int, retries_used int, lost_starts int, priority int, result jsonb, error jsonb, cancel_requested_by text, cancel_reason text,
    pinned_by text, pin_force boolean, pin_reason text, held_by text, held_reason text,
    queued_at text, not_before text, not_before_ms int, started_at text, cancel_requested_at text, pinned_at text, held_at text, deleted_at text, waiting_since text, ends boolean,
    attempt_do text, attempt_index int, attempt_type attempt_type, attempt_epoch int, worker_id text, request_id text, code_version text, ttl_ms int,
    end_reason text, end_call text, attempt_error jsonb,
    event_type text, actor text, payload jsonb, words json)
),
next AS MATERIALIZED (
  -- Where a row stands is compared with the item's words, never with a literal: no plan may take the small partial indexes (trap 1).
  SELECT i.*, greatest(c.now, f.last_event_at) AS at, f.waiting_since AS waited_since,
         CASE i.queued_at WHEN 'now' THEN greatest(c.now, f.last_event_at) ELSE f.queued_at END AS new_queued_at,
         CASE i.not_before WHEN 'in' THEN greatest(c.now, f.last_event_at) + i.not_before_ms * interval '1 ms' WHEN 'clear' THEN NULL ELSE f.not_before END AS new_not_before,
         CASE i.pinned_at WHEN 'now' THEN greatest(c.now, f.last_event_at) WHEN 'clear' THEN NULL ELSE f.pinned_at END AS new_pinned_at,
         CASE i.held_at WHEN 'now' THEN greatest(c.now, f.last_event_at) WHEN 'clear' THEN NULL ELSE f.held_at END AS new_held_at
    FROM item i JOIN flow f ON f.id = i.id CROSS JOIN clock c
),
moved AS (
  UPDATE flow f SET
    status = n.status, phase = n.phase, queue_class = n.queue_class, wait_kind = n.wait_kind, wait_mode = n.wait_mode,
    answer_unread = coalesce(n.answer_unread, false), terminal_reason = n.terminal_reason, slot_held = n.slot_held, over_cap = n.over_cap,
    epoch = n.epoch, current_attempt = n.current_attempt, retries_used = n.retries_used, lost_starts = n.lost_starts, priority = n.priority,
    -- What an earlier attempt reported is told while it may be tried again, and with a failure; what finished or was cancelled did not fail of it.
    result = coalesce(n.result, f.result), error = CASE WHEN n.status IN ('FINISHED', 'CANCELLED') THEN NULL ELSE coalesce(n.error, f.error) END,
    cancel_requested_by = n.cancel_requested_by, cancel_reason = n.cancel_reason,
    pinned_by = n.pinned_by, pin_force = n.pin_force, pin_reason = n.pin_reason, held_by = n.held_by, held_reason = n.held_reason,
    queued_at = n.new_queued_at, not_before = n.new_not_before, pinned_at = n.new_pinned_at, held_at = n.new_held_at,
    blocked = n.new_held_at IS NOT NULL,
    cap_group = CASE WHEN n.status = 'QUEUED' AND n.was_status <> 'QUEUED' THEN coalesce((SELECT q.subject FROM quota q
                     WHERE q.scope = 'PRINCIPAL' AND q.subject = f.principal_id AND q.max_active > 0), '') ELSE f.cap_group END,
    rank = CASE WHEN n.status <> 'QUEUED' THEN f.rank WHEN n.new_pinned_at IS NOT NULL THEN 0 WHEN n.queue_class = 'RESUME' THEN 1 ELSE 9002 - n.priority END,
    order_at = CASE WHEN n.status <> 'QUEUED' THEN f.order_at
                    WHEN n.new_pinned_at IS NOT NULL THEN timestamptz '2000-01-01Z' - (n.new_pinned_at - timestamptz '2000-01-01Z')
                    ELSE greatest(n.new_queued_at, n.new_not_before) END,
    -- A retry or resume never expires by it (T5).
    queue_expires_at = CASE WHEN n.status = 'QUEUED' AND n.queue_class = 'NEW' AND f.started_at IS NULL
                            THEN greatest(n.new_queued_at, n.new_not_before, n.new_pinned_at) + f.queue_ttl_seconds * interval '1 s' END,
    started_at = CASE n.started_at WHEN 'now' THEN coalesce(f.started_at, n.at) ELSE f.started_at END,
    finished_at = CASE WHEN n.ends THEN n.at ELSE f.finished_at END,
    cancel_requested_at = CASE n.cancel_requested_at WHEN 'now' THEN n.at ELSE f.cancel_requested_at END,
    deleted_at = CASE n.deleted_at WHEN 'now' THEN n.at ELSE f.deleted_at END,
    waiting_since = CASE n.waiting_since WHEN 'now' THEN n.at WHEN 'clear' THEN NULL ELSE f.waiting_since END,
    last_sequence = f.last_sequence + 1, last_event_at = n.at
  FROM next n
  WHERE f.id = n.id AND f.status = n.was_status AND f.phase IS NOT DISTINCT FROM n.was_phase AND f.epoch = n.was_epoch
    AND (f.cancel_requested_at IS NOT NULL) = n.was_cancel_requested AND (f.deleted_at IS NOT NULL) = n.was_deleted
  RETURNING f.lane, f.kind, f.last_sequence, n.*
),
opened AS (
  INSERT INTO attempt (flow_id, index, type, worker_id, claim_request_id, code_version, epoch, started_at, renewed_at, expires_at)
  SELECT m.id, m.attempt_index,
         CASE WHEN m.attempt_type = 'RETRY' AND p.end_reason IN ('worker_lost', 'interrupted') THEN 'RECLAIM'::attempt_type ELSE m.attempt_type END,
         m.worker_id, m.request_id, m.code_version, m.attempt_epoch, m.at, m.at, m.at + m.ttl_ms * interval '1 ms'
    FROM moved m LEFT JOIN attempt p ON p.flow_id = m.id AND p.index = m.attempt_index - 1
   WHERE m.attempt_do = 'open'
),
-- Not "ended_at IS NULL": that would invite the small index of live leases as the outer side (trap 1).
reported AS (
  UPDATE attempt a SET reported_at = m.at FROM moved m
   WHERE m.attempt_do = 'report' AND a.flow_id = m.id AND a.index = m.current_attempt AND coalesce(a.ended_at, 'infinity') = 'infinity'
),
-- Waits do not count against the time that an attempt may work.
resumed AS (
  UPDATE attempt a SET waited_ms = a.waited_ms + greatest(0, extract(epoch FROM m.at - m.waited_since) * 1000)::bigint FROM moved m
   WHERE m.attempt_do = 'resume' AND a.flow_id = m.id AND a.index = m.current_attempt AND coalesce(a.ended_at, 'infinity') = 'infinity'
),
closed AS (
  UPDATE attempt a SET ended_at = m.at, end_reason = m.end_reason, ended_by_call = m.end_call, error = m.attempt_error FROM moved m
   WHERE m.attempt_do = 'close' AND a.flow_id = m.id AND a.index = m.current_attempt AND coalesce(a.ended_at, 'infinity') = 'infinity'
),
told AS (
  INSERT INTO flow_event (flow_id, sequence, type, status, phase, actor, at, payload, xid)
  SELECT m.id, m.last_sequence, m.event_type, m.status, m.phase, m.actor, m.at, m.payload, pg_current_xact_id()::text::bigint FROM moved m ORDER BY m.at, m.id
),
counted AS (
  INSERT INTO flow_count_ledger (minute, lane, kind, word, delta)
  SELECT date_trunc('minute', m.at), m.lane, m.kind, w.word, sum(w.delta)
    FROM moved m CROSS JOIN LATERAL json_to_recordset(m.words) AS w(word text, delta int)
   GROUP BY 1, 2, 3, 4 HAVING sum(w.delta) <> 0
)
SELECT m.id, m.last_sequence AS sequence, m.at, CASE m.attempt_do WHEN 'open' THEN m.at + m.ttl_ms * interval '1 ms' END AS "leaseExpiresAt",
       (SELECT coalesce(array_agg(event_type), '{}') FROM webhook_interest) AS wanted FROM moved m`

/** Without what is null: reading the items is a fifth of the statement's time, by the number of their words. */
const said = (item: Record<string, unknown>): Record<string, unknown> => Object.fromEntries(Object.entries(item).filter(([, value]) => value != null))

function toItem(move: FlowMove): Record<string, unknown> {
  const { flow, set, attempt } = move
  const status = set.status ?? flow.status
  return {
    id: flow.id, was_status: flow.status, was_phase: flow.phase, was_epoch: flow.epoch, was_cancel_requested: flow.cancelRequested, was_deleted: flow.deleted,
    ...columns(move), ends: status !== flow.status && set.terminalReason != null,
    ...(attempt ? attemptColumns(attempt) : {}),
    event_type: MOVES[move.name].event, payload: { ...move.payload, status, phase: pick(set.phase, flow.phase) },
    words: wordsOf(move, status),
  }
}

const pick = <T>(changed: T | undefined, was: T): T => (changed === undefined ? was : changed)

function columns({ flow, set }: FlowMove): Record<string, unknown> {
  return {
    status: pick(set.status, flow.status), phase: pick(set.phase, flow.phase), queue_class: pick(set.queueClass, flow.queueClass),
    wait_kind: pick(set.waitKind, flow.waitKind), wait_mode: pick(set.waitMode, flow.waitMode), answer_unread: pick(set.answerUnread, flow.answerUnread) || null,
    terminal_reason: pick(set.terminalReason, flow.terminalReason), slot_held: pick(set.slotHeld, flow.slotHeld), over_cap: pick(set.overCap, flow.overCap),
    epoch: pick(set.epoch, flow.epoch), current_attempt: pick(set.currentAttempt, flow.currentAttempt), retries_used: pick(set.retriesUsed, flow.retriesUsed),
    lost_starts: pick(set.lostStarts, flow.lostStarts), priority: pick(set.priority, flow.priority), result: set.result ?? null, error: set.error ?? null,
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

interface Word { word: CountWord; delta: 1 | -1 }

/** D-40: where the flow stood and stands, and what happened. A deleted flow stands nowhere. */
function wordsOf({ name, flow, set }: FlowMove, status: FlowChange['status']): Word[] {
  if (name === 'markDeleted') return [{ word: flow.status, delta: -1 }]
  const words: Word[] = status === flow.status ? [] : [{ word: flow.status, delta: -1 }, { word: status, delta: 1 }]
  if (name === 'retry' || name === 'loseStart' || name === 'requeueUnread' || name === 'resumeReleased') words.push({ word: 'queued', delta: 1 })
  if (set.startedAt === 'now' && !flow.started) words.push({ word: 'started', delta: 1 })
  if (status === 'FINISHED') words.push({ word: 'finished', delta: 1 })
  if (status === 'FAILED' && set.status) words.push({ word: 'failed', delta: 1 })
  return words
}

