import { queueReason } from '@sluice/domain'
import type { CapFacts, QueueFacts, QueueVerdict } from '@sluice/domain'
import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import type { QueueClass, QueueReason } from '@sluice/protocol'
import { readQueued, readScopeFacts } from './queue-facts.ts'
import type { QueuedRow, ScopeFacts } from './queue-facts.ts'
import { readScopeHolders } from './slot-holders.ts'
import type { ScopeHolders } from './slot-holders.ts'

export interface QueuePlaceRow {
  /** 1 = next in its lane; exact to 1,000, null beyond and while it cannot be its turn (HELD, DELAYED, RETRY_BACKOFF). */
  position: number | null
  queueClass: QueueClass
  reason: QueueReason
  detail: string
  /** The first ten whose slots it waits for, oldest first; holderTotal counts all. Empty unless the reason is CAP or QUOTA. */
  holderIds: string[]
  holderTotal: number
  /** D-34; null when unknown. */
  estimatedStartAt: Date | null
  pinned: boolean
  forced: boolean
}

const HOLDERS_SHOWN = 10

/**
 * Where each of these flows stands in the queue and why it does not run, as of now (default: the database's clock). Flows that are not QUEUED
 * are absent. Three statements, however many flows.
 */
export async function queuePlaces(pool: Pool, ids: string[], now: Date | null = null): Promise<Map<string, QueuePlaceRow>> {
  if (ids.length === 0) return new Map()
  const db = named(pool)
  const rows = await readQueued(db, { ids, now })
  const [first] = rows
  if (!first) return new Map()
  const scopes = await readScopeFacts(db, { places: rows, now: first.now })
  const verdicts = rows.map(row => ({ row, verdict: queueReason(factsOf(row, scopes)) }))
  const blocking = verdicts.flatMap(v => v.verdict.blockedBy.slice(0, 1).map(cap => scopeOf(cap, v.row)))
  const holders = blocking.length > 0 ? await readScopeHolders(db, { scopes: blocking, first: HOLDERS_SHOWN }) : []
  return new Map(verdicts.map(v => [v.row.id, placeOf({ ...v, scopes, holders })]))
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

const scopeOf = (cap: CapFacts, row: QueuedRow): { scope: CapFacts['scope']; subject: string } => ({ scope: cap.scope, subject: subjectOf(cap.scope, row) })

function placeOf(p: { row: QueuedRow; verdict: QueueVerdict; scopes: ScopeFacts; holders: ScopeHolders[] }): QueuePlaceRow {
  const { row, verdict } = p
  const [cap] = verdict.blockedBy
  const blocking = cap && p.holders.find(h => h.scope === cap.scope && h.subject === subjectOf(cap.scope, row))
  return {
    position: row.position, queueClass: row.queueClass, reason: verdict.reason, detail: verdict.detail,
    holderIds: blocking?.ids ?? [], holderTotal: blocking?.total ?? 0,
    estimatedStartAt: estimate(row, verdict.reason, p.scopes), pinned: row.pinned, forced: row.forced,
  }
}

const ESTIMATED: ReadonlySet<QueueReason> = new Set<QueueReason>(['CAP', 'QUOTA', 'ORDER', 'WORKERS_BUSY', 'RESUME'])
const STARTS_WINDOW_MS = 600_000
const STARTS_NEEDED = 5

/** D-34: the position over the lane's starts of the last ten minutes. */
function estimate(row: QueuedRow, reason: QueueReason, scopes: ScopeFacts): Date | null {
  const starts = scopes.starts.find(s => s.lane === row.lane)?.starts ?? 0
  if (row.position === null || starts < STARTS_NEEDED || !ESTIMATED.has(reason)) return null
  return new Date(row.now.getTime() + Math.round((row.position * STARTS_WINDOW_MS) / starts))
}
