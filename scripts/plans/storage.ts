/**
 * npx tsx scripts/plans/storage.ts: the same burst of lives under several storage settings, each in a database of its own, and what it left behind:
 * updates that stayed on their page, dead rows, sizes, and what a claim costs at the end.
 */
import { mkdtemp } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { openPool } from '@sluice/db'
import { startEmbedded } from '@sluice/db/embedded'
import { migrate } from '@sluice/db/migrate'
import { DEFAULT_SETTINGS, openEngine } from '@sluice/engine'
import { figures, runLoad } from './load.ts'
import type { Load } from './load.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const ALL = ['flow', 'attempt', 'flow_event', 'flow_progress', 'flow_count_ledger', 'flow_search', 'idempotency_key']
const RESET = ALL.map(table => `ALTER TABLE ${table} RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_analyze_scale_factor, autovacuum_vacuum_insert_scale_factor)`)
const filled = (flow: number, attempt: number, progress: number): string[] => [
  `ALTER TABLE flow SET (fillfactor = ${flow})`, `ALTER TABLE attempt SET (fillfactor = ${attempt})`, `ALTER TABLE flow_progress SET (fillfactor = ${progress})`,
]
const EARLY = ['flow', 'attempt', 'flow_progress'].map(table => `ALTER TABLE ${table} SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000)`)
  .concat('ALTER TABLE flow_count_ledger SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)')
const AT_ONCE = ['words', 'labels'].map(column => `ALTER INDEX flow_search_${column}_idx SET (fastupdate = off)`)

/** Fillfactors of flow, attempt and flow_progress, and what else is set. */
const CANDIDATES: Record<string, string[]> = {
  'PostgreSQL as it comes': RESET,
  '100, 100, 100, vacuumed early': [...RESET, ...EARLY, ...filled(100, 100, 100)],
  '85, 80, 100, vacuumed early': [...RESET, ...EARLY, ...filled(85, 80, 100)],
  '70, 70, 50, vacuumed early': [...RESET, ...EARLY, ...filled(70, 70, 50)],
  '50, 50, 50, vacuumed early': [...RESET, ...EARLY, ...filled(50, 50, 50)],
  '70, 70, 50, vacuumed early, search without fastupdate': [...RESET, ...EARLY, ...filled(70, 70, 50), ...AT_ONCE],
  'as migrated': [],
}

const LEFT = `
SELECT relname AS table, n_tup_upd AS updated, n_tup_hot_upd AS hot, n_dead_tup AS dead, autovacuum_count AS vacuums,
       (pg_relation_size(relid) / 1048576.0)::float8 AS heap, (pg_indexes_size(relid) / 1048576.0)::float8 AS indexes
  FROM pg_stat_user_tables WHERE relname = ANY($1::text[]) ORDER BY relname`
interface Left { table: string; updated: string; hot: string; dead: string; vacuums: string; heap: number; indexes: number }

async function tryCandidate(admin: pg.Client, o: { name: string; url: string; lives: number }): Promise<void> {
  await admin.query('DROP DATABASE IF EXISTS burst WITH (FORCE)')
  await admin.query('CREATE DATABASE burst TEMPLATE sluice')
  const url = o.url.replace(/\/sluice$/, '/burst')
  const pool = openPool({ url, max: 8, log: () => undefined })
  for (const statement of CANDIDATES[o.name] ?? []) await pool.query(statement)
  const engine = await openEngine({ pool, settings: DEFAULT_SETTINGS, transport: null, process: { id: 'burst', version: 'plans', roles: [] }, log: () => undefined })
  // Folds and sweeps run as they do in operation.
  engine.startDispatcher()
  const load = await runLoad(engine.deps, lives => lives < o.lives)
  await engine.close()
  const { rows } = await pool.query<Left>(LEFT, [ALL])
  await pool.end()
  print(o.name, { load, left: rows })
}

function print(name: string, { load, left }: { load: Load; left: Left[] }): void {
  const call = (of: string, from: number): string => { const f = figures(load.calls.get(of) ?? [], from); return `${f.median.toFixed(1)} / ${f.p95.toFixed(1)}` }
  say(`\n${name}: ${load.lives} lives in ${load.seconds.toFixed(0)} s (load average ${loadavg()[0]?.toFixed(1)}); median / 95 % of the last third of calls of 200, in ms`)
  say(`  ${['create', 'claim', 'start', 'heartbeat', 'progress', 'finish'].map(of => `${of} ${call(of, 0.66)}`).join('   ')}`)
  for (const t of left) {
    const hot = Number(t.updated) === 0 ? '–' : `${Math.round((100 * Number(t.hot)) / Number(t.updated))} %`
    say(`  ${t.table.padEnd(18)} updates in place ${hot.padStart(5)}   dead ${t.dead.padStart(7)}   vacuums ${t.vacuums.padStart(2)}   heap ${t.heap.toFixed(0).padStart(4)} MB   indexes ${t.indexes.toFixed(0).padStart(4)} MB`)
  }
}

const { values } = parseArgs({ options: { flows: { type: 'string', default: '100000' }, only: { type: 'string', default: '' } } })
const dir = await mkdtemp(path.join(tmpdir(), 'sluice-storage-'))
// Vacuum looks four times a minute instead of once: the burst is short.
const server = await startEmbedded({ dir, log: () => undefined, settings: ['autovacuum_naptime=15s'], temporary: true })
try {
  await migrate(server.url, fileURLToPath(new URL('../../prisma/migrations', import.meta.url)))
  const admin = new pg.Client({ connectionString: server.url.replace(/\/sluice$/, '/postgres') })
  await admin.connect()
  const names = Object.keys(CANDIDATES).filter(name => name.includes(values.only))
  for (const name of names) await tryCandidate(admin, { name, url: server.url, lives: Number(values.flows) })
  await admin.end()
} finally {
  await server.stop()
}
