/** What retention costs those who work: the same load of lives alone, beside flows leaving the lists, and beside their purge. */
import type { Pool } from '@sluice/db'
import type { Deps } from '@sluice/engine'
import { sweepRetention } from '../../packages/engine/src/services/sweep-retention.ts'
import { figures, runLoad } from './load.ts'
import type { Load } from './load.ts'

interface RetentionLoad { deps: Deps; pool: Pool; seconds: number; say(line: string): void }

export async function measureRetention({ deps, pool, seconds, say }: RetentionLoad): Promise<void> {
  const load = (): Promise<Load> => { const until = performance.now() + seconds * 1000; return runLoad(deps, () => performance.now() < until) }
  say(print('alone', await load()))
  const days = await daysBehindWhichFlowsAre(pool)
  say(print('beside flows that leave the lists', await beside({ deps, days, load, say })))
  // As if the hour were over that they rest before they are purged.
  await pool.query(`UPDATE flow SET deleted_at = deleted_at - interval '2 hours' WHERE deleted_at IS NOT NULL`)
  say(print('beside their purge', await beside({ deps, days: 0, load, say })))
  say(print('alone again', await load()))
}

/** Three tenths of what has ended are older than so many days. */
async function daysBehindWhichFlowsAre(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ days: number }>(
    `SELECT extract(epoch FROM now() - oldest.finished_at)::float8 * 0.7 / 86400 AS days
       FROM (SELECT finished_at FROM flow WHERE status = 'FINISHED' AND finished_at IS NOT NULL AND deleted_at IS NULL ORDER BY finished_at, id LIMIT 1) oldest`)
  return rows[0]?.days ?? 1
}

/** Retention goes on without end while the load runs; what it had in hand is committed, then it stops. */
async function beside({ deps, days, load, say }: { deps: Deps; days: number; load: () => Promise<Load>; say(line: string): void }): Promise<Load> {
  const stop = new AbortController()
  const began = performance.now()
  const sweeping = sweepRetention({ ...deps, closing: stop.signal, settings: { ...deps.settings, flowRetentionDays: days } })
  const done = await load()
  stop.abort()
  const { hidden, purged } = await sweeping
  say(`  meanwhile ${hidden} flows left the lists and ${purged} were purged: ${Math.round((hidden + purged) / ((performance.now() - began) / 1000))} a second`)
  return done
}

function print(what: string, { lives, seconds, calls }: Load): string {
  const call = (name: string): string => { const f = figures(calls.get(name) ?? []); return `${name} ${f.median.toFixed(0)} / ${f.p95.toFixed(0)}` }
  return `load of lives ${what}: ${Math.round(lives / seconds)} a second; calls of 200 in ms, median / 95 %: ${['create', 'claim', 'start', 'finish'].map(call).join(', ')}`
}
