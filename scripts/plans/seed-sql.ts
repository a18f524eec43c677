/**
 * The data: what a busy installation holds after two months, generated in the database. Skewed on purpose, dense and rare values beside each other, and
 * most of the queue cannot run. Every choice is a hash of the row's number, so that two seedings give the same rows.
 */

/** queued flows, five times as many ended, and these that run. */
export const RUNNING = 500

const ENDED_PER_QUEUED = 5
export const endedOf = (queued: number): number => queued * ENDED_PER_QUEUED

const CITIES = `'{Lisbon,Porto,Braga,Faro,Madrid,Bilbao,Paris,Lyon,Nantes,Turin,Milan,Rome,Vienna,Graz,Berlin,Hamburg,Bremen,Oslo,Bergen,Turku}'::text[]`

/** A number below 1,000 that looks random; salts make independent ones. */
const hash = (salt: number): string => `(mod(hashint8extended(n::bigint, ${salt}) & 9223372036854775807, 1000))::int`

const idOf = (n: string): string => `'flow_00' || lpad((${n})::text, 24, '0')`

// Dense, middling, small and rare values of each dimension.
const LANE = `CASE WHEN n % 5000 = 4999 THEN 'quiet' WHEN lane_hash < 700 THEN 'default' WHEN lane_hash < 900 THEN 'batch' WHEN lane_hash < 980 THEN 'mail' ELSE 'small-' || lane_hash % 20 END`
const KIND = `CASE WHEN n % 50000 = 17 THEN 'yearly' WHEN kind_hash < 600 THEN 'report' WHEN kind_hash < 850 THEN 'mailing' WHEN kind_hash < 950 THEN 'import' ELSE 'kind-' || kind_hash % 20 END`
const OWNER = `CASE WHEN n % 250000 = 3 THEN 'prn_rare' WHEN owner_hash < 500 THEN 'prn_busy' ELSE 'prn_' || lpad((owner_hash * 4 + n % 4)::text, 4, '0') END`
const TITLE = `CASE WHEN n % 500000 = 5 THEN 'Zeppelin recall ' || n ELSE 'Monthly report ' || n || ' for ' || city END`
const WORDS = `array_to_tsvector(CASE WHEN n % 500000 = 5 THEN ARRAY['zeppelin', 'recall', n::text] ELSE ARRAY['monthly', 'report', n::text, 'for', lower(city)] END)`
const LABELS = `CASE WHEN n % 500000 = 11 THEN jsonb_build_object('env', env, 'tenant', tenant, 'incident', '4711') ELSE jsonb_build_object('env', env, 'tenant', tenant) END`
const TOKENS = `ARRAY['env', 'env=' || env, 'tenant', 'tenant=' || tenant] || CASE WHEN n % 500000 = 11 THEN '{incident,incident=4711}'::text[] ELSE '{}' END`
const INPUT = `jsonb_build_object('customer', n, 'path', 'exports/2026/' || n || '/statement.pdf', 'language', 'pt', 'note', 'Send to the account manager when done; keep a copy for the archive.')`

/** Rows with their hashes; from and to are counted over all flows: first those that ended, then those that run, then the queue. */
const numbered = (from: number, to: number): string => `
  SELECT n, ${LANE} AS lane, ${KIND} AS kind, ${OWNER} AS owner, status_hash, city, env, tenant FROM (
    SELECT n, ${hash(1)} AS lane_hash, ${hash(2)} AS kind_hash, ${hash(3)} AS owner_hash, ${hash(4)} AS status_hash,
           (${CITIES})[1 + ${hash(5)} % 20] AS city, CASE WHEN ${hash(6)} < 800 THEN 'prod' ELSE 'staging' END AS env, 'tenant-' || (${hash(7)} * 5 + n % 5) AS tenant
      FROM generate_series(${from}::bigint, ${to}::bigint) n) h`

