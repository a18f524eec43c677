import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import type { MemoKind } from '@sluice/protocol'

/** What is remembered, without what it is: values are their workers' alone. */
export interface MemoKeyRow { key: string; kind: MemoKind; attempt: number; createdAt: Date }

/** The keys of one flow beyond one of them, the first remembered first. By the primary key: a flow has memosMax of them at most, and a value is not read. */
export const memoKeysFrom = (pool: Pool, p: { flowId: string; after: string | null; limit: number }): Promise<MemoKeyRow[]> =>
  named(pool).rows<MemoKeyRow & Record<string, unknown>>('memoKeysFrom', MEMO_KEYS_FROM, [p.flowId, p.after, p.limit])

const MEMO_KEYS_FROM = `
SELECT m.key, m.kind, m.attempt, m.created_at AS "createdAt" FROM memo m
 WHERE m.flow_id = $1 AND ($2::text IS NULL OR (m.created_at, m.key) > (SELECT b.created_at, b.key FROM memo b WHERE b.flow_id = $1 AND b.key = $2))
 ORDER BY m.created_at, m.key LIMIT $3`
