import { beforeEach, describe, expect, test } from 'vitest'
import { InvalidInput, LimitExceeded } from '@sluice/domain'
import type { Pool } from '@sluice/db'
import { boundedRead } from '../../src/reads/bounded-read.ts'
import { flowCounts } from '../../src/reads/flow-counts.ts'
import { planProbes } from '../../src/reads/flow-filter.ts'
import { listFlows } from '../../src/reads/list-flows.ts'
import type { FlowListOrder } from '../../src/reads/list-flows.ts'
import type { FlowListFilter } from '../../src/reads/flow-filter.ts'
import { readsBed } from './bed.ts'
import { seedFlows, seedLanes } from './seed.ts'

const bed = readsBed()
beforeEach(async () => {
  await bed.empty()
  await seedLanes(bed.pool, ['batch'])
  await seedFlows(bed.pool, [
    { id: 'a', queuedIn: -9 }, { id: 'b', queuedIn: -8, lane: 'batch', status: 'RUNNING' }, { id: 'c', queuedIn: -7, kind: 'x', status: 'FAILED', finishedIn: -1 },
    { id: 'd', queuedIn: -6, lane: 'batch', kind: 'x', principalId: 'prn_ada', status: 'FINISHED', finishedIn: -2 }, { id: 'e', queuedIn: -5, status: 'CANCELLED', finishedIn: -3 },
  ])
})

const list = async (filter: FlowListFilter = {}, orderBy: FlowListOrder = 'CREATED_ASC'): Promise<string> =>
  (await listFlows(bed.pool, { filter, orderBy })).items.map(i => i.id).join('')
const minutesAgo = (n: number): Date => new Date(Date.now() - n * 60_000)

describe('filters', () => {
  test.each<[FlowListFilter, string]>([
    [{}, 'abcde'], [{ status: [] }, 'abcde'], [{ status: ['QUEUED', 'FAILED', 'FAILED'] }, 'ac'], [{ lane: ['batch'] }, 'bd'], [{ lane: ['batch', 'default'] }, 'abcde'],
    [{ kind: ['x'] }, 'cd'], [{ lane: ['batch'], kind: ['x'] }, 'd'], [{ lane: ['default'], status: ['FAILED', 'RUNNING'] }, 'c'], [{ owner: ['prn_ada'] }, 'd'],
    [{ owner: ['prn_ada', 'prn_owner'], lane: ['batch'] }, 'bd'], [{ principalId: 'prn_ada' }, 'd'], [{ principalId: 'prn_ada', owner: ['prn_owner'] }, ''],
    [{ slotHeld: true }, 'b'], [{ slotHeld: false }, 'acde'], [{ slotHeld: true, lane: ['default'] }, ''],
    [{ createdAfter: minutesAgo(8.5) }, 'bcde'], [{ createdAfter: minutesAgo(8.5), createdBefore: minutesAgo(5.5) }, 'bcd'], [{ createdBefore: minutesAgo(8.5), lane: ['default'] }, 'a'],
    [{ lane: ['nowhere'] }, ''],
  ])('%j', async (filter, expected) => {
    expect(await list(filter)).toBe(expected)
    expect(await list(filter, 'CREATED_DESC')).toBe(expected.split('').toReversed().join(''))
  })

  test('by end lists only what has ended', async () => {
    expect(await list({}, 'FINISHED_DESC')).toBe('cde')
    expect(await list({ status: ['QUEUED'] }, 'FINISHED_DESC')).toBe('')
    expect(await list({ kind: ['x'], createdAfter: minutesAgo(6.5) }, 'FINISHED_DESC')).toBe('d')
    expect(await list({ createdAfter: minutesAgo(7.5) }, 'FINISHED_DESC')).toBe('cde')
    expect(await list({ createdAfter: minutesAgo(6.5), createdBefore: minutesAgo(5.5) }, 'FINISHED_DESC')).toBe('d')
  })

  test('a span of creation is found by that where a walk by the end takes too long', async () => {
    const span = { createdAfter: minutesAgo(7.5), createdBefore: minutesAgo(5.5) }
    const refused: string[] = []
    const hurried = tooSlow(bed.pool, text => text.startsWith('/* listFlows.status.finished_at') && refused.push(text) > 0)
    const pages = [await listFlows(hurried, { filter: span, orderBy: 'FINISHED_DESC', page: { first: 1 } })]
    pages.push(await listFlows(hurried, { filter: span, orderBy: 'FINISHED_DESC', page: { first: 1, after: pages[0]?.items[0]?.cursor } }))
    expect(pages.map(page => page.items[0]?.id)).toEqual(['c', 'd'])
    expect(refused).toHaveLength(2)
  })

  /** A pool on which some statements end as at the timeout; the name leads the text. */
  function tooSlow(pool: Pool, isSlow: (text: string) => boolean): Pool {
    const connect = async (): Promise<unknown> => {
      const client = await pool.connect()
      const query = (statement: string | { text: string }): unknown =>
        typeof statement !== 'string' && isSlow(statement.text) ? Promise.reject(Object.assign(new Error('canceled'), { code: '57014' })) : client.query(statement as string)
      return new Proxy(client, { get: (target, key) => (key === 'query' ? query : bound(target, key)) })
    }
    return new Proxy(pool, { get: (target, key) => (key === 'connect' ? connect : bound(target, key)) })
  }

  const bound = (target: object, key: PropertyKey): unknown => {
    const value = Reflect.get(target, key) as unknown
    return typeof value === 'function' ? value.bind(target) : value
  }
  test('a deleted flow is in no list', async () => {
    await bed.pool.query(`UPDATE flow SET deleted_at = now() WHERE id = 'c'`)
    expect([await list(), await list({}, 'FINISHED_DESC')]).toEqual(['abde', 'de'])
  })
})

