/**
 * The queue as pages, in the order the promoter would take it. Three sections, each served by an index of its own, one after the other:
 *   READY    due and not blocked, in the order of D-34 (rank, orderAt, id);
 *   DELAYED  not due yet, the soonest first (notBefore, id);
 *   BLOCKED  held by an operator, in the order of D-34.
 * What is due is judged by one instant for all pages: the first page takes the database's clock and its cursors carry it, so a row that becomes due
 * between two pages is neither shown twice nor left out. Over all lanes a page merges one short probe per lane.
 */
import { named } from '@sluice/db'
import type { Named, Pool } from '@sluice/db'
import { boundedRead } from './bounded-read.ts'
import { INSTANT, isInstant } from './instant-sql.ts'
import { readOwnQueue } from './own-queue.ts'
import { decodeCursor, encodeCursor } from './page-cursor.ts'
import { lineSql } from './queue-line-sql.ts'

export interface FlowQueuePage { items: { id: string; cursor: string }[]; hasNextPage: boolean }

export interface FlowQueueOptions {
  /** Absent = all lanes. */
  lane?: string | null
  /** Default 50, at most 200. */
  first?: number
  after?: string | null
  /** Only this principal's flows: found by their owner; past 5,000 queued ones by a walk along the queue, which runs under the 2 s timeout. */
  principalId?: string | null
}

const SECTIONS = ['READY', 'DELAYED', 'BLOCKED'] as const
type Section = (typeof SECTIONS)[number]
interface Place { section: Section; rank: number; at: string; id: string }

const PAGE_DEFAULT = 50
const PAGE_MAX = 200

/** Throws InvalidInput for a cursor that is none, LimitExceeded when more than 5,000 flows of principalId are too thin in the queue to be found in time. */
export async function flowQueuePage(pool: Pool, o: FlowQueueOptions = {}): Promise<FlowQueuePage> {
  const db = named(pool)
  const first = Math.min(PAGE_MAX, o.first ?? PAGE_DEFAULT)
  const from = o.after ? decodeCursor(o.after, { argument: 'after', parse: parseCursor }) : { asOf: await readClock(db), place: undefined }
  const request = { lane: o.lane, principalId: o.principalId, from, limit: first + 1 }
  const places = o.principalId ? await readOwn(pool, { ...request, principalId: o.principalId }) : await readPlaces(db, request)
  return { items: places.slice(0, first).map(p => ({ id: p.id, cursor: cursorOf(from.asOf, p) })), hasNextPage: places.length > first }
}

interface PlacesRequest { lane: string | null | undefined; principalId: string | null | undefined; from: { asOf: string; place: Place | undefined }; limit: number }

async function readOwn(pool: Pool, r: PlacesRequest & { principalId: string }): Promise<Place[]> {
  const { asOf, place } = r.from
  const own = await readOwnQueue(named(pool), { ...r, asOf, after: place && { ...place, section: SECTIONS.indexOf(place.section) } })
  return own ? own.map(row => ({ ...row, section: SECTIONS[row.section] })) : boundedRead(pool, tx => readPlaces(tx, r))
}

async function readPlaces(db: Named, { from, limit, ...r }: PlacesRequest): Promise<Place[]> {
  const found = new Map<string, Place>()
  for (const section of SECTIONS.slice(from.place ? SECTIONS.indexOf(from.place.section) : 0)) {
    const after = from.place?.section === section ? from.place : START
    const rows = await readSection(db, section, { ...r, asOf: from.asOf, after, limit: limit - found.size })
    for (const row of rows) if (!found.has(row.id)) found.set(row.id, { section, ...row })
    if (found.size >= limit) break
  }
  return [...found.values()]
}

const START = { rank: -1, at: '-infinity', id: '' }

const cursorOf = (asOf: string, p: Place): string => encodeCursor([asOf, SECTIONS.indexOf(p.section), p.rank, p.at, p.id])

function parseCursor([asOf, at, rank, instant, id]: unknown[]): { asOf: string; place: Place } | undefined {
  const section = SECTIONS[at as number]
  if (!isInstant(asOf) || !section || !Number.isInteger(rank) || !isInstant(instant) || typeof id !== 'string') return undefined
  return { asOf, place: { section, rank: rank as number, at: instant, id } }
}

async function readClock(db: Named): Promise<string> {
  const [row] = await db.rows<{ now: string }>('readClock', `SELECT ${INSTANT('clock_timestamp()')} AS now`)
  if (!row) throw new Error('readClock answered no row')
  return row.now
}

interface SectionRequest { lane?: string | null; principalId?: string | null; asOf: string; after: { rank: number; at: string; id: string }; limit: number }
interface SectionRow { id: string; rank: number; at: string }

const readSection = (db: Named, section: Section, r: SectionRequest): Promise<SectionRow[]> => {
  const own = { READY: [r.after.rank, r.asOf], DELAYED: [r.asOf], BLOCKED: [r.after.rank] }[section]
  return db.rows<SectionRow & Record<string, unknown>>(`queue${section}`, QUEUE_SECTIONS[section], [r.lane ?? null, r.limit, r.principalId ?? null, r.after.at, r.after.id, ...own])
}

const LANES = `(SELECT name FROM lane WHERE $1::text IS NULL OR name = $1) l`
const ONLY = `($3::text IS NULL OR q.principal_id = $3)`
const AFTER = { rank: '$6::int', orderAt: '$4::timestamptz', id: '$5::text' }

const QUEUE_SECTIONS: Record<Section, string> = {
  READY: `
SELECT q.id, q.rank, ${INSTANT('q.order_at')} AS at
  FROM ${LANES} CROSS JOIN LATERAL ${lineSql({ lane: 'l.name', now: '$7::timestamptz', limit: '$2::int', after: AFTER, only: ONLY })} q
 ORDER BY q.rank, q.order_at, q.id LIMIT $2`,
  // Every condition on not_before is said so that only the index by lane can serve it (see the migration).
  DELAYED: `
SELECT q.id, q.rank, ${INSTANT('q.not_before')} AS at
  FROM ${LANES} CROSS JOIN LATERAL (
    SELECT q.id, q.rank, q.not_before FROM flow q
     WHERE q.status = 'QUEUED' AND NOT q.blocked AND coalesce(q.not_before, q.queued_at) > q.queued_at AND q.lane = l.name
       AND (q.lane, q.not_before, q.id) > (l.name, greatest($4::timestamptz, $6::timestamptz + interval '1 microsecond'), $5::text) AND ${ONLY}
     ORDER BY q.not_before, q.id LIMIT $2::int) q
 ORDER BY q.not_before, q.id LIMIT $2`,
  BLOCKED: `
SELECT q.id, q.rank, ${INSTANT('q.order_at')} AS at
  FROM ${LANES} CROSS JOIN LATERAL (
    SELECT q.id, q.rank, q.order_at FROM flow q
     WHERE q.status = 'QUEUED' AND q.blocked AND q.lane = l.name AND (q.rank, q.order_at, q.id) > ($6::int, $4::timestamptz, $5::text) AND ${ONLY}
     ORDER BY q.rank, q.order_at, q.id LIMIT $2::int) q
 ORDER BY q.rank, q.order_at, q.id LIMIT $2`,
}
