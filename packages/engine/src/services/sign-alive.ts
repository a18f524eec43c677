/**
 * Outages (D-35): every process signs itself alive. After a stretch without any signature nothing is taken away from workers until a full lease
 * time has passed in which their heartbeats could arrive. The resting time is a row, judged by the database's clock.
 */
import type { Named } from '@sluice/db'

export const SIGN_EVERY_MS = 5000
const SILENCE_MS = 15_000
/** Signing more often than this would be work for its own sake; leases under 1.8 s are not for outages. */
const LEAST_SILENCE_MS = 600

/**
 * Without a signature for so long nobody serves workers. With heartbeats twice in a lease time at least, a third of it is what a lease can
 * outlive with time left to be renewed, so no shorter outage goes unnoticed that could cost one.
 */
export const silenceMs = (o: { leaseTtlMs: number }): number => Math.max(LEAST_SILENCE_MS, Math.min(SILENCE_MS, Math.floor(o.leaseTtlMs / 3)))

export const signAliveEveryMs = (o: { leaseTtlMs: number }): number => Math.floor(silenceMs(o) / 3)

export interface ProcessIdentity { id: string; version: string; roles: string[] }

/** Said by every process that serves workers. The first signature after a silence begins the rest. */
export const signAlive = (db: Named, o: { leaseTtlMs: number }): Promise<unknown> =>
  db.rows(
    'signAlive',
    `WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
     UPDATE system_state s SET alive_at = c.now,
            resting_until = CASE WHEN c.now - s.alive_at > $1 * interval '1 ms' THEN c.now + $2 * interval '1 ms' ELSE s.resting_until END
       FROM clock c WHERE s.id = 1`,
    [silenceMs(o), o.leaseTtlMs],
  )

/** Whether nothing may be taken from workers now: nobody has served them lately, or somebody only just began to again. */
export async function isResting(db: Named, o: { leaseTtlMs: number }): Promise<boolean> {
  const [row] = await db.rows<{ resting: boolean }>(
    'isResting',
    `SELECT resting_until > clock_timestamp() OR clock_timestamp() - alive_at > $1 * interval '1 ms' AS resting FROM system_state WHERE id = 1`,
    [silenceMs(o)],
  )
  return row?.resting ?? true
}

/** The process's own row, for the list of who is up. Rows of the long gone are dropped on the way. */
export async function signProcess(db: Named, p: ProcessIdentity): Promise<void> {
  await db.rows(
    'signProcess',
    `WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
     gone AS (DELETE FROM server_process s USING clock c WHERE s.alive_at < c.now - interval '1 day' AND s.id <> $1)
     INSERT INTO server_process AS s (id, version, roles, started_at, alive_at) SELECT $1, $2, $3::text[], c.now, c.now FROM clock c
     ON CONFLICT (id) DO UPDATE SET alive_at = excluded.alive_at`,
    [p.id, p.version, p.roles],
  )
}

export const signOff = (db: Named, id: string): Promise<unknown> => db.rows('signOff', 'DELETE FROM server_process WHERE id = $1', [id])
