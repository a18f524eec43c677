import { describe, expect, test } from 'vitest'
import { endedFlow, queuedFlow, runningFlow, type FakeFlow } from '../../../test/factories.ts'
import type { FlowChange, ListedFlow } from './list-documents.ts'
import { rowAt } from '../../ui/paged-list/list-pages.ts'
import { ListReader, type ReadList } from '../../ui/paged-list/list-reader.ts'
import { flowListRules, itemOf } from './flow-list-rules.ts'

type Answer = Awaited<ReturnType<ReadList<ListedFlow>>>

const change = (flow: FakeFlow, matches = true): FlowChange => ({ cursor: '1', kind: 'CHANGE', gap: false, end: null, matches, deletedId: null, flow })
const notice = (kind: 'SNAPSHOT' | 'CHANGE' | 'END', gap = false): FlowChange => ({ cursor: '1', kind, gap, end: null, matches: null, deletedId: null, flow: null })
const page = (flows: FakeFlow[], after: string | null = null, next: string | null = null): Answer => ({ page: { after, next, end: 'end', rows: flows as unknown as ListedFlow[] } })
const later = (flow: FakeFlow): FakeFlow => ({ ...flow, createdAt: '2026-11-21T11:00:00.000Z' })

/** Reads wait until the test answers them, so that it decides what comes first. */
const setup = (order: 'CREATED_DESC' | 'CREATED_ASC' | 'FINISHED_DESC' = 'CREATED_DESC') => {
  const asked: { after: string | null; answer(answer: Answer): Promise<void> }[] = []
  const list = new ListReader<ListedFlow>({ rules: flowListRules(order), read: after => new Promise(resolve => {
    asked.push({ after, answer: async answer => { resolve(answer); await Promise.resolve(); await Promise.resolve() } })
  }) })
  const hear = (...items: FlowChange[]) => { for (const item of items) list.hear(itemOf(item)); list.settle() }
  const answer = async (flows: FakeFlow[], o: { next?: string } = {}) => { const read = asked.shift(); await read?.answer(page(flows, read.after, o.next ?? null)) }
  const shown = () => (list.view().pages ?? []).flatMap(one => one.rows ?? []).map(({ row, gone }) => [row.id, row.status, gone])
  list.hear(itemOf(notice('SNAPSHOT')))
  return { list, asked, hear, answer, shown }
}

describe('a list of flows that is read and heard at once', () => {
  test('INV-34 a change that comes while its page is being read is not lost to the older answer', async () => {
    const { list, hear, answer, shown } = setup()
    const flow = queuedFlow()
    list.begin()
    hear(change({ ...flow, status: 'RUNNING' }))
    await answer([flow])
    expect(shown()).toEqual([[flow.id, 'RUNNING', null]])
  })

  test('a newcomer is counted and moves nothing; asked for, it is there and counted no more', async () => {
    const { list, hear, answer, shown } = setup()
    const [old, fresh] = [queuedFlow(), later(queuedFlow())]
    list.begin()
    await answer([old])
    hear(change(fresh))
    expect([shown().length, list.view().fresh.size]).toEqual([1, 1])
    void list.reload()
    await answer([fresh, old])
    expect([shown().map(([id]) => id), list.view().fresh.size]).toEqual([[fresh.id, old.id], 0])
  })

  test('a newcomer that leaves again before it was shown is not counted', async () => {
    const { list, hear, answer } = setup()
    list.begin()
    await answer([queuedFlow()])
    const fresh = later(queuedFlow())
    hear(change(fresh))
    hear(change({ ...fresh, status: 'FINISHED' }, false))
    expect(list.view().fresh.size).toBe(0)
  })

  test('what changes below the first row is no newcomer', async () => {
    const { list, hear, answer } = setup()
    list.begin()
    await answer([later(queuedFlow())], { next: 'c1' })
    hear(change(queuedFlow()))
    expect(list.view().fresh.size).toBe(0)
  })

  test('INV-34 after a gap, the pages in view are read again, and who is missing has left', async () => {
    const { list, hear, answer, shown, asked } = setup()
    const [a, b] = [queuedFlow(), queuedFlow()]
    list.begin()
    await answer([a, b])
    hear(notice('SNAPSHOT', true))
    expect(asked.map(({ after }) => after)).toEqual([null])
    await answer([later(queuedFlow()), { ...b, status: 'RUNNING' }])
    expect(shown()).toEqual([[a.id, 'QUEUED', 'left'], [b.id, 'RUNNING', null]])
    expect(list.view().fresh.size).toBe(1)
  })

  test('the first snapshot is no gap, one that comes again is', async () => {
    const { list, hear, answer, asked } = setup()
    list.begin()
    await answer([queuedFlow()])
    hear(notice('SNAPSHOT'))
    expect(asked).toHaveLength(1)
  })

  test('a failure is read again, for its error', async () => {
    const { list, hear, answer, asked } = setup()
    const flow = runningFlow()
    list.begin()
    await answer([flow])
    hear(change({ ...flow, status: 'FAILED', terminalReason: 'error' }))
    expect(asked).toHaveLength(1)
    await answer([endedFlow('FAILED', { id: flow.id })])
    expect(rowAt(list.view().pages ?? [], 0)?.row.error?.message).toContain('exit code 2')
  })

  test('oldest first, what comes is added behind the end when one looks there', async () => {
    const { list, hear, answer, asked, shown } = setup('CREATED_ASC')
    const [old, fresh] = [queuedFlow(), later(queuedFlow())]
    list.begin()
    await answer([old])
    hear(change(fresh))
    list.look({ first: 0, last: 0 }, true)
    expect(asked.map(({ after }) => after)).toEqual(['end'])
    await answer([fresh])
    expect(shown().map(([id]) => id)).toEqual([old.id, fresh.id])
  })

  test('a page is read once at a time, however often one looks', async () => {
    const { list, answer, asked } = setup()
    list.begin()
    await answer([queuedFlow()], { next: 'c1' })
    list.look({ first: 0, last: 0 }, true)
    list.look({ first: 0, last: 0 }, true)
    expect(asked.map(({ after }) => after)).toEqual(['c1'])
  })

  test('a read that fails takes nothing away, and says why', async () => {
    const { list, answer, asked, shown } = setup()
    list.begin()
    await answer([queuedFlow()], { next: 'c1' })
    list.look({ first: 0, last: 0 }, true)
    await asked.shift()?.answer({ problem: 'It is gone.' })
    expect([shown().length, list.view().problem]).toEqual([1, 'It is gone.'])
  })
})
