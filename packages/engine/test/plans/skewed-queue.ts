import pg from 'pg'

/** Of the queued ones: how many are due and unblocked, and how many wait for their time. */
export const QUEUED = { ready: 27_500, delayed: 6000 }
export const RUNNING = 500

/**
 * 100,000 flows as a bad day leaves them, analysed: 40,000 queued, of which only the last few can run, behind them 60,000 that ended.
 * In lane default, in front of everything that can run: 6,000 held and 6,000 delayed at high priorities, 15,000 of a kind nobody handles.
 */
export async function seedSkewed(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ name: string; definition: string }>(`SELECT indexname AS name, indexdef AS definition FROM pg_indexes WHERE tablename = 'flow' AND indexname LIKE '%idx'`)
  // Built afterwards, the indexes cost a third of the time.
  await client.query(`DROP INDEX ${rows.map(r => r.name).join(', ')}`)
  await client.query(SKEWED)
  await client.query(rows.map(r => r.definition).join(';'))
  await client.query('ANALYZE')
  // What GIN indexes have pending is read from end to end until a vacuum sorts it in.
  await client.query('VACUUM flow_search')
  await client.end()
}

/** The same rows as they come in use: into indexes that are there, and nobody has analysed them. */
export async function fillUnnoticed(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(SKEWED)
  await client.end()
}

const SKEWED = `
SET LOCAL synchronous_commit = off;
INSERT INTO lane (id, name, created_at) SELECT 'lane_' || n, n, now() FROM unnest('{batch,quiet,empty}'::text[]) n;
INSERT INTO quota (scope, subject, max_active, set_at) VALUES ('LANE', 'batch', 50, now()), ('PRINCIPAL', 'prn_capped', 20, now());
UPDATE quota SET max_active = 400 WHERE scope = 'GLOBAL';
INSERT INTO worker (id, instance_id, name, principal_id, kinds, lanes, capacity, registered_at, heartbeat_at, expires_at)
  SELECT 'wrk_' || n, 'i' || n, 'w' || n, 'prn_worker', '{report,mail}', '{}', 100, now(), now(), now() + interval '1 hour' FROM generate_series(1, 5) n;
INSERT INTO worker (id, instance_id, name, principal_id, kinds, lanes, capacity, state, registered_at, heartbeat_at, expires_at)
  SELECT 'wrk_dead' || n, 'd' || n, 'd' || n, 'prn_worker', '{report}', '{}', 100, 'DEAD', now(), now(), now() - interval '1 hour' FROM generate_series(1, 2000) n;

INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, phase, terminal_reason, priority, queue_class, rank, order_at, cap_group, blocked, held_at,
                  not_before, slot_held, on_lease_lost, max_attempts, epoch, current_attempt, created_at, queued_at, started_at, finished_at, last_sequence, last_event_at)
SELECT 'flow_' || lpad(n::text, 6, '0'), s.kind, 'Report ' || n || CASE WHEN n % 5000 = 11 THEN ' Sirius' ELSE '' END, s.lane, s.principal, '{"path": "docs"}',
       CASE WHEN n % 5000 = 11 THEN '{"env": "rare"}'::jsonb ELSE '{"env": "prod"}' END, s.status::flow_status,
       CASE WHEN s.status = 'RUNNING' THEN 'WORKING'::flow_phase END, CASE WHEN s.ended THEN 'completed' END, s.priority, CASE WHEN s.status = 'QUEUED' THEN 'NEW'::queue_class END,
       9002 - s.priority, greatest(t, CASE WHEN s.delayed THEN now() + n * interval '1 second' END), CASE WHEN s.principal = 'prn_capped' THEN 'prn_capped' ELSE '' END,
       s.held, CASE WHEN s.held THEN t END, CASE WHEN s.delayed THEN now() + n * interval '1 second' END, s.status = 'RUNNING', 'FAIL', 1, 1,
       CASE WHEN s.status = 'RUNNING' OR s.ended THEN 0 END, t, t, CASE WHEN s.status <> 'QUEUED' THEN t END, CASE WHEN s.ended THEN t + interval '1 minute' END, 3, t
  FROM generate_series(1, 100000) n
  CROSS JOIN LATERAL (SELECT now() - interval '3 days' + n * interval '2 seconds' AS t) clock
  CROSS JOIN LATERAL (SELECT n <= 60000 AS ended, n > 60500 AND n <= 66500 AS held, n > 66500 AND n <= 72500 AS delayed) p
  CROSS JOIN LATERAL (SELECT p.*, CASE WHEN n <= 60000 THEN CASE WHEN n % 200 = 0 THEN 'FAILED' WHEN n % 20 = 1 THEN 'CANCELLED' ELSE 'FINISHED' END
                                       WHEN n <= 60500 THEN 'RUNNING' ELSE 'QUEUED' END AS status,
       CASE WHEN n > 72500 AND n <= 87500 THEN 'orphan' WHEN n % 5 = 0 THEN 'mail' ELSE 'report' END AS kind,
       CASE WHEN n > 87500 AND n <= 95000 THEN 'batch' WHEN n % 1000 = 7 AND n <= 60000 THEN 'quiet' ELSE 'default' END AS lane,
       CASE WHEN n > 95000 AND n <= 99000 THEN 'prn_capped' WHEN n % 5000 = 0 THEN 'prn_rare' ELSE 'prn_busy' END AS principal,
       CASE WHEN held THEN 9000 WHEN delayed THEN 5000 - n % 20 WHEN n > 72500 AND n <= 87500 THEN 100 WHEN n > 99000 THEN n % 3 ELSE 0 END AS priority) s;

INSERT INTO attempt (flow_id, index, type, worker_id, epoch, started_at, reported_at, renewed_at, expires_at, ended_at, end_reason)
  SELECT id, 0, 'INITIAL', CASE WHEN finished_at IS NULL THEN 'wrk_' || (1 + right(id, 2)::int % 5) ELSE 'wrk_dead1' END, 1, queued_at, queued_at, queued_at,
         now() + interval '45 s', finished_at, CASE WHEN finished_at IS NOT NULL THEN 'finished' END
    FROM flow WHERE current_attempt = 0;
INSERT INTO flow_event (flow_id, sequence, type, status, actor, at, payload, xid)
  SELECT id, 1, 'flow.queued', 'QUEUED', 'prn_busy', queued_at, '{"cause": "created"}', row_number() OVER (ORDER BY id) / 200 FROM flow WHERE right(id, 1)::int % 2 = 0;
INSERT INTO flow_count_total (lane, kind, word, count) SELECT lane, kind, status::text, count(*) FROM flow GROUP BY 1, 2, 3;
INSERT INTO flow_count_minute (minute, lane, kind, word, count) SELECT date_trunc('minute', queued_at), lane, kind, w, count(*) FROM flow, unnest('{queued,started,QUEUED}'::text[]) w GROUP BY 1, 2, 3, 4;
INSERT INTO flow_count_ledger (minute, lane, kind, word, delta) SELECT date_trunc('minute', now()), 'default', 'report', w, 1 FROM generate_series(1, 500), unnest('{QUEUED,queued}'::text[]) w;
INSERT INTO flow_count_ledger (minute, lane, kind, word, delta) SELECT date_trunc('minute', now()), 'default', 'report', 'QUEUED', -500;`
