/**
 * Which flows start next: the order of D-34 over all that is asked for, cut by the rooms (D-39). The queue is read ahead in rounds, a share of what is wanted
 * from each place, and no place further than the edge: where the last that is wanted stands, as far as is known. So the work is that of the places and of the limit;
 * it grows neither with the queue nor with how many cannot run (INV-47).
 * A lane of which several kinds are asked for is read as it stands. Where it holds what is not asked for, or what has a cap group of its own, its kinds are
 * read one by one from there on.
 */
import type { Tx } from '@sluice/db'
import { readKindsAhead, readLanesAhead } from '../sql/promotion-sql.ts'
import type { Ahead, Head, Place } from '../sql/promotion-sql.ts'
import { takes } from './plan-promotion.ts'
import type { Rooms, Seat } from './plan-promotion.ts'

export interface Wanted { heads: Head[]; rooms: Rooms; seats: Seat[]; at: string; limit: number }

/** Read up to after; count rows so far. Without a kind it is the lane as it stands. */
interface Cursor { lane: string; kind: string | null; after: Place; count: number }

/** Behind all of a rank. */
const behind = (rank: number): Place => ({ rank, orderAt: 'infinity', id: '' })

export async function nextInOrder(tx: Tx, w: Wanted): Promise<Ahead[]> {
  const kinds = askedIn(w)
  const known = new Map<string, Ahead>()
  let cursors: Cursor[] = [...kinds].map(([lane, [kind, ...more]]) => ({ lane, kind: more.length === 0 ? (kind ?? null) : null, after: behind(-1), count: 0 }))
  let edge: Place | null = null
  for (;;) {
    const chosen = cut([...known.values()].sort(compare), w)
    edge = earlier(edge, chosen[w.limit - 1])
    cursors = cursors.filter(c => c.count < w.limit && (!edge || compare(c.after, edge) < 0))
    if (cursors.length === 0) return chosen.filter(row => !edge || compare(row, edge) <= 0)
    const read = await readAhead(tx, cursors, { w, edge, kinds })
    read.rows.forEach(row => known.set(row.id, row))
    cursors = read.cursors
  }
}

const compare = (a: Place, b: Place): number => a.rank - b.rank || order(a.orderAt, b.orderAt) || order(a.id, b.id)
/** Behind the edge nobody has read on, so it never goes back. */
const earlier = (edge: Place | null, last: Place | undefined): Place | null => (last && (!edge || compare(last, edge) < 0) ? last : edge)
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The kinds asked for in each lane that has room. */
function askedIn({ heads, rooms }: Wanted): Map<string, Set<string>> {
  const full = new Set(rooms.lanes.filter(r => r.slots === 0).map(r => r.lane))
  const kinds = new Map<string, Set<string>>()
  for (const { lane, kind } of heads) if (!full.has(lane)) kinds.set(lane, (kinds.get(lane) ?? new Set()).add(kind))
  return kinds
}

interface Round { w: Wanted; edge: Place | null; kinds: Map<string, Set<string>> }

/** Reads on from the lanes, or from the heads, whichever stands further in front: what they hold may show that the others need not be read. */
async function readAhead(tx: Tx, cursors: Cursor[], { w, edge, kinds }: Round): Promise<{ rows: Ahead[]; cursors: Cursor[] }> {
  const first = cursors.reduce((a, b) => (compare(b.after, a.after) < 0 ? b : a))
  const from = cursors.filter(c => (c.kind === null) === (first.kind === null))
  // What was read before and is still in front is dense: it is read twice as far.
  const reading = { limit: Math.min(w.limit, 1 + Math.ceil(((first.count === 0 ? 1 : 2) * w.limit) / from.length)), edge, at: w.at }
  const full = w.rooms.principals.filter(r => r.slots === 0).map(r => r.principalId)
  const rows = first.kind === null ? await readLanesAhead(tx, { ...reading, from }) : await readKindsAhead(tx, { ...reading, from: from as (Cursor & Head)[], full })
  const goOn = byCursor(from, rows).map(({ c, rows: read }) =>
    (c.kind === null ? afterLane(c, { rows: read, limit: reading.limit, asked: kinds.get(c.lane) ?? new Set() }) : afterKind(c, { rows: read, limit: reading.limit })))
  return { rows: goOn.flatMap(g => g.rows), cursors: [...cursors.filter(c => !from.includes(c)), ...goOn.flatMap(g => g.cursors)] }
}

function byCursor(cursors: Cursor[], rows: Ahead[]): { c: Cursor; rows: Ahead[] }[] {
  const read = cursors.map(c => ({ c, rows: [] as Ahead[] }))
  for (const row of rows) read[row.nth - 1]?.rows.push(row)
  return read
}

/** Nothing that may start stands before the obstacle but what was read, so its kinds are read from there on, itself included. */
function afterLane(c: Cursor, { rows, limit, asked }: { rows: Ahead[]; limit: number; asked: Set<string> }): { rows: Ahead[]; cursors: Cursor[] } {
  const at = rows.findIndex(row => !asked.has(row.kind) || row.capGroup !== '')
  const [last, obstacle] = [rows[at - 1] ?? c.after, rows[at]]
  if (obstacle) {
    const after = last.rank === obstacle.rank ? last : behind(obstacle.rank - 1)
    return { rows: rows.slice(0, at), cursors: [...asked].map(kind => ({ lane: c.lane, kind, after, count: c.count + at })) }
  }
  return { rows, cursors: rows.length < limit ? [] : [{ ...c, after: rows[limit - 1] ?? c.after, count: c.count + limit }] }
}

/** Each cap group was read to its limit or to its end; known to its end is only what stands before the first of those that may go on. */
function afterKind(c: Cursor, { rows, limit }: { rows: Ahead[]; limit: number }): { rows: Ahead[]; cursors: Cursor[] } {
  const groups = [...new Set(rows.map(row => row.capGroup))].map(group => rows.filter(row => row.capGroup === group))
  const lasts = groups.filter(group => group.length === limit).flatMap(group => group.at(-1) ?? [])
  const [after] = lasts.sort(compare)
  return { rows, cursors: after ? [{ ...c, after, count: c.count + limit }] : [] }
}

/** What the rooms leave of rows in their order: the first of each principal, of those the first of each lane, of those whom a seat is free for, the first of all. */
function cut(rows: Ahead[], { rooms, seats, limit }: Wanted): Ahead[] {
  const left = new Map(seats.map(s => [s, s.free]))
  const seated = (row: Ahead): boolean => {
    const seat = seats.find(s => (left.get(s) ?? 0) > 0 && takes(s.worker, row))
    if (seat) left.set(seat, (left.get(seat) ?? 0) - 1)
    return seat !== undefined
  }
  const ofPrincipals = firstOf(rows, new Map(rooms.principals.map(r => [r.principalId, r.slots])), row => row.principalId)
  return firstOf(ofPrincipals, new Map(rooms.lanes.map(r => [r.lane, r.slots])), row => row.lane).filter(seated).slice(0, limit)
}

function firstOf(rows: Ahead[], room: Map<string, number>, of: (row: Ahead) => string): Ahead[] {
  return rows.filter(row => {
    const left = room.get(of(row))
    if (left !== undefined) room.set(of(row), left - 1)
    return left === undefined || left > 0
  })
}
