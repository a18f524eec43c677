import { named } from '@sluice/db'
import type { Named, Pool } from '@sluice/db'
import { boundedRead } from './bounded-read.ts'
import { INSTANT, isInstant } from './instant-sql.ts'
import { decodeCursor, encodeCursor } from './page-cursor.ts'

/** Everything that is given must hold. after = not earlier, before = earlier. */
export interface AuditFilter { by?: string[]; action?: string[]; target?: string; after?: Date; before?: Date }

/** The ids of up to `limit` entries, newest first, each with the cursor to go on from. */
export interface AuditPageRequest { filter: AuditFilter; after: string | null; limit: number }

interface Place { at: string; id: string }

/** Throws InvalidInput for a cursor that is none, LimitExceeded ("narrow the filter") when what no index serves, by and action, takes longer than 2 s. */
export async function auditPage(pool: Pool, { filter, after, limit }: AuditPageRequest): Promise<{ id: string; cursor: string }[]> {
  const from = after ? decodeCursor(after, { argument: 'after', parse: parsePlace }) : { at: 'infinity', id: '' }
  // One text for each set of filters: a plan kept for all would be of no index but that of time.
  const given = FILTERS.filter(word => filter[word] !== undefined)
  const text = auditSql(given)
  const values = [filter.after?.toISOString() ?? '-infinity', filter.before?.toISOString() ?? 'infinity', from.at, from.id, limit, ...given.map(word => filter[word])]
  const read = (db: Named): Promise<Place[]> => db.rows<Place & Record<string, unknown>>(['auditPage', ...given].join('.'), text, values)
  const places = await (filter.by || filter.action ? boundedRead(pool, read) : read(named(pool)))
  return places.map(({ at, id }) => ({ id, cursor: encodeCursor([at, id]) }))
}

// The id says whose list the cursor is of: those of flows have the same shape.
const parsePlace = ([at, id]: unknown[]): Place | undefined => (isInstant(at) && typeof id === 'string' && id.startsWith('aud_') ? { at, id } : undefined)

const FILTERS = ['by', 'action', 'target'] as const
type Filter = (typeof FILTERS)[number]
const CONDITION: Record<Filter, (value: string) => string> = {
  by: value => `a.principal_id = ANY(${value}::text[])`, action: value => `a.action = ANY(${value}::text[])`, target: value => `a.target = ${value}::text`,
}

const auditSql = (given: Filter[]): string => `
SELECT a.id, ${INSTANT('a.at')} AS at FROM audit_entry a
 WHERE a.at >= $1::timestamptz AND a.at < $2::timestamptz AND (a.at, a.id) < ($3::timestamptz, $4::text)
   ${given.map((word, n) => `AND ${CONDITION[word](`$${n + 6}`)}`).join(' ')}
 ORDER BY a.at DESC, a.id DESC LIMIT $5`
