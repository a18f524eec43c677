import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import type { AttemptType, Json } from '@sluice/protocol'
import type { Among } from './slot-holders.ts'

/** An attempt with a live lease, as its row is. */
export interface LiveAttemptRow {
  flowId: string
  index: number
  type: AttemptType
  workerId: string
  claimRequestId: string | null
  codeVersion: string | null
  epoch: number
  startedAt: Date
  renewedAt: Date
  expiresAt: Date
  reportedAt: Date | null
  endedAt: Date | null
  endReason: string | null
  endedByCall: string | null
  error: Json
  unusedMemos: string[]
}

/**
 * What each of these workers holds, oldest first, at most `first` each: one statement however many workers. What the reader may not see is left out
 * before the cut, so that it takes nobody's place.
 */
export async function workerLeases(pool: Pool, p: { workerIds: readonly string[]; first: number; among?: Among }): Promise<LiveAttemptRow[]> {
  if (p.workerIds.length === 0) return []
  const { owner = null, lanes = [], kinds = [] } = p.among ?? {}
  return named(pool).rows<LiveAttemptRow & Record<string, unknown>>('workerLeases', WORKER_LEASES, [[...new Set(p.workerIds)], p.first, owner, lanes, kinds])
}

const WORKER_LEASES = `
SELECT l.* FROM unnest($1::text[]) AS w(id) CROSS JOIN LATERAL (
  SELECT a.flow_id AS "flowId", a.index, a.type, a.worker_id AS "workerId", a.claim_request_id AS "claimRequestId", a.code_version AS "codeVersion", a.epoch,
         a.started_at AS "startedAt", a.renewed_at AS "renewedAt", a.expires_at AS "expiresAt", a.reported_at AS "reportedAt", a.ended_at AS "endedAt",
         a.end_reason AS "endReason", a.ended_by_call AS "endedByCall", a.error, a.unused_memos AS "unusedMemos"
    FROM attempt a JOIN flow f ON f.id = a.flow_id
   WHERE a.worker_id = w.id AND a.ended_at IS NULL AND f.deleted_at IS NULL AND ($3::text IS NULL OR f.principal_id = $3)
     AND (cardinality($4::text[]) = 0 OR f.lane = ANY($4)) AND (cardinality($5::text[]) = 0 OR f.kind = ANY($5))
   ORDER BY a.started_at, a.flow_id LIMIT $2) l
 ORDER BY l."startedAt", l."flowId"`
