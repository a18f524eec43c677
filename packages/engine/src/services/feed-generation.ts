/**
 * The feed's generation (D-37). A cursor says (generation, transaction id, position), and transaction ids only mean something within the cluster that
 * gave them: where rows come from a backup, a new generation begins, every cursor of an earlier one answers a gap, and what happened before it lies at
 * transaction id 0, below everything to come.
 */
import { named, transact } from '@sluice/db'
import type { Log, Pool, Tx } from '@sluice/db'

/**
 * Begins a new generation of the feed: no cursor given out before continues without a gap. Whoever fills the tables from a backup calls it in the
 * transaction that does, and writes 0 to flow_event.xid of every row.
 */
export const beginGeneration = (tx: Tx): Promise<unknown> => tx.rows('beginGeneration', BEGIN_GENERATION)

// Nobody has a cursor of the new generation yet, so nothing was deleted behind one: the horizon is at the start.
const BEGIN_GENERATION = `
UPDATE system_state SET generation = md5(random()::text || clock_timestamp()::text), horizon_xid = 0, horizon_position = 0 WHERE id = 1`

const BATCH = 20_000
const LOOK_AGAIN_MS = 100

/**
 * At boot, before anything is served: rows restored by other means than ours into a cluster whose transaction ids are below theirs would stay unseen and
 * then appear among the new ones. Begins a new generation and puts them at its beginning, in batches; one process does, the others wait for it.
 * Killed on the way, the next boot does the rest. Answers how many events were moved; 0 where nothing is foreign, which costs one look at an index.
 */
export async function noticeForeignRestore(o: { pool: Pool; log: Log }): Promise<number> {
  if (!(await isForeign(o.pool))) return 0
  return alone(o.pool, async () => {
    // The generation first: were it last, a kill in between would leave nothing that tells of the restore.
    if (!(await transact(o.pool, async tx => (await isForeign(tx)) && (await beginGeneration(tx), true)))) return 0
    const events = await moveToTheBeginning(o.pool)
    o.log({ event: 'feed.foreign_restore', message: 'The database was restored from another cluster: a new generation of the feed begins, subscribers read again.', events })
    return events
  })
}

const isForeign = async (db: Pool | Tx): Promise<boolean> => {
  const [row] = await ('rows' in db ? db : named(db)).rows<{ foreign: boolean }>('isForeignFeed', IS_FOREIGN)
  return row?.foreign ?? false
}

// What a statement sees was committed below the end of its snapshot, or came from elsewhere.
const IS_FOREIGN = `
SELECT greatest(s.horizon_xid, (SELECT e.xid FROM flow_event e ORDER BY e.xid DESC, e.position DESC LIMIT 1))
       >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS foreign
  FROM system_state s WHERE s.id = 1`

/** From the top down, as far as the feed would still call them undecided: what lies below is history already. */
async function moveToTheBeginning(pool: Pool): Promise<number> {
  let moved = 0
  for (let last: { xid: string; position: string } | null = TOP; last !== null;) {
    const [row]: Moved[] = await named(pool).rows<Moved>('moveToTheBeginning', MOVE, [last.xid, last.position, BATCH])
    moved += row?.moved ?? 0
    last = row?.xid != null && row.position !== null ? { xid: row.xid, position: row.position } : null
  }
  return moved
}

type Moved = { moved: number; xid: string | null; position: string | null }
const TOP = { xid: '9223372036854775807', position: '9223372036854775807' }

// Goes on below the last batch: from the top again it would walk over the dead entries of all earlier ones.
const MOVE = `
WITH batch AS MATERIALIZED (
  SELECT flow_id, sequence, xid, position FROM flow_event WHERE (xid, position) < ($1::bigint, $2::bigint) AND xid >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
   ORDER BY xid DESC, position DESC LIMIT $3
),
moved AS (UPDATE flow_event e SET xid = 0 FROM batch b WHERE e.flow_id = b.flow_id AND e.sequence = b.sequence RETURNING 1),
edge AS (SELECT xid, position FROM batch ORDER BY xid, position LIMIT 1)
SELECT (SELECT count(*)::int FROM moved) AS moved, (SELECT xid FROM edge) AS xid, (SELECT position FROM edge) AS position`

/** Runs work while this process alone holds the lock; a session's lock, so that it ends with a process that is killed. */
async function alone<T>(pool: Pool, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    // Asked again and again: a statement that waits for long would end by its timeout.
    while (!(await tryLock(client))) await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN_MS))
    return await work()
  } finally {
    // Not back into the pool: its lock ends with it.
    client.release(true)
  }
}

const tryLock = async (client: { query(text: string): Promise<{ rows: { got: boolean }[] }> }): Promise<boolean> =>
  (await client.query(`SELECT pg_try_advisory_lock(hashtext('sluice.generation')) AS got`)).rows[0]?.got ?? false
