import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import type { CapScope } from '@sluice/protocol'
import { INSTANT, isInstant } from './instant-sql.ts'
import { decodeCursor, encodeCursor } from './page-cursor.ts'

/** Whoever holds a slot, since when: the start of its latest attempt is when it took the slot. */
const SINCE = `coalesce((SELECT a.started_at FROM attempt a WHERE a.flow_id = f.id AND a.index = f.current_attempt), f.queued_at)`

export const HOLDERS_MAX = 200

export interface Scope { scope: CapScope; subject: string }

/** Which flows the reader may see; absent or empty = all. */
export interface Among { owner?: string | null; lanes?: readonly string[]; kinds?: readonly string[] }

/**
 * For each scope, in order, the first flows whose slots count in it, oldest first. first: at most 200, default 10. What the reader may not see is left
 * out before the cut, so that it takes nobody's place.
 */
export async function scopeHolders(pool: Pool, p: { scopes: readonly Scope[]; first?: number; among?: Among }): Promise<string[][]> {
  const { owner = null, lanes = [], kinds = [] } = p.among ?? {}
  const values = [p.scopes.map(s => s.scope), p.scopes.map(s => s.subject), Math.min(HOLDERS_MAX, p.first ?? HOLDERS_DEFAULT), owner, lanes, kinds]
  const found = await named(pool).rows<Scope & { ids: string[] } & Record<string, unknown>>('scopeHolders', SCOPE_HOLDERS, values)
  return p.scopes.map(s => found.find(f => f.scope === s.scope && f.subject === s.subject)?.ids ?? [])
}

const HOLDERS_DEFAULT = 10

const SCOPE_HOLDERS = `
WITH s AS MATERIALIZED (SELECT DISTINCT * FROM unnest($1::cap_scope[], $2::text[]) AS s(scope, subject)),
h AS MATERIALIZED (
  SELECT f.id, f.lane, f.principal_id, ${SINCE} AS since FROM flow f
   WHERE f.slot_held AND ($4::text IS NULL OR f.principal_id = $4) AND (cardinality($5::text[]) = 0 OR f.lane = ANY($5))
     AND (cardinality($6::text[]) = 0 OR f.kind = ANY($6))
),
numbered AS (
  SELECT s.scope, s.subject, h.id, row_number() OVER (PARTITION BY s.scope, s.subject ORDER BY h.since, h.id) AS n
    FROM s JOIN h ON CASE s.scope WHEN 'LANE' THEN h.lane = s.subject WHEN 'PRINCIPAL' THEN h.principal_id = s.subject ELSE true END
)
SELECT scope, subject, array_agg(id ORDER BY n) AS ids FROM numbered WHERE n <= $3 GROUP BY scope, subject`

export interface SlotHolderPage { items: { id: string; since: Date; cursor: string }[]; hasNextPage: boolean }

/** Who holds slots, oldest first: the slot board. At most 200 a page; after is a page's cursor. Throws InvalidInput for a cursor that is none. */
export async function slotHolders(pool: Pool, o: { lane?: string | null; first?: number; after?: string | null } = {}): Promise<SlotHolderPage> {
  const first = Math.min(HOLDERS_MAX, o.first ?? HOLDERS_MAX)
  const after = o.after ? decodeCursor(o.after, { argument: 'after', parse: parseAfter }) : { at: '-infinity', id: '' }
  const rows = await named(pool).rows<{ id: string; since: Date; key: string }>('slotHolders', SLOT_HOLDERS, [o.lane ?? null, after.at, after.id, first + 1])
  return {
    items: rows.slice(0, first).map(row => ({ id: row.id, since: row.since, cursor: encodeCursor([row.key, row.id]) })),
    hasNextPage: rows.length > first,
  }
}

const parseAfter = ([at, id]: unknown[]): { at: string; id: string } | undefined => (isInstant(at) && typeof id === 'string' ? { at, id } : undefined)

const SLOT_HOLDERS = `
SELECT h.id, h.since, ${INSTANT('h.since')} AS key
  FROM (SELECT f.id, ${SINCE} AS since FROM flow f WHERE f.slot_held AND ($1::text IS NULL OR f.lane = $1)) h
 WHERE (h.since, h.id) > ($2::timestamptz, $3::text) ORDER BY h.since, h.id LIMIT $4`
