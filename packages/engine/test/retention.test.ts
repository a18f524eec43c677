import { transact } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { eventually } from '@sluice/testkit/db'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkCounts } from '../src/services/check-counts.ts'
import { sweepRetention } from '../src/services/sweep-retention.ts'
import { deleteFlows, feedHead, finishFlows, flowCounts, listFlows, readFeed } from '../src/index.ts'
import { lockFlows } from '../src/sql/lock-sql.ts'
import { testbed } from './testbed.ts'
import type { Bed } from './testbed.ts'

let bed: Bed
beforeAll(async () => { bed = await testbed({ settings: { flowRetentionDays: 30, auditRetentionDays: 30 } }) })
afterAll(() => bed[Symbol.asyncDispose]())

const finished = async (count = 1): Promise<string[]> => {
  await bed.create(count)
  const leases = await bed.work(count)
  await finishFlows(bed.deps, { actor: bed.workerActor, items: leases.map(lease => ({ lease, result: { ok: true } })) })
  return leases.map(l => l.flowId)
}
const endedDaysAgo = (ids: string[], days: number): Promise<unknown> =>
  bed.sql(`UPDATE flow SET created_at = created_at - $2 * interval '1 day', started_at = started_at - $2 * interval '1 day', finished_at = finished_at - $2 * interval '1 day' WHERE id = ANY($1::text[])`, [ids, days])
const deletedHoursAgo = (ids: string[], hours: number): Promise<unknown> => bed.sql(`UPDATE flow SET deleted_at = deleted_at - $2 * interval '1 hour' WHERE id = ANY($1::text[])`, [ids, hours])
const rowsOf = async (ids: string[]): Promise<Record<string, unknown> | undefined> => (await bed.sql(
  `SELECT (SELECT count(*)::int FROM flow WHERE id = ANY($1::text[])) AS flows, (SELECT count(*)::int FROM attempt WHERE flow_id = ANY($1::text[])) AS attempts,
          (SELECT count(*)::int FROM flow_event WHERE flow_id = ANY($1::text[])) AS events, (SELECT count(*)::int FROM flow_search WHERE flow_id = ANY($1::text[])) AS searched`, [ids]))[0]
const NOTHING = { flows: 0, attempts: 0, events: 0, searched: 0 }

describe('flows', () => {
  test('what ended longer ago than FLOW_RETENTION_DAYS leaves every list with its event, and its rows go an hour later', async () => {
    const [old = ''] = await finished()
    const [fresh = ''] = await finished()
    const [queued = ''] = await bed.create()
    await endedDaysAgo([old], 31)
    expect(await sweepRetention(bed.deps)).toMatchObject({ hidden: 1, purged: 0 })
    expect((await listFlows(bed.deps.pool)).items.map(i => i.id).toSorted()).toEqual([fresh, queued].toSorted())
    expect((await bed.events(old)).at(-1)).toMatchObject({ type: 'flow.deleted', actor: 'system', payload: { reason: 'retention' } })
    expect(await checkCounts(bed.deps.pool)).toEqual([])
    await deletedHoursAgo([old], 2)
    expect(await sweepRetention(bed.deps)).toMatchObject({ hidden: 0, purged: 1 })
    expect(await rowsOf([old])).toEqual(NOTHING)
    expect(await rowsOf([fresh, queued])).toMatchObject({ flows: 2, attempts: 1, searched: 2 })
  })

  test('without a limit of days only what was deleted goes, and not before its hour', async () => {
    const [old = '', deleted = ''] = await finished(2)
    await endedDaysAgo([old, deleted], 400)
    await deleteFlows(bed.deps, { caller: bed.caller, items: [{ id: deleted }] })
    const keeping = { ...bed.deps, settings: { ...bed.deps.settings, flowRetentionDays: 0 } }
    expect(await sweepRetention(keeping)).toMatchObject({ hidden: 0, purged: 0 })
    await deletedHoursAgo([deleted], 2)
    expect(await sweepRetention(keeping)).toMatchObject({ hidden: 0, purged: 1 })
    expect(await rowsOf([deleted])).toEqual(NOTHING)
    expect(await rowsOf([old])).toMatchObject({ flows: 1 })
  })

  test('more than one batch goes in one turn, and counts stay equal to the rows', async () => {
    const ids = await finished(90)
    await bed.sql(`INSERT INTO flow (id, kind, title, lane, principal_id, input, labels, status, terminal_reason, priority, rank, order_at, on_lease_lost, max_attempts, created_at, queued_at, finished_at, last_sequence, last_event_at)
      SELECT 'flow_old' || n, 'work', 't', 'default', $1, '{}', '{}', 'CANCELLED', 'cancelled_in_queue', 0, 9002, t, 'FAIL', 1, t, t, t, 1, t FROM generate_series(1, 1100) n, LATERAL (SELECT now() - interval '40 days' AS t) c`, [bed.owner.principalId])
    await bed.sql(`INSERT INTO flow_count_ledger (minute, lane, kind, word, delta) VALUES (date_trunc('minute', now()), 'default', 'work', 'CANCELLED', 1100)`)
    await endedDaysAgo(ids, 31)
    expect((await sweepRetention(bed.deps)).hidden).toBeGreaterThanOrEqual(1190)
    expect(await checkCounts(bed.deps.pool)).toEqual([])
    expect((await flowCounts(bed.deps.pool, { status: ['CANCELLED'] })).total).toBe(0)
    await bed.sql(`UPDATE flow SET deleted_at = deleted_at - interval '2 hours' WHERE deleted_at IS NOT NULL`)
    expect((await sweepRetention(bed.deps)).purged).toBeGreaterThanOrEqual(1190)
    expect(await rowsOf(ids)).toEqual(NOTHING)
  })

  test('one that somebody holds locked waits for the next turn', async () => {
    const [id = ''] = await finished()
    await deleteFlows(bed.deps, { caller: bed.caller, items: [{ id }] })
    await deletedHoursAgo([id], 2)
    await transact(bed.deps.pool, async tx => {
      await lockFlows(tx, [id])
      expect(await sweepRetention(bed.deps)).toMatchObject({ purged: 0 })
    })
    expect(await sweepRetention(bed.deps)).toMatchObject({ purged: 1 })
  })
})