describe('search', () => {
  const ID = 'flow_01kaj5v6m3q8w9x0y1z2a3b4c5'
  beforeEach(() => seedFlows(bed.pool, [
    { id: ID, queuedIn: -4, title: 'Scan example.com: port 443', labels: { env: 'prod', team: 'core' } },
    { id: 'g', queuedIn: -3, title: 'SCAN of Example', labels: { env: 'test' }, lane: 'batch', status: 'FINISHED', finishedIn: -1 },
    { id: 'h', queuedIn: -2, title: 'Überblick – Größe', labels: { env: 'prod' } },
  ]))

  test.each<[FlowListFilter, string]>([
    [{ text: 'scan' }, `${ID}g`], [{ text: 'exam SCAN' }, `${ID}g`], [{ text: 'scan 44' }, ID], [{ text: 'example.com' }, ID], [{ text: 'can' }, ''], [{ text: 'überb größe' }, 'h'],
    [{ text: '  ' }, `abcde${ID}gh`], [{ text: "o'brien & \\ !()" }, ''],
    [{ text: ID }, ID], [{ text: 'Flow_01KAJ5V6' }, ID], [{ text: 'flow_01kaj5v6z' }, ''],
    [{ label: ['env'] }, `${ID}gh`], [{ label: ['env=prod'] }, `${ID}h`], [{ label: ['env=prod', 'team'] }, ID], [{ label: ['env=pro'] }, ''],
    [{ text: 'scan', label: ['env=test'] }, 'g'], [{ text: 'scan', lane: ['batch'], status: ['FINISHED'] }, 'g'], [{ text: ID, status: ['FAILED'] }, ''],
    [{ text: 'scan', createdAfter: minutesAgo(3.5) }, 'g'], [{ label: ['env'], owner: ['prn_ada'] }, ''], [{ text: 'scan', slotHeld: true }, ''],
  ])('%j', async (filter, expected) => {
    expect(await list(filter)).toBe(expected)
    expect((await flowCounts(bed.pool, filter)).total).toBe((await listFlows(bed.pool, { filter })).items.length)
  })

  test('of what ended, by its end', async () => expect(await list({ text: 'scan' }, 'FINISHED_DESC')).toBe('g'))
  test('a text without a word is refused', async () => { await expect(list({ text: ' -- ' })).rejects.toThrow(new InvalidInput(['filter', 'text'], 'filter.text has no word in it.')) })

  test('both ways find the same: walking where many are expected, finding all where few are', async () => {
    await seedFlows(bed.pool, Array.from({ length: 60 }, (_, n) => ({ id: `m${n}`, queuedIn: -1 + n / 1000, title: 'Many of them', labels: { all: 'yes' } })))
    const found = async (few: boolean): Promise<string[]> => {
      const plan = planProbes({ text: 'many', label: ['all'] }, { smaller: 'lane', onlyEnded: false, gather: few ? 'words' : null })
      expect(plan?.driver).toBe(few ? 'words' : 'status')
      const ids = (await listFlows(fewOrMany(bed.pool, few), { filter: { text: 'many', label: ['all'] }, page: { first: 10 } })).items.map(i => i.id)
      return ids
    }
    expect(await found(true)).toEqual(await found(false))
    expect(await found(true)).toEqual(Array.from({ length: 10 }, (_, n) => `m${59 - n}`))
  })

  /** The estimate, set: everything else is as it is. */
  const fewOrMany = (pool: Pool, few: boolean): Pool => new Proxy(pool, {
    get: (target, key) => {
      const value = Reflect.get(target, key) as unknown
      if (key !== 'query') return typeof value === 'function' ? value.bind(target) : value
      return async (statement: { name?: string }) =>
        statement.name === 'estimateSearch' ? { rows: [{ by: 'words', rows: few ? 1 : 1_000_000 }] } : target.query(statement as never)
    },
  })

  test('a flow that the former version made is found too: the trigger indexes it', async () => {
    expect((await bed.pool.query('SELECT count(*)::int AS n FROM flow_search')).rows[0]).toEqual({ n: 8 })
  })
})