/** The ended of a chunk, with attempts, milestones (four, or five of what was cancelled) and some progress. total is how many will have ended in all. */
export const endedChunk = (from: number, to: number, total: number): string[] => [
  `CREATE TEMP TABLE chunk ON COMMIT DROP AS
     SELECT ${idOf('n')} AS id, s.*, CASE WHEN status_hash < 900 THEN 'FINISHED' WHEN status_hash < 920 THEN 'FAILED' ELSE 'CANCELLED' END AS status,
            now() - interval '60 days' + n * (interval '60 days' - interval '20 minutes') / ${total} AS t, 'wrk_gone' || n % 50 AS worker
       FROM (${numbered(from, to)}) s`,
  `INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, terminal_reason, priority, rank, order_at, on_lease_lost, max_attempts, epoch, current_attempt,
                     result, error, created_at, queued_at, started_at, finished_at, cancel_requested_at, cancel_requested_by, last_sequence, last_event_at)
   SELECT id, kind, ${TITLE}, lane, owner, ${INPUT}, ${LABELS}, status::flow_status,
          CASE status WHEN 'FINISHED' THEN 'completed' WHEN 'FAILED' THEN 'failed' ELSE 'cancelled_by_user' END,
          n % 3, 9002 - n % 3, t, 'FAIL', 1, 1, 0, CASE status WHEN 'FINISHED' THEN '{"pages": 12, "file": "statement.pdf"}'::jsonb END,
          CASE status WHEN 'FAILED' THEN '{"code": "NO_TEMPLATE", "message": "There is no template for this customer."}'::jsonb END,
          t, t, t + interval '20 s', t + interval '1 minute', CASE status WHEN 'CANCELLED' THEN t + interval '50 s' END, CASE status WHEN 'CANCELLED' THEN owner END,
          CASE status WHEN 'CANCELLED' THEN 5 ELSE 4 END, t + interval '1 minute'
     FROM chunk ORDER BY n`,
  `INSERT INTO flow_search (flow_id, words, labels) SELECT id, ${WORDS}, ${TOKENS} FROM chunk ORDER BY n`,
  `INSERT INTO attempt (flow_id, index, type, worker_id, claim_request_id, epoch, started_at, reported_at, renewed_at, expires_at, ended_at, end_reason, ended_by_call)
   SELECT id, 0, 'INITIAL', worker, 'req_' || n / 50, 1, t + interval '15 s', t + interval '20 s', t + interval '50 s', t + interval '95 s', t + interval '1 minute',
          lower(status), CASE status WHEN 'FAILED' THEN 'fail' ELSE 'finish' END FROM chunk ORDER BY n`,
  `INSERT INTO flow_event (flow_id, sequence, type, status, phase, actor, at, payload, xid, position)
   SELECT id, e.sequence, e.type, e.status::flow_status, e.phase::flow_phase, e.actor, t + e.after, e.payload, 100 + n * 400 / ${total}, n * 5 + e.sequence - 5
     FROM chunk c CROSS JOIN LATERAL (VALUES
       (1, 'flow.queued', 'QUEUED', NULL, owner, interval '0', jsonb_build_object('kind', kind, 'lane', lane, 'cause', 'created', 'phase', NULL, 'status', 'QUEUED', 'priority', n % 3, 'retryOf', NULL, 'notBefore', NULL)),
       (2, 'flow.starting', 'RUNNING', 'STARTING', 'system', interval '15 s', jsonb_build_object('epoch', 1, 'phase', 'STARTING', 'reason', NULL, 'status', 'RUNNING', 'worker', worker, 'attempt', 0, 'overCap', false, 'forcedBy', NULL, 'pinnedBy', NULL, 'workerName', worker)),
       (3, 'flow.running', 'RUNNING', 'WORKING', worker, interval '20 s', '{"phase": "WORKING", "status": "RUNNING", "attempt": 0}'),
       (4, CASE status WHEN 'CANCELLED' THEN 'flow.cancel_requested' WHEN 'FAILED' THEN 'flow.failed' ELSE 'flow.finished' END,
           CASE status WHEN 'CANCELLED' THEN 'RUNNING' ELSE status END, CASE status WHEN 'CANCELLED' THEN 'CANCELLING' END, CASE status WHEN 'CANCELLED' THEN owner ELSE worker END,
           CASE status WHEN 'CANCELLED' THEN interval '50 s' ELSE interval '1 minute' END, jsonb_build_object('phase', NULL, 'status', status, 'attempt', 0, 'terminalReason', 'completed')),
       (CASE status WHEN 'CANCELLED' THEN 5 END, 'flow.cancelled', 'CANCELLED', NULL, worker, interval '1 minute', '{"why": "acknowledged", "phase": null, "reason": null, "status": "CANCELLED", "attempt": 0, "terminalReason": "cancelled_by_user"}')
     ) AS e(sequence, type, status, phase, actor, after, payload)
    WHERE e.sequence IS NOT NULL ORDER BY n, e.sequence`,
  `INSERT INTO flow_progress (flow_id, attempt, percent, message, at) SELECT id, 0, 100, 'page 12 of 12', t + interval '55 s' FROM chunk WHERE n % 5 = 0 ORDER BY n`,
]

