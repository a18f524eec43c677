import { queueReason } from '@sluice/domain'
import type { CapFacts, QueueFacts, QueueVerdict } from '@sluice/domain'
import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import type { QueueClass, QueueReason } from '@sluice/protocol'
import { readQueued, readScopeFacts } from './queue-facts.ts'
import type { QueuedRow, ScopeFacts } from './queue-facts.ts'
import type { Scope } from './slot-holders.ts'

export interface QueuePlaceRow {
  /** 1 = next in its lane; exact to 1,000, null beyond and while it cannot be its turn (HELD, DELAYED, RETRY_BACKOFF). */
  position: number | null
  queueClass: QueueClass
  reason: QueueReason
  detail: string
  /** The cap it waits for; scopeHolders reads who holds its slots. Null unless the reason is CAP or QUOTA. */
  blockedBy: Scope | null
  /** D-34; null when unknown. */
  estimatedStartAt: Date | null
  pinned: boolean
  forced: boolean
}

/**
 * Where each of these flows stands in the queue and why it does not run, as of now (default: the database's clock). Flows that are not QUEUED
 * are absent. Two statements, however many flows.
 */
export async function queuePlaces(pool: Pool, ids: string[], now: Date | null = null): Promise<Map<string, QueuePlaceRow>> {
  if (ids.length === 0) return new Map()
  const db = named(pool)
  const rows = await readQueued(db, { ids, now })
  const [first] = rows
  if (!first) return new Map()
  const scopes = await readScopeFacts(db, { places: rows, now: first.now })
  return new Map(rows.map(row => [row.id, placeOf({ row, verdict: queueReason(factsOf(row, scopes)), scopes })]))
}

function factsOf(row: QueuedRow, scopes: ScopeFacts): QueueFacts {
  const workers = scopes.workers.find(w => w.lane === row.lane && w.kind === row.kind)
  return {
    now: row.now, kind: row.kind, queueClass: row.queueClass, slotHeld: row.slotHeld, forced: row.forced, notBefore: row.notBefore,
    retriesUsed: row.retriesUsed, lostStarts: row.lostStarts, position: row.position,
    hold: row.heldAt ? { by: row.heldBy, reason: row.heldReason, at: row.heldAt } : null,
    lane: { name: row.lane, state: row.laneState, by: row.laneBy, reason: row.laneReason },
    caps: capsOver(row, scopes), workers: workers ?? { live: 0, full: 0, capacity: 0, leased: 0 },
  }
}

const capsOver = (row: QueuedRow, { caps }: ScopeFacts): CapFacts[] =>
  caps.filter(c => c.subject === subjectOf(c.scope, row)).map(c => ({ ...c, name: c.scope === 'PRINCIPAL' ? row.principalName : c.subject }))

const subjectOf = (scope: CapFacts['scope'], row: QueuedRow): string => ({ GLOBAL: '', LANE: row.lane, PRINCIPAL: row.principalId })[scope]

function placeOf({ row, verdict, scopes }: { row: QueuedRow; verdict: QueueVerdict; scopes: ScopeFacts }): QueuePlaceRow {
  const [cap] = verdict.blockedBy
  return {
    position: row.position, queueClass: row.queueClass, reason: verdict.reason, detail: verdict.detail,
    blockedBy: cap ? { scope: cap.scope, subject: subjectOf(cap.scope, row) } : null,
    estimatedStartAt: estimate(row, verdict.reason, scopes), pinned: row.pinned, forced: row.forced,
  }
}

const ESTIMATED: ReadonlySet<QueueReason> = new Set<QueueReason>(['CAP', 'QUOTA', 'ORDER', 'WORKERS_BUSY', 'RESUME'])
const STARTS_WINDOW_MS = 600_000
/** The ledger counts by the minute: less than that is not known. */
const SHORTEST_MS = 60_000
const STARTS_NEEDED = 5

/** D-34: the position over the lane's starts of the last ten minutes, or of the shorter time since they began. */
function estimate(row: QueuedRow, reason: QueueReason, scopes: ScopeFacts): Date | null {
  const { starts, sinceMs } = scopes.starts.find(s => s.lane === row.lane) ?? { starts: 0, sinceMs: 0 }
  if (row.position === null || starts < STARTS_NEEDED || !ESTIMATED.has(reason)) return null
  return new Date(row.now.getTime() + Math.round((row.position * Math.min(STARTS_WINDOW_MS, Math.max(SHORTEST_MS, sinceMs))) / starts))
}
