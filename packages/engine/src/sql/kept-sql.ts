import type { FlowFacts } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import { FLOW_FACTS } from './flow-facts-sql.ts'
import type { Head } from './promotion-sql.ts'

/** Resumes that kept their slot (D-2): they take none, so no cap stands in their way, and they are ahead of new work. */
export const takeKept = (tx: Tx, p: { heads: Head[]; limit: number }): Promise<FlowFacts[]> =>
  tx.rows<FlowFacts & Record<string, unknown>>(
    'takeKept',
    `WITH h AS MATERIALIZED (SELECT * FROM unnest($1::text[], $2::text[]) AS h(lane, kind))
     SELECT ${FLOW_FACTS} FROM flow f
      WHERE f.status = 'QUEUED' AND f.slot_held AND NOT f.blocked AND (f.not_before IS NULL OR f.not_before <= clock_timestamp())
        AND EXISTS (SELECT 1 FROM h WHERE h.lane = f.lane AND h.kind = f.kind)
      ORDER BY f.order_at, f.id LIMIT $3 FOR UPDATE OF f SKIP LOCKED`,
    [p.heads.map(h => h.lane), p.heads.map(h => h.kind), p.limit],
  )
