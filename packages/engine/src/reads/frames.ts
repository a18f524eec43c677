/**
 * Output of a flow, over its attempts in order (FF-76). The sequences of an attempt commit in their order, and an attempt's last frame commits before the
 * next attempt begins, so nothing can appear behind a place that was read (INV-34).
 */
import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import type { FrameKind, Json } from '@sluice/protocol'

export interface FramePlace { attempt: number; sequence: number }
export interface FrameRow extends FramePlace { kind: FrameKind; payload: Json; bytes: number; at: Date }

/** Before all frames. */
export const FRAMES_START: FramePlace = { attempt: 0, sequence: 0 }

export const isBeyond = (a: FramePlace, b: FramePlace): boolean => a.attempt > b.attempt || (a.attempt === b.attempt && a.sequence > b.sequence)

/** What follows a place. */
export interface FramePage {
  frames: FrameRow[]
  /** Some that followed the place are kept no longer. */
  gap: boolean
  /** Where to go on. */
  to: FramePlace
  more: boolean
  /** The flow has ended or is gone: what is there now is all there will be. */
  ended: boolean
}

export const FRAMES_PAGE = 1000
/** A page of large frames ends earlier, with the one that reaches this. */
export const FRAMES_PAGE_BYTES = 1024 * 1024

/** The frames of one attempt after the place, at most limit (default and most 1,000). */
export async function framesAfter(pool: Pool, p: { flowId: string; after: FramePlace; limit?: number }): Promise<FramePage> {
  const { flowId, after } = p
  const rows = await named(pool).rows<PageRow>('framesAfter', FRAMES_AFTER, [flowId, after.attempt, after.sequence, Math.min(p.limit ?? FRAMES_PAGE, FRAMES_PAGE), FRAMES_PAGE_BYTES])
  const [first] = rows
  if (!first) return { frames: [], gap: false, to: after, more: false, ended: true }
  if (first.attempt === null) return { frames: [], gap: false, to: after, more: false, ended: first.ended }
  const frames = rows.flatMap(toFrame)
  const seen = first.attempt === after.attempt ? after.sequence : 0
  // Of an attempt that nothing is kept of.
  const to = { attempt: first.attempt, sequence: frames.at(-1)?.sequence ?? first.last }
  return { frames, gap: first.first > seen + 1, to, more: first.later || to.sequence < first.last, ended: first.ended }
}

/** The frames before a place (null: the last ones), in their order, at most limit; more: there may be some before them. */
export async function framesBefore(pool: Pool, p: { flowId: string; before: FramePlace | null; limit: number }): Promise<{ frames: FrameRow[]; more: boolean }> {
  const { attempt, sequence } = p.before ?? { attempt: 2 ** 31 - 1, sequence: 0 }
  const limit = Math.min(p.limit, FRAMES_PAGE)
  const rows = await named(pool).rows<FrameRow & Record<string, unknown>>('framesBefore', FRAMES_BEFORE, [p.flowId, attempt, sequence, limit + 1, FRAMES_PAGE_BYTES])
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
  return { frames: rows.slice(0, limit).toReversed(), more: rows.length > limit || bytes >= FRAMES_PAGE_BYTES }
}

/** The place of the last frame; the start where there is none. */
export async function framesEnd(pool: Pool, flowId: string): Promise<FramePlace> {
  const [row] = await named(pool).rows<FramePlace & Record<string, unknown>>('framesEnd', FRAMES_END, [flowId])
  return row ?? FRAMES_START
}

type PageRow = Record<string, unknown> & { ended: boolean } & ({ attempt: null } | PageOf)
type PageOf = { attempt: number; first: number; last: number; later: boolean } & (Omit<FrameRow, 'attempt'> | { sequence: null })

function toFrame(row: PageRow): FrameRow[] {
  if (row.attempt === null || row.sequence === null) return []
  const { attempt, sequence, kind, payload, bytes, at } = row
  return [{ attempt, sequence, kind, payload, bytes, at }]
}

const COLUMNS = 'o.sequence, o.kind, o.payload, o.bytes, o.at'

// One attempt's, so that each frame stands in the order of the key: the first attempt with something beyond the place. All of one snapshot.
const FRAMES_AFTER = `
SELECT f.status IN ('FINISHED', 'FAILED', 'CANCELLED', 'SKIPPED') AS ended, a.index AS attempt, a.first, a.last, a.later, o.sequence, o.kind, o.payload, o.bytes, o.at
  FROM flow f
  LEFT JOIN LATERAL (
    SELECT a.index, a.first_frame AS first, a.last_frame AS last,
           EXISTS (SELECT 1 FROM attempt l WHERE l.flow_id = $1 AND l.index > a.index AND l.last_frame > 0) AS later
      FROM attempt a WHERE a.flow_id = $1 AND a.index >= $2 AND a.last_frame > CASE WHEN a.index = $2 THEN $3::int ELSE 0 END
     ORDER BY a.index LIMIT 1) a ON true
  LEFT JOIN LATERAL (
    SELECT ${COLUMNS}, sum(o.bytes) OVER (ORDER BY o.sequence) AS upto
      FROM output_frame o WHERE o.flow_id = $1 AND o.attempt = a.index AND o.sequence > CASE WHEN a.index = $2 THEN $3::int ELSE 0 END
     ORDER BY o.sequence LIMIT $4) o ON o.upto - o.bytes < $5
 WHERE f.id = $1 AND f.deleted_at IS NULL ORDER BY o.sequence`

const FRAMES_BEFORE = `
SELECT o.attempt, ${COLUMNS} FROM (
  SELECT o.attempt, ${COLUMNS}, sum(o.bytes) OVER (ORDER BY o.attempt DESC, o.sequence DESC) AS upto
    FROM output_frame o WHERE o.flow_id = $1 AND (o.attempt, o.sequence) < ($2, $3) ORDER BY o.attempt DESC, o.sequence DESC LIMIT $4) o
 WHERE o.upto - o.bytes < $5 ORDER BY o.attempt DESC, o.sequence DESC`

const FRAMES_END = `SELECT a.index AS attempt, a.last_frame AS sequence FROM attempt a WHERE a.flow_id = $1 AND a.last_frame > 0 ORDER BY a.index DESC LIMIT 1`
