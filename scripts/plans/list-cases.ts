import { flowCounts, listFlows } from '@sluice/engine'
import type { FlowListFilter, FlowListOrder } from '@sluice/engine'
import type { PlanCase } from './plan-case.ts'
import type { Places } from './places.ts'

interface Named { name: string; filter: FlowListFilter; narrow?: true }

/** Every filter alone, of a value that most flows have and of one that few or none have. */
const ALONE = (p: Places): Named[] => [
  { name: 'no filter', filter: {} },
  { name: 'status, dense', filter: { status: ['FINISHED'] } },
  { name: 'status, rare', filter: { status: ['FAILED'] } },
  { name: 'status, none', filter: { status: ['WAITING'] } },
  { name: 'status, queued', filter: { status: ['QUEUED'] } },
  { name: 'lane, dense', filter: { lane: ['default'] } },
  { name: 'lane, rare', filter: { lane: ['quiet'] } },
  { name: 'lane, none', filter: { lane: ['empty'] } },
  { name: 'lanes, twenty', filter: { lane: Array.from({ length: 20 }, (_, n) => `small-${n}`) } },
  { name: 'kind, dense', filter: { kind: ['report'] } },
  { name: 'kind, rare', filter: { kind: ['yearly'] } },
  { name: 'owner, dense', filter: { owner: ['prn_busy'] } },
  { name: 'owner, rare', filter: { owner: ['prn_rare'] } },
  { name: 'own flows of a submitter', filter: { principalId: 'prn_2000' } },
  { name: 'slot held', filter: { slotHeld: true } },
  { name: 'no slot held', filter: { slotHeld: false } },
  { name: 'created since', filter: { createdAfter: p.span.from } },
  { name: 'created in a day', filter: { createdAfter: p.span.from, createdBefore: p.span.to } },
  { name: 'label, dense', filter: { label: ['env=prod'] } },
  { name: 'label, key of all', filter: { label: ['env'] } },
  { name: 'label, of a thousand', filter: { label: ['tenant=tenant-100'] } },
  { name: 'label, rare', filter: { label: ['incident=4711'] } },
  { name: 'label, none', filter: { label: ['incident=4712'] } },
  { name: 'text, dense', filter: { text: 'report' } },
  { name: 'text, dense and short', filter: { text: 'm' } },
  { name: 'text, of a twentieth', filter: { text: 'monthly lisbon' } },
  { name: 'text, rare', filter: { text: 'zeppelin' } },
  { name: 'text, none', filter: { text: 'nowhere' } },
  { name: 'text, a number', filter: { text: '123456' } },
  { name: 'text, an id', filter: { text: p.ended } },
  { name: 'text, how ids begin', filter: { text: p.ended.slice(0, -3) } },
]

const WITH_STATUS: Named[] = [
  { name: 'status and lane', filter: { status: ['FINISHED'], lane: ['default'] } },
  { name: 'rare status and lane', filter: { status: ['FAILED'], lane: ['quiet'] } },
  { name: 'status and kind', filter: { status: ['FINISHED'], kind: ['report'] } },
  { name: 'rare status and kind', filter: { status: ['FAILED'], kind: ['yearly'] } },
  { name: 'status and owner', filter: { status: ['FINISHED'], owner: ['prn_busy'] } },
  { name: 'rare status and owner', filter: { status: ['FAILED'], owner: ['prn_rare'] } },
  { name: 'two statuses and two lanes', filter: { status: ['FAILED', 'CANCELLED'], lane: ['quiet', 'mail'] } },
]

/** Combinations that no index serves as a whole: allowed to be refused after 2 s. */
const COMBINED: Named[] = [
  { name: 'lane and kind', filter: { lane: ['small-3'], kind: ['yearly'] }, narrow: true },
  { name: 'lane, kind and owner', filter: { lane: ['default'], kind: ['report'], owner: ['prn_2000'] }, narrow: true },
  { name: 'owner and lane', filter: { owner: ['prn_busy'], lane: ['quiet'] }, narrow: true },
  { name: 'text and status', filter: { text: 'lisbon', status: ['FAILED'] }, narrow: true },
  { name: 'text and lane', filter: { text: 'monthly', lane: ['quiet'] }, narrow: true },
  { name: 'dense text and rare owner', filter: { text: 'report', owner: ['prn_rare'] }, narrow: true },
  { name: 'rare text and dense label', filter: { text: 'zeppelin', label: ['env=prod'] }, narrow: true },
  { name: 'two dense labels', filter: { label: ['env=prod', 'tenant=tenant-100'] }, narrow: true },
  { name: 'label and status', filter: { label: ['env=staging'], status: ['FAILED'] }, narrow: true },
]

const ORDERS: FlowListOrder[] = ['CREATED_DESC', 'CREATED_ASC', 'FINISHED_DESC']

export function listCases(places: Places): PlanCase[] {
  const filters = [...ALONE(places), ...WITH_STATUS, ...COMBINED]
  return filters.flatMap(f => ORDERS.flatMap(order => [
    listCase(f, order),
    listCase(f, order, { part: 'middle', after: order === 'FINISHED_DESC' ? places.middle.finished : places.middle.created }),
  ])).concat([
    { ...listCase({ name: 'no filter', filter: {} }, 'CREATED_DESC', { part: 'backwards', last: 50, before: places.middle.created }) },
    { ...listCase({ name: 'no filter', filter: {} }, 'CREATED_DESC', { part: '200', first: 200 }) },
  ])
}

function listCase({ name, filter, narrow }: Named, orderBy: FlowListOrder, { part = 'first', ...page }: { part?: string; first?: number; after?: string; last?: number; before?: string } = {}): PlanCase {
  return {
    group: 'lists', name: `${name}, ${orderBy.toLowerCase().replace('_', ' ')}, ${part}`, ...(narrow ? { narrow } : {}),
    run: deps => listFlows(deps.pool, { filter, orderBy, page }),
  }
}

export const countCases = (places: Places): PlanCase[] =>
  [...ALONE(places), ...WITH_STATUS, ...COMBINED].map(({ name, filter, narrow }) =>
    ({ group: 'counts', name, ...(narrow ? { narrow } : {}), run: deps => flowCounts(deps.pool, filter) }))
