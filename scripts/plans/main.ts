/**
 * npm run plans: seeds a database of its own, runs every list, count, place, promotion and report of the engine on it, prints what each took, keeps the
 * EXPLAIN JSON of each statement, and fails where one scans or takes too long. docs/scale.md has the figures and the options.
 */
import { loadavg } from 'node:os'
import { openPool } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { DEFAULT_SETTINGS, openEngine } from '@sluice/engine'
import type { Engine } from '@sluice/engine'
import { openSeeded } from './database.ts'
import { countCases, listCases } from './list-cases.ts'
import { readOptions } from './options.ts'
import type { PlanOptions } from './options.ts'
import { findPlaces } from './places.ts'
import type { PlanCase } from './plan-case.ts'
import { HEADER, judge, keepExplained, printable } from './print-result.ts'
import { queueCases } from './queue-cases.ts'
import { openRecorder } from './recorder.ts'
import { measureRetention } from './retention-load.ts'
import { upkeepCases } from './upkeep-cases.ts'
import { commandCases, promotionCases, reportCases, shortClaims } from './write-cases.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function run(o: PlanOptions): Promise<string[]> {
  const database = await openSeeded(o, say)
  const pools = Object.fromEntries(['steady', 'explaining', 'timing'].map(name => [name, openPool({ url: database.url, max: name === 'explaining' ? 1 : 4, log: () => undefined })])) as Record<'steady' | 'explaining' | 'timing', Pool>
  const engines: Engine[] = []
  const open = async (pool: Pool): Promise<Engine['deps']> => {
    const settings = { ...DEFAULT_SETTINGS, maxConcurrentFlows: 5000, leaseTtlMs: 3_600_000, sweepPromoterMs: 3_600_000 }
    const engine = await openEngine({ pool, settings, transport: null, process: { id: `plans-${engines.length}`, version: 'plans', roles: [] }, log: () => undefined })
    engines.push(engine)
    return engine.deps
  }
  try {
    const steady = await open(pools.steady)
    await keepLeasesAlive(pools.steady)
    const places = await findPlaces(pools.steady)
    const cases = [
      ...promotionCases(steady), ...reportCases(steady), ...commandCases(steady, places), ...upkeepCases(), ...queueCases(places), ...listCases(places), ...countCases(places),
    ].filter(c => o.only.length === 0 || o.only.some(word => `${c.group}: ${c.name}`.includes(word)))
    const wrong = await measureAll(cases, { o, recorder: await openRecorder(pools, open) })
    if (o.load > 0) await measureRetention({ deps: steady, pool: pools.steady, seconds: o.load, say })
    return wrong
  } finally {
    for (const engine of engines) await engine.close()
    for (const pool of Object.values(pools)) await pool.end()
    await database.close()
  }
}

async function measureAll(cases: PlanCase[], { o, recorder }: { o: PlanOptions; recorder: Awaited<ReturnType<typeof openRecorder>> }): Promise<string[]> {
  say(`${cases.length} cases on ${o.queued} queued flows and ${o.queued * 5} that ended, ${o.runs} runs each; load average ${loadavg()[0]?.toFixed(1)}`)
  say(HEADER)
  const wrong: string[] = []
  for (const one of cases) {
    const result = await recorder.measure(one, o.runs)
    printable(result).forEach(say)
    await keepExplained(o.out, result)
    wrong.push(...judge(result))
  }
  say(`load average ${loadavg()[0]?.toFixed(1)}; the plans are in ${o.out}`)
  if (shortClaims.size > 0) say(`Some claims of ${[...shortClaims].join(', ')} found fewer flows: this queue is too small, or too worn, for their figures.`)
  return wrong
}

/** Leases of an earlier run, or of the seeding, have run out by now; the cases are about those that have not. */
async function keepLeasesAlive(pool: Pool): Promise<void> {
  await pool.query(`UPDATE attempt SET expires_at = now() + interval '1 day' WHERE ended_at IS NULL`)
  await pool.query(`UPDATE worker SET expires_at = now() + interval '1 day' WHERE state <> 'DEAD'`)
  await pool.query(`INSERT INTO worker (id, instance_id, name, principal_id, kinds, lanes, capacity, registered_at, heartbeat_at, expires_at)
    SELECT 'wrk_live' || n, 'live' || n, 'live' || n, 'prn_worker', '{report,mailing,import}', '{}', 100, now(), now(), now() + interval '1 day' FROM generate_series(1, 5) n
    ON CONFLICT DO NOTHING`)
  await pool.query(`UPDATE system_state SET alive_at = now() + interval '1 day', resting_until = now() - interval '1 day'`)
}

const wrong = await run(readOptions(process.argv.slice(2)))
wrong.forEach(sentence => process.stderr.write(`${sentence}\n`))
process.exitCode = wrong.length > 0 ? 1 : 0
