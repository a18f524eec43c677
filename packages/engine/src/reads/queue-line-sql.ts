/**
 * The line of a lane: what is due and not blocked, in the order of D-34, read lazily. One probe per rank that exists, so rows that are not due yet
 * (they stand behind the due ones of their rank) are never walked over: the work does not grow with how many cannot run (INV-47).
 * PostgreSQL evaluates only as many steps of the recursion as the LIMITs around it fetch; steps come in order of rank, rows within a step in order.
 */
export interface LineParts {
  /** SQL giving the lane's name. */
  lane: string
  /** SQL giving the instant that "due" is judged by. */
  now: string
  limit: string
  /** Where to begin: strictly after (rank, orderAt, id). Absent = at the head. */
  after?: { rank: string; orderAt: string; id: string }
  /** The last rank worth looking at. Absent = all. */
  lastRank?: string
  /** One more condition on q, e.g. whose flows. */
  only?: string
}

const READY = `q.status = 'QUEUED' AND NOT q.blocked`

export function lineSql({ lane, now, limit, after, lastRank, only }: LineParts): string {
  const inLane = `${READY} AND q.lane = ${lane}`
  const upTo = lastRank ? `AND q.rank <= ${lastRank}` : ''
  const from = after ? `AND q.rank >= ${after.rank}` : ''
  // A row comparison even where the step lies behind the cursor's rank: an OR would walk the rank from its beginning.
  const beyond = after
    ? `AND (q.order_at, q.id) > (CASE WHEN s.rank = ${after.rank} THEN ${after.orderAt} ELSE '-infinity' END, CASE WHEN s.rank = ${after.rank} THEN ${after.id} ELSE '' END)`
    : ''
  return `(
  WITH RECURSIVE step AS (
    (SELECT q.rank FROM flow q WHERE ${inLane} ${from} ${upTo} ORDER BY q.rank LIMIT 1)
    UNION ALL
    SELECT (SELECT q.rank FROM flow q WHERE ${inLane} AND q.rank > s.rank ${upTo} ORDER BY q.rank LIMIT 1) FROM step s WHERE s.rank IS NOT NULL
  )
  SELECT c.* FROM step s CROSS JOIN LATERAL (
    SELECT q.id, q.rank, q.order_at FROM flow q
     WHERE ${inLane} AND q.rank = s.rank AND q.order_at <= ${now} AND (q.not_before IS NULL OR q.not_before <= ${now}) ${beyond} ${only ? `AND ${only}` : ''}
     ORDER BY q.order_at, q.id LIMIT ${limit}) c
   LIMIT ${limit})`
}
