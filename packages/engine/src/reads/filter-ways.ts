/** How a filter is answered: by finding all it names and sorting them, where they are few, or by walking the list until a page is full, where they are many. */
import { named } from '@sluice/db'
import type { Named, Pool } from '@sluice/db'
import { boundedRead, firstInTime } from './bounded-read.ts'
import { COUNTED } from './counted-sql.ts'
import { planProbes } from './flow-filter.ts'
import type { FlowListFilter, PlanOptions, ProbePlan } from './flow-filter.ts'
import { placeOf, probesOf } from './flow-probes.ts'

/** So many rows are found and sorted in some 100 ms; were there more, a walk would meet one every few hundred rows of six million. */
const FEW = 20_000

/**
 * Reads by the way that suits the filter; when that was misjudged and takes too long, by the other. undefined: nothing can match. Throws LimitExceeded
 * ("narrow the filter") after 2 s.
 */
export async function readByFilter<T>(pool: Pool, o: { filter: FlowListFilter; onlyEnded: boolean; read(db: Named, plan: ProbePlan): Promise<T> }): Promise<T | undefined> {
  const ways = await waysOf(named(pool), o)
  if (ways.length === 0) return undefined
  const [first] = ways
  if (first?.exact) return o.read(named(pool), first)
  return firstInTime(ways, (plan, limitMs) => boundedRead(pool, tx => o.read(tx, plan), limitMs))
}

async function waysOf(db: Named, { filter, onlyEnded }: { filter: FlowListFilter; onlyEnded: boolean }): Promise<ProbePlan[]> {
  const smaller = await smallerOf(db, filter)
  const plan = (gather: PlanOptions['gather']): ProbePlan[] => [planProbes(filter, { smaller, onlyEnded, gather })].filter(p => p !== undefined)
  const walk = plan(null)
  if (walk[0]?.rest.words || walk[0]?.rest.label) {
    const found = await estimate(db, walk[0].rest)
    return found.rows <= FEW ? [...plan(found.by), ...walk] : [...walk, ...plan(found.by)]
  }
  const [place] = onlyEnded ? plan('place') : []
  if (place?.gathered && !(await holdsMany(db, place))) return [place]
  // A walk finds a span that reaches the present; of one that ended long ago it meets nothing for long.
  return onlyEnded && filter.createdAfter && filter.createdBefore ? [...walk, ...plan('span')] : walk
}

/** Of words and labels what finds fewer flows, and about how many: by the statistics that ANALYZE keeps of the most common ones. What is not among them is rare. */
async function estimate(db: Named, { words, label }: ProbePlan['rest']): Promise<{ by: 'words' | 'label'; rows: number }> {
  const [row] = await db.rows<{ by: 'words' | 'label'; rows: number }>('estimateSearch', ESTIMATE_SEARCH, [words ?? '', label ?? []])
  return row ?? { by: words ? 'words' : 'label', rows: 0 }
}

// Not by EXPLAIN: for the beginning of a word the planner assumes 2 %, whatever it knows.
const ESTIMATE_SEARCH = `
WITH common AS MATERIALIZED (
  SELECT s.attname, m.word, m.share FROM pg_stats s CROSS JOIN LATERAL unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) m(word, share)
   WHERE s.schemaname = current_schema() AND s.tablename = 'flow_search' AND m.word IS NOT NULL
), asked AS (
  SELECT 'words' AS by, (SELECT sum(c.share) FROM common c WHERE c.attname = 'words' AND starts_with(c.word, w.word)) AS share FROM unnest(flow_words($1)) w(word)
  UNION ALL
  SELECT 'label', (SELECT sum(c.share) FROM common c WHERE c.attname = 'labels' AND c.word = l.word) FROM unnest($2::text[]) l(word)
)
SELECT by, coalesce(share, 0) * greatest((SELECT reltuples FROM pg_class WHERE oid = 'flow_search'::regclass), 0) AS rows FROM asked ORDER BY 2, 1 LIMIT 1`

/** By counting them, as far as it matters. */
async function holdsMany(db: Named, { driver, values, statuses }: ProbePlan): Promise<boolean> {
  const [row] = await db.rows<{ many: boolean }>(`holdsMany.${driver}`, holdsManySql(driver), [values, statuses])
  return row?.many ?? false
}

const holdsManySql = (driver: ProbePlan['driver']): string => `
SELECT count(*) > ${FEW} AS many FROM (
  SELECT 1 FROM ${probesOf(driver)} CROSS JOIN LATERAL (SELECT 1 FROM flow f WHERE ${placeOf(driver)} LIMIT ${FEW + 1}) x LIMIT ${FEW + 1}) counted`

/** Of lane and kind the one whose values cover fewer flows, by the count ledger; asked only when both are filtered. */
async function smallerOf(db: Named, filter: FlowListFilter): Promise<'lane' | 'kind'> {
  if (!filter.lane?.length || !filter.kind?.length) return 'lane'
  const [row] = await db.rows<{ byLane: boolean }>('smallerOf', SMALLER_OF, [filter.lane, filter.kind, filter.status?.length ? filter.status : null])
  return row?.byLane ? 'lane' : 'kind'
}

const SMALLER_OF = `
SELECT coalesce(sum(count) FILTER (WHERE lane = ANY($1::text[])), 0) <= coalesce(sum(count) FILTER (WHERE kind = ANY($2::text[])), 0) AS "byLane"
  FROM ${COUNTED} c WHERE $3::text[] IS NULL OR word = ANY($3)`
