/** Places in the data that cases begin at. */
import type pg from 'pg'
import { encodeCursor } from '../../packages/engine/src/reads/page-cursor.ts'

export interface Places {
  /** Cursors of lists, half-way back in time. */
  middle: { created: string; finished: string }
  /** Cursors of the queue: among what no worker handles, and at the last of what is ready. */
  queue: { middle: string; end: string }
  /** Fifty ids each, in the order of the queue. */
  front: string[]
  depth: string[]
  last: string[]
  ended: string
  span: { from: Date; to: Date }
}

/** Read from the database, so that a kept one serves whatever its age. */
export async function findPlaces(pool: pg.Pool): Promise<Places> {
  const { rows } = await pool.query<{ now: string; created: string; finished: string; from: Date; to: Date; ended: string }>(PLACES)
  const [p] = rows
  if (!p) throw new Error('The database holds no flows.')
  const [front, depth, last] = await Promise.all([page(pool, { rank: 0 }), page(pool, { rank: 8902, late: true }), page(pool, { rank: 9002, late: true })])
  const cursorAt = (rows: QueuePlace[]): string => encodeCursor([p.now, 0, rows[0]?.rank ?? 0, rows[0]?.at ?? p.now, rows[0]?.id ?? ''])
  const ids = (rows: QueuePlace[]): string[] => rows.map(row => row.id)
  return {
    middle: { created: encodeCursor([p.created, '']), finished: encodeCursor([p.finished, '']) }, queue: { middle: cursorAt(depth), end: cursorAt(last) },
    front: ids(front), depth: ids(depth), last: ids(last), ended: p.ended, span: { from: p.from, to: p.to },
  }
}

const TEXT = (at: string): string => `to_char(${at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

// As an index of lists has them: over all flows it takes the half minute that a statement may.
const FINISHED = `status = 'FINISHED' AND deleted_at IS NULL`

const PLACES = `
SELECT ${TEXT('clock_timestamp()')} AS now, ${TEXT('m.created_at')} AS created, ${TEXT('m.finished_at')} AS finished, m.created_at AS from, m.created_at + interval '1 day' AS to, m.id AS ended
  FROM (SELECT b.first + (b.last - b.first) / 2 AS at FROM (SELECT (SELECT created_at FROM flow WHERE ${FINISHED} ORDER BY created_at, id LIMIT 1) AS first,
                                                                  (SELECT created_at FROM flow WHERE ${FINISHED} ORDER BY created_at DESC, id DESC LIMIT 1) AS last) b) h
 CROSS JOIN LATERAL (SELECT id, created_at, finished_at FROM flow f WHERE f.status = 'FINISHED' AND f.deleted_at IS NULL AND f.created_at >= h.at ORDER BY f.created_at, f.id LIMIT 1) m`

interface QueuePlace { id: string; rank: number; at: string }

async function page(pool: pg.Pool, p: { rank: number; late?: boolean }): Promise<QueuePlace[]> {
  const order = p.late ? 'DESC' : 'ASC'
  const { rows } = await pool.query<QueuePlace>(
    `SELECT id, rank, ${TEXT('order_at')} AS at FROM flow WHERE status = 'QUEUED' AND NOT blocked AND lane = 'default' AND order_at <= now() AND rank ${p.late ? '=' : '>='} $1
      ORDER BY rank ${order}, order_at ${order}, id ${order} LIMIT 50`, [p.rank])
  return p.late ? rows.reverse() : rows
}