/**
 * The queue, from its front, in thousandths: 100 held and 100 delayed at high priorities, 400 of a kind that no worker handles, 100 of an owner at its cap, 140 in a lane
 * at its cap; the rest may run, and the last thousandth (a hundred at least) is of a kind of its own.
 */
export const queuedChunk = (from: number, to: number, o: { offset: number; queued: number }): string[] => [
  `CREATE TEMP TABLE chunk ON COMMIT DROP AS
     SELECT ${idOf('n')} AS id, n, city, env, tenant, queued_at AS t, held, CASE WHEN delayed THEN now() + interval '2 days' + place * interval '1 second' END AS not_before,
            CASE WHEN orphan THEN 'orphan' WHEN full_lane OR capped THEN 'report' WHEN last THEN 'seldom' ELSE kind END AS kind,
            CASE WHEN full_lane THEN 'batch' WHEN held OR delayed OR orphan OR capped OR last THEN 'default' WHEN lane = 'batch' THEN 'default' ELSE lane END AS lane,
            CASE WHEN capped THEN 'prn_capped' ELSE owner END AS owner,
            CASE WHEN held THEN 9000 WHEN delayed THEN 5000 - n % 20 WHEN orphan THEN 100 WHEN capped THEN 50 ELSE n % 3 END AS priority, capped
       FROM (SELECT s.*, n - ${o.offset} AS place, now() - interval '1 day' + (n - ${o.offset}) * (interval '1 day' - interval '2 minutes') / ${o.queued} AS queued_at FROM (${numbered(o.offset + from, o.offset + to)}) s) q
      CROSS JOIN LATERAL (SELECT (place - 1) * 1000 / ${o.queued} AS p) share
      CROSS JOIN LATERAL (SELECT p < 100 AS held, p >= 100 AND p < 200 AS delayed, p >= 200 AND p < 600 AS orphan, p >= 600 AND p < 700 AS capped,
                                 p >= 700 AND p < 840 AS full_lane, place > ${o.queued} - greatest(${o.queued} / 1000, 100) AS last) g`,
  `INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, priority, queue_class, rank, order_at, cap_group, blocked, held_at, held_by, not_before, deadline_at,
                     queue_ttl_seconds, queue_expires_at, on_lease_lost, max_attempts, created_at, queued_at, last_sequence, last_event_at)
   SELECT id, kind, ${TITLE}, lane, owner, ${INPUT}, ${LABELS}, 'QUEUED', priority, 'NEW', 9002 - priority, greatest(t, not_before), CASE WHEN capped THEN owner ELSE '' END,
          held, CASE WHEN held THEN t END, CASE WHEN held THEN 'prn_busy' END, not_before, CASE WHEN n % 20 = 0 THEN now() + interval '30 days' END,
          CASE WHEN n % 20 = 1 THEN 2592000 END, CASE WHEN n % 20 = 1 THEN greatest(t, not_before) + interval '30 days' END, 'FAIL', 1, t, t, 1, t
     FROM chunk ORDER BY n`,
  `INSERT INTO flow_search (flow_id, words, labels) SELECT id, ${WORDS}, ${TOKENS} FROM chunk ORDER BY n`,
  `INSERT INTO flow_event (flow_id, sequence, type, status, actor, at, payload, xid, position)
   SELECT id, 1, 'flow.queued', 'QUEUED', owner, t, jsonb_build_object('kind', kind, 'lane', lane, 'cause', 'created', 'phase', NULL, 'status', 'QUEUED', 'priority', priority, 'retryOf', NULL, 'notBefore', not_before),
          510 + (n - ${o.offset}) * 100 / ${o.queued}, n * 5 FROM chunk ORDER BY n`,
  `INSERT INTO idempotency_key (principal_id, key, request_hash, flow_id, created_at) SELECT owner, 'key-' || n, md5(n::text), id, t FROM chunk WHERE n % 4 = 0`,
]