describe('pages', () => {
  test.each<FlowListOrder>(['CREATED_DESC', 'CREATED_ASC', 'FINISHED_DESC'])('forwards and backwards through %s', async orderBy => {
    const whole = await list({}, orderBy)
    let seen = ''
    for (let after: string | undefined, more = true; more;) {
      const page = await listFlows(bed.pool, { orderBy, page: { first: 2, after } })
      seen += page.items.map(i => i.id).join('')
      expect(page.hasPreviousPage).toBe(after !== undefined)
      ;({ hasNextPage: more } = page)
      after = page.items.at(-1)?.cursor
    }
    expect(seen).toBe(whole)
    let back = ''
    for (let before: string | undefined, more = true; more;) {
      const page = await listFlows(bed.pool, { orderBy, page: { last: 2, before } })
      back = page.items.map(i => i.id).join('') + back
      ;({ hasPreviousPage: more } = page)
      before = page.items[0]?.cursor
    }
    expect(back).toBe(whole)
  })
  test('a cursor does not lead out of the filter', async () => {
    const { items } = await listFlows(bed.pool, { orderBy: 'CREATED_DESC', page: { first: 1 } })
    const page = await listFlows(bed.pool, { orderBy: 'CREATED_DESC', filter: { createdBefore: minutesAgo(7.5) }, page: { after: items[0]?.cursor } })
    expect(page.items.map(i => i.id)).toEqual(['b', 'a'])
  })
  test('refuses what is no cursor, naming the argument', async () => {
    await expect(listFlows(bed.pool, { page: { after: 'zzz' } })).rejects.toMatchObject({ path: ['after'] })
    await expect(listFlows(bed.pool, { page: { last: 1, before: 'zzz' } })).rejects.toThrow(InvalidInput)
  })
})

describe('bounds', () => {
  test('too many values are refused', async () => {
    await expect(list({ owner: Array.from({ length: 200 }, (_, n) => `prn_${n}`) })).rejects.toThrow(LimitExceeded)
  })
  test('what takes longer than its time says: narrow the filter', async () => {
    await expect(boundedRead(bed.pool, tx => tx.rows('slow', 'SELECT pg_sleep(5)'))).rejects.toThrow(/narrow the filter/)
  })
})
