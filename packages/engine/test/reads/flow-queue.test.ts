import { beforeEach, describe, expect, test } from 'vitest'
import { InvalidInput, compareQueueOrder, orderAtOf, rankOf } from '@sluice/domain'
import { flowQueuePage } from '../../src/reads/flow-queue.ts'
import type { FlowQueueOptions } from '../../src/reads/flow-queue.ts'
import { queuePlaces } from '../../src/reads/queue-places.ts'
import { readsBed } from './bed.ts'
import { seedFlows, seedLanes, seedWorkers } from './seed.ts'
import type { SeedFlow } from './seed.ts'

const bed = readsBed()
beforeEach(async () => {
  await bed.empty()
  await seedLanes(bed.pool, ['batch'])
  await seedWorkers(bed.pool, [{ id: 'wrk_1', kinds: ['k'], capacity: 8 }])
})

const FLOWS: SeedFlow[] = [
  { id: 'pinned', pinned: true, queuedIn: -1 }, { id: 'urgent', priority: 5, lane: 'batch' }, { id: 'old', queuedIn: -9 }, { id: 'other', lane: 'batch', queuedIn: -8 },
  { id: 'young', queuedIn: -7, principalId: 'prn_ada' }, { id: 'soon', notBeforeIn: 1, priority: 9 }, { id: 'pinned-later', pinned: true, notBeforeIn: 2 },
  { id: 'later', notBeforeIn: 9, priority: 99, principalId: 'prn_ada' }, { id: 'held-urgent', held: 'x', priority: 7 }, { id: 'held', held: 'x' },
]

/** Page by page. */
async function all(o: FlowQueueOptions = {}): Promise<string[]> {
  const ids: string[] = []
  for (let after: string | undefined; ;) {
    const page = await flowQueuePage(bed.pool, { first: 2, ...o, ...(after ? { after } : {}) })
    ids.push(...page.items.map(i => i.id))
    after = page.items.at(-1)?.cursor
    if (!page.hasNextPage) return ids
  }
}

describe('the queue as the promoter would take it', () => {
  test('INV-13 what can run in the order of D-34, then what waits for its time, then what is held', async () => {
    await seedFlows(bed.pool, [...FLOWS, { id: 'running', status: 'RUNNING' }, { id: 'ended', status: 'FINISHED' }])
    expect(await all()).toEqual(FLOWS.map(f => f.id))
    expect(await all({ lane: 'batch' })).toEqual(['urgent', 'other'])
    expect(await all({ principalId: 'prn_ada' })).toEqual(['young', 'later'])
    expect(await all({ lane: 'nowhere' })).toEqual([])
  })

  test('a page is the same whatever its size, and in the pure order', async () => {
    const flows = Array.from({ length: 60 }, (_, n): SeedFlow => ({ id: `f${String(n).padStart(2, '0')}`, priority: (n * 7) % 4, queuedIn: -((n * 13) % 20) - 1, pinned: n % 11 === 0, lane: n % 3 ? 'default' : 'batch' }))
    await seedFlows(bed.pool, flows)
    const now = Date.now()
    const order = flows.map(f => ({
      id: f.id, rank: rankOf({ pinned: f.pinned ?? false, queueClass: 'NEW', priority: f.priority ?? 0 }),
      orderAt: orderAtOf({ queuedAt: new Date(now + (f.queuedIn ?? 0) * 60_000), notBefore: null, pinnedAt: f.pinned ? new Date(now + (f.queuedIn ?? 0) * 60_000) : null }),
    })).toSorted(compareQueueOrder).map(o => o.id)
    expect(await all({ first: 200 })).toEqual(order)
    expect(await all({ first: 7 })).toEqual(order)
  })

  test('INV-13 one owner sees theirs in the order of the whole, page by page, whether few or more than are sorted at once', async () => {
    const own = FLOWS.map(f => ({ ...f, principalId: 'prn_ada' }))
    await seedFlows(bed.pool, [...own, ...FLOWS.map(f => ({ ...f, id: `${f.id}-of-others`, principalId: 'prn_other' }))])
    const ids = FLOWS.map(f => f.id)
    expect(await all({ principalId: 'prn_ada' })).toEqual(ids)
    expect(await all({ principalId: 'prn_ada', first: 1 })).toEqual(ids)
    expect(await all({ principalId: 'prn_ada', lane: 'batch' })).toEqual(['urgent', 'other'])
    expect(await all({ principalId: 'prn_nobody' })).toEqual([])
    const few = await flowQueuePage(bed.pool, { principalId: 'prn_ada', first: 6 })
    await seedFlows(bed.pool, Array.from({ length: 5000 }, (_, n) => ({ id: `many${n}`, principalId: 'prn_ada', held: 'x', priority: 1, queuedIn: 1 })))
    expect(await all({ principalId: 'prn_ada', first: 200 }).then(found => found.filter(id => !id.startsWith('many')))).toEqual(ids)
    const rest = await flowQueuePage(bed.pool, { principalId: 'prn_ada', after: few.items.at(-1)?.cursor ?? null, first: 3 })
    expect([...few.items, ...rest.items].map(i => i.id)).toEqual(ids.slice(0, 9))
  })

  test('INV-37 positions agree with the page', async () => {
    await seedFlows(bed.pool, FLOWS)
    const ids = await all({ lane: 'default' })
    const places = await queuePlaces(bed.pool, ids)
    expect(ids.map(id => places.get(id)?.position)).toEqual([1, 2, 3, null, null, null, null, null])
  })

  test('what becomes due between two pages is neither shown twice nor left out', async () => {
    await seedFlows(bed.pool, FLOWS)
    const first = await flowQueuePage(bed.pool, { first: 6 })
    await bed.pool.query(`UPDATE flow SET not_before = clock_timestamp(), order_at = clock_timestamp() WHERE id = 'new'`)
    await seedFlows(bed.pool, [{ id: 'new', queuedIn: 0 }])
    const rest = await flowQueuePage(bed.pool, { after: first.items.at(-1)?.cursor ?? null })
    expect([...first.items, ...rest.items].map(i => i.id)).toEqual(FLOWS.map(f => f.id))
  })

  test.each(['', 'x', Buffer.from('[1,2]').toString('base64url'), Buffer.from('["2026-11-21T04:00:00.000000Z",7,1,"2026-11-21T04:00:00.000000Z","a"]').toString('base64url')])(
    'refuses %j as a cursor', async after => {
      if (after === '') expect((await flowQueuePage(bed.pool, { after })).items).toEqual([])
      else await expect(flowQueuePage(bed.pool, { after })).rejects.toThrow(InvalidInput)
    })
})
