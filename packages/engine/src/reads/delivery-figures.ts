import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { readReplayRows } from '../sql/replay-sql.ts'
import type { ReplayRow } from '../sql/replay-sql.ts'

/** live stops at 10,000. oldestDueMs: for how long the oldest that is due has waited; null = none is due. */
export interface DeliveryFigures { live: number; exhaustedLastHour: number; disabledEndpoints: number; oldestDueMs: number | null }

export async function deliveryFigures(pool: Pool): Promise<DeliveryFigures> {
  const [row] = await named(pool).rows<DeliveryFigures & Record<string, unknown>>('deliveryFigures', DELIVERY_FIGURES)
  if (!row) throw new Error('deliveryFigures answered no row')
  return row
}

const DELIVERY_FIGURES = `
SELECT (SELECT count(*)::int FROM (SELECT 1 FROM webhook_delivery WHERE ended_at IS NULL ORDER BY id LIMIT 10000) l) AS live,
       (SELECT count(*)::int FROM webhook_delivery WHERE state IN ('EXHAUSTED', 'REJECTED', 'BLOCKED') AND state = 'EXHAUSTED'
           AND ended_at > (SELECT clock_timestamp() - interval '1 hour')) AS "exhaustedLastHour",
       (SELECT count(*)::int FROM webhook_endpoint WHERE state = 'DISABLED') AS "disabledEndpoints",
       (SELECT CASE WHEN min(next_attempt_at) < clock_timestamp() THEN (extract(epoch FROM clock_timestamp() - min(next_attempt_at)) * 1000)::float8 END
          FROM webhook_delivery WHERE next_attempt_at IS NOT NULL) AS "oldestDueMs"`

const RATED = 100

/** The share of the last 100 ended automatic deliveries that arrived, 0 … 1; an endpoint without any is left out. What was suppressed was not tried and is not among them. */
export async function successRates(pool: Pool, endpointIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await named(pool).rows<{ id: string; rate: number | null }>('successRates', SUCCESS_RATES, [endpointIds, RATED])
  return new Map(rows.flatMap(({ id, rate }) => (rate === null ? [] : [[id, rate]])))
}

const SUCCESS_RATES = `
SELECT e.id, (SELECT avg((state = 'DELIVERED')::int)::float8 FROM (
    SELECT d.state, d.created_at, d.id FROM unnest('{DELIVERED,EXHAUSTED,REJECTED,BLOCKED}'::delivery_state[]) s(state) CROSS JOIN LATERAL (
      SELECT d.state, d.created_at, d.id FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.state = s.state AND d.trigger = 'AUTO'
       ORDER BY d.created_at DESC, d.id DESC LIMIT $2) d ORDER BY d.created_at DESC, d.id DESC LIMIT $2) last) AS rate
  FROM unnest($1::text[]) e(id)`

/** By id, what decides whether it may be replayed (refuseReplay). */
export const replayFacts = async (pool: Pool, ids: readonly string[]): Promise<Map<string, ReplayRow>> =>
  new Map((await readReplayRows(named(pool), [...ids])).map(row => [row.id, row]))