describe('a batch that takes too long', () => {
  test('is tried again at half its size, and what fails does not keep the rest from its turn', async () => {
    const ids = await finished(6)
    await deleteFlows(bed.deps, { caller: bed.caller, items: ids.map(id => ({ id })) })
    await deletedHoursAgo(ids, 2)
    await bed.sql(`INSERT INTO sign_in_code (id, principal_id, expires_at) VALUES ('stale', 'p', now() - interval '2 days')`)
    const limits: number[] = []
    const hurried = { ...bed.deps, pool: refusing(bed.deps.pool, ({ text, values = [] }) => text.includes('purgeDeleted') && limits.push(Number(values[1])) > 0 && Number(values[1]) > 2) }
    expect(await sweepRetention(hurried)).toMatchObject({ purged: 6, trimmed: 1 })
    expect(limits.slice(0, 4)).toEqual([500, 250, 125, 63])
    await bed.sql(`INSERT INTO sign_in_code (id, principal_id, expires_at) VALUES ('stale', 'p', now() - interval '2 days')`)
    await expect(sweepRetention({ ...bed.deps, pool: refusing(bed.deps.pool, ({ text }) => text.includes('purgeDeleted')) })).rejects.toThrow('A batch of one')
    expect(await bed.sql(`SELECT 1 FROM sign_in_code WHERE id = 'stale'`)).toEqual([])
  })

  /** A pool on which some statements end as at their timeout. */
  const refusing = (pool: Pool, isSlow: (statement: { text: string; values?: unknown[] }) => boolean): Pool => new Proxy(pool, {
    get: (target, key) => {
      if (key !== 'connect') return bound(target, key)
      return async () => new Proxy(await target.connect(), {
        get: (client, word) => (word !== 'query' ? bound(client, word) : (statement: string | { text: string }) =>
          typeof statement !== 'string' && isSlow(statement) ? Promise.reject(Object.assign(new Error('canceled'), { code: '57014' })) : client.query(statement as string)),
      })
    },
  })
  const bound = (target: object, key: PropertyKey): unknown => {
    const value = Reflect.get(target, key) as unknown
    return typeof value === 'function' ? value.bind(target) : value
  }
})

describe('the feed', () => {
  test('INV-34 a cursor at the last purged event or behind it goes on, one before it is told of the gap', async () => {
    const before = await headNow()
    const [id = ''] = await finished()
    await deleteFlows(bed.deps, { caller: bed.caller, items: [{ id }] })
    const after = await headNow()
    await bed.create()
    await deletedHoursAgo([id], 2)
    await sweepRetention(bed.deps)
    expect(await readFeed(bed.deps.pool, before)).toMatchObject({ gap: true, items: [] })
    await eventually(async () => expect(await readFeed(bed.deps.pool, after)).toMatchObject({ gap: false, items: [{ type: 'flow.queued' }] }))
  })

  /** The feed is late while any transaction of the cluster is open, those of other tests too. */
  const headNow = () => eventually(async () => {
    const head = await feedHead(bed.deps.pool)
    expect(await bed.sql('SELECT 1 FROM flow_event WHERE (xid, position) > ($1::bigint, $2::bigint)', [head.xid, head.position])).toEqual([])
    return head
  })
})

describe('small tables', () => {
  test('keys beyond their window, old minutes, ended sessions, used codes and old audit entries go; the others stay', async () => {
    await bed.sql(`
      INSERT INTO idempotency_key (principal_id, key, request_hash, flow_id, created_at) SELECT 'p', k, 'h', 'f', now() - age FROM (VALUES ('old', interval '25 hours'), ('new', interval '1 hour')) v(k, age);
      INSERT INTO flow_count_minute (minute, lane, kind, word, count) SELECT date_trunc('minute', now() - age), 'trimmed', 'k', 'queued', 1 FROM unnest('{9 days,7 days}'::interval[]) age;
      INSERT INTO session (id, principal_id, created_at, expires_at, revoked_at) SELECT k, (SELECT id FROM principal LIMIT 1), now() - interval '9 days', now() + ends, now() + revoked
        FROM (VALUES ('ended', interval '-2 days', NULL::interval), ('revoked', interval '1 hour', interval '-2 days'), ('open', interval '1 hour', NULL)) v(k, ends, revoked);
      INSERT INTO sign_in_code (id, principal_id, expires_at) VALUES ('old', 'p', now() - interval '2 days'), ('new', 'p', now());
      INSERT INTO audit_entry (id, at, action) VALUES ('old', now() - interval '31 days', 'x'), ('new', now() - interval '29 days', 'x')`)
    expect(await sweepRetention(bed.deps)).toMatchObject({ trimmed: 6 })
    const kept = await bed.sql(`SELECT key AS id FROM idempotency_key WHERE principal_id = 'p' UNION ALL SELECT id FROM session UNION ALL SELECT id FROM sign_in_code UNION ALL SELECT id FROM audit_entry WHERE action = 'x'
      UNION ALL SELECT 'minute' FROM flow_count_minute WHERE lane = 'trimmed'`)
    expect(kept.map(r => r['id'])).toEqual(['new', 'open', 'new', 'new', 'minute'])
  })
})
