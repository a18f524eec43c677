import pg from 'pg'
import { LEDGER, RUNNING, SURROUNDINGS, endedChunk, endedOf, queuedChunk, runningFlows } from './seed-sql.ts'

const CHUNK = 500_000
/** Their indexes are built when they are full, which takes a third of the time. */
const FILLED = ['flow', 'attempt', 'flow_event', 'flow_search', 'flow_progress', 'idempotency_key', 'audit_entry']

/** Server settings for seeding only: nothing is safe from a crash, and what a transaction fills itself is not logged. */
export const SEEDING_SETTINGS = [
  'fsync=off', 'full_page_writes=off', 'wal_level=minimal', 'max_wal_senders=0', 'max_wal_size=8GB', 'checkpoint_timeout=1h', 'autovacuum=off', 'shared_buffers=1GB',
  'maintenance_work_mem=1GB', 'work_mem=128MB', 'max_parallel_workers_per_gather=0', 'max_parallel_maintenance_workers=0',
]

/** The number of queued flows that this database was seeded with; null = it was not, or not to the end. */
export async function seededWith(url: string): Promise<number | null> {
  return withClient(url, async client => {
    const { rows } = await client.query<{ queued: string | null }>(`SELECT obj_description('flow'::regclass) AS queued`)
    return rows[0]?.queued ? Number(rows[0].queued) : null
  })
}

/** Fills a migrated, empty database. say is told every step with the seconds it took. */
export async function seed(url: string, o: { queued: number; say(line: string): void }): Promise<void> {
  await withClient(url, async client => {
    const step = async (name: string, work: () => Promise<unknown>): Promise<void> => {
      const began = performance.now()
      await work()
      o.say(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`)
    }
    const builds = await takeIndexesAway(client)
    const ended = endedOf(o.queued)
    for (const [from, to] of chunks(ended)) await step(`ended to ${to}`, () => runAll(client, endedChunk(from, to, ended)))
    await step('running', () => runAll(client, runningFlows(ended)))
    for (const [from, to] of chunks(o.queued)) await step(`queued to ${to}`, () => runAll(client, queuedChunk(from, to, { offset: ended + RUNNING, queued: o.queued })))
    await step('surroundings', () => runAll(client, SURROUNDINGS))
    for (const build of builds) await step(build.replace(/^CREATE (UNIQUE )?INDEX (\S+) .*|^ALTER TABLE \S+ ADD CONSTRAINT (\S+) .*/, '$2$3'), () => client.query(build))
    await step('triggers', () => client.query('ALTER TABLE flow ENABLE TRIGGER USER'))
    await step('vacuum', () => runEach(client, FILLED.map(table => `VACUUM (FREEZE, ANALYZE) ${table}`)))
    await step('ledger', () => runAll(client, LEDGER))
    await step('numbering', () => client.query(`SELECT setval('flow_event_position_seq', (SELECT max(position) FROM flow_event))`))
    await step('analyze', () => client.query('ANALYZE'))
    await refuseWrong(client)
    await client.query(`COMMENT ON TABLE flow IS '${o.queued}'`)
    await client.query('CHECKPOINT')
  })
}

const chunks = (total: number): [number, number][] =>
  Array.from({ length: Math.ceil(total / CHUNK) }, (_, i) => [i * CHUNK + 1, Math.min(total, (i + 1) * CHUNK)])

async function runAll(client: pg.Client, statements: string[]): Promise<void> {
  await client.query('BEGIN')
  await runEach(client, statements)
  await client.query('COMMIT')
}

async function runEach(client: pg.Client, statements: string[]): Promise<void> {
  for (const statement of statements) await client.query(statement)
}

/** Drops the indexes and keys of what is filled, and returns what builds them again. */
async function takeIndexesAway(client: pg.Client): Promise<string[]> {
  const keys = await client.query<{ of: string; name: string; definition: string }>(
    `SELECT conrelid::regclass::text AS of, conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE contype = 'p' AND conrelid = ANY($1::regclass[])`, [FILLED])
  for (const key of keys.rows) await client.query(`ALTER TABLE ${key.of} DROP CONSTRAINT ${key.name}`)
  const indexes = await client.query<{ name: string; definition: string }>('SELECT indexname AS name, indexdef AS definition FROM pg_indexes WHERE tablename = ANY($1::text[])', [FILLED])
  for (const index of indexes.rows) await client.query(`DROP INDEX ${index.name}`)
  // What the trigger would write is seeded with less work, and compared below.
  await client.query('ALTER TABLE flow DISABLE TRIGGER USER')
  return [...keys.rows.map(key => `ALTER TABLE ${key.of} ADD CONSTRAINT ${key.name} ${key.definition}`), ...indexes.rows.map(index => index.definition)]
}

const WRONG = `
SELECT 'search' AS what FROM (SELECT * FROM flow ORDER BY id DESC LIMIT 1000) f JOIN flow_search s ON s.flow_id = f.id
 WHERE s.words <> array_to_tsvector(flow_words(f.title)) OR NOT (s.labels @> flow_labels(f.labels) AND s.labels <@ flow_labels(f.labels))
UNION ALL SELECT 'transaction ids' FROM (SELECT max(xid) AS last FROM flow_event) e WHERE e.last >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint`

async function refuseWrong(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ what: string }>(WRONG)
  if (rows[0]) throw new Error(`The seeded rows are not what the engine would have written: ${rows[0].what}.`)
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'sluice plans' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