/** What holds slots: 50 fill the lane at its cap, 20 the owner's. */
export const runningFlows = (offset: number): string[] => [
  `CREATE TEMP TABLE chunk ON COMMIT DROP AS
     SELECT ${idOf('n')} AS id, n, city, env, tenant, 'wrk_live' || 1 + n % 5 AS worker, now() - interval '5 minutes' AS t, 'report' AS kind,
            CASE WHEN n - ${offset} <= 50 THEN 'batch' ELSE 'default' END AS lane, CASE WHEN n - ${offset} BETWEEN 51 AND 70 THEN 'prn_capped' ELSE 'prn_busy' END AS owner
       FROM (${numbered(offset + 1, offset + RUNNING)}) s`,
  `INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, phase, priority, rank, order_at, slot_held, on_lease_lost, max_attempts, epoch, current_attempt,
                     created_at, queued_at, started_at, last_sequence, last_event_at)
   SELECT id, kind, ${TITLE}, lane, owner, ${INPUT}, ${LABELS}, 'RUNNING', 'WORKING', 0, 9002, t, true, 'FAIL', 1, 1, 0, t, t, t, 3, t FROM chunk ORDER BY n`,
  `INSERT INTO flow_search (flow_id, words, labels) SELECT id, ${WORDS}, ${TOKENS} FROM chunk ORDER BY n`,
  `INSERT INTO attempt (flow_id, index, type, worker_id, claim_request_id, epoch, started_at, reported_at, renewed_at, expires_at)
   SELECT id, 0, 'INITIAL', worker, 'req_live', 1, t, t, now(), now() + interval '1 hour' FROM chunk ORDER BY n`,
  `INSERT INTO flow_event (flow_id, sequence, type, status, phase, actor, at, payload, xid, position)
   SELECT id, s, (ARRAY['flow.queued', 'flow.starting', 'flow.running'])[s], CASE s WHEN 1 THEN 'QUEUED' ELSE 'RUNNING' END::flow_status,
          (ARRAY[NULL, 'STARTING', 'WORKING'])[s]::flow_phase, 'system', t, '{"attempt": 0}', 505, n * 5 + s - 5 FROM chunk, generate_series(1, 3) s ORDER BY n, s`,
]

/** Everything small around them. Caps: 50 of one lane and 20 of one owner, both reached; 5,000 over all, which is not. */
export const SURROUNDINGS: string[] = [
  `INSERT INTO lane (id, name, created_at) SELECT 'lane_' || n, n, now() FROM (SELECT unnest('{batch,mail,quiet,empty}'::text[]) UNION ALL SELECT 'small-' || generate_series(0, 19)) l(n)`,
  `INSERT INTO flow_kind (name, registered_by, registered_at) SELECT n, 'wrk_live1', now() FROM (SELECT unnest('{report,mailing,import,yearly,seldom,orphan}'::text[]) UNION ALL SELECT 'kind-' || generate_series(0, 19)) k(n)`,
  `INSERT INTO quota (scope, subject, max_active, set_at) VALUES ('LANE', 'batch', 50, now()), ('PRINCIPAL', 'prn_capped', 20, now())`,
  `UPDATE quota SET max_active = 5000, from_environment = false WHERE scope = 'GLOBAL'`,
  `INSERT INTO principal (id, name, roles, created_at) SELECT 'prn_' || n, 'owner-' || n, '{SUBMITTER}', now() FROM (SELECT unnest('{busy,rare,capped}'::text[]) UNION ALL SELECT lpad(generate_series(2000, 4003)::text, 4, '0')) p(n)`,
  `INSERT INTO principal (id, name, roles, created_at) VALUES ('prn_worker', 'worker', '{WORKER}', now()), ('prn_admin', 'admin', '{ADMIN}', now())`,
  `INSERT INTO worker (id, instance_id, name, principal_id, kinds, lanes, capacity, state, registered_at, heartbeat_at, expires_at)
   SELECT 'wrk_gone' || n, 'gone' || n, 'gone' || n, 'prn_worker', '{report}', '{}', 100, 'DEAD', now() - interval '60 days', now() - interval '1 day', now() - interval '1 day' FROM generate_series(0, 1999) n`,
  `INSERT INTO audit_entry (id, at, principal_id, action, target, reason, before, after)
   SELECT 'aud_' || lpad(n::text, 26, '0'), now() - n * interval '10 seconds', CASE WHEN n % 100000 = 7 THEN 'prn_rare' ELSE 'prn_busy' END,
          CASE n % 4 WHEN 0 THEN 'cancelFlow' WHEN 1 THEN 'holdFlow' WHEN 2 THEN 'releaseFlow' ELSE 'promoteNow' END, ${idOf('1 + n * 7')}, NULL, '{"status": "QUEUED"}', '{"status": "CANCELLED"}'
     FROM generate_series(1, (SELECT greatest(1000, count(*) / 12) FROM flow)) n`,
]

/** The ledger as it would be folded: exact totals, and the minutes of the last eight days. */
export const LEDGER: string[] = [
  `INSERT INTO flow_count_total (lane, kind, word, count) SELECT lane, kind, status::text, count(*) FROM flow GROUP BY 1, 2, 3`,
  `INSERT INTO flow_count_minute (minute, lane, kind, word, count)
   SELECT minute, lane, kind, word, sum(count) FROM (
     SELECT date_trunc('minute', f.created_at) AS minute, f.lane, f.kind, w.word, count(*) AS count FROM flow f CROSS JOIN (VALUES ('queued'), ('QUEUED')) w(word)
      WHERE f.created_at > now() - interval '8 days' GROUP BY 1, 2, 3, 4
     UNION ALL SELECT date_trunc('minute', f.started_at), f.lane, f.kind, w.word, sum(w.delta) FROM flow f CROSS JOIN (VALUES ('started', 1), ('QUEUED', -1), ('RUNNING', 1)) w(word, delta)
      WHERE f.started_at > now() - interval '8 days' GROUP BY 1, 2, 3, 4
     UNION ALL SELECT date_trunc('minute', f.finished_at), f.lane, f.kind, w.word, sum(w.delta)
       FROM flow f CROSS JOIN LATERAL (VALUES (lower(f.status::text), 1), (f.status::text, 1), ('RUNNING', -1)) w(word, delta)
      WHERE f.finished_at > now() - interval '8 days' AND w.word <> 'cancelled' GROUP BY 1, 2, 3, 4) m
   GROUP BY 1, 2, 3, 4 HAVING sum(count) <> 0`,
]
